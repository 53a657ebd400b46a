//! A log that was erased, started again or rolled back is detected, as far as rows outside the log show it.

use storage::Verified;
use tenancy::{
    CompanyStatus, UserId,
    access::{Housekeeper, Office, Staff},
    companies,
    plans::PlanName,
};

use super::{
    record_failed_sign_in,
    tampering::{remove_protection, tamper},
    verify,
};
use crate::world::World;

/// Opens a company, whose chain then has three rows; returns its admin.
fn staged(world: &World) -> UserId {
    let plan = world.plan(PlanName::Pro, 3);
    let user = world.open("Tesla", "ann@tesla.example", &plan).unwrap().user;
    remove_protection(world);
    user
}

/// Verifies the log and returns the flaws as they are printed.
fn found(world: &World) -> Vec<String> {
    verify(world).0.iter().map(ToString::to_string).collect()
}

const ERASE: &str = "DELETE FROM audit_entries; DELETE FROM audit_heads";
const UNOPENED: &str = "TES001: the installation's chain does not say that the company was opened";

fn no_superadmin_entry(world: &World) -> String {
    format!("SHARED: the chain does not say that account {} was made a superadmin", world.boss.user())
}

/// Appends to the chain of the test company until it has this many rows.
fn grow(world: &World, user: UserId, rows: usize) {
    while world.count("audit_entries WHERE company_id = 'TES001'") != rows.to_string() {
        record_failed_sign_in(world, Some(user));
    }
}

/// Saves a chain's head, as an attacker would who plans to restore it later.
fn save_head(world: &World, chain: &str) {
    tamper(world, &format!("CREATE TABLE kept AS SELECT * FROM audit_heads WHERE company_id = '{chain}'"));
}

/// Truncates a chain to the saved head.
fn truncate(world: &World, chain: &str) {
    tamper(
        world,
        &format!(
            "DELETE FROM audit_entries WHERE company_id = '{chain}' AND seq > (SELECT entries FROM kept);
             UPDATE audit_heads SET entries = (SELECT entries FROM kept), mac = (SELECT mac FROM kept)
             WHERE company_id = '{chain}'"
        ),
    );
}

#[test]
fn a_database_of_nobody_has_an_empty_log() {
    for scratch in storage::testing::Scratch::each() {
        drop(scratch.open());
        let tell = |broken: &storage::Broken| panic!("{broken}");
        let verified =
            storage::Database::verify_audit(&scratch.options.target, &scratch.options.recorder, tell).unwrap();
        assert_eq!(verified, Verified::default());
    }
}

#[test]
fn a_log_that_was_erased_is_found_by_the_companies_and_superadmins_that_are_there() {
    for world in World::each() {
        staged(&world);
        tamper(&world, ERASE);
        assert_eq!(found(&world), ["SHARED row 1: the row is missing", UNOPENED, &no_superadmin_entry(&world)]);
        assert_eq!(verify(&world).1, Verified { chains: 2, entries: 0, broken: 2 });
    }
}

#[test]
fn a_log_that_was_erased_and_begun_anew_is_found() {
    for world in World::each() {
        let user = staged(&world);
        tamper(&world, ERASE);
        record_failed_sign_in(&world, None);
        assert_eq!(found(&world), [UNOPENED, &no_superadmin_entry(&world)]);
        assert_eq!(verify(&world).1, Verified { chains: 2, entries: 1, broken: 2 });
        record_failed_sign_in(&world, Some(user));
        assert_eq!(found(&world), [UNOPENED, &no_superadmin_entry(&world)]);
        // Later actions are recorded normally, but do not replace the lost entries.
        world.open("Spacex", "gwynne@spacex.example", &world.plan(PlanName::Pro, 3)).unwrap();
        assert_eq!(found(&world), [UNOPENED, &no_superadmin_entry(&world)]);
    }
}

#[test]
fn a_chain_that_was_erased_and_begun_anew_is_found() {
    for world in World::each() {
        let user = staged(&world);
        grow(&world, user, 9);
        tamper(
            &world,
            "DELETE FROM audit_entries WHERE company_id = 'TES001';
             DELETE FROM audit_heads WHERE company_id = 'TES001'",
        );
        assert_eq!(found(&world), ["TES001 row 1: the row is missing"]);
        record_failed_sign_in(&world, Some(user));
        assert_eq!(found(&world), ["TES001 row 8: the installation's chain has noted this row, and it is missing"]);
    }
}

#[test]
fn a_chain_of_which_nothing_was_noted_yet_is_not_begun_twice() {
    for world in World::each() {
        let user = staged(&world);
        tamper(
            &world,
            "DELETE FROM audit_entries WHERE company_id = 'TES001';
             DELETE FROM audit_heads WHERE company_id = 'TES001'",
        );
        record_failed_sign_in(&world, Some(user));
        assert_eq!(found(&world), ["TES001: the installation's chain says that it was begun twice"]);
    }
}

#[test]
fn a_chain_that_was_put_back_to_nothing_is_found() {
    for world in World::each() {
        // The first head of a chain is overwritten within its transaction, so it remains only in the database's own
        // log, if anywhere. A trigger saves it here.
        tamper(&world, "CREATE TABLE kept AS SELECT * FROM audit_heads WHERE company_id = ''");
        let keep = "INSERT INTO kept VALUES (NEW.company_id, NEW.entries, NEW.mac);";
        tamper(
            &world,
            &if world.scratch.urls().1.is_some() {
                format!(
                    "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                         AS $$ BEGIN {keep} RETURN NULL; END $$;
                     CREATE TRIGGER keep AFTER INSERT ON audit_heads FOR EACH ROW EXECUTE FUNCTION keep()"
                )
            } else {
                format!("CREATE TRIGGER keep AFTER INSERT ON audit_heads BEGIN {keep} END")
            },
        );
        staged(&world);
        truncate(&world, "TES001");
        assert_eq!(found(&world), ["TES001 row 1: the row is missing"]);
    }
}

#[test]
fn a_chain_of_which_the_installation_knows_nothing_is_found() {
    for world in World::each() {
        let user = staged(&world);
        tamper(
            &world,
            "DELETE FROM audit_entries WHERE company_id = 'SHARED';
             DELETE FROM audit_heads WHERE company_id = 'SHARED'",
        );
        let unannounced = "TES001: the installation's chain does not say that it was begun";
        assert_eq!(found(&world), ["SHARED row 1: the row is missing", unannounced, &no_superadmin_entry(&world)]);
        record_failed_sign_in(&world, None);
        grow(&world, user, 8);
        assert_eq!(found(&world), [unannounced, &no_superadmin_entry(&world)]);
    }
}

#[test]
fn a_chain_that_was_rolled_back_past_what_the_installation_has_noted_is_found() {
    for world in World::each() {
        let user = staged(&world);
        grow(&world, user, 6);
        save_head(&world, "TES001");
        grow(&world, user, 11);
        assert_eq!(found(&world), Vec::<String>::new());
        truncate(&world, "TES001");
        assert_eq!(found(&world), ["TES001 row 8: the installation's chain has noted this row, and it is missing"]);
    }
}

#[test]
fn a_chain_that_was_rolled_back_and_grew_again_is_found() {
    for (between, flaw) in [
        (Some(CompanyStatus::Active), "the row is not the one that the installation's chain has noted"),
        // The clock is fixed, so the rows that are appended again can be identical to the removed ones.
        (None, "the installation's chain has noted this row twice"),
    ] {
        for world in World::each() {
            let user = staged(&world);
            grow(&world, user, 6);
            save_head(&world, "TES001");
            grow(&world, user, 11);
            truncate(&world, "TES001");
            if let Some(status) = between {
                let Ok(Staff::Admin(admin)) = world.admit(user) else { panic!("no admin") };
                let keeper = Housekeeper::from(Office::from(admin));
                world.db.write(keeper, move |store| companies::set_status(store, status)).wait().unwrap();
            }
            grow(&world, user, 9);
            assert_eq!(found(&world), [format!("TES001 row 8: {flaw}")]);
        }
    }
}

#[test]
fn an_installations_chain_that_was_rolled_back_past_a_note_is_found() {
    for world in World::each() {
        let user = staged(&world);
        save_head(&world, "SHARED");
        grow(&world, user, 17);
        truncate(&world, "SHARED");
        let unnoted = "TES001 row 8: the installation's chain has not noted this row";
        assert_eq!(found(&world), [unnoted]);
        // A later note does not replace the lost ones.
        grow(&world, user, 24);
        assert_eq!(found(&world), [unnoted]);
    }
}
