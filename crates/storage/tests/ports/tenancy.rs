//! Companies, plans and assignments.

use std::{collections::BTreeSet, time::Duration};

use tenancy::{
    CompanyStatus, Fault, Money, StoreError,
    access::Denied,
    assignments::{AssignmentStatus, Assignments},
    audit::Action,
    companies::{self, Companies},
    plans::{NewPlan, PlanFilter, PlanName, Plans},
};

use crate::world::{World, day, now};

const DAY: Duration = Duration::from_hours(24);

#[test]
fn codes_are_unique_under_concurrency_and_never_reissued() {
    for world in World::each() {
        let open = || {
            world.db.platform(world.boss.clone(), Action::CompanyOpened, |store| companies::open(store, "Tesla", now()))
        };
        let tickets: Vec<_> = (0..30).map(|_| open()).collect();
        let codes: BTreeSet<_> = tickets.into_iter().map(|ticket| ticket.wait().unwrap().code.to_string()).collect();
        let expected: BTreeSet<_> = (1..=30).map(|number| format!("TES{number:03}")).collect();
        assert_eq!(codes, expected);

        world.scratch.execute("DELETE FROM companies WHERE code = 'TES030'").unwrap();
        assert_eq!(open().wait().unwrap().code.as_str(), "TES031");
    }
}

#[test]
fn a_company_is_found_by_its_exact_code() {
    for world in World::each() {
        let company = world
            .db
            .platform(world.boss.clone(), Action::CompanyOpened, |store| {
                let opened = companies::open(store, "\u{c9}t\u{e9} & Co", now())?;
                let found = Companies::find(store, opened.code)?;
                assert_eq!(found.as_ref(), Some(&opened));
                assert_eq!(Companies::find(store, tenancy::CompanyCode::parse("TCO1").unwrap())?, None);
                Ok::<_, StoreError>(opened)
            })
            .wait()
            .unwrap();
        assert_eq!((company.code.as_str(), company.name.as_str()), ("TCO001", "\u{c9}t\u{e9} & Co"));
    }
}

#[test]
fn a_suspended_companys_staff_are_refused() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let bob = world.open("SpaceX", "bob@s.com", &plan).unwrap();
        world
            .db
            .write(world.housekeeper(&ann), |store| companies::set_status(store, CompanyStatus::Suspended))
            .wait()
            .unwrap();
        assert!(matches!(world.admit(ann.user), Err(Denied::Inactive)));
        assert!(world.admit(bob.user).is_ok());
    }
}

#[test]
fn plans_are_listed_by_name_then_price_and_paged_newest_first() {
    for world in World::each() {
        let offer = |name, cents, company: &str| {
            let company_name = company.to_owned();
            world.offer(NewPlan {
                name,
                max_agents: 5,
                price: Money::from_cents(cents),
                company_name,
                expiry_date: Some(day("2027-01-31")),
            })
        };
        let silver = offer(PlanName::Silver, 100, "50%_\\ Off");
        let pro = offer(PlanName::Pro, 300, "\u{c9}T\u{c9}");
        let cheap = offer(PlanName::Pro, 200, "Acme");
        let gone = offer(PlanName::Basic, 1, "Acme");
        world
            .scratch
            .execute(&format!("UPDATE plans SET is_active = {} WHERE id = {}", sql_false(&world), gone.id))
            .unwrap();

        let silver_id = silver.id;
        let read = world.db.platform_read(world.boss.clone(), move |store| {
            assert_eq!(store.plan(silver_id)?.unwrap().expiry_date, Some(day("2027-01-31")));
            let page = |store: &mut storage::PlatformStore<'_>, filter: PlanFilter| store.page_of_plans(&filter, 0, 10);
            let search = |text: &str| PlanFilter { search: Some(text.into()), ..PlanFilter::default() };
            Ok::<_, StoreError>((
                store.active_plans()?,
                store.page_of_plans(&PlanFilter::default(), 1, 1)?,
                ["%", "_\\", "\u{e9}t\u{e9}", "CM"].map(|text| page(store, search(text)).unwrap().1),
                page(store, PlanFilter { name: Some(PlanName::Pro), ..PlanFilter::default() })?,
                page(store, PlanFilter { created_from: Some(day("2026-11-24").start()), ..PlanFilter::default() })?.0,
                page(store, PlanFilter { created_before: Some(day("2026-11-24").start()), ..PlanFilter::default() })?.0,
                page(store, PlanFilter { created_before: Some(day("2026-11-23").start()), ..PlanFilter::default() })?.0,
            ))
        });
        let (list, page, searches, pros, from, to, before) = read.wait().unwrap();
        assert_eq!(list, [cheap.clone(), pro.clone(), silver.clone()]);
        assert_eq!(page, (3, vec![pro.clone()]));
        assert_eq!(searches, [vec![silver.clone()], vec![silver], vec![pro.clone()], vec![cheap.clone()]]);
        assert_eq!(pros, (2, vec![cheap, pro]));
        assert_eq!((from, to, before), (0, 3, 0));
    }
}

/// Returns the SQL literal for false.
fn sql_false(world: &World) -> &'static str {
    match world.scratch.options.target {
        storage::Target::Sqlite(_) => "0",
        storage::Target::Postgres(_) => "FALSE",
    }
}

#[test]
fn starting_ends_what_ran_out_and_refuses_a_second_active_row() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1).id;
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Gold, 2)).unwrap();
        let office = world.office(&created);
        let end = now().plus(tenancy::assignments::TERM);

        let twice = world.db.write(office.clone(), move |store| store.start(plan, now(), end, "")).wait();
        assert_eq!(twice.unwrap_err().fault(), Fault::Broken);

        let rows = world.db.write(office.clone(), move |store| {
            store.start(plan, end, end.plus(DAY), "renewed")?;
            store.assignments_for_update()
        });
        let rows = rows.wait().unwrap();
        assert_eq!(
            rows.iter().map(|row| (row.stored_status, row.plan.name)).collect::<Vec<_>>(),
            [(AssignmentStatus::Active, PlanName::Pro), (AssignmentStatus::Expired, PlanName::Gold)]
        );
        assert_eq!((rows[0].start, rows[0].expiry, rows[0].notes.as_str()), (end, end.plus(DAY), "renewed"));
        assert_eq!(world.db.read(office, |store| store.assignments()).wait().unwrap(), rows);
    }
}

#[test]
fn a_reference_across_companies_cannot_be_stored() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let bob = world.open("SpaceX", "bob@s.com", &plan).unwrap();
        let agent = world.hire(&world.office(&ann), "agent@t.com").wait().unwrap();
        let insert = |code: &str| {
            world.scratch.execute(&format!(
                "INSERT INTO agent_sessions (company_id, agent_id, login_time) SELECT '{code}', id, created_at \
                 FROM agents WHERE id = {}",
                agent.id
            ))
        };
        let refused = insert(bob.company.code.as_str()).unwrap_err();
        assert!(refused.to_lowercase().contains("foreign key"), "{refused}");
        insert(ann.company.code.as_str()).unwrap();
    }
}
