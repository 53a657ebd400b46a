use std::time::Duration;

use tenancy::CompanyStatus;

use super::*;
use crate::{
    PasswordHash,
    accounts::Contact,
    admins::{NewAdmin, open},
    testing::World,
};

const DAY: Duration = Duration::from_hours(24);

/// A company with its owner and its first assignment.
fn subscribed(plan: impl FnOnce(&mut World) -> PlanId) -> (World, UserId, AssignmentId) {
    let mut world = World::default();
    let plan = plan(&mut world);
    let new = NewAdmin {
        email: Email::parse("ann@t.com").unwrap(),
        hash: PasswordHash::from_stored("h".into()),
        first_login: false,
        contact: Contact { name: "Tesla".into(), ..Contact::default() },
    };
    let now = world.now;
    let created = open(&mut world, new, plan, now).unwrap();
    let id = world.assignments[0].1.id;
    (world, created.user, id)
}

fn statuses(world: &World) -> Vec<AssignmentStatus> {
    world.assignments.iter().map(|(_, row)| row.stored_status).collect()
}

#[test]
fn a_cancelled_row_takes_the_reason_and_cannot_be_cancelled_again() {
    let (mut world, ann, id) = subscribed(|world| world.offer(2, true));
    let now = world.now;
    let row = cancel(&mut world, id, Some("too dear"), now).unwrap();
    assert_eq!(row.owner.map(|owner| owner.user), Some(ann));
    assert_eq!(
        (row.assignment.stored_status, row.assignment.notes.as_str()),
        (AssignmentStatus::Cancelled, "too dear")
    );
    for bad in [id, AssignmentId::new(99)] {
        assert!(matches!(cancel(&mut world, bad, None, now), Err(CancelError::NotFound)));
    }
}

#[test]
fn what_has_run_out_is_not_active() {
    let (mut world, ann, id) = subscribed(|world| world.offer(2, true));
    let (plan, later) = (world.offer(9, true), world.now.plus(TERM));
    assert!(matches!(cancel(&mut world, id, None, later), Err(CancelError::NotFound)));
    assert!(matches!(upgrade(&mut world, id, plan, None, later), Err(UpgradeError::NotFound)));
    assert!(matches!(change_plan(&mut world, ann, plan, None, later), Err(ChangePlanError::NoActivePlan)));
}

#[test]
fn a_row_of_any_status_is_renewed_and_replaces_what_is_active() {
    let (mut world, _, first) = subscribed(|world| world.offer(2, true));
    let later = world.now.plus(DAY);
    let second = renew(&mut world, first, None, later).unwrap().assignment;
    assert_eq!((second.start, second.expiry, second.notes.as_str()), (later, later.plus(TERM), RENEWED));
    let third = renew(&mut world, first, Some(later.plus(DAY)), later).unwrap().assignment;
    assert_eq!((third.expiry, third.plan), (later.plus(DAY), second.plan));
    assert_eq!(statuses(&world), [AssignmentStatus::Upgraded, AssignmentStatus::Upgraded, AssignmentStatus::Active]);
    cancel(&mut world, third.id, None, later).unwrap();
    renew(&mut world, third.id, None, later).unwrap();
    assert_eq!(statuses(&world)[2..], [AssignmentStatus::Cancelled, AssignmentStatus::Active]);
    assert!(matches!(renew(&mut world, first, Some(later), later), Err(RenewError::ExpiryPassed)));
    assert!(matches!(renew(&mut world, AssignmentId::new(99), None, later), Err(RenewError::NotFound)));
}

#[test]
fn an_upgrade_keeps_the_expiry_and_needs_an_active_row_and_plan() {
    let (mut world, ann, first) = subscribed(|world| world.offer(2, true));
    let (now, later) = (world.now, world.now.plus(DAY));
    let (larger, retired) = (world.offer(9, true), world.offer(3, false));
    for bad in [retired, PlanId::new(99)] {
        let refused = upgrade(&mut world, first, bad, None, later);
        assert!(matches!(refused, Err(UpgradeError::PlanNotFound)));
        let refused = change_plan(&mut world, ann, bad, None, later);
        assert!(matches!(refused, Err(ChangePlanError::PlanInvalid)));
    }
    let next = upgrade(&mut world, first, larger, Some("growing"), later).unwrap().assignment;
    assert_eq!((next.start, next.expiry), (later, now.plus(TERM)));
    assert_eq!((next.plan.id, next.notes.as_str()), (larger, "growing"));
    assert_eq!(statuses(&world), [AssignmentStatus::Upgraded, AssignmentStatus::Active]);
    assert!(matches!(upgrade(&mut world, first, larger, None, later), Err(UpgradeError::NotFound)));
    assert!(matches!(change_plan(&mut world, ann, larger, None, later), Err(ChangePlanError::SamePlan)));
    let other = world.offer(4, true);
    let (admin, changed) = change_plan(&mut world, ann, other, None, later).unwrap();
    assert_eq!((admin.user, changed.assignment.expiry), (ann, next.expiry));
}

#[test]
fn a_closed_companys_rows_are_nowhere() {
    let (mut world, ann, id) = subscribed(|world| world.offer(2, true));
    let (now, plan) = (world.now, world.offer(9, true));
    assert_eq!(list(&mut world, None, now).unwrap().len(), 1);
    assert_eq!(list(&mut world, Some(ann), now).unwrap().len(), 1);
    assert_eq!(list(&mut world, Some(UserId::new(99)), now).unwrap(), []);
    world.companies[0].status = CompanyStatus::Closed;
    assert_eq!(list(&mut world, None, now).unwrap(), []);
    assert!(matches!(cancel(&mut world, id, None, now), Err(CancelError::NotFound)));
    assert!(matches!(renew(&mut world, id, None, now), Err(RenewError::NotFound)));
    assert!(matches!(upgrade(&mut world, id, plan, None, now), Err(UpgradeError::NotFound)));
    assert!(matches!(change_plan(&mut world, ann, plan, None, now), Err(ChangePlanError::AdminNotFound)));
}
