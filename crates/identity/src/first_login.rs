//! Replacing a handed-out password: `find` -> check -> hash -> `complete`.
//!
//! Admins and agents have a door each, and each door knows its own role only.

use tenancy::{
    StoreError, Timestamp,
    access::{self, Denied, Directory, Staff},
    audit::{Action, AuditActor, Object, Register},
};

use crate::{
    Email, Origin, PasswordHash,
    accounts::Role,
    ports::{Accounts, Addresses, PresenceRecord},
    sign_in::{Candidate, Checked},
};

/// Which first login is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// For admins only.
    Admin,
    /// For agents only.
    Agent,
}

impl Door {
    fn role(self) -> Role {
        match self {
            Self::Admin => Role::Admin,
            Self::Agent => Role::Agent,
        }
    }
}

/// Why the password was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum FirstLoginError {
    /// Wrong password, unknown e-mail, another role, inactive account or
    /// company: all the same.
    #[error("current password is incorrect")]
    CurrentIncorrect,
    /// The current password is right, and need not be replaced.
    #[error("password has already been set")]
    AlreadySet,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// Looks up who may replace a password at this door.
///
/// # Errors
/// Only when the store fails: an unknown e-mail is a candidate like any.
pub fn find<S>(store: &mut S, door: Door, email: &str, origin: Origin, now: Timestamp) -> Result<Candidate, StoreError>
where
    S: Accounts + Addresses + ?Sized,
{
    let account = store.credentials_by_email(&Email::fold(email))?;
    Ok(Candidate::new(store, account, origin, now)?.of_role(door.role()))
}

/// Replaces the password, in one lobby write, and answers the account's e-mail.
///
/// `hash` is that of a [`crate::password::Chosen`] password. All earlier tokens
/// end; an agent becomes `OFFLINE`.
///
/// # Errors
/// [`FirstLoginError`]; nothing has changed then.
pub fn complete<S>(store: &mut S, checked: Checked, hash: &PasswordHash) -> Result<Email, FirstLoginError>
where
    S: Accounts + PresenceRecord + Directory + Register,
{
    let account = checked.confirm(store)?.ok_or(FirstLoginError::CurrentIncorrect)?;
    let staff = access::staff(store, account.user, account.version).map_err(|denied| match denied {
        Denied::Gone | Denied::Inactive | Denied::Outdated => FirstLoginError::CurrentIncorrect,
        Denied::Store(error) => FirstLoginError::Store(error),
    })?;
    if !account.first_login {
        return Err(FirstLoginError::AlreadySet);
    }
    store.set_password(account.user, hash)?;
    if let Staff::Agent(agent) = &staff {
        store.agent_set_offline(agent)?;
    }
    store.register(staff.company(), AuditActor::from(&staff), Action::PasswordReplaced, Object::Account(account.user));
    Ok(account.email)
}

#[cfg(test)]
mod tests;
