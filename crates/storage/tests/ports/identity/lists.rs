//! The platform's list of admins.

use std::time::Duration;

use identity::admins::{self, AdminFilter, AdminList, AdminOrder};
use tenancy::{StoreError, assignments::AssignmentStatus, audit::Action, plans::PlanName};

use crate::world::{World, admin, now};

/// Creates five admins of three companies, in an order that no sort key gives.
fn fill(world: &World) {
    let plan = world.plan(PlanName::Pro, 5);
    let acme = world.open("Zoe", "m@a.com", &plan).unwrap().company.code;
    world.open("\u{c9}mile", "b_1@a.com", &plan).unwrap();
    world.open("50% off", "y@\u{c9}va.com", &plan).unwrap();
    for (name, address) in [("ann", "Z@a.com"), ("Bob", "b21@a.com")] {
        let new = admin(name, address);
        let joined = world.db.platform(world.boss.clone(), Action::AdminCreated, move |store| {
            admins::join(store, new, acme, None, now())
        });
        joined.wait().unwrap();
    }
}

fn names(world: &World, filter: AdminFilter, offset: i64, limit: i64) -> Vec<String> {
    let read = world.db.platform_read(world.boss.clone(), move |store| {
        let page = store.page_of_admins(&filter, offset, limit, now())?;
        assert!(page.iter().all(|row| row.plan.is_some() && row.company.is_some()));
        Ok::<_, StoreError>(page)
    });
    read.wait().unwrap().into_iter().map(|row| row.contact.unwrap().name).collect()
}

#[test]
fn both_databases_sort_alike() {
    for world in World::each() {
        fill(&world);
        let sorted = |word: &str| names(&world, AdminFilter { search: None, order: AdminOrder::parse(word) }, 0, 10);
        assert_eq!(sorted("name"), ["50% off", "ann", "Bob", "Zoe", "\u{c9}mile"]);
        assert_eq!(sorted("-name"), ["\u{c9}mile", "Zoe", "Bob", "ann", "50% off"]);
        assert_eq!(sorted("email"), ["Bob", "\u{c9}mile", "Zoe", "50% off", "ann"]);
        assert_eq!(sorted("company_id"), ["\u{c9}mile", "50% off", "Zoe", "ann", "Bob"]);
        assert_eq!(sorted("-company_id"), ["Bob", "ann", "Zoe", "50% off", "\u{c9}mile"]);
        assert_eq!(sorted(""), ["Bob", "ann", "50% off", "\u{c9}mile", "Zoe"]);
        assert_eq!(names(&world, AdminFilter::default(), 1, 2), ["ann", "50% off"]);
    }
}

#[test]
fn both_databases_search_alike() {
    for world in World::each() {
        fill(&world);
        let found = |text: &str| {
            let order = AdminOrder::parse("name");
            let rows = names(&world, AdminFilter { search: Some(text.into()), order }, 0, 10);
            let text = text.to_owned();
            let count = world.db.platform_read(world.boss.clone(), move |store| store.count_admins(Some(&text)));
            assert_eq!(count.wait().unwrap(), i64::try_from(rows.len()).unwrap());
            rows
        };
        assert_eq!(found("\u{c9}"), ["50% off", "\u{c9}mile"]);
        assert_eq!(found("%"), ["50% off"]);
        assert_eq!(found("B_1"), ["\u{c9}mile"]);
        assert_eq!(found("zoe0"), ["ann", "Bob", "Zoe"]);
        assert_eq!(found("OFF"), ["50% off"]);
        assert_eq!(found("\\"), [""; 0]);
        assert_eq!(found("z@A"), ["ann"]);
    }
}

#[test]
fn an_admin_shows_the_active_plan_else_the_newest() {
    for world in World::each() {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 5)).unwrap();
        let user = created.user;
        let end = now().plus(tenancy::assignments::TERM);
        let plan_at = |at| {
            let read = world.db.platform_read(world.boss.clone(), move |store| store.admin(user, at));
            let account = read.wait().unwrap().unwrap();
            assert_eq!(account.company.as_ref(), Some(&created.company));
            assert_eq!(account.contact.as_ref().unwrap().address, "1 Road");
            account.plan.map(|row| (row.plan.name, row.stored_status))
        };
        assert_eq!(plan_at(now()), Some((PlanName::Pro, AssignmentStatus::Active)));

        let gold = world.plan(PlanName::Gold, 5).id;
        let code = &created.company.code;
        world
            .scratch
            .execute(&format!(
                "INSERT INTO assignments (company_id, plan_id, status, start_at, expiry_at, notes, created_at) \
                 SELECT company_id, {gold}, 'cancelled', start_at, expiry_at, '', created_at FROM assignments \
                 WHERE company_id = '{code}'"
            ))
            .unwrap();
        assert_eq!(plan_at(now()), Some((PlanName::Pro, AssignmentStatus::Active)));
        assert_eq!(plan_at(end), Some((PlanName::Gold, AssignmentStatus::Cancelled)));
        world.scratch.execute("DELETE FROM assignments").unwrap();
        assert_eq!(plan_at(now()), None);
    }
}

#[test]
fn equal_moments_are_ordered_by_id() {
    for world in World::each() {
        fill(&world);
        let later = now().plus(Duration::from_secs(1));
        let joined = {
            let new = admin("Late", "late@a.com");
            let code = tenancy::CompanyCode::parse("ZOE001").unwrap();
            world.db.platform(world.boss.clone(), Action::AdminCreated, move |store| {
                admins::join(store, new, code, None, later)
            })
        };
        joined.wait().unwrap();
        let order = |word| AdminFilter { search: None, order: AdminOrder::parse(word) };
        assert_eq!(names(&world, order("date_joined"), 4, 2), ["Bob", "Late"]);
        assert_eq!(names(&world, order("-date_joined"), 0, 2), ["Late", "Bob"]);
    }
}
