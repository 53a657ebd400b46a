//! Subscriptions as the platform handles them: a company's assignments, seen with its owner.
//!
//! Every change is one platform write that locks the company first. What was active ends before
//! its successor starts, because a company never has two active assignments.

use tenancy::{
    AssignmentId, CompanyCode, PlanId, StoreError, Timestamp, UserId,
    assignments::{self, Assignment, AssignmentStatus, TERM},
    audit::{Action, Object},
    plans::{Plan, Plans},
};

use crate::{
    Email,
    accounts::Account,
    admins::lock,
    ports::{AdminList, CompanyOffice, Platform, Subscriptions},
};

/// What the notes of a renewal say.
const RENEWED: &str = "Subscription renewed";

/// A company's owner, as its assignments name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The admin's account.
    pub user: UserId,
    /// Login name.
    pub username: String,
    /// Address.
    pub email: Email,
}

/// An assignment, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The company.
    pub company: CompanyCode,
    /// Its owner. Only a company that an operator has reopened after its last admin was deleted
    /// has none, until an admin joins it.
    pub owner: Option<Owner>,
    /// The row.
    pub assignment: Assignment,
}

/// Why a subscription was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// No such assignment, of a closed company, or not active.
    #[error("active assignment not found")]
    NotFound,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// Why a subscription was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// No such assignment, or of a closed company.
    #[error("assignment not found")]
    NotFound,
    /// The wanted expiry is not in the future.
    #[error("the expiry is not in the future")]
    ExpiryPassed,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// Why a subscription was not upgraded.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// No such assignment, of a closed company, or not active.
    #[error("active assignment not found")]
    NotFound,
    /// No such plan, or not for new subscriptions.
    #[error("the plan does not exist or is not active")]
    PlanNotFound,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// Why an admin's company was not put on another plan.
#[derive(Debug, thiserror::Error)]
pub enum ChangePlanError {
    /// No such admin, or of a closed company.
    #[error("admin not found")]
    AdminNotFound,
    /// The company has no active assignment.
    #[error("the company has no active assignment")]
    NoActivePlan,
    /// The company is on that plan.
    #[error("the company is on this plan")]
    SamePlan,
    /// No such plan, or not for new subscriptions.
    #[error("the plan does not exist or is not active")]
    PlanInvalid,
    /// The store failed.
    #[error("the subscription could not be stored")]
    Store(#[from] StoreError),
}

/// The assignments of all companies that are not closed, newest first; with an admin, those of
/// that admin's company. Nobody who is an admin has none.
///
/// # Errors
/// Only when the store fails.
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

/// Ends an active assignment; its notes take the reason.
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
    lock(office.as_mut())?.ok_or(CancelError::NotFound)?;
    let rows = office.assignments()?;
    assignments::active(&rows, now).filter(|row| row.id == id).ok_or(CancelError::NotFound)?;
    office.end(id, AssignmentStatus::Cancelled, reason)?;
    office.record(Action::SubscriptionCancelled, Object::Assignment(id));
    drop(office);
    store.subscription(id)?.ok_or(CancelError::NotFound)
}

/// Starts the plan of an assignment of any status anew, for a term or until `expiry`.
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
    lock(office.as_mut())?.ok_or(RenewError::NotFound)?;
    let rows = office.assignments()?;
    let expiry = expiry.unwrap_or(now.plus(TERM));
    let plan = found.assignment.plan.id;
    let id = succeed(office.as_mut(), assignments::active(&rows, now), (plan, expiry, RENEWED), now)?;
    office.record(Action::SubscriptionRenewed, Object::Assignment(id));
    drop(office);
    store.subscription(id)?.ok_or(RenewError::NotFound)
}

/// Puts the company of an active assignment on another plan, until the same expiry.
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
    let wanted = offered(store, plan)?;
    let mut office = store.enter(found.company)?;
    lock(office.as_mut())?.ok_or(UpgradeError::NotFound)?;
    let rows = office.assignments()?;
    let active = assignments::active(&rows, now).filter(|row| row.id == id).ok_or(UpgradeError::NotFound)?;
    let plan = wanted.ok_or(UpgradeError::PlanNotFound)?.id;
    let next = (plan, active.expiry, reason.unwrap_or_default());
    let id = succeed(office.as_mut(), Some(active), next, now)?;
    office.record(Action::SubscriptionUpgraded, Object::Assignment(id));
    drop(office);
    store.subscription(id)?.ok_or(UpgradeError::NotFound)
}

/// Puts an admin's company on another plan, until the same expiry; answers the admin with it.
///
/// # Errors
/// [`ChangePlanError`], in its order; nothing has changed then.
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
    let wanted = offered(store, plan)?;
    let mut office = store.enter(company.code)?;
    lock(office.as_mut())?.ok_or(ChangePlanError::AdminNotFound)?;
    let rows = office.assignments()?;
    let active = assignments::active(&rows, now).ok_or(ChangePlanError::NoActivePlan)?;
    if active.plan.id == plan {
        return Err(ChangePlanError::SamePlan);
    }
    let plan = wanted.ok_or(ChangePlanError::PlanInvalid)?.id;
    let next = (plan, active.expiry, reason.unwrap_or_default());
    let id = succeed(office.as_mut(), Some(active), next, now)?;
    office.record(Action::SubscriptionUpgraded, Object::Assignment(id));
    drop(office);
    let account = store.admin(admin, now)?.ok_or(ChangePlanError::AdminNotFound)?;
    let subscription = store.subscription(id)?.ok_or(ChangePlanError::NoActivePlan)?;
    Ok((account, subscription))
}

/// The plan, if new subscriptions may use it.
fn offered<S>(store: &mut S, plan: PlanId) -> Result<Option<Plan>, StoreError>
where
    S: Plans + ?Sized,
{
    Ok(store.plan(plan)?.filter(|plan| plan.is_active))
}

/// Ends what is active as `upgraded` and starts a row with this plan, expiry and notes.
fn succeed(
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
