//! The access rights of all endpoints: every row of the table, tried by every caller on every object.
//!
//! - `matrix` holds the table, and `rights` defines its cells.
//! - `calls` describes how each endpoint is called, and `callers` lists the callers.
//! - `scene` creates staff, visitors and objects.
//! - `check` tries every row with every caller on every object.
//! - `fields` replaces every identifier of every call by another company's, by an absent one, and by other
//!   spellings.
//! - `neighbour` repeats all reads after another company has worked.
//! - `watch` checks for side effects: changed rows, and texts that leak into answers or the log.
//! - `sockets` tries the sockets and streams, which are no operations of the table, with the same callers and
//!   sessions.
#![cfg(test)]

mod ask;
mod callers;
mod calls;
mod check;
mod fields;
mod matrix;
mod neighbour;
mod rights;
mod scene;
mod sockets;
mod watch;

use api_tests::prelude::*;

use crate::{matrix::Row, scene::Scene};

on_each_database!(
    sign_in_companies_and_plans,
    agents_and_settings,
    visitor_profiles,
    chat_history_and_loads,
    entries_of_knowledge,
    handoff_calls,
    calls_of_agents_at_their_desk,
    media,
    documents_and_health,
    sockets_and_topics,
    what_another_company_does_changes_no_answer,
);

/// Minimum number of cells of each group, on each database.
const FLOORS: [usize; 9] = [549, 597, 402, 857, 541, 461, 175, 75, 930];

async fn sign_in_companies_and_plans(world: &World) {
    group(world, matrix::ACCOUNTS, FLOORS[0]).await;
}

async fn agents_and_settings(world: &World) {
    group(world, matrix::STAFF, FLOORS[1]).await;
}

async fn visitor_profiles(world: &World) {
    group(world, matrix::PROFILES, FLOORS[2]).await;
}

async fn chat_history_and_loads(world: &World) {
    group(world, matrix::CHATBOT, FLOORS[3]).await;
}

async fn entries_of_knowledge(world: &World) {
    group(world, matrix::KNOWLEDGE, FLOORS[8]).await;
}

async fn handoff_calls(world: &World) {
    group(world, matrix::HANDOFF, FLOORS[4]).await;
}

async fn calls_of_agents_at_their_desk(world: &World) {
    group(world, matrix::DESK, FLOORS[5]).await;
}

async fn media(world: &World) {
    group(world, matrix::MEDIA, FLOORS[6]).await;
}

async fn documents_and_health(world: &World) {
    group(world, matrix::OPEN, FLOORS[7]).await;
}

async fn sockets_and_topics(world: &World) {
    watch::capture_log();
    let mut scene = Scene::new(world).await;
    let cells = sockets::cells(&mut scene).await;
    watch::the_log_holds_none(&scene.canaries());
    println!("access matrix: {cells} cells of sockets and streams, 0 leaks");
    assert!(cells >= 320, "only {cells} cells of sockets and streams");
}

async fn what_another_company_does_changes_no_answer(world: &World) {
    let stayed = neighbour::answers_stay(&mut Scene::new(world).await).await;
    println!("{stayed} answers stayed the same while another company worked");
    assert!(stayed >= 80, "only {stayed} answers");
}

/// Checks a group of rows in a new scene: objects first, then fields.
async fn group(world: &World, rows: &[Row], floor: usize) {
    watch::capture_log();
    let mut scene = Scene::new(world).await;
    let (mut objects, mut fields) = (0, 0);
    for row in rows {
        objects += check::row(&mut scene, row).await;
    }
    for row in rows {
        fields += fields::row(&mut scene, row).await;
    }
    watch::the_log_holds_none(&scene.canaries());
    let database = if world.is_sqlite() { "SQLite" } else { "PostgreSQL" };
    let first = rows.first().map_or("", |row| row.0);
    println!("access matrix on {database}, {first} ..: {objects} cells of objects, {fields} of fields, 0 leaks");
    assert!(objects + fields >= floor, "{first} ..: {objects} and {fields} cells, expected at least {floor}");
}

#[test]
fn there_are_enough_cells() {
    let cells = FLOORS.iter().sum::<usize>();
    assert!(cells >= 3_600, "the minimum is only {cells} cells on each database");
}

#[test]
fn operations_and_rows_are_the_same() {
    let mut rows: Vec<_> =
        matrix::ALL_ROWS.iter().flat_map(|rows| rows.iter()).map(|(call, ..)| without_names(call)).collect();
    rows.sort();
    rows.dedup();
    let document = server::openapi();
    let mut served = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys();
        served.extend(methods.map(|method| without_names(&format!("{} {path}", method.to_uppercase()))));
    }
    served.sort();
    assert_eq!(rows, served, "left: the rows of tests/access/matrix.rs; right: the documented operations");
}

#[test]
fn every_field_is_known() {
    let unknown = fields::unknown_names(&matrix::ALL_ROWS);
    assert!(unknown.is_empty(), "tests/access/fields/names.rs does not list these fields: {unknown:#?}");
}

/// Returns method and path of a call, with the names of path parameters removed.
fn without_names(call: &str) -> String {
    let (method, path) = ask::operation(call);
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    format!("{method} {}", segments.collect::<Vec<_>>().join("/").trim_end_matches('/'))
}
