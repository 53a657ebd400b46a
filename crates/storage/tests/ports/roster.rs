//! Who is connected to which process.

use std::time::{Duration, Instant};

use storage::{Roster, testing::Scratch};
use tenancy::Fault;

/// How long what a process has written counts in most tests.
const LONG: Duration = Duration::from_secs(3_600);
/// Maximum time until something is forgotten.
const PATIENCE: Duration = Duration::from_secs(30);

fn open(scratch: &Scratch, process: &str, life: Duration) -> Roster {
    Roster::open(&scratch.options.target, process.to_owned(), life).unwrap()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[test]
fn a_process_reads_what_the_others_have_written_last() {
    let Some(scratch) = Scratch::postgres() else { return };
    let [mut one, mut two, mut three] = ["one", "two", "three"].map(|process| open(&scratch, process, LONG));
    assert_eq!(one.exchange("a").unwrap(), [""; 0]);
    assert_eq!(two.exchange("b").unwrap(), ["a"]);
    assert_eq!(sorted(three.exchange("c").unwrap()), ["a", "b"]);
    for _ in 0..2 {
        // What was read before is not read again, but known.
        assert_eq!(sorted(one.exchange("a").unwrap()), ["b", "c"]);
    }
    two.exchange("d").unwrap();
    assert_eq!(sorted(one.exchange("a").unwrap()), ["c", "d"]);
    two.leave().unwrap();
    assert_eq!(one.exchange("a").unwrap(), ["c"]);
    // A row that was lost is written again.
    scratch.execute("DELETE FROM processes").unwrap();
    assert_eq!(three.exchange("c").unwrap(), [""; 0]);
    assert_eq!(one.exchange("a").unwrap(), ["c"]);
    assert_eq!(three.exchange("c").unwrap(), ["a"]);
}

#[test]
fn what_a_killed_process_has_written_is_forgotten() {
    let Some(scratch) = Scratch::postgres() else { return };
    let mut killed = open(&scratch, "killed", Duration::from_millis(300));
    killed.exchange("a").unwrap();
    drop(killed);
    let (mut other, since) = (open(&scratch, "other", LONG), Instant::now());
    while !other.exchange("b").unwrap().is_empty() {
        assert!(since.elapsed() < PATIENCE, "it is not forgotten");
    }
    scratch.execute("UPDATE processes SET expires_at = now() - INTERVAL '2 minutes' WHERE id = 'killed'").unwrap();
    open(&scratch, "third", LONG);
    assert_eq!(scratch.lines("SELECT id AS line FROM processes"), ["other"]);
}

#[test]
fn only_postgresql_has_several_processes() {
    let refused = Roster::open(&Scratch::sqlite().options.target, "one".to_owned(), LONG).map(drop);
    assert_eq!(refused.map_err(|error| error.fault()), Err(Fault::Broken));
}
