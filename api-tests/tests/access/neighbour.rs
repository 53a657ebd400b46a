//! Actions of another company do not change any answer or row of this one, including counts.

use crate::{
    ask::Ask,
    callers::{Caller, Home, Who},
    calls::Sending,
    matrix::{ALL_ROWS, Row},
    rights::Whose,
    scene::{Kind, Scene},
    watch,
};

/// Sends all reads, lets the other company work, and repeats the reads. Asserts that the answers are
/// the same byte for byte; returns their number.
pub(crate) async fn answers_stay(scene: &mut Scene<'_>) -> usize {
    let rows: Vec<(&Row, Sending)> = ALL_ROWS.iter().flat_map(|rows| rows.iter()).filter_map(read).collect();
    for whose in [Whose::Mine, Whose::Done, Whose::Queued, Whose::Colleagues, Whose::Quiet] {
        scene.prepare(Kind::Session, &[whose]).await;
    }
    for (_, sending) in &rows {
        scene.prepare(sending.kind, &[Whose::Mine]).await;
    }
    // Create a session of the other company in advance, so that it can be deleted later.
    let theirs = scene.fresh(Kind::Session, Whose::Foreign).await;
    let callers = scene.callers().await;
    let callers: Vec<_> = callers.iter().filter(|one| one.who.home() == Home::Own || one.who == Who::Visitor).collect();
    let (answers, record) = (answers(scene, &rows, &callers).await, scene.record());
    scene.neighbour_works(&theirs).await;
    record.of_one_is_still(&scene.record(), scene.codes()[0], "work of another company");
    let again = self::answers(scene, &rows, &callers).await;
    for ((at, before), (_, after)) in answers.iter().zip(&again) {
        watch::are_alike(before, after, at);
    }
    answers.len()
}

/// Returns the row if it only reads data of a company.
fn read(row: &'static Row) -> Option<(&'static Row, Sending)> {
    let is_of_all =
        |call: &str| ["/healthz", "/readyz", "/openapi", "/docs", "load-rag"].iter().any(|part| call.contains(part));
    (row.0.starts_with("GET ") && !is_of_all(row.0)).then(|| (row, (row.1)()))
}

async fn answers(scene: &Scene<'_>, rows: &[(&Row, Sending)], callers: &[&Caller]) -> Vec<(String, api_tests::Reply)> {
    let mut answers = Vec::new();
    for (row, sending) in rows {
        for caller in callers {
            let thing = scene.prepared(sending.kind, Whose::Mine);
            let reply = Ask::new(row.0, sending, &thing).send(&caller.client).await;
            answers.push((format!("{} by {:?} while another company works", row.0, caller.who), reply));
        }
    }
    answers
}
