//! Nothing that another company does changes an answer or a row of this one, numbers included.

use crate::{
    ask::Ask,
    callers::{Caller, Home, Who},
    calls::Sending,
    matrix::{ALL_ROWS, Row},
    scene::{Kind, Scene},
    watch,
    words::Whose,
};

/// Asks everything that can be read, lets the other company work, and asks again. Gives how many
/// answers stayed as they were, to the byte.
pub(crate) async fn answers_stay(scene: &mut Scene<'_>) -> usize {
    let rows: Vec<(&Row, Sending)> = ALL_ROWS.iter().flat_map(|rows| rows.iter()).filter_map(read).collect();
    for whose in [Whose::Mine, Whose::Done, Whose::Queued, Whose::Colleagues, Whose::Quiet] {
        scene.prepare(Kind::Session, &[whose]).await;
    }
    for (_, sending) in &rows {
        scene.prepare(sending.kind, &[Whose::Mine]).await;
    }
    // What is made for the other one beforehand: what it has may go as well as come.
    let theirs = scene.fresh(Kind::Session, Whose::Foreign).await;
    let callers = scene.callers().await;
    let callers: Vec<_> = callers.iter().filter(|one| one.who.home() == Home::Own || one.who == Who::Visitor).collect();
    let (answers, record) = (answers(scene, &rows, &callers).await, scene.record());
    scene.neighbour_works(&theirs).await;
    record.of_one_is_still(&scene.record(), scene.codes()[0], "another company at work");
    let again = self::answers(scene, &rows, &callers).await;
    for ((at, before), (_, after)) in answers.iter().zip(&again) {
        watch::are_alike(before, after, at);
    }
    answers.len()
}

/// A row that only reads, and says something of a company.
fn read(row: &'static Row) -> Option<(&'static Row, Sending)> {
    let is_of_all =
        |call: &str| ["/healthz", "/readyz", "/openapi", "/docs", "load-rag"].iter().any(|part| call.contains(part));
    (row.0.starts_with("GET ") && !is_of_all(row.0)).then(|| (row, (row.1)()))
}

async fn answers(scene: &Scene<'_>, rows: &[(&Row, Sending)], callers: &[&Caller]) -> Vec<(String, api_tests::Reply)> {
    let mut answers = Vec::new();
    for (row, sending) in rows {
        for caller in callers {
            let thing = scene.account_state(sending.kind, Whose::Mine);
            let reply = Ask::new(row.0, sending, &thing).send(&caller.client).await;
            answers.push((format!("{} by {:?} beside another company at work", row.0, caller.who), reply));
        }
    }
    answers
}
