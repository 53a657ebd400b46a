//! Who may call what, on which rows: contract section 10, row by row, by everybody, on everything.
//!
//! `matrix` is the contract's table as data, `words` says what its words mean, `calls` how
//! each endpoint is called, `callers` who calls, `scene` builds the people and the objects, and `check` tries
//! every row with every caller on every object. `fields` then exchanges every identifier of every call for
//! another company's, for one that nothing has, and for other spellings. `beside` asks everything again once
//! another company has worked. `watch` looks at what must not
//! happen meanwhile.
//!
//! The two rows of sockets wait until sockets are served.
#![cfg(test)]

mod ask;
mod beside;
mod callers;
mod calls;
mod check;
mod fields;
mod matrix;
mod scene;
mod watch;
mod words;

use api_tests::prelude::*;

use crate::{matrix::Row, scene::Scene};

on_each_database!(
    sign_in_companies_and_plans,
    agents_and_settings,
    visitor_profiles,
    chat_history_and_knowledge,
    handoff_calls,
    calls_of_agents_at_their_desk,
    media,
    documents_and_health,
    what_another_company_does_changes_no_answer,
);

/// How many cells each group has at least, on each database.
const FLOORS: [usize; 8] = [549, 597, 402, 857, 541, 461, 175, 75];

async fn sign_in_companies_and_plans(world: &World) {
    group(world, matrix::ACCOUNTS, FLOORS[0]).await;
}

async fn agents_and_settings(world: &World) {
    group(world, matrix::STAFF, FLOORS[1]).await;
}

async fn visitor_profiles(world: &World) {
    group(world, matrix::PROFILES, FLOORS[2]).await;
}

async fn chat_history_and_knowledge(world: &World) {
    group(world, matrix::CHATBOT, FLOORS[3]).await;
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

async fn what_another_company_does_changes_no_answer(world: &World) {
    let stayed = beside::answers_stay(&mut Scene::new(world).await).await;
    println!("beside another company at work {stayed} answers stayed as they were");
    assert!(stayed >= 80, "only {stayed} answers");
}

/// Checks some rows in a scene of their own: objects first, then fields.
async fn group(world: &World, rows: &[Row], floor: usize) {
    watch::listen();
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
    assert!(objects + fields >= floor, "only {objects} and {fields} cells of {first} .., not {floor}");
}

#[test]
fn there_are_enough_cells() {
    let cells = FLOORS.iter().sum::<usize>();
    assert!(cells >= 3_600, "the matrix has {cells} cells at least, on each database");
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
    assert_eq!(rows, served, "the rows of tests/access/matrix.rs and the operations of the document");
}

#[test]
fn every_field_is_known() {
    let unknown = fields::unknown_names(&matrix::ALL_ROWS);
    assert!(unknown.is_empty(), "tests/access/fields/names.rs does not say what these name: {unknown:#?}");
}

/// A method and a path, the path's parameters without their names.
fn without_names(call: &str) -> String {
    let (method, path) = ask::operation(call);
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    format!("{method} {}", segments.collect::<Vec<_>>().join("/").trim_end_matches('/'))
}
