//! Verification detects every change that is made to the log without the program, at the right row.
//!
//! The tables' owner applies each case to an intact log and then undoes it. Triggers and foreign keys
//! that would prevent the change are removed first.

use storage::Flaw::{self, Altered, Head, Headless, Missing, Uncounted, Unexpected};
use tenancy::{UserId, plans::PlanName};

use super::{record_failed_sign_in, verify};
use crate::world::World;

/// Number of rows in each company's chain.
const ROWS: i64 = 6;

/// The statements of a change, and the expected flaws: chain, row, kind of flaw.
type Case = (&'static str, &'static [(&'static str, i64, Flaw)]);

/// Assignments that change one column in a row of Tesla's chain.
const TOUCHED: [&str; 10] = [
    "actor_kind = 'agent'",
    "actor_user = actor_user + 1",
    "actor_user = NULL",
    "action = 'agent_deleted'",
    "object_kind = 'company'",
    "object_id = '99'",
    "object_id = NULL",
    "reason = 'plan_created'",
    "reason = NULL",
    "mac = (SELECT mac FROM audit_heads WHERE company_id = 'TES001')",
];

const CASES: &[Case] = &[
    // Deleted.
    ("DELETE FROM audit_entries WHERE company_id = 'TES001' AND seq = 3", &[("TES001", 3, Missing)]),
    ("DELETE FROM audit_entries WHERE company_id = 'TES001' AND seq = 1", &[("TES001", 1, Missing)]),
    ("DELETE FROM audit_entries WHERE company_id = 'TES001' AND seq = 6", &[("TES001", 6, Missing)]),
    ("DELETE FROM audit_entries WHERE company_id = 'TES001'", &[("TES001", 1, Missing)]),
    // Truncated, with a head whose count fits.
    (
        "DELETE FROM audit_entries WHERE company_id = 'TES001' AND seq > 4;
         UPDATE audit_heads SET entries = 4 WHERE company_id = 'TES001'",
        &[("TES001", 4, Head)],
    ),
    (
        "DELETE FROM audit_entries WHERE company_id = 'TES001' AND seq > 4;
         UPDATE audit_heads SET entries = 4,
             mac = (SELECT mac FROM audit_entries WHERE company_id = 'TES001' AND seq = 4)
         WHERE company_id = 'TES001'",
        &[("TES001", 4, Head)],
    ),
    (
        "DELETE FROM audit_entries WHERE company_id = 'TES001';
         UPDATE audit_heads SET entries = 0 WHERE company_id = 'TES001'",
        &[("TES001", 0, Head)],
    ),
    // The whole chain deleted.
    (
        "DELETE FROM audit_entries WHERE company_id = 'TES001';
         DELETE FROM audit_heads WHERE company_id = 'TES001'",
        &[("TES001", 1, Missing)],
    ),
    // Inserted.
    (
        "INSERT INTO audit_entries SELECT company_id, 7, at, actor_kind, actor_user, action, object_kind, object_id,
             reason, mac FROM audit_entries WHERE company_id = 'TES001' AND seq = 6",
        &[("TES001", 7, Altered)],
    ),
    (
        "INSERT INTO audit_entries SELECT company_id, 7, at, actor_kind, actor_user, action, object_kind, object_id,
             reason, mac FROM audit_entries WHERE company_id = 'TES001' AND seq = 6;
         UPDATE audit_heads SET entries = 7 WHERE company_id = 'TES001'",
        &[("TES001", 7, Altered)],
    ),
    (
        "INSERT INTO audit_entries SELECT company_id, 0, at, actor_kind, actor_user, action, object_kind, object_id,
             reason, mac FROM audit_entries WHERE company_id = 'TES001' AND seq = 6",
        &[("TES001", 0, Unexpected)],
    ),
    (
        "UPDATE audit_entries SET seq = -seq - 1 WHERE company_id = 'TES001' AND seq >= 3;
         UPDATE audit_entries SET seq = -seq WHERE seq < 0;
         INSERT INTO audit_entries SELECT company_id, 3, at, actor_kind, actor_user, action, object_kind, object_id,
             reason, mac FROM audit_entries WHERE company_id = 'TES001' AND seq = 2;
         UPDATE audit_heads SET entries = 7 WHERE company_id = 'TES001'",
        &[("TES001", 3, Altered)],
    ),
    // Reordered.
    ("UPDATE audit_entries SET seq = 99 WHERE company_id = 'TES001' AND seq = 3", &[("TES001", 3, Missing)]),
    ("UPDATE audit_entries SET seq = -9 WHERE company_id = 'TES001' AND seq = 3", &[("TES001", -9, Unexpected)]),
    (
        "UPDATE audit_entries SET seq = 99 WHERE company_id = 'TES001' AND seq = 3;
         UPDATE audit_entries SET seq = 3 WHERE company_id = 'TES001' AND seq = 4;
         UPDATE audit_entries SET seq = 4 WHERE company_id = 'TES001' AND seq = 99",
        &[("TES001", 3, Altered)],
    ),
    (
        "UPDATE audit_entries SET seq = 99 WHERE company_id = 'TES001' AND seq = 5;
         UPDATE audit_entries SET seq = 5 WHERE company_id = 'TES001' AND seq = 6;
         UPDATE audit_entries SET seq = 6 WHERE company_id = 'TES001' AND seq = 99",
        &[("TES001", 5, Altered)],
    ),
    // Moved from chain to chain.
    (
        "UPDATE audit_entries SET company_id = 'SPA001', seq = 7 WHERE company_id = 'TES001' AND seq = 3",
        &[("SPA001", 7, Altered), ("TES001", 3, Missing)],
    ),
    (
        "UPDATE audit_entries SET company_id = 'SPA001', seq = 99 WHERE company_id = 'TES001' AND seq = 2;
         UPDATE audit_entries SET company_id = 'TES001' WHERE company_id = 'SPA001' AND seq = 2;
         UPDATE audit_entries SET seq = 2 WHERE company_id = 'SPA001' AND seq = 99",
        &[("SPA001", 2, Altered), ("TES001", 2, Altered)],
    ),
    (
        "UPDATE audit_entries SET seq = seq + 100 WHERE company_id = 'TES001';
         UPDATE audit_entries SET company_id = 'TES001' WHERE company_id = 'SPA001';
         UPDATE audit_entries SET company_id = 'SPA001', seq = seq - 100 WHERE company_id = 'TES001' AND seq > 100",
        &[("SPA001", 1, Altered), ("TES001", 1, Altered)],
    ),
    // Heads.
    ("UPDATE audit_heads SET entries = 7 WHERE company_id = 'TES001'", &[("TES001", 7, Missing)]),
    ("UPDATE audit_heads SET entries = 5 WHERE company_id = 'TES001'", &[("TES001", 6, Uncounted)]),
    (
        "UPDATE audit_heads SET mac = (SELECT mac FROM audit_heads WHERE company_id = 'SPA001')
         WHERE company_id = 'TES001'",
        &[("TES001", 6, Head)],
    ),
    ("DELETE FROM audit_heads WHERE company_id = 'TES001'", &[("TES001", 1, Headless)]),
];

/// Opens two companies and gives each chain six rows.
fn staged(world: &World) {
    let plan = world.plan(PlanName::Pro, 3);
    for (name, address) in [("Tesla", "ann@tesla.example"), ("Spacex", "gwynne@spacex.example")] {
        let user = world.open(name, address, &plan).unwrap().user;
        for _ in 0..ROWS - 3 {
            record_failed_sign_in(world, Some(user));
        }
    }
}

/// Returns whether the world is on PostgreSQL.
fn is_postgres(world: &World) -> bool {
    world.scratch.urls().1.is_some()
}

/// Runs statements without the doors, on SQLite without foreign keys too.
pub(super) fn tamper(world: &World, statements: &str) {
    let unbound = if is_postgres(world) { "" } else { "PRAGMA foreign_keys = OFF; " };
    world.scratch.execute(&format!("{unbound}{statements}")).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// Removes the triggers or keys that protect entries from accidental changes by the database's owner.
pub(super) fn remove_protection(world: &World) {
    tamper(
        world,
        if is_postgres(world) {
            "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_company_id_fkey"
        } else {
            "DROP TRIGGER audit_entries_stay; DROP TRIGGER audit_entries_keep"
        },
    );
}

#[test]
fn nothing_done_to_the_log_goes_unseen() {
    for world in World::each() {
        staged(&world);
        remove_protection(&world);
        let later = if is_postgres(&world) { "at = at + interval '1 microsecond'" } else { "at = at + 1" };
        tamper(
            &world,
            "CREATE TABLE kept_entries AS SELECT * FROM audit_entries;
             CREATE TABLE kept_heads AS SELECT * FROM audit_heads",
        );
        let touches = TOUCHED.iter().chain([&later]).map(|set| {
            let touch = format!("UPDATE audit_entries SET {set} WHERE company_id = 'TES001' AND seq = 3");
            (touch, vec![("TES001", 3, Altered)])
        });
        let cases = CASES.iter().map(|(change, found)| ((*change).to_owned(), found.to_vec()));
        let mut tried = 0;
        for (change, expected) in touches.chain(cases) {
            tamper(&world, &change);
            let (broken, verified) = verify(&world);
            let found: Vec<_> =
                broken.iter().map(|broken| (broken.chain.as_str(), broken.seq.unwrap(), broken.flaw)).collect();
            assert_eq!(found, expected, "{change}");
            assert_eq!(verified.broken, u64::try_from(expected.len()).unwrap());
            tamper(
                &world,
                "DELETE FROM audit_entries; DELETE FROM audit_heads;
                 INSERT INTO audit_heads SELECT * FROM kept_heads;
                 INSERT INTO audit_entries SELECT * FROM kept_entries",
            );
            assert_eq!(verify(&world).0, [], "after {change}");
            tried += 1;
        }
        assert_eq!(tried, TOUCHED.len() + 1 + CASES.len());
    }
}

#[test]
fn rows_that_an_older_head_does_not_count_are_found() {
    for world in World::each() {
        staged(&world);
        tamper(&world, "CREATE TABLE old_heads AS SELECT * FROM audit_heads WHERE company_id = 'TES001'");
        let user = world.scratch.lines("SELECT CAST(user_id AS TEXT) AS line FROM admins WHERE company_id = 'TES001'");
        record_failed_sign_in(&world, Some(UserId::new(user.concat().parse().unwrap())));
        tamper(
            &world,
            "UPDATE audit_heads SET entries = (SELECT entries FROM old_heads), mac = (SELECT mac FROM old_heads)
             WHERE company_id = 'TES001'",
        );
        let (broken, _) = verify(&world);
        let found: Vec<_> =
            broken.iter().map(|broken| (broken.chain.as_str(), broken.seq.unwrap(), broken.flaw)).collect();
        assert_eq!(found, [("TES001", ROWS + 1, Uncounted)]);
    }
}
