//! Subscriptions on real rows: the single active assignment, owners, and concurrent calls.

use std::time::Duration;

use identity::{
    admins,
    subscriptions::{self, CancelError, ChangePlanError, RenewError, Subscription, Subscriptions, UpgradeError},
};
use tenancy::{
    AssignmentId, CompanyStatus, PlanId, Timestamp,
    assignments::{AssignmentStatus, TERM},
    audit::Action,
    companies,
    plans::PlanName,
};

use crate::world::{World, admin, now};

const DAY: Duration = Duration::from_hours(24);

fn all(world: &World) -> Vec<Subscription> {
    world.db.platform_read(world.boss.clone(), |store| store.subscriptions(None)).wait().unwrap()
}

fn renew(world: &World, id: AssignmentId, at: Timestamp) -> Result<Subscription, RenewError> {
    world
        .db
        .platform(world.boss.clone(), Action::SubscriptionRenewed, move |store| {
            subscriptions::renew(store, id, None, at)
        })
        .wait()
}

fn cancel(world: &World, id: AssignmentId, at: Timestamp) -> Result<Subscription, CancelError> {
    world
        .db
        .platform(world.boss.clone(), Action::SubscriptionCancelled, move |store| {
            subscriptions::cancel(store, id, Some("enough"), at)
        })
        .wait()
}

fn upgrade(world: &World, id: AssignmentId, plan: PlanId, at: Timestamp) -> Result<Subscription, UpgradeError> {
    world
        .db
        .platform(world.boss.clone(), Action::SubscriptionUpgraded, move |store| {
            subscriptions::upgrade(store, id, plan, None, at)
        })
        .wait()
}

#[test]
fn assignments_name_their_companys_oldest_admin() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let eve = world.open("SpaceX", "eve@s.com", &plan).unwrap();
        let code = ann.company.code;
        let bob = world.db.platform(world.boss.clone(), Action::AdminCreated, move |store| {
            admins::join(store, admin("Bob", "bob@t.com"), code, None, now())
        });
        let bob = bob.wait().unwrap();
        let owners = || -> Vec<_> { all(&world).into_iter().map(|row| row.owner.map(|owner| owner.user)).collect() };
        assert_eq!(owners(), [Some(eve.user), Some(ann.user)]);
        let user = bob.user;
        let read = |of| world.db.platform_read(world.boss.clone(), move |store| subscriptions::list(store, of, now()));
        let bobs = read(Some(user)).wait().unwrap();
        assert_eq!((bobs.len(), bobs[0].company), (1, code));
        let owner = bobs[0].owner.clone().unwrap();
        assert_eq!((owner.username.as_str(), owner.email.as_str()), ("ann", "ann@t.com"));
        assert_eq!(read(Some(world.boss.user())).wait().unwrap(), []);

        let user = ann.user;
        world
            .db
            .platform(world.boss.clone(), Action::AdminDeleted, move |store| admins::delete(store, user, now()))
            .wait()
            .unwrap();
        assert_eq!(owners(), [Some(eve.user), Some(bob.user)]);
    }
}

#[test]
fn a_renewal_or_upgrade_leaves_one_active_row() {
    for world in World::each() {
        let (small, large) = (world.plan(PlanName::Pro, 1), world.plan(PlanName::Gold, 9));
        world.open("Tesla", "ann@t.com", &small).unwrap();
        let first = all(&world)[0].assignment.id;
        let (day, late) = (now().plus(DAY), now().plus(DAY).plus(TERM));
        let renewed = renew(&world, first, day).unwrap().assignment;
        assert_eq!((renewed.start, renewed.expiry, renewed.plan.id), (day, day.plus(TERM), small.id));
        let upgraded = upgrade(&world, renewed.id, large.id, day.plus(DAY)).unwrap().assignment;
        assert_eq!((upgraded.start, upgraded.expiry, upgraded.plan.id), (day.plus(DAY), renewed.expiry, large.id));
        let stored = || -> Vec<_> { all(&world).into_iter().map(|row| row.assignment.stored_status).collect() };
        use AssignmentStatus::{Active, Cancelled, Expired, Upgraded};
        assert_eq!(stored(), [Active, Upgraded, Upgraded]);
        assert!(matches!(upgrade(&world, first, large.id, day), Err(UpgradeError::NotFound)));

        // Renewing an assignment that has run out marks it expired, not upgraded.
        assert!(matches!(cancel(&world, upgraded.id, late), Err(CancelError::NotFound)));
        let again = renew(&world, upgraded.id, late).unwrap().assignment;
        assert_eq!(stored(), [Active, Expired, Upgraded, Upgraded]);
        let cancelled = cancel(&world, again.id, late).unwrap().assignment;
        assert_eq!((cancelled.stored_status, cancelled.notes.as_str()), (Cancelled, "enough"));
    }
}

#[test]
fn renewals_that_meet_leave_one_active_row() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let (first, user) = (all(&world)[0].assignment.id, ann.user);
        let other = world.plan(PlanName::Gold, 2).id;
        let renewals: Vec<_> = (0..6)
            .map(|_| {
                world.db.platform(world.boss.clone(), Action::SubscriptionRenewed, move |store| {
                    subscriptions::renew(store, first, None, now())
                })
            })
            .collect();
        let change = world.db.platform(world.boss.clone(), Action::SubscriptionUpgraded, move |store| {
            subscriptions::change_plan(store, user, other, None, now())
        });
        let cancels = world.db.platform(world.boss.clone(), Action::SubscriptionCancelled, move |store| {
            subscriptions::cancel(store, first, None, now())
        });
        for renewal in renewals {
            renewal.wait().unwrap();
        }
        let changed = change.wait();
        assert!(matches!(changed, Ok(_) | Err(ChangePlanError::NoActivePlan)), "{changed:?}");
        let cancelled = cancels.wait();
        assert!(matches!(cancelled, Ok(_) | Err(CancelError::NotFound)), "{cancelled:?}");
        assert_eq!(world.count("assignments WHERE status = 'active'"), "1");
    }
}

#[test]
fn a_company_that_closed_has_no_subscription_to_change() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 1);
        let ann = world.open("Tesla", "ann@t.com", &plan).unwrap();
        let (id, larger) = (all(&world)[0].assignment.id, world.plan(PlanName::Gold, 2).id);
        let keeper = world.housekeeper(&ann);
        world.db.write(keeper, |store| companies::set_status(store, CompanyStatus::Closed)).wait().unwrap();
        assert_eq!(all(&world), []);
        assert!(matches!(renew(&world, id, now()), Err(RenewError::NotFound)));
        assert!(matches!(cancel(&world, id, now()), Err(CancelError::NotFound)));
        assert!(matches!(upgrade(&world, id, larger, now()), Err(UpgradeError::NotFound)));
        assert_eq!(world.count("assignments"), "1");
    }
}
