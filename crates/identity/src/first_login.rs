//! The first login, which replaces a temporary password: `find` -> check -> hash -> `complete`.
//!
//! Admins and agents have separate first logins, and each accepts accounts of its role only.

use std::time::Duration;

use tenancy::{
    StoreError, Timestamp,
    access::{self, Denied, Directory, Staff},
    audit::{Action, AuditActor, Object, Register},
};

use crate::{
    Email, Origin, OwnWords, PasswordHash,
    accounts::{Accounts, Role},
    password::{ChosenPassword, PasswordPolicyError},
    presence::PresenceRecord,
    sign_in::{Candidate, CheckedCandidate, SignInOrigins},
};

/// The role that a first login is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstLoginRole {
    /// Accepts admins only.
    Admin,
    /// Accepts agents only.
    Agent,
}

impl FirstLoginRole {
    fn account_role(self) -> Role {
        match self {
            Self::Admin => Role::Admin,
            Self::Agent => Role::Agent,
        }
    }
}

/// Why a password was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum FirstLoginError {
    /// The password is wrong or a temporary one that has expired, the e-mail address is unknown, the account
    /// has another role, or the account or its company is not active. The answer does not tell which.
    #[error("current password is incorrect")]
    CurrentIncorrect,
    /// The current password is right, but it is not a temporary one.
    #[error("password has already been set")]
    AlreadySet,
    /// The current password is right, but the new one does not satisfy the policy for this account.
    #[error("the new password does not satisfy the policy")]
    Refused(#[source] PasswordPolicyError),
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// Looks up the account whose password is to be replaced. A temporary password works for `temporary_life`.
///
/// # Errors
/// Fails only when the store fails. An unknown e-mail address gives a candidate too.
pub fn find<S>(
    store: &mut S,
    role: FirstLoginRole,
    email: &str,
    origin: Origin,
    temporary_life: Duration,
    now: Timestamp,
) -> Result<Candidate, StoreError>
where
    S: Accounts + SignInOrigins + ?Sized,
{
    let account = store.credentials_by_email(&Email::fold(email))?;
    let candidate = Candidate::new(store, account, origin, now)?.of_role(role.account_role());
    Ok(candidate.unless_expired(temporary_life, now))
}

/// Replaces the password, in one lobby write, and returns the account's e-mail address.
///
/// `hash` is the hash of the chosen password. Only here is that password compared with the names of the account,
/// because they must not be told to callers who do not know the current password. All earlier tokens end. An
/// agent becomes `OFFLINE`.
///
/// # Errors
/// [`FirstLoginError`]; nothing has changed then.
pub fn complete<S>(
    store: &mut S,
    checked: CheckedCandidate,
    chosen: &ChosenPassword,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<Email, FirstLoginError>
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
    let own = store.own_account(&staff, now)?.ok_or(FirstLoginError::CurrentIncorrect)?;
    OwnWords::of(&own).check(chosen).map_err(FirstLoginError::Refused)?;
    store.set_password(account.user, hash)?;
    if let Staff::Agent(agent) = &staff {
        store.agent_set_offline(agent)?;
    }
    store.register(staff.company(), AuditActor::from(&staff), Action::PasswordReplaced, Object::Account(account.user));
    Ok(account.email)
}

#[cfg(test)]
mod tests;
