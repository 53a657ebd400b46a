//! Operations and queries of one company do not touch the rows of a second company with the same
//! content. The ids are the company's own, so only the company filter keeps the rows of the two apart.

use std::collections::HashSet;

use chatbot::{ExpectedVersions, Messages as _, Profiles as _, Session, Sessions as _, SettingsRecord as _};
use encoder::Vector;
use handoff::{
    Activities as _, AllHandoffs as _, Erasing as _, HandoffFilter, Handoffs as _, Position, Sight, StateFilter, desk,
};
use identity::{
    accounts::Accounts as _,
    admins::{AdminChange, AdminChangeOutcome, Admins as _},
    agents::{Agents as _, change::AgentChange},
    presence::PresenceRecord as _,
    subscriptions::Subscriptions as _,
};
use jobs::{Jobs as _, Kind};
use knowledge::{EntryVectors as _, TextHash};
use storage::{CompanyStore, Target};
use tenancy::{
    CompanyStatus, StoreError, UserId,
    access::{Office, Staff},
    assignments::Assignments as _,
    audit::AuditLog as _,
    companies::CompanyRecord as _,
};

use crate::{
    isolation::{Ids, LEASE, claimed, fill},
    stage::{Company, later},
    world::{World, hash, now},
};

/// A company with one row of every kind, and a second handoff that its agent has resolved.
struct Filled {
    company: Company,
    ids: Ids,
    admin: UserId,
    agent: tenancy::access::Agent,
}

fn filled(world: &World, name: &str) -> Filled {
    let company = world.company(name);
    let (ids, agent) = fill(world, &company);
    let admin = world
        .scratch
        .lines(&format!("SELECT CAST(user_id AS TEXT) AS line FROM admins WHERE company_id = '{}'", company.code));
    let arrived = agent.clone();
    world.db.lobby_write(move |lobby| lobby.agent_arrived(&arrived, None, now())).wait().unwrap();
    let (session, _) = world.session(&company, "Resolved Ray");
    let handoff = world.escalated(&company, session, later(1));
    let id = agent.id();
    let resolved = world.db.write(company.office.clone(), move |store| {
        desk::assign(store, handoff, id, later(2)).unwrap();
        desk::resolve(&mut store.acting(), handoff, "done", later(3)).unwrap();
        Ok::<_, StoreError>(())
    });
    resolved.wait().unwrap();
    Filled { company, ids, admin: UserId::new(admin.concat().parse().unwrap()), agent }
}

/// Returns every column of every row of the company, including its `companies` row and the accounts of its staff.
fn digest(world: &World, company: &Company) -> Vec<String> {
    let postgres = matches!(world.scratch.options.target, Target::Postgres(_));
    let tables = world.scratch.lines(if postgres {
        "SELECT table_name::text AS line FROM information_schema.columns \
         WHERE table_schema = 'public' AND column_name = 'company_id' ORDER BY 1"
    } else {
        "SELECT m.name AS line FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND c.name = 'company_id' ORDER BY 1"
    });
    assert!(tables.len() > 15, "{tables:?}");
    let staff =
        ["admins", "agents"].map(|of| format!("SELECT user_id FROM {of} WHERE company_id = '{}'", company.code));
    let mut wanted = vec![
        ("companies".to_owned(), format!("code = '{}'", company.code)),
        ("accounts".to_owned(), format!("id IN ({})", staff.join(" UNION "))),
    ];
    wanted.extend(tables.into_iter().map(|table| (table, format!("company_id = '{}'", company.code))));
    let mut rows = Vec::new();
    for (table, own) in wanted {
        let row = if postgres {
            format!("{table}::text")
        } else {
            let columns = world.scratch.lines(&format!("SELECT name AS line FROM pragma_table_info('{table}')"));
            columns.iter().map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ',' || ")
        };
        rows.extend(world.scratch.lines(&format!("SELECT '{table}: ' || {row} AS line FROM {table} WHERE {own}")));
    }
    rows.sort();
    rows
}

/// An operation of a company on its store.
type Operation = fn(&mut CompanyStore<'_, Office>, &Filled) -> Result<(), StoreError>;

/// Operations with the company's own ids. The last ones remove its admin and suspend it, so they come at the end.
const OWN: &[(&str, Operation)] = &[
    ("rename", |store, _| store.rename("Other Motors", later(9))),
    ("put_settings", |store, _| {
        let mut settings = store.settings()?;
        settings.bot_name = "Eve".to_owned();
        store.put_settings(&settings)
    }),
    ("renew a job", |store, _| store.renew(&claimed(2, 60), later(10), LEASE).map(drop)),
    ("fail a job", |store, _| store.fail(&claimed(2, 70), "x", later(11))),
    ("enqueue a job", |store, _| store.enqueue(Kind::Encode, later(12))),
    ("claim a job", |store, _| store.claim(Kind::Encode, later(13), LEASE).map(drop)),
    ("finish a job", |store, _| store.finish(&claimed(3, 73)).map(drop)),
    ("enqueue a new job", |store, _| store.enqueue(Kind::Encode, now())),
    ("claim the new job", |store, _| store.claim(Kind::Encode, now(), LEASE).map(drop)),
    ("release a job", |store, _| store.release(Kind::Encode)),
    ("drop_other_vectors", |store, _| store.drop_other_vectors("other", &HashSet::new())),
    ("put_vectors", |store, _| {
        store.put_vectors("model", &[(TextHash::new([1; TextHash::BYTES]), Vector::unit(&[1.0; 384]))])
    }),
    ("drop_other_vectors of the model", |store, _| store.drop_other_vectors("model", &HashSet::new())),
    ("publish_vectors", |store, _| store.publish_vectors().map(drop)),
    ("note_opened, which deletes expired keys", |store, own| {
        let key = own.ids.key;
        chatbot::IdempotencyKeys::note_opened(store, [10, 0, 0, 9].into(), "new", key, later(9_999), later(9_000))
            .map(drop)
    }),
    ("send_off", |store, own| store.send_off(&own.ids.hired, later(9)).map(drop)),
    ("change an agent", |store, own| {
        let update = AgentChange { phone: Some("1".to_owned()), ..AgentChange::default() };
        identity::agents::change::change(store, own.ids.agent, update, later(9))
            .map(drop)
            .map_err(|error| broken(&error))
    }),
    ("change_admin", |store, own| {
        let change = AdminChange { name: Some("Eve".to_owned()), ..AdminChange::default() };
        store.change_admin(own.admin, &change).map(drop)
    }),
    ("reset_admin_password", |store, own| store.reset_admin_password(own.admin, &hash(), later(0)).map(drop)),
    ("forget_agent", |store, own| store.forget_agent(own.ids.agent)),
    ("erase", |store, own| store.erase(own.ids.profile).map(drop)),
    ("end an assignment", |store, _| {
        let status = tenancy::assignments::AssignmentStatus::Cancelled;
        let row = store.assignments()?.remove(0);
        store.end(row.id, status, Some("bye"))
    }),
    ("start an assignment", |store, _| {
        let plan = store.assignments()?.remove(0).plan.id;
        store.start(plan, later(1 << 30), later(1 << 31), "").map(drop)
    }),
    ("delete_admin", |store, own| store.delete_admin(own.admin).map(drop)),
    ("set_status", |store, _| store.set_status(CompanyStatus::Suspended)),
];

/// Operations with ids of the other company: they must change nothing in either company.
const FOREIGN: &[(&str, Operation)] = &[
    ("change_admin", |store, other| {
        let change = AdminChange { name: Some("Eve".to_owned()), ..AdminChange::default() };
        assert_eq!(store.change_admin(other.admin, &change)?, AdminChangeOutcome::Missing);
        Ok(())
    }),
    ("reset_admin_password", |store, other| {
        assert_eq!(store.reset_admin_password(other.admin, &hash(), later(0))?, None);
        Ok(())
    }),
    ("delete_admin", |store, other| {
        assert!(!store.delete_admin(other.admin)?);
        Ok(())
    }),
    ("send_off", |store, other| store.send_off(&other.ids.hired, later(9)).map(drop)),
    ("forget_agent", |store, other| store.forget_agent(other.ids.agent)),
    ("erase", |store, other| store.erase(other.ids.profile).map(drop)),
    ("end an assignment", |store, _| {
        let status = tenancy::assignments::AssignmentStatus::Cancelled;
        let own: Vec<_> = store.assignments()?.iter().map(|row| row.id).collect();
        for id in (1..9).map(tenancy::AssignmentId::new).filter(|id| !own.contains(id)) {
            store.end(id, status, Some("bye"))?;
        }
        Ok(())
    }),
    ("pages of an agent", |store, other| {
        for agent in [other.ids.agent, other.agent.id()] {
            for sight in [Sight::Mine(agent), Sight::MineAndQueue(agent)] {
                for state in [None, Some(StateFilter::Assigned), Some(StateFilter::Resolved)] {
                    let filter = HandoffFilter { agent: Some(agent), state, ..HandoffFilter::default() };
                    let page = store.page_of_handoffs(&filter, sight, 0, 9)?;
                    assert_eq!((page.count, page.rows.len()), (0, 0), "{sight:?} {state:?}");
                }
                let filter = HandoffFilter { state: Some(StateFilter::Resolved), ..HandoffFilter::default() };
                let page = store.page_of_handoffs(&filter, Sight::Mine(agent), 0, 9)?;
                assert_eq!((page.count, page.rows.len()), (0, 0));
            }
            assert_eq!(store.page_of_handoffs(&HandoffFilter::default(), Sight::Mine(agent), 0, 9)?.count, 0);
            assert!(store.agent_sessions(Some(agent))?.is_empty());
        }
        Ok(())
    }),
];

fn broken(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::new(tenancy::Fault::Broken, error.to_string())
}

#[test]
fn what_a_company_does_to_its_own_rows_leaves_the_others_as_they_were() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| filled(&world, name));
        let before = digest(&world, &tesla.company);
        let spacex = std::sync::Arc::new(spacex);
        for &(name, operation) in OWN {
            let (own, untouched) = (spacex.clone(), digest(&world, &spacex.company));
            world.db.write(spacex.company.office.clone(), move |store| operation(store, &own)).wait().unwrap();
            assert_ne!(digest(&world, &spacex.company), untouched, "{name} changed nothing");
            assert_eq!(digest(&world, &tesla.company), before, "{name}");
        }
    }
}

#[test]
fn ids_of_another_company_change_nothing_in_either() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| filled(&world, name));
        let before = [&tesla, &spacex].map(|filled| digest(&world, &filled.company));
        let (tesla, office) = (std::sync::Arc::new(tesla), spacex.company.office.clone());
        for &(name, operation) in FOREIGN {
            let other = tesla.clone();
            world
                .db
                .write(office.clone(), move |store| operation(store, &other))
                .wait()
                .unwrap_or_else(|e| panic!("{name}: {e:?}"));
            let after = [&*tesla, &spacex].map(|filled| digest(&world, &filled.company));
            assert_eq!(after, before, "{name}");
        }
    }
}

#[test]
fn lists_and_counts_hold_the_companys_own_in_whatever_order_companies_came() {
    for world in World::each() {
        let both = ["tesla", "spacex"].map(|name| filled(&world, name));
        for own in &both {
            let code = own.company.code;
            let count =
                |from: &str| world.count(&format!("{from} WHERE company_id = '{code}'")).parse::<usize>().unwrap();
            let office = own.company.office.clone();
            let (admin, agent) = (own.admin, own.agent.id());
            let read = world.db.read(office, move |store| {
                let all = HandoffFilter::default();
                let first = store.page_of_handoffs(&all, Sight::All, 0, 1)?;
                let second = store.page_of_handoffs(&all, Sight::All, 1, 1)?;
                assert_eq!((first.count, first.rows.len(), second.rows.len()), (2, 1, 1));
                let after = Position { escalated_at: first.rows[0].escalated_at, id: first.rows[0].id };
                assert_eq!(store.handoffs_after(&all, Sight::All, Some(after), 1)?.len(), 1);
                assert_eq!(store.owner()?, Some(admin));
                assert_eq!(store.resolved_since(agent, now())?, 1);
                let stays = store.agent_sessions(None)?.len();
                let audit = store.audit_entries(None, 1_000)?.len();
                let filter = handoff::ActivityFilter { agent: None, kind: None, since: None, limit: 1_000 };
                Ok::<_, StoreError>([
                    (stays, "agent_sessions"),
                    (audit, "audit_entries"),
                    (store.assignments()?.len(), "assignments"),
                    (usize::try_from(store.count_agents()?).unwrap(), "agents"),
                    (store.activities(&filter)?.len(), "activities"),
                    (usize::try_from(store.profile_stats(now())?.total).unwrap(), "profiles"),
                    (store.handoffs(&all, Sight::All)?.len(), "handoffs"),
                ])
            });
            for (seen, table) in read.wait().unwrap() {
                assert_eq!(seen, count(table), "{table} of {code}");
                assert!(seen > 0, "{table}");
            }
            let plan: i64 = world
                .scratch
                .lines(&format!("SELECT CAST(plan_id AS TEXT) AS line FROM assignments WHERE company_id = '{code}'"))
                .concat()
                .parse()
                .unwrap();
            let Ok(staff @ Staff::Admin(_)) = world.admit(own.admin) else { panic!("no admin") };
            let account = world.db.lobby(move |lobby| lobby.own_account(&staff, now())).wait().unwrap().unwrap();
            assert_eq!((account.user, account.plan.unwrap().plan.id.get()), (own.admin, plan));
            let listed = world.db.platform_read(world.boss.clone(), move |platform| platform.subscriptions(Some(code)));
            let listed = listed.wait().unwrap();
            let seen: Vec<_> =
                listed.iter().map(|row| (row.company, row.owner.as_ref().map(|owner| owner.user))).collect();
            assert_eq!(seen, [(code, Some(own.admin))]);
            let handoffs = world.db.platform_read(world.boss.clone(), move |platform| {
                platform.all_handoffs_after(&HandoffFilter::default(), Some(code), None, 1_000)
            });
            assert_eq!(handoffs.wait().unwrap().len(), count("handoffs"));
        }
    }
}

#[test]
fn settings_and_versions_are_the_companys_own() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| filled(&world, name));
        for (filled, other, name) in [(&tesla, &spacex, "Tess"), (&spacex, &tesla, "Space")] {
            let key = filled.ids.key;
            let snapshot = move |store: &mut CompanyStore<'_, Office>| {
                Ok::<_, StoreError>(store.snapshot(Some(key), now())?.unwrap())
            };
            let stale = world.db.read(filled.company.office.clone(), snapshot).wait().unwrap();
            let others = world.see(&other.company, |store| store.settings());
            let named = name.to_owned();
            let changed = world.db.write(filled.company.office.clone(), move |store| {
                let mut settings = store.settings()?;
                settings.bot_name = named;
                store.put_settings(&settings)
            });
            changed.wait().unwrap();
            assert_eq!(world.see(&filled.company, |store| store.settings()).bot_name, name);
            assert_eq!(world.see(&other.company, |store| store.settings()), others);

            // The outdated versions of this company may equal the current ones of the other.
            let versions = stale.expected_versions().versions;
            world
                .scratch
                .execute(&format!(
                    "UPDATE companies SET settings_version = {}, knowledge_version = {} WHERE code = '{}'",
                    stale.settings_version, stale.knowledge_version, other.company.code
                ))
                .unwrap();
            let appended = world.db.write(filled.company.office.clone(), move |store| {
                let known = store.append(&stale.session, stale.expected_versions(), &[], later(20))?;
                let fresh = Session::fresh(store.company(), now());
                let new = store.append(&fresh, ExpectedVersions { revision: 0, versions }, &[], later(20))?;
                Ok::<_, StoreError>((known.is_none(), new.is_none(), store.newest_messages(key, 9)?.len()))
            });
            let (known, new, _) = appended.wait().unwrap();
            assert!(known && new, "a write that was planned with outdated versions was stored");
        }
    }
}
