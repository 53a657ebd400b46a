//! Rows from before the migration that gave passwords and sign-ins an end.

use identity::tokens::Grant;
use storage::{Database, Target};
use tenancy::plans::PlanName;

use super::sign_in::grant;
use crate::world::{World, now};

/// The version of the migration, as Diesel stores it.
const VERSION: &str = "20261129110000";

#[test]
fn passwords_and_sign_ins_from_before_the_migration_get_an_end() {
    for world in World::each() {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 2)).unwrap();
        world.hire(&world.office(&created), "bo@t.com").wait().unwrap();
        let Grant { issued_at, .. } = grant(&world, "ann@t.com", now());
        let World { db, scratch, .. } = world;
        drop(db);
        let (undo, recent) = match &scratch.options.target {
            Target::Sqlite(_) => (
                include_str!("../../../../../migrations/sqlite/2026-11-29-110000_passwords/down.sql"),
                "handed_out_at > (unixepoch('now') - 60) * 1000000",
            ),
            Target::Postgres(_) => (
                include_str!("../../../../../migrations/postgres/2026-11-29-110000_passwords/down.sql"),
                "handed_out_at > now() - INTERVAL '1 minute'",
            ),
        };
        scratch.execute(undo).unwrap();
        scratch.execute(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{VERSION}'")).unwrap();
        Database::migrate(&scratch.options.target, scratch.options.owner.as_ref()).unwrap();
        let of = |condition: &str| {
            scratch.lines(&format!("SELECT email AS line FROM accounts WHERE {condition} ORDER BY email"))
        };
        assert_eq!(of(recent), ["bo@t.com"]);
        assert_eq!(of("handed_out_at IS NULL"), ["ann@t.com", "boss@example.com"]);
        let started = scratch.lines("SELECT CAST(started_at AS TEXT) AS line FROM refresh_families");
        assert_eq!(started, [issued_at.to_string()]);
    }
}
