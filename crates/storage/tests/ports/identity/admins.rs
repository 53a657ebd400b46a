//! Existing admins: changes, deletion, and the closing of a company.

use identity::{
    Email,
    accounts::Account,
    admins::{
        self, AdminChange, AdminList, CreateAdminError, CreatedAdmin, DeleteAdminError, DeletedAdmin,
        ResetAdminPasswordError, UpdateAdminError,
    },
    subscriptions::Subscriptions,
};
use storage::Ticket;
use tenancy::{
    CompanyStatus, StoreError, UserId,
    access::Denied,
    audit::Action,
    companies::{self, Companies},
    plans::PlanName,
};

use crate::world::{World, admin, email, hash, now};

fn update(world: &World, user: UserId, change: AdminChange) -> Ticket<Account, UpdateAdminError> {
    world.db.platform(world.boss.clone(), Action::AdminUpdated, move |store| admins::update(store, user, change, now()))
}

fn delete(world: &World, user: UserId) -> Ticket<DeletedAdmin, DeleteAdminError> {
    world.db.platform(world.boss.clone(), Action::AdminDeleted, move |store| admins::delete(store, user, now()))
}

fn join(world: &World, first: &CreatedAdmin, address: &str) -> Ticket<CreatedAdmin, CreateAdminError> {
    let (new, code) = (admin("Bob Ray", address), first.company.code);
    world
        .db
        .platform(world.boss.clone(), Action::AdminCreated, move |store| admins::join(store, new, code, None, now()))
}

fn address(text: &str) -> AdminChange {
    AdminChange { email: Some(email(text)), ..AdminChange::default() }
}

fn status(world: &World, created: &CreatedAdmin) -> CompanyStatus {
    let code = created.company.code;
    let found = world.db.platform_read(world.boss.clone(), move |store| Companies::find(store, code));
    found.wait().unwrap().unwrap().status
}

#[test]
fn a_change_stays_with_its_admin_and_the_owners_name_names_the_company() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let eve = world.open("SpaceX", "eve@s.com", &plan).unwrap();
        let bob = join(&world, &ann, "bob@t.com").wait().unwrap();
        let change = AdminChange {
            name: Some("\u{c9}lan Co".into()),
            phone_number: Some("555-TEST".into()),
            email: Some(email("New@t.com")),
            ..AdminChange::default()
        };
        let changed = update(&world, ann.user, change).wait().unwrap();
        let contact = changed.contact.unwrap();
        assert_eq!((contact.name.as_str(), contact.phone_number.as_str()), ("\u{c9}lan Co", "555-TEST"));
        assert_eq!((contact.address.as_str(), changed.email.as_str()), ("1 Road", "New@t.com"));
        assert_eq!((changed.username.as_str(), changed.names.first.as_str()), ("ann", "\u{c9}lan"));
        assert_eq!((changed.company.unwrap().name.as_str(), changed.plan.unwrap().plan), ("\u{c9}lan Co", plan));

        let bobs = AdminChange { name: Some("Bobby".into()), ..AdminChange::default() };
        assert_eq!(update(&world, bob.user, bobs).wait().unwrap().company.unwrap().name, "\u{c9}lan Co");
        let names = |search: &'static str| {
            let read = world.db.platform_read(world.boss.clone(), move |store| store.count_admins(Some(search)));
            read.wait().unwrap()
        };
        // Search uses the folded name, which a change updates too.
        assert_eq!((names("\u{e9}LAN"), names("tesla"), names("spacex"), names("bobby")), (1, 0, 1, 1));
        let nothing = update(&world, eve.user, AdminChange::default()).wait().unwrap();
        assert_eq!((nothing.email.as_str(), nothing.company), ("eve@s.com", Some(eve.company)));
    }
}

#[test]
fn an_address_has_one_account_also_when_two_want_it_at_once() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 2);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let eve = world.open("SpaceX", "eve@s.com", &plan).unwrap();
        world.hire(&world.office(&eve), "agent@s.com").wait().unwrap();
        for taken in ["EVE@s.com", "agent@S.com", "boss@example.com"] {
            let refused = update(&world, ann.user, address(taken)).wait();
            assert!(matches!(refused, Err(UpdateAdminError::EmailTaken)), "{taken}");
        }
        update(&world, ann.user, address("ANN@t.com")).wait().unwrap();
        let both = [ann.user, eve.user].map(|user| update(&world, user, address("one@x.com")));
        let won = both.into_iter().map(Ticket::wait).filter(|done| match done {
            Ok(_) => true,
            Err(UpdateAdminError::EmailTaken) => false,
            Err(error) => panic!("{error:?}"),
        });
        assert_eq!(won.count(), 1);
        assert_eq!(world.count("accounts WHERE email_key = 'one@x.com'"), "1");
    }
}

#[test]
fn a_deleted_admin_leaves_no_account_and_frees_the_address() {
    for world in World::each() {
        let ann = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 1)).unwrap();
        let bob = join(&world, &ann, "bob@t.com").wait().unwrap();
        let deleted = delete(&world, bob.user).wait().unwrap();
        assert_eq!((deleted.admin.user, deleted.company_closed), (bob.user, false));
        assert!(matches!(world.admit(bob.user), Err(Denied::Gone)));
        assert!(matches!(delete(&world, bob.user).wait(), Err(DeleteAdminError::NotFound)));
        let again = join(&world, &ann, "BOB@t.com").wait().unwrap();
        assert!(again.user > bob.user, "the id was reused");

        // When the owner is deleted, the next admin owns the company, and its name stays.
        assert!(!delete(&world, ann.user).wait().unwrap().company_closed);
        let change = AdminChange { name: Some("Bobs".into()), ..AdminChange::default() };
        assert_eq!(update(&world, again.user, change).wait().unwrap().company.unwrap().name, "Bobs");
    }
}

#[test]
fn the_last_admins_end_closes_the_company() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 2);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let other = world.open("SpaceX", "eve@s.com", &plan).unwrap();
        let agent = world.hire(&world.office(&ann), "agent@t.com").wait().unwrap();
        assert!(world.admit(agent.user).is_ok());
        assert!(delete(&world, ann.user).wait().unwrap().company_closed);
        assert_eq!((status(&world, &ann), status(&world, &other)), (CompanyStatus::Closed, CompanyStatus::Active));
        assert!(matches!(world.admit(agent.user), Err(Denied::Inactive)));
        assert_eq!(
            world.scratch.lines("SELECT status || ' ' || notes AS line FROM assignments ORDER BY id"),
            ["cancelled Company closed", "active "]
        );
        let listed = world.db.platform_read(world.boss.clone(), |store| {
            Ok::<_, StoreError>((store.count_admins(None)?, store.subscriptions(None)?))
        });
        let (admins, subscriptions) = listed.wait().unwrap();
        assert_eq!((admins, subscriptions.len()), (1, 1));
        assert!(matches!(join(&world, &ann, "new@t.com").wait(), Err(CreateAdminError::CompanyInvalid)));
    }
}

#[test]
fn of_two_last_admins_deleted_at_once_one_closes_the_company() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        for round in 0..8 {
            let ann = world.open("Tesla", &format!("ann{round}@t.com"), &plan).unwrap();
            let bob = join(&world, &ann, &format!("bob{round}@t.com")).wait().unwrap();
            let both = [ann.user, bob.user].map(|user| delete(&world, user));
            let closed = both.into_iter().map(|ticket| ticket.wait().unwrap().company_closed);
            assert_eq!(closed.filter(|closed| *closed).count(), 1);
            assert_eq!(status(&world, &ann), CompanyStatus::Closed);
        }
        assert_eq!(world.count("admins"), "0");
    }
}

#[test]
fn nobody_joins_a_company_that_closes_meanwhile() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        for round in 0..8 {
            let ann = world.open("Tesla", &format!("ann{round}@t.com"), &plan).unwrap();
            let (left, joins) = (delete(&world, ann.user), join(&world, &ann, &format!("bob{round}@t.com")));
            let closed = left.wait().unwrap().company_closed;
            match joins.wait() {
                Ok(_) => assert!(!closed),
                Err(CreateAdminError::CompanyInvalid) => assert!(closed),
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(
            world.count(
                "companies WHERE code LIKE 'TES%' AND \
                 (status = 'active') <> EXISTS (SELECT 1 FROM admins WHERE company_id = code)"
            ),
            "0"
        );
    }
}

#[test]
fn a_reset_password_ends_tokens_and_must_be_replaced() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 2);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let agent = world.hire(&world.office(&ann), "agent@t.com").wait().unwrap();
        let reset = |user: UserId| -> Result<Email, ResetAdminPasswordError> {
            let hash = hash();
            world
                .db
                .platform(world.boss.clone(), Action::PasswordReset, move |store| {
                    admins::reset_password(store, user, &hash, now())
                })
                .wait()
        };
        let version = || world.scratch.lines("SELECT CAST(token_version AS TEXT) AS line FROM accounts ORDER BY id");
        let before: Vec<i64> = version().iter().map(|line| line.parse().unwrap()).collect();
        assert_eq!(reset(ann.user).unwrap().as_str(), "ann@t.com");
        let after: Vec<i64> = version().iter().map(|line| line.parse().unwrap()).collect();
        assert_eq!(after, [before[0], before[1] + 1, before[2]]);
        assert_eq!(world.count(&format!("accounts WHERE first_login AND id = {}", ann.user)), "1");
        for not_admin in [agent.user, world.boss.user(), UserId::new(99)] {
            assert!(matches!(reset(not_admin), Err(ResetAdminPasswordError::NotFound)));
        }
        let keeper = world.housekeeper(&ann);
        world.db.write(keeper, |store| companies::set_status(store, CompanyStatus::Closed)).wait().unwrap();
        assert!(matches!(reset(ann.user), Err(ResetAdminPasswordError::NotFound)));
    }
}
