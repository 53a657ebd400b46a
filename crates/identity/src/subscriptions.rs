//! Subscriptions: the assignments of all companies with their owners, as the platform lists and changes
//! them.
//!
//! Every change is one platform write that locks the company first. The active assignment ends before its
//! successor starts, because a company never has two active assignments.

use tenancy::{
    AssignmentId, CompanyCode, PlanId, StoreError, Timestamp, UserId,
    assignments::{self, Assignment, AssignmentStatus, TERM},
    audit::{Action, Object},
    plans::{Plan, Plans},
};

use crate::{
    Email,
    accounts::Account,
    admins::{AdminList, CompanyOffice, Platform, lock_unless_closed},
};

/// The notes of a renewed subscription.
const RENEWED: &str = "Subscription renewed";

/// The owner of a company, as shown with its assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The admin's account.
    pub user: UserId,
    /// Login name.
    pub username: String,
    /// E-mail address.
    pub email: Email,
}

/// An assignment with its company and the company's owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The company.
    pub company: CompanyCode,
    /// The company's owner. A company has none only if the operator activated it again after its last
    /// admin was deleted, and no admin has been added since.
    pub owner: Option<Owner>,
    /// The assignment.
    pub assignment: Assignment,
}

/// Why a subscription was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such assignment, it is not active, or its company is closed.
    #[error("active assignment not found")]
    NotFound,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// Why a subscription was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// There is no such assignment, or its company is closed.
    #[error("assignment not found")]
    NotFound,
    /// The requested expiry is not in the future.
    #[error("the expiry is not in the future")]
    ExpiryPassed,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// Why a subscription was not upgraded.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// There is no such assignment, it is not active, or its company is closed.
    #[error("active assignment not found")]
    NotFound,
    /// The plan does not exist, or new subscriptions may not use it.
    #[error("the plan does not exist or is not active")]
    PlanNotFound,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// Why an admin's company was not moved to another plan.
#[derive(Debug, thiserror::Error)]
pub enum ChangePlanError {
    /// There is no such admin, or the admin's company is closed.
    #[error("admin not found")]
    AdminNotFound,
    /// The company has no active assignment.
    #[error("the company has no active assignment")]
    NoActivePlan,
    /// The company already has this plan.
    #[error("the company already has this plan")]
    SamePlan,
    /// The plan does not exist, or new subscriptions may not use it.
    #[error("the plan does not exist or is not active")]
    PlanInvalid,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// The assignments of all companies that are not closed, with their owners. Implemented for the platform.
pub trait Subscriptions {
    /// Returns one subscription.
    fn subscription(&mut self, id: AssignmentId) -> Result<Option<Subscription>, StoreError>;

    /// Returns all subscriptions or those of one company, newest first.
    fn subscriptions(&mut self, of: Option<CompanyCode>) -> Result<Vec<Subscription>, StoreError>;
}

/// Returns the subscriptions of all companies that are not closed, newest first. If an account is given,
/// returns those of its company, and none if the account is not an admin's.
///
/// # Errors
/// Fails only when the store fails.
pub fn list<S>(store: &mut S, of: Option<UserId>, now: Timestamp) -> Result<Vec<Subscription>, StoreError>
where
    S: AdminList + Subscriptions + ?Sized,
{
    let Some(user) = of else { return store.subscriptions(None) };
    match store.admin(user, now)?.and_then(|admin| admin.company) {
        Some(company) => store.subscriptions(Some(company.code)),
        None => Ok(Vec::new()),
    }
}

/// Cancels an active assignment. If a reason is given, it replaces the notes.
///
/// # Errors
/// [`CancelError`]; nothing has changed then.
pub fn cancel<S>(
    store: &mut S,
    id: AssignmentId,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Subscription, CancelError>
where
    S: Platform + Subscriptions + ?Sized,
{
    let found = store.subscription(id)?.ok_or(CancelError::NotFound)?;
    let mut office = store.enter(found.company)?;
    lock_unless_closed(office.as_mut())?.ok_or(CancelError::NotFound)?;
    let rows = office.assignments()?;
    assignments::active(&rows, now).filter(|row| row.id == id).ok_or(CancelError::NotFound)?;
    office.end(id, AssignmentStatus::Cancelled, reason)?;
    office.record(Action::SubscriptionCancelled, Object::Assignment(id));
    drop(office);
    store.subscription(id)?.ok_or(CancelError::NotFound)
}

/// Starts the plan of an assignment again, for one term or until `expiry`. The assignment may have any
/// status.
///
/// # Errors
/// [`RenewError`]; nothing has changed then.
pub fn renew<S>(
    store: &mut S,
    id: AssignmentId,
    expiry: Option<Timestamp>,
    now: Timestamp,
) -> Result<Subscription, RenewError>
where
    S: Platform + Subscriptions + ?Sized,
{
    if expiry.is_some_and(|expiry| expiry <= now) {
        return Err(RenewError::ExpiryPassed);
    }
    let found = store.subscription(id)?.ok_or(RenewError::NotFound)?;
    let mut office = store.enter(found.company)?;
    lock_unless_closed(office.as_mut())?.ok_or(RenewError::NotFound)?;
    let rows = office.assignments()?;
    let expiry = expiry.unwrap_or(now.plus(TERM));
    let plan = found.assignment.plan.id;
    let id = replace_active(office.as_mut(), assignments::active(&rows, now), (plan, expiry, RENEWED), now)?;
    office.record(Action::SubscriptionRenewed, Object::Assignment(id));
    drop(office);
    store.subscription(id)?.ok_or(RenewError::NotFound)
}

/// Moves the company of an active assignment to another plan. The expiry stays the same.
///
/// # Errors
/// [`UpgradeError`]; nothing has changed then.
pub fn upgrade<S>(
    store: &mut S,
    id: AssignmentId,
    plan: PlanId,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Subscription, UpgradeError>
where
    S: Platform + Plans + Subscriptions + ?Sized,
{
    let found = store.subscription(id)?.ok_or(UpgradeError::NotFound)?;
    let wanted = subscribable(store, plan)?;
    let mut office = store.enter(found.company)?;
    lock_unless_closed(office.as_mut())?.ok_or(UpgradeError::NotFound)?;
    let rows = office.assignments()?;
    let active = assignments::active(&rows, now).filter(|row| row.id == id).ok_or(UpgradeError::NotFound)?;
    let plan = wanted.ok_or(UpgradeError::PlanNotFound)?.id;
    let next = (plan, active.expiry, reason.unwrap_or_default());
    let id = replace_active(office.as_mut(), Some(active), next, now)?;
    office.record(Action::SubscriptionUpgraded, Object::Assignment(id));
    drop(office);
    store.subscription(id)?.ok_or(UpgradeError::NotFound)
}

/// Moves an admin's company to another plan, and returns the admin and the new subscription. The expiry
/// stays the same.
///
/// # Errors
/// The first [`ChangePlanError`] that applies, in its order; nothing has changed then.
pub fn change_plan<S>(
    store: &mut S,
    admin: UserId,
    plan: PlanId,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(Account, Subscription), ChangePlanError>
where
    S: Platform + Plans + AdminList + Subscriptions + ?Sized,
{
    let company = store.admin(admin, now)?.and_then(|admin| admin.company).ok_or(ChangePlanError::AdminNotFound)?;
    let wanted = subscribable(store, plan)?;
    let mut office = store.enter(company.code)?;
    lock_unless_closed(office.as_mut())?.ok_or(ChangePlanError::AdminNotFound)?;
    let rows = office.assignments()?;
    let active = assignments::active(&rows, now).ok_or(ChangePlanError::NoActivePlan)?;
    if active.plan.id == plan {
        return Err(ChangePlanError::SamePlan);
    }
    let plan = wanted.ok_or(ChangePlanError::PlanInvalid)?.id;
    let next = (plan, active.expiry, reason.unwrap_or_default());
    let id = replace_active(office.as_mut(), Some(active), next, now)?;
    office.record(Action::SubscriptionUpgraded, Object::Assignment(id));
    drop(office);
    let account = store.admin(admin, now)?.ok_or(ChangePlanError::AdminNotFound)?;
    let subscription = store.subscription(id)?.ok_or(ChangePlanError::NoActivePlan)?;
    Ok((account, subscription))
}

/// Returns the plan, if new subscriptions may use it.
fn subscribable<S>(store: &mut S, plan: PlanId) -> Result<Option<Plan>, StoreError>
where
    S: Plans + ?Sized,
{
    Ok(store.plan(plan)?.filter(|plan| plan.is_active))
}

/// Ends the active assignment as `upgraded`, and starts one with this plan, expiry and notes.
fn replace_active(
    office: &mut dyn CompanyOffice,
    active: Option<&Assignment>,
    (plan, expiry, notes): (PlanId, Timestamp, &str),
    now: Timestamp,
) -> Result<AssignmentId, StoreError> {
    if let Some(active) = active {
        office.end(active.id, AssignmentStatus::Upgraded, None)?;
    }
    office.start(plan, now, expiry, notes)
}

#[cfg(test)]
mod tests;
