use tenancy::Timestamp;

use super::*;
use crate::testing::World;

fn new(name: &str, email: &str) -> NewAdmin {
    NewAdmin {
        email: Email::parse(email).unwrap(),
        hash: PasswordHash::from_stored("h".into()),
        first_login: false,
        contact: Contact { name: name.into(), ..Contact::default() },
    }
}

fn now() -> Timestamp {
    World::default().now
}

#[test]
fn a_company_opens_with_its_owner_and_a_year_on_the_plan() {
    let mut world = World::default();
    let plan = world.offer(2, true);
    let created = open(&mut world, new("Tesla Motors", "Ann@t.com"), plan, now()).unwrap();
    assert_eq!((created.company.code.as_str(), created.company.name.as_str()), ("TES001", "Tesla Motors"));
    assert_eq!(created.plan.map(|plan| plan.id), Some(plan));
    let row = world.stored_mut(created.user);
    assert_eq!((row.username.as_str(), row.names.last.as_str()), ("Ann", "Motors"));
    assert_eq!((row.credentials.role, row.credentials.first_login), (Role::Admin, false));
    assert_eq!(
        (row.company, row.contact.as_ref().map(|c| c.name.as_str())),
        (Some(created.company.code), Some("Tesla Motors"))
    );
    let (_, assignment) = &world.assignments[0];
    assert_eq!((assignment.start, assignment.days_remaining(now())), (now(), 364));
}

#[test]
fn the_first_password_may_be_a_temporary_one() {
    let mut world = World::default();
    let plan = world.offer(2, true);
    let temporary = NewAdmin { first_login: true, ..new("Tesla Motors", "ann@t.com") };
    let created = open(&mut world, temporary, plan, now()).unwrap();
    let credentials = world.credentials(created.user);
    assert_eq!((credentials.first_login, credentials.handed_out_at), (true, Some(now())));
    let joining = NewAdmin { first_login: true, ..new("Bob Ray", "bob@t.com") };
    let joined = join(&mut world, joining, created.company.code, None, now()).unwrap();
    assert!(world.credentials(joined.user).first_login);
}

#[test]
fn a_username_gets_the_first_free_number() {
    let mut world = World::default();
    let plan = world.offer(2, true);
    for (email, username) in [("ann@a.com", "ann"), ("ann@b.com", "ann1"), ("ann@c.com", "ann2")] {
        let created = open(&mut world, new("Tesla", email), plan, now()).unwrap();
        assert_eq!(world.stored_mut(created.user).username, username);
    }
    assert!(matches!(open(&mut world, new("Tesla", "ANN@a.com"), plan, now()), Err(CreateAdminError::EmailTaken)));
}

#[test]
fn joining_starts_a_plan_only_where_none_is_active() {
    let mut world = World::default();
    let (first, second) = (world.offer(2, true), world.offer(9, true));
    let company = world.company("Tesla");
    let joined = join(&mut world, new("Ann", "ann@t.com"), company, None, now()).unwrap();
    assert_eq!((joined.plan, world.assignments.len()), (None, 0));
    let joined = join(&mut world, new("Bob", "bob@t.com"), company, Some(first), now()).unwrap();
    assert_eq!((joined.plan.map(|plan| plan.id), world.assignments.len()), (Some(first), 1));
    let joined = join(&mut world, new("Eve", "eve@t.com"), company, Some(second), now()).unwrap();
    assert_eq!((joined.plan.map(|plan| plan.id), world.assignments.len()), (Some(first), 1));
    let later = now().plus(TERM);
    let joined = join(&mut world, new("Dan", "dan@t.com"), company, Some(second), later).unwrap();
    assert_eq!((joined.plan.map(|plan| plan.id), world.assignments.len()), (Some(second), 2));
}

#[test]
fn plans_and_companies_must_be_active() {
    let mut world = World::default();
    let (plan, retired) = (world.offer(2, true), world.offer(2, false));
    let company = world.company("Tesla");
    for bad in [retired, PlanId::new(99)] {
        let refused = open(&mut world, new("Ann", "ann@t.com"), bad, now());
        assert!(matches!(refused, Err(CreateAdminError::PlanInvalid)));
        let refused = join(&mut world, new("Ann", "ann@t.com"), company, Some(bad), now());
        assert!(matches!(refused, Err(CreateAdminError::PlanInvalid)));
    }
    let unknown = CompanyCode::parse("SPA001").unwrap();
    world.companies[0].status = CompanyStatus::Suspended;
    for bad in [unknown, company, CompanyCode::shared_library()] {
        let refused = join(&mut world, new("Ann", "ann@t.com"), bad, Some(plan), now());
        assert!(matches!(refused, Err(CreateAdminError::CompanyInvalid)));
    }
    assert!(world.accounts.is_empty() && world.assignments.is_empty());
}

#[test]
fn an_order_is_read_or_newest_first() {
    let order = |by, direction| AdminOrder { by, direction };
    assert_eq!(AdminOrder::parse("name"), order(AdminSort::Name, Direction::Ascending));
    assert_eq!(AdminOrder::parse("-company_id"), order(AdminSort::CompanyCode, Direction::Descending));
    assert_eq!(AdminOrder::parse("date_joined"), order(AdminSort::DateJoined, Direction::Ascending));
    for other in ["", "-", "--name", "username", "-date_joined"] {
        assert_eq!(AdminOrder::parse(other), AdminOrder::default(), "{other}");
    }
}
