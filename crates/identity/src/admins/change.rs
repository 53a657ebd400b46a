//! What becomes of an admin later: another name or address, a new password, the end.
//!
//! Each is one platform write. The company is locked before anything of it is
//! looked at, so that of two deletions one sees what the other left.

use tenancy::{
    Company, CompanyStatus, StoreError, Timestamp, UserId,
    assignments::{self, AssignmentStatus},
    audit::{Action, Object},
};

use crate::{
    Email, PasswordHash,
    accounts::{Account, Names},
    ports::{AdminList, CompanyOffice, Platform},
};

/// What the notes of a subscription say that ended with its company.
const CLOSED: &str = "Company closed";

/// What is to change of an admin; nothing is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdminChange {
    /// Name; the owner's is the company's too.
    pub name: Option<String>,
    /// Address. The username stays.
    pub email: Option<Email>,
    /// First name; follows the name unless it is given.
    pub first_name: Option<String>,
    /// Last name; follows the name unless it is given.
    pub last_name: Option<String>,
    /// Free text.
    pub address: Option<String>,
    /// Free text.
    pub contact_person: Option<String>,
    /// Free text.
    pub contact_number: Option<String>,
    /// Free text.
    pub phone_number: Option<String>,
}

/// What became of an attempt to change an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is stored.
    Stored,
    /// Another account has the e-mail.
    EmailTaken,
    /// No such admin here.
    Missing,
}

/// An admin that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The account as it was.
    pub admin: Account,
    /// Whether it was the last one, so that the company is closed now.
    pub company_closed: bool,
}

/// Why an admin was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateAdminError {
    /// No such admin, or of a closed company.
    #[error("admin not found")]
    NotFound,
    /// Another account has the e-mail.
    #[error("the e-mail is in use")]
    EmailTaken,
    /// The store failed.
    #[error("the admin could not be stored")]
    Store(#[from] StoreError),
}

/// Why an admin was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAdminError {
    /// No such admin, or of a closed company.
    #[error("admin not found")]
    NotFound,
    /// The store failed.
    #[error("the admin could not be deleted")]
    Store(#[from] StoreError),
}

/// Why no password was reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetAdminPasswordError {
    /// No such admin, of a closed company, or not active.
    #[error("admin not found or inactive")]
    NotFound,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// Changes what is given and answers the whole admin. Renaming the owner renames the company.
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
    let (_, company) = located(store, user, now)?.ok_or(UpdateAdminError::NotFound)?;
    if let Some(name) = &change.name {
        let Names { first, last } = Names::of_admin(name);
        change.first_name.get_or_insert(first);
        change.last_name.get_or_insert(last);
    }
    let mut office = store.enter(company.code)?;
    lock(office.as_mut())?.ok_or(UpdateAdminError::NotFound)?;
    match office.change_admin(user, &change)? {
        Changed::Stored => {}
        Changed::EmailTaken => return Err(UpdateAdminError::EmailTaken),
        Changed::Missing => return Err(UpdateAdminError::NotFound),
    }
    if let Some(name) = &change.name
        && office.owner()? == Some(user)
    {
        office.rename(name)?;
    }
    office.record(Action::AdminUpdated, Object::Account(user));
    drop(office);
    store.admin(user, now)?.ok_or(UpdateAdminError::NotFound)
}

/// Deletes account and admin row. The last one's end is the company's: it is closed, and its
/// subscription cancelled.
///
/// # Errors
/// [`DeleteAdminError`]; nothing has changed then.
pub fn delete<S>(store: &mut S, user: UserId, now: Timestamp) -> Result<Deleted, DeleteAdminError>
where
    S: Platform + AdminList + ?Sized,
{
    let (admin, company) = located(store, user, now)?.ok_or(DeleteAdminError::NotFound)?;
    let mut office = store.enter(company.code)?;
    lock(office.as_mut())?.ok_or(DeleteAdminError::NotFound)?;
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
    Ok(Deleted { admin, company_closed })
}

/// Gives an active admin a made-up password, and answers the admin's e-mail.
///
/// The admin's tokens end, and the password must be replaced first.
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
    let (_, company) = located(store, user, now)?.ok_or(ResetAdminPasswordError::NotFound)?;
    let mut office = store.enter(company.code)?;
    let email = office.reset_admin_password(user, hash)?.ok_or(ResetAdminPasswordError::NotFound)?;
    office.record(Action::PasswordReset, Object::Account(user));
    Ok(email)
}

/// An admin with its company, which every admin has.
fn located<S>(store: &mut S, user: UserId, now: Timestamp) -> Result<Option<(Account, Company)>, StoreError>
where
    S: AdminList + ?Sized,
{
    let found = store.admin(user, now)?;
    Ok(found.and_then(|admin| admin.company.clone().map(|company| (admin, company))))
}

/// Locks the company, unless it has been closed since it was found.
pub(crate) fn lock(office: &mut dyn CompanyOffice) -> Result<Option<Company>, StoreError> {
    let company = office.company_for_update()?;
    Ok((company.status != CompanyStatus::Closed).then_some(company))
}

#[cfg(test)]
mod tests;
