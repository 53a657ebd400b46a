//! Signing in: `find` -> [`Candidate::check`] -> `complete`.
//!
//! The first and the last are lobby transactions; between them stands exactly
//! one slow comparison, outside any. The types leave no other way: a
//! [`Checked`] comes only from a candidate, and a candidate is used up by its
//! one check, whether or not it stands for an account.

use std::{net::IpAddr, time::Duration};

use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory, Staff},
    audit::{Action, AuditActor, Object, Register},
};

use crate::{
    Email, Origin, Password, Verify,
    accounts::{Account, Credentials, Role},
    audit_scope,
    ports::{Accounts, Addresses, Families, PresenceRecord},
    refresh::Family,
    tokens::{FamilyId, Grant, Lifetimes},
};

/// How long an origin stays known to the account that signed in from it.
const KNOWN_FOR: Duration = Duration::from_hours(30 * 24);

/// Whoever a login may stand for: an account or nobody.
pub struct Candidate {
    account: Option<Credentials>,
    subject: Option<UserId>,
    from_known: bool,
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
    /// A candidate that came from `origin`. What is asked of the store is the same whether or not
    /// there is an account.
    pub(crate) fn new<S>(
        store: &mut S,
        account: Option<Credentials>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Self, StoreError>
    where
        S: Addresses + ?Sized,
    {
        let subject = account.as_ref().map(|account| account.user);
        let from_known = store.signs_in_from(subject.unwrap_or(UserId::new(0)), origin, now.minus(KNOWN_FOR))?;
        Ok(Self { account, subject, from_known: from_known && subject.is_some() })
    }

    /// The same candidate, nobody unless the account has this role. It still counts as an attempt
    /// at that account.
    pub(crate) fn of_role(self, role: Role) -> Self {
        Self { account: self.account.filter(|account| account.role == role), ..self }
    }

    /// The account that this is an attempt at, if the login names one. Not for callers to learn.
    pub fn subject(&self) -> Option<UserId> {
        self.subject
    }

    /// Whether the account has signed in from the same origin within 30 days.
    pub fn from_known(&self) -> bool {
        self.from_known
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
pub fn find<S>(store: &mut S, login: &str, origin: Origin, now: Timestamp) -> Result<Candidate, StoreError>
where
    S: Accounts + Addresses + ?Sized,
{
    let account = store.credentials_by_login(login, &Email::fold(login))?;
    Candidate::new(store, account, origin, now)
}

/// Looks an agent up by its e-mail; whatever else the address stands for is nobody.
///
/// # Errors
/// Only when the store fails: an unknown address is a candidate like any.
pub fn find_agent<S>(store: &mut S, email: &str, origin: Origin, now: Timestamp) -> Result<Candidate, StoreError>
where
    S: Accounts + Addresses + ?Sized,
{
    let account = store.credentials_by_email(&Email::fold(email))?;
    Ok(Candidate::new(store, account, origin, now)?.of_role(Role::Agent))
}

/// Signs in whoever passed the check, in one lobby write.
///
/// An agent becomes `AVAILABLE`, with an agent session and an activity. The address is known to
/// the account from then on.
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
    S: Accounts + Addresses + Families + PresenceRecord + Directory + Register,
{
    let account = checked.confirm(store)?.ok_or(SignInError::Invalid)?;
    let staff = access::staff(store, account.user, account.version).map_err(|denied| match denied {
        Denied::Gone if account.role == Role::Agent => SignInError::AgentMissing,
        Denied::Gone | Denied::Inactive | Denied::Outdated => SignInError::Invalid,
        Denied::Store(error) => SignInError::Store(error),
    })?;
    let (by, object) = (AuditActor::from(&staff), Object::Account(account.user));
    if account.first_login {
        store.register(staff.company(), by, Action::FirstLoginRequired, object);
        return Ok(SignedIn::FirstLogin { user: account.user, role: account.role, email: account.email });
    }
    let grant = Grant::new(&staff, account.version, FamilyId::random(), lifetimes, now);
    store.insert_family(&Family::new(grant.clone()), now)?;
    store.note_sign_in(account.user, Origin::of(ip), now, now.minus(KNOWN_FOR))?;
    if let Staff::Agent(agent) = &staff {
        store.agent_arrived(agent, ip, now)?;
    }
    let account = store.own_account(&staff, now)?.ok_or(SignInError::Invalid)?;
    store.register(staff.company(), by, Action::SignedIn, object);
    Ok(SignedIn::Welcome { grant, account: Box::new(account) })
}

/// Records a sign-in that was refused after its password was compared, in one lobby write.
///
/// A known account's goes into its company's chain, an unknown login's into the installation's,
/// after the same queries. The login itself is not kept. How many there can be is for whoever
/// throttles sign-ins: no more than the limits of failed ones allow.
///
/// # Errors
/// Only when the store fails.
pub fn failed<S>(store: &mut S, subject: Option<UserId>) -> Result<(), StoreError>
where
    S: Directory + Register,
{
    // The id that no account has, so that the query is made either way.
    let standing = audit_scope::of(store, subject.unwrap_or(UserId::new(0)))?;
    let chain = standing.and_then(|(chain, _)| chain);
    let object = subject.map_or(Object::UnknownLogin, Object::Account);
    store.register(chain, AuditActor::Nobody, Action::SignInFailed, object);
    Ok(())
}

#[cfg(test)]
mod tests;
