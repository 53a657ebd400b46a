use std::sync::mpsc;

use diesel::QueryResult;

use super::*;
use crate::{
    Options,
    error::IntoStoreError as _,
    job::{self, Ticket},
    testing::Scratch,
};

fn bounds(queue: usize) -> Bounds {
    Bounds { queue, wait: Duration::from_secs(30), is_damaged: Arc::default() }
}

fn write(lane: &Lane, run: impl FnOnce(&mut Db) -> QueryResult<()> + Send + 'static) -> Ticket<(), StoreError> {
    let (job, ticket) = job::work("BEGIN".to_owned(), move |conn, _| run(conn).into_store_error());
    lane.submit(FairnessKey::Platform, job);
    ticket
}

fn note(lane: &Lane, text: &'static str) -> Ticket<(), StoreError> {
    write(lane, move |conn| conn.batch_execute(&format!("INSERT INTO notes (text) VALUES ('{text}')")))
}

/// Fills the disk with a statement, after which SQLite undoes the statement or the whole transaction.
fn check(filling: &'static str, batch_is_lost: bool) {
    let scratch = Scratch::sqlite();
    scratch.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)").unwrap();
    let lane = Lane::batched("test", &scratch.options.target, &bounds(9), &scratch.options.sink).unwrap();
    note(&lane, "acknowledged").wait().unwrap();
    let (go_on, may_go_on) = mpsc::channel();
    let limit = write(&lane, move |conn| {
        may_go_on.recv().unwrap();
        // The limit belongs to the connection, and SQLite raises it to the pages in use.
        conn.batch_execute("PRAGMA max_page_count = 1")
    });
    let before = note(&lane, "before");
    let full = write(&lane, move |conn| conn.batch_execute(filling));
    let after = note(&lane, "after");
    go_on.send(()).unwrap();

    let refused = full.wait().unwrap_err();
    assert_eq!(refused.fault(), Fault::Unavailable, "{refused:?}");
    assert_eq!(limit.wait().is_err(), batch_is_lost);
    assert_eq!(before.wait().is_err(), batch_is_lost);
    after.wait().unwrap();
    write(&lane, |conn| conn.batch_execute("PRAGMA max_page_count = 1000000")).wait().unwrap();
    write(&lane, move |conn| conn.batch_execute(filling)).wait().unwrap();
    let stored = scratch.lines("SELECT text AS line FROM notes WHERE length(text) < 20 ORDER BY id");
    let expected: &[&str] =
        if batch_is_lost { &["acknowledged", "after"] } else { &["acknowledged", "before", "after"] };
    assert_eq!(stored, expected);
}

/// The order in which a lane writes many jobs of one company and one of another company queued behind them.
fn order(lane: &Lane, scratch: &Scratch) -> Vec<String> {
    let company = |code| FairnessKey::Company(tenancy::CompanyCode::parse(code).unwrap());
    let (go_on, may_go_on) = mpsc::channel();
    let first = write(lane, move |_| {
        may_go_on.recv().unwrap();
        Ok(())
    });
    let note = |key, text: String| {
        let insert = format!("INSERT INTO notes (text) VALUES ('{text}')");
        let (job, ticket) =
            job::work("BEGIN".to_owned(), move |conn, _| conn.batch_execute(&insert).into_store_error());
        lane.submit(key, job);
        ticket
    };
    let mut tickets: Vec<Ticket<(), StoreError>> =
        (0..5).map(|number| note(company("BUSY1"), format!("busy {number}"))).collect();
    tickets.push(note(company("CALM1"), "calm".to_owned()));
    go_on.send(()).unwrap();
    first.wait().unwrap();
    tickets.into_iter().for_each(|ticket| ticket.wait().unwrap());
    scratch.lines("SELECT text AS line FROM notes ORDER BY id")
}

#[test]
fn who_asks_for_little_is_written_before_the_rest_of_who_asks_for_much() {
    let scratch = Scratch::sqlite();
    scratch.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)").unwrap();
    let Options { target, sink, .. } = &scratch.options;
    let fair = ["busy 0", "calm", "busy 1", "busy 2", "busy 3", "busy 4"];
    assert_eq!(order(&Lane::batched("test", target, &bounds(99), sink).unwrap(), &scratch), fair);
    scratch.execute("DELETE FROM notes").unwrap();
    let one_thread = Lane::pooled("test", target, Purpose::Write, 1, &bounds(99), sink).unwrap();
    assert_eq!(order(&one_thread, &scratch), fair);
}

#[test]
fn a_full_disk_that_takes_the_transaction_loses_the_batch_and_nothing_acknowledged() {
    check("INSERT INTO notes (text) VALUES (hex(zeroblob(500000)))", true);
}

#[test]
fn a_full_disk_that_takes_one_statement_loses_one_job() {
    check("INSERT INTO notes (text) SELECT hex(zeroblob(500000 + value)) FROM json_each('[1, 2]')", false);
}
