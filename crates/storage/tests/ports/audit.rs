//! The audit log: which entries it gets, that verification accepts it, and that tampering is detected.

mod erased;
mod tampering;

use std::{thread, time::Duration};

use identity::{admins, agents, sign_in};
use storage::{Broken, Database, PlatformStore, Verified, testing::SECRET};
use tenancy::{
    CompanyStatus, UserId,
    access::Office,
    audit::{Action, AuditLog as _},
    companies,
    plans::PlanName,
};

use crate::{
    identity::sign_in::{grant, rotate},
    world::{World, hash, now},
};

/// Verifies the log and returns the flaws and the summary.
fn verify(world: &World) -> (Vec<Broken>, Verified) {
    let (options, mut broken) = (&world.scratch.options, Vec::new());
    let verified = Database::verify_audit(&options.target, &options.recorder, |flaw| broken.push(flaw.clone()));
    (broken, verified.unwrap())
}

/// Returns a company's chain, one line of text for each row.
fn chain(world: &World, company: &str) -> Vec<String> {
    world.scratch.lines(&format!(
        "SELECT actor_kind || ' ' || coalesce(CAST(actor_user AS TEXT), '-') || ' ' || action || ' ' || object_kind \
         || ' ' || coalesce(object_id, '-') || ' ' || coalesce(reason, '-') AS line \
         FROM audit_entries WHERE company_id = '{company}' ORDER BY seq"
    ))
}

/// Returns the keyed hash of a row, in hexadecimal.
fn mac(world: &World, company: &str, seq: i64) -> String {
    let hex = if world.scratch.urls().1.is_some() { "encode(mac, 'hex')" } else { "lower(hex(mac))" };
    let row = format!("SELECT {hex} AS line FROM audit_entries WHERE company_id = '{company}' AND seq = {seq}");
    world.scratch.lines(&row).concat()
}

/// Records a failed sign-in, of an unknown login if there is no `subject`.
fn record_failed_sign_in(world: &World, subject: Option<UserId>) {
    world.db.lobby_write(move |lobby| sign_in::failed(lobby, subject)).wait().unwrap();
}

#[test]
fn what_is_done_stands_in_the_chain_of_the_company_and_what_superadmins_do_in_both() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 3);
        let tesla = world.open("Tesla", "ann@tesla.example", &plan).unwrap();
        let office = world.office(&tesla);
        let bo = world.hire(&office, "bo@tesla.example").wait().unwrap();
        let (boss, ann, id) = (world.boss.user(), tesla.user, bo.id);
        let user = tesla.user;
        let renamed = admins::AdminChange { name: Some("Nikola".into()), ..admins::AdminChange::default() };
        world
            .db
            .platform(world.boss.clone(), Action::AdminUpdated, move |store| {
                admins::update(store, user, renamed, now())
            })
            .wait()
            .unwrap();
        world.db.write(office.clone(), move |store| agents::reset_password(store, id, &hash(), now())).wait().unwrap();
        world
            .db
            .write(world.housekeeper(&tesla), |store| companies::set_status(store, CompanyStatus::Active))
            .wait()
            .unwrap();
        let first = grant(&world, "ann@tesla.example", now());
        let _ = rotate(&world, &first, now()).unwrap();
        let _ = rotate(&world, &first, now().plus(Duration::from_secs(60))).unwrap();
        record_failed_sign_in(&world, Some(ann));
        record_failed_sign_in(&world, Some(boss));
        record_failed_sign_in(&world, None);

        let assignment = world.scratch.lines("SELECT CAST(id AS TEXT) AS line FROM assignments").concat();
        assert_eq!(
            chain(&world, "TES001"),
            [
                format!("superadmin {boss} company_opened company TES001 company_opened"),
                format!("superadmin {boss} admin_created account {ann} company_opened"),
                format!("superadmin {boss} subscription_started assignment {assignment} company_opened"),
                format!("admin {ann} agent_created agent {id} -"),
                format!("superadmin {boss} admin_updated account {ann} admin_updated"),
                format!("admin {ann} password_reset agent {id} -"),
                "operator - company_activated company TES001 -".to_owned(),
                format!("admin {ann} signed_in account {ann} -"),
                format!("nobody - refresh_reused account {ann} -"),
                format!("nobody - sign_in_failed account {ann} -"),
            ]
        );
        assert_eq!(
            chain(&world, "SHARED"),
            [
                format!("operator - superadmin_created account {boss} -"),
                // `World::plan` inserts plans without the use case; the platform's door records them anyway.
                format!("superadmin {boss} plan_created installation - -"),
                format!("superadmin {boss} company_opened company TES001 -"),
                format!("superadmin {boss} chain_begun company TES001 -"),
                format!("superadmin {boss} admin_updated company TES001 -"),
                // The note of the eighth row of the company's chain.
                format!("admin {ann} chain_noted chain TES001 8 {} -", mac(&world, "TES001", 8)),
                format!("nobody - sign_in_failed account {boss} -"),
                "nobody - sign_in_failed unknown_login - -".to_owned(),
            ]
        );
        assert_eq!(verify(&world), (Vec::new(), Verified { chains: 2, entries: 18, broken: 0 }));
        let log = [chain(&world, "TES001"), chain(&world, "SHARED")].concat().join("\n").to_lowercase();
        for personal in ["@", "ann", "tesla", "nikola", "192.0.2", "boss"] {
            assert!(!log.contains(personal), "{personal} in {log}");
        }
    }
}

#[test]
fn what_is_refused_is_not_recorded_and_a_write_that_records_nothing_says_who_came() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        let tesla = world.open("Tesla", "ann@tesla.example", &plan).unwrap();
        let office = world.office(&tesla);
        world.hire(&office, "bo@tesla.example").wait().unwrap();
        let before = (chain(&world, "TES001").len(), chain(&world, "SHARED").len());
        world.hire(&office, "cy@tesla.example").wait().unwrap_err();
        world.open("Spacex", "ANN@tesla.example", &plan).unwrap_err();
        assert_eq!((chain(&world, "TES001").len(), chain(&world, "SHARED").len()), before);
        assert!(chain(&world, "SPA001").is_empty());
        let code = tesla.company.code;
        world
            .db
            .platform(world.boss.clone(), Action::HandoffAssigned, move |store| store.office(code).map(|_| ()))
            .wait()
            .unwrap();
        let boss = world.boss.user();
        let entered = format!("superadmin {boss} company_entered company TES001 handoff_assigned");
        assert_eq!(chain(&world, "TES001").last(), Some(&entered));
        let noted = format!("superadmin {boss} handoff_assigned company TES001 -");
        assert_eq!(chain(&world, "SHARED").last(), Some(&noted));
        assert_eq!(verify(&world).0, []);
    }
}

#[test]
fn a_log_is_read_newest_first_by_its_own_company() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 9);
        let tesla = world.open("Tesla", "ann@tesla.example", &plan).unwrap();
        let spacex = world.open("Spacex", "gwynne@spacex.example", &plan).unwrap();
        for address in ["a@tesla.example", "b@tesla.example", "c@tesla.example"] {
            world.hire(&world.office(&tesla), address).wait().unwrap();
        }
        let read = |office: Office, before, limit| {
            let entries = world.db.read(office, move |store| store.audit_entries(before, limit)).wait().unwrap();
            entries.iter().map(|entry| entry.seq).collect::<Vec<_>>()
        };
        assert_eq!(read(world.office(&tesla), None, 4), [6, 5, 4, 3]);
        assert_eq!(read(world.office(&tesla), Some(3), 4), [2, 1]);
        assert!(read(world.office(&tesla), Some(1), 4).is_empty());
        assert_eq!(read(world.office(&spacex), None, 9), [3, 2, 1]);
    }
}

#[test]
fn writers_at_once_leave_whole_chains() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 99);
        let tesla = world.open("Tesla", "ann@tesla.example", &plan).unwrap();
        // This company was opened, but its chain is still empty.
        let open = |store: &mut PlatformStore<'_>| companies::open(store, "Old", now());
        let old = world.db.platform(world.boss.clone(), Action::CompanyOpened, open).wait().unwrap().code;
        let db = &world.db;
        thread::scope(|scope| {
            for writer in 0..8 {
                let (tesla, boss) = (&tesla, &world.boss);
                scope.spawn(move || {
                    for round in 0..10 {
                        match (writer + round) % 4 {
                            0 => db.lobby_write(|lobby| sign_in::failed(lobby, None)).wait().unwrap(),
                            1 => {
                                let user = tesla.user;
                                db.lobby_write(move |lobby| sign_in::failed(lobby, Some(user))).wait().unwrap();
                            }
                            2 => db
                                .platform(boss.clone(), Action::SettingsChanged, move |store| {
                                    store.office(old).map(|_| ())
                                })
                                .wait()
                                .unwrap(),
                            _ => {
                                let code = tesla.company.code;
                                db.platform(boss.clone(), Action::SettingsChanged, move |store| {
                                    // The opposite of the order in which chains are locked.
                                    store.office(code)?;
                                    store.office(old).map(|_| ())
                                })
                                .wait()
                                .unwrap();
                            }
                        }
                    }
                });
            }
        });
        let (broken, verified) = verify(&world);
        assert_eq!(broken, []);
        // Each of the four kinds of write runs twenty times. The remaining entries are those of the setup, the
        // beginning of one chain, and a note for every eighth row of the two company chains (43 and 40 rows).
        let setup = 3 + 5;
        assert_eq!(verified, Verified { chains: 3, entries: setup + 20 + 20 + 2 * 20 + 4 * 20 + 1 + 10, broken: 0 });
    }
}

#[test]
fn the_runtime_role_can_neither_change_nor_delete_entries() {
    for world in World::each() {
        if world.scratch.urls().1.is_some() {
            for (table, right, granted) in [
                ("audit_entries", "SELECT", "true"),
                ("audit_entries", "INSERT", "true"),
                ("audit_entries", "UPDATE", "false"),
                ("audit_entries", "DELETE", "false"),
                ("audit_entries", "TRUNCATE", "false"),
                ("audit_heads", "UPDATE", "true"),
                ("audit_heads", "DELETE", "false"),
            ] {
                let asked = format!("SELECT has_table_privilege('switchboard_test_runtime', '{table}', '{right}')");
                assert_eq!(
                    world.scratch.lines(&format!("SELECT ({asked})::text AS line")),
                    [granted],
                    "{table} {right}"
                );
            }
        } else {
            for statement in ["UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"] {
                let refused = world.scratch.execute(statement).unwrap_err();
                assert_eq!(refused, "the audit log is appended to and nothing else");
            }
        }
    }
}

#[test]
fn another_secret_fits_no_log_that_was_begun() {
    for world in World::each() {
        let options = &world.scratch.options;
        let clock = std::sync::Arc::new(FixedClock);
        let (same, other) =
            (storage::Recorder::new(SECRET, clock.clone()), storage::Recorder::new(b"another secret", clock));
        assert!(Database::fits_audit(&options.target, &same).unwrap());
        assert!(!Database::fits_audit(&options.target, &other).unwrap());
        let mut broken = Vec::new();
        Database::verify_audit(&options.target, &other, |flaw| broken.push(flaw.to_string())).unwrap();
        assert_eq!(broken, ["SHARED row 1: the row is not as it was written"]);
    }
}

/// A clock that always shows [`now`].
struct FixedClock;

impl tenancy::Clock for FixedClock {
    fn now(&self) -> tenancy::Timestamp {
        now()
    }
}
