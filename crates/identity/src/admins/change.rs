//! Changing and deleting an admin, and resetting an admin's password.
//!
//! Each use case is one platform write. Changing and deleting lock the company first, so that of two
//! concurrent deletions the second sees the result of the first.

use tenancy::{
    Company, CompanyStatus, StoreError, Timestamp, UserId,
    assignments::{self, AssignmentStatus},
    audit::{Action, Object},
};

use super::{AdminList, Platform, lock_unless_closed};
use crate::{
    Email, PasswordHash,
    accounts::{Account, PersonName},
};

/// The notes of a subscription that ended because its company was closed.
const CLOSED: &str = "Company closed";

/// The new values of an admin. `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdminChange {
    /// Contact name. The owner's is also the company's name.
    pub name: Option<String>,
    /// E-mail address. The username does not follow it.
    pub email: Option<Email>,
    /// First name. If it is not given, it follows the contact name.
    pub first_name: Option<String>,
    /// Last name. If it is not given, it follows the contact name.
    pub last_name: Option<String>,
    /// Postal address, free text.
    pub address: Option<String>,
    /// Contact person, free text.
    pub contact_person: Option<String>,
    /// Contact number, free text.
    pub contact_number: Option<String>,
    /// Phone number, free text.
    pub phone_number: Option<String>,
}

/// The result of an attempt to change an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminChangeOutcome {
    /// The change was stored.
    Stored,
    /// Another account has the e-mail address.
    EmailTaken,
    /// The company has no such admin.
    Missing,
}

/// An admin that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedAdmin {
    /// The account before it was deleted.
    pub admin: Account,
    /// Whether the admin was the company's last one, so that the company was closed.
    pub company_closed: bool,
}

/// Why an admin was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateAdminError {
    /// There is no such admin, or the admin's company is closed.
    #[error("admin not found")]
    NotFound,
    /// Another account has the e-mail address.
    #[error("the e-mail is in use")]
    EmailTaken,
    /// The store failed.
    #[error("the admin could not be stored")]
    Store(#[from] StoreError),
}

/// Why an admin was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAdminError {
    /// There is no such admin, or the admin's company is closed.
    #[error("admin not found")]
    NotFound,
    /// The store failed.
    #[error("the admin could not be deleted")]
    Store(#[from] StoreError),
}

/// Why an admin's password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetAdminPasswordError {
    /// There is no such admin, the admin is not active, or the admin's company is closed.
    #[error("admin not found or inactive")]
    NotFound,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// Changes the given values and returns the changed account. Renaming the owner renames the company.
///
/// # Errors
/// [`UpdateAdminError`]; nothing has changed then.
pub fn update<S>(
    store: &mut S,
    user: UserId,
    mut change: AdminChange,
    now: Timestamp,
) -> Result<Account, UpdateAdminError>
where
    S: Platform + AdminList + ?Sized,
{
    let (_, company) = admin_with_company(store, user, now)?.ok_or(UpdateAdminError::NotFound)?;
    if let Some(name) = &change.name {
        let PersonName { first, last } = PersonName::of_admin(name);
        change.first_name.get_or_insert(first);
        change.last_name.get_or_insert(last);
    }
    let mut office = store.enter(company.code)?;
    lock_unless_closed(office.as_mut())?.ok_or(UpdateAdminError::NotFound)?;
    match office.change_admin(user, &change)? {
        AdminChangeOutcome::Stored => {}
        AdminChangeOutcome::EmailTaken => return Err(UpdateAdminError::EmailTaken),
        AdminChangeOutcome::Missing => return Err(UpdateAdminError::NotFound),
    }
    if let Some(name) = &change.name
        && office.owner()? == Some(user)
    {
        office.rename(name, now)?;
    }
    office.record(Action::AdminUpdated, Object::Account(user));
    drop(office);
    store.admin(user, now)?.ok_or(UpdateAdminError::NotFound)
}

/// Deletes an admin's account and admin row. Deleting the last admin closes the company and cancels its
/// subscription.
///
/// # Errors
/// [`DeleteAdminError`]; nothing has changed then.
pub fn delete<S>(store: &mut S, user: UserId, now: Timestamp) -> Result<DeletedAdmin, DeleteAdminError>
where
    S: Platform + AdminList + ?Sized,
{
    let (admin, company) = admin_with_company(store, user, now)?.ok_or(DeleteAdminError::NotFound)?;
    let mut office = store.enter(company.code)?;
    lock_unless_closed(office.as_mut())?.ok_or(DeleteAdminError::NotFound)?;
    if !office.delete_admin(user)? {
        return Err(DeleteAdminError::NotFound);
    }
    office.record(Action::AdminDeleted, Object::Account(user));
    let company_closed = office.owner()?.is_none();
    if company_closed {
        if let Some(active) = assignments::active(&office.assignments()?, now) {
            office.end(active.id, AssignmentStatus::Cancelled, Some(CLOSED))?;
            office.record(Action::SubscriptionCancelled, Object::Assignment(active.id));
        }
        office.set_status(CompanyStatus::Closed)?;
        office.record(Action::CompanyClosed, Object::Company(company.code));
    }
    Ok(DeletedAdmin { admin, company_closed })
}

/// Sets the hash of a generated password for an active admin, and returns the admin's e-mail address.
///
/// The admin's tokens end. The new password is temporary and must be replaced first.
///
/// # Errors
/// [`ResetAdminPasswordError`]; nothing has changed then.
pub fn reset_password<S>(
    store: &mut S,
    user: UserId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<Email, ResetAdminPasswordError>
where
    S: Platform + AdminList + ?Sized,
{
    let (_, company) = admin_with_company(store, user, now)?.ok_or(ResetAdminPasswordError::NotFound)?;
    let mut office = store.enter(company.code)?;
    let email = office.reset_admin_password(user, hash, now)?.ok_or(ResetAdminPasswordError::NotFound)?;
    office.record(Action::PasswordReset, Object::Account(user));
    Ok(email)
}

/// Returns an admin with its company. Every admin has one.
fn admin_with_company<S>(store: &mut S, user: UserId, now: Timestamp) -> Result<Option<(Account, Company)>, StoreError>
where
    S: AdminList + ?Sized,
{
    let found = store.admin(user, now)?;
    Ok(found.and_then(|admin| admin.company.clone().map(|company| (admin, company))))
}

#[cfg(test)]
mod tests;
