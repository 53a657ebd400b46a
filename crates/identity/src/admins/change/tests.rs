use tenancy::{CompanyCode, PlanId, assignments::AssignmentStatus};

use super::*;
use crate::{
    accounts::Contact,
    admins::{NewAdmin, join, open},
    testing::World,
};

fn new(name: &str, email: &str) -> NewAdmin {
    NewAdmin {
        email: Email::parse(email).unwrap(),
        hash: PasswordHash::from_stored("h".into()),
        first_login: false,
        contact: Contact { name: name.into(), ..Contact::default() },
    }
}

/// A world in which Ann owns the company Tesla and Bob is its second admin.
fn two_admins() -> (World, CompanyCode, UserId, UserId) {
    let mut world = World::default();
    let (plan, now): (PlanId, _) = (world.offer(2, true), world.now);
    let ann = open(&mut world, new("Tesla Motors", "ann@t.com"), plan, now).unwrap();
    let company = ann.company.code;
    let bob = join(&mut world, new("Bob Ray", "bob@t.com"), company, None, now).unwrap();
    (world, company, ann.user, bob.user)
}

fn name(text: &str) -> AdminChange {
    AdminChange { name: Some(text.into()), ..AdminChange::default() }
}

#[test]
fn the_owners_name_is_the_companys() {
    let (mut world, _, ann, bob) = two_admins();
    let now = world.now;
    let renamed = update(&mut world, bob, name("Robert"), now).unwrap();
    assert_eq!((renamed.names.first.as_str(), renamed.names.last.as_str()), ("Robert", "Admin"));
    assert_eq!(world.companies[0].name, "Tesla Motors");
    let renamed = update(&mut world, ann, name("Tesla Inc"), now).unwrap();
    assert_eq!(renamed.company.unwrap().name, "Tesla Inc");
    // The oldest remaining admin now owns the company. The change of owner alone renames nothing.
    assert!(!delete(&mut world, ann, now).unwrap().company_closed);
    assert_eq!(world.companies[0].name, "Tesla Inc");
    update(&mut world, bob, name("Robert & Co"), now).unwrap();
    assert_eq!(world.companies[0].name, "Robert & Co");
}

#[test]
fn what_is_not_given_stays() {
    let (mut world, _, ann, _) = two_admins();
    let now = world.now;
    let change = AdminChange {
        first_name: Some("Ann".into()),
        phone_number: Some("555-TEST".into()),
        email: Email::parse("ann@new.com").ok(),
        ..AdminChange::default()
    };
    let changed = update(&mut world, ann, change, now).unwrap();
    let contact = changed.contact.unwrap();
    assert_eq!((changed.names.first.as_str(), changed.names.last.as_str()), ("Ann", "Motors"));
    assert_eq!((contact.name.as_str(), contact.phone_number.as_str()), ("Tesla Motors", "555-TEST"));
    assert_eq!((changed.username.as_str(), changed.email.as_str()), ("ann", "ann@new.com"));
    assert_eq!(update(&mut world, ann, AdminChange::default(), now).unwrap().email, changed.email);
}

#[test]
fn an_address_is_somebody_elses_or_nobodys() {
    let (mut world, _, ann, bob) = two_admins();
    let now = world.now;
    let change = |email: &str| AdminChange { email: Email::parse(email).ok(), ..AdminChange::default() };
    assert!(matches!(update(&mut world, bob, change("ANN@t.com"), now), Err(UpdateAdminError::EmailTaken)));
    assert!(update(&mut world, ann, change("ANN@t.com"), now).is_ok());
    delete(&mut world, ann, now).unwrap();
    assert!(update(&mut world, bob, change("ann@t.com"), now).is_ok());
}

#[test]
fn the_last_admins_end_is_the_companys() {
    let (mut world, _, ann, bob) = two_admins();
    let now = world.now;
    assert!(!delete(&mut world, bob, now).unwrap().company_closed);
    assert_eq!(world.assignments[0].1.stored_status, AssignmentStatus::Active);
    let deleted = delete(&mut world, ann, now).unwrap();
    assert!(deleted.company_closed && deleted.admin.email.as_str() == "ann@t.com");
    assert_eq!(world.companies[0].status, CompanyStatus::Closed);
    let row = &world.assignments[0].1;
    assert_eq!((row.stored_status, row.notes.as_str()), (AssignmentStatus::Cancelled, CLOSED));
    assert!(matches!(delete(&mut world, ann, now), Err(DeleteAdminError::NotFound)));
}

#[test]
fn only_an_active_admin_of_an_open_company_gets_a_new_password() {
    let (mut world, company, ann, bob) = two_admins();
    let (now, hash) = (world.now, PasswordHash::from_stored("other".into()));
    let before = world.credentials(ann).version;
    assert_eq!(reset_password(&mut world, ann, &hash, now).unwrap().as_str(), "ann@t.com");
    let after = world.credentials(ann);
    assert_eq!((after.hash, after.version.0, after.first_login), (hash.clone(), before.0 + 1, true));
    world.stored_mut(bob).credentials.active = false;
    let (agent, _) = world.agent("bo@t.com", company, false);
    for user in [bob, agent, UserId::new(99)] {
        let refused = reset_password(&mut world, user, &hash, now);
        assert!(matches!(refused, Err(ResetAdminPasswordError::NotFound)));
    }
    world.companies[0].status = CompanyStatus::Closed;
    assert!(matches!(reset_password(&mut world, ann, &hash, now), Err(ResetAdminPasswordError::NotFound)));
    assert!(matches!(update(&mut world, ann, AdminChange::default(), now), Err(UpdateAdminError::NotFound)));
    assert!(matches!(delete(&mut world, ann, now), Err(DeleteAdminError::NotFound)));
}
