//! Signing in: `find` -> [`Candidate::check`] -> `complete`.
//!
//! The first and the last are lobby transactions; between them stands exactly
//! one slow comparison, outside any. The types leave no other way: a
//! [`Checked`] comes only from a candidate, and a candidate is used up by its
//! one check, whether or not it stands for an account.

use std::net::IpAddr;

use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory, Staff},
};

use crate::{
    Email, Password, Verify,
    accounts::{Account, Credentials, Role},
    ports::{Accounts, Arrivals, Families},
    refresh::Family,
    tokens::{FamilyId, Grant, Lifetimes},
};

/// Whoever a login may stand for: an account or nobody.
pub struct Candidate {
    account: Option<Credentials>,
}

/// A candidate after its one comparison.
pub struct Checked {
    account: Option<Credentials>,
}

/// How a sign-in ended for somebody who knows the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// Admitted.
    Welcome {
        /// The claims of the first pair of tokens.
        grant: Grant,
        /// The account, as its owner sees it.
        account: Box<Account>,
    },
    /// The password must be replaced first; nothing has changed.
    FirstLogin {
        /// The account.
        user: UserId,
        /// Which first login serves it.
        role: Role,
        /// Its address.
        email: Email,
    },
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown name, wrong password, inactive account, inactive company: all
    /// the same.
    #[error("invalid credentials or inactive account")]
    Invalid,
    /// The password is right, but the agent's row is gone.
    #[error("agent profile not found")]
    AgentMissing,
    /// The store failed.
    #[error("the sign-in could not be completed")]
    Store(#[from] StoreError),
}

impl Candidate {
    pub(crate) fn new(account: Option<Credentials>) -> Self {
        Self { account }
    }

    /// Pays for one comparison, against the account's hash or a decoy.
    pub fn check(self, verifier: &impl Verify, password: &Password) -> Checked {
        let fits = verifier.verify(password, self.account.as_ref().map(|account| &account.hash));
        Checked { account: self.account.filter(|_| fits) }
    }
}

impl Checked {
    /// The account as it is now, locked, if the password was right and neither
    /// it nor the account's activity changed since.
    pub(crate) fn confirm<S>(self, store: &mut S) -> Result<Option<Credentials>, StoreError>
    where
        S: Accounts + ?Sized,
    {
        let Some(seen) = self.account else { return Ok(None) };
        let present = store.credentials_for_update(seen.user)?;
        Ok(present.filter(|account| account.hash == seen.hash && account.active))
    }
}

/// Looks a login up: an exact username first, then an e-mail.
///
/// # Errors
/// Only when the store fails: an unknown login is a candidate like any.
pub fn find<S>(store: &mut S, login: &str) -> Result<Candidate, StoreError>
where
    S: Accounts + ?Sized,
{
    store.credentials_by_login(login, &Email::fold(login)).map(Candidate::new)
}

/// Signs in whoever passed the check, in one lobby write.
///
/// An agent becomes `AVAILABLE`, with an agent session and an activity.
///
/// # Errors
/// [`SignInError`]; nothing has changed then.
pub fn complete<S>(
    store: &mut S,
    checked: Checked,
    ip: Option<IpAddr>,
    lifetimes: Lifetimes,
    now: Timestamp,
) -> Result<SignedIn, SignInError>
where
    S: Accounts + Families + Arrivals + Directory,
{
    let account = checked.confirm(store)?.ok_or(SignInError::Invalid)?;
    let staff = access::staff(store, account.user, account.version).map_err(|denied| match denied {
        Denied::Gone if account.role == Role::Agent => SignInError::AgentMissing,
        Denied::Gone | Denied::Inactive | Denied::Outdated => SignInError::Invalid,
        Denied::Store(error) => SignInError::Store(error),
    })?;
    if account.first_login {
        return Ok(SignedIn::FirstLogin { user: account.user, role: account.role, email: account.email });
    }
    let grant = Grant::new(&staff, account.version, FamilyId::random(), lifetimes, now);
    store.insert_family(&Family::new(grant.clone()), now)?;
    if let Staff::Agent(agent) = &staff {
        store.agent_arrived(agent, ip, now)?;
    }
    let account = store.own_account(&staff, now)?.ok_or(SignInError::Invalid)?;
    Ok(SignedIn::Welcome { grant, account: Box::new(account) })
}

#[cfg(test)]
mod tests;
