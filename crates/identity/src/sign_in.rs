//! Signing in: `find` -> [`Candidate::check`] -> `complete`.
//!
//! The first and the last step are lobby transactions. Between them is exactly one slow comparison,
//! outside any transaction. The types enforce this: a [`CheckedCandidate`] comes only from a candidate,
//! and the check consumes the candidate, whether or not there is an account for the login.

use std::{net::IpAddr, time::Duration};

use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory, Staff},
    audit::{Action, AuditActor, Object, Register},
};

use crate::{
    Email, Hasher, Origin, Password, PasswordHash, Verify,
    accounts::{Account, Accounts, Credentials, Role},
    audit_scope,
    presence::PresenceRecord,
    refresh::{Families, Family},
    tokens::{FamilyId, Grant, Lifetimes},
};

/// How long an origin counts as known after an account has signed in from it.
const KNOWN_FOR: Duration = Duration::from_hours(30 * 24);

/// The result of looking up a login: an account, or none.
pub struct Candidate {
    account: Option<Credentials>,
    subject: Option<UserId>,
    from_known: bool,
    highest_cost: u32,
}

/// A candidate after its one comparison. It has an account only if the password was right.
pub struct CheckedCandidate {
    account: Option<Credentials>,
}

/// The result of a sign-in with the right password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInOutcome {
    /// The account is signed in.
    Welcome {
        /// Who signed in.
        staff: Staff,
        /// The claims of the first pair of tokens.
        grant: Grant,
        /// The account, as its owner sees it.
        account: Box<Account>,
    },
    /// The password is a temporary one and must be replaced first. Nothing has changed.
    FirstLogin {
        /// The account.
        user: UserId,
        /// The role of the account, which determines its first login.
        role: Role,
        /// The e-mail address of the account.
        email: Email,
    },
}

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The login is unknown, the password is wrong or a temporary one that has expired, or the account or
    /// its company is not active. The answer does not tell which.
    #[error("invalid credentials or inactive account")]
    Invalid,
    /// The password is right, but the account is an agent's and has no agent row.
    #[error("agent profile not found")]
    AgentMissing,
    /// The store failed.
    #[error("the sign-in could not be completed")]
    Store(#[from] StoreError),
}

/// The origins that accounts have signed in from. Implemented for the lobby.
pub trait SignInOrigins {
    /// Returns whether the account has signed in from this origin at `since` or later. For an id
    /// without an account the answer is no, after the same query.
    fn has_signed_in_from(&mut self, user: UserId, origin: Origin, since: Timestamp) -> Result<bool, StoreError>;

    /// Notes that the account has signed in from this origin. An implementation may skip the write if
    /// the account did so within the last day. If it writes, it also deletes the account's origins
    /// that were last used before `since`.
    fn note_sign_in(
        &mut self,
        user: UserId,
        origin: Origin,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError>;
}

impl Candidate {
    /// Returns a candidate that came from `origin`. The store gets the same queries whether or not there
    /// is an account.
    pub(crate) fn new<S>(
        store: &mut S,
        account: Option<Credentials>,
        origin: Origin,
        now: Timestamp,
    ) -> Result<Self, StoreError>
    where
        S: Accounts + SignInOrigins + ?Sized,
    {
        let highest_cost = store.highest_cost()?;
        let subject = account.as_ref().map(|account| account.user);
        let from_known = store.has_signed_in_from(subject.unwrap_or(UserId::new(0)), origin, now.minus(KNOWN_FOR))?;
        Ok(Self { account, subject, from_known: from_known && subject.is_some(), highest_cost })
    }

    /// Drops the account unless it has this role. The candidate still counts as an attempt at that
    /// account.
    pub(crate) fn of_role(self, role: Role) -> Self {
        Self { account: self.account.filter(|account| account.role == role), ..self }
    }

    /// Drops the account if its password is a temporary one that was handed out `temporary_life` or longer
    /// before `now`. The candidate still counts as an attempt at that account, and the answer is that to a
    /// wrong password.
    pub(crate) fn unless_expired(self, temporary_life: Duration, now: Timestamp) -> Self {
        Self { account: self.account.filter(|account| !account.is_expired(temporary_life, now)), ..self }
    }

    /// Returns the account that the attempt is for, if the login names one. It must not be sent to the
    /// client.
    pub fn subject(&self) -> Option<UserId> {
        self.subject
    }

    /// Returns whether the account has signed in from the same origin within the last 30 days.
    pub fn from_known(&self) -> bool {
        self.from_known
    }

    /// Compares the password once, with the account's hash or with a decoy. It takes the time of the
    /// highest cost in use, whatever the cost of the account's hash.
    pub fn check(self, verifier: &impl Verify, password: &Password) -> CheckedCandidate {
        let hash = self.account.as_ref().map(|account| &account.hash);
        let fits = verifier.verify(password, hash);
        verifier.equalise(password, hash, self.highest_cost);
        CheckedCandidate { account: self.account.filter(|_| fits) }
    }
}

impl CheckedCandidate {
    /// Returns the account and its hash if the hash has another cost than new ones. A successful sign-in
    /// should replace it with [`renew_hash`].
    pub fn outdated_hash(&self, hasher: &Hasher) -> Option<(UserId, PasswordHash)> {
        let account = self.account.as_ref().filter(|account| hasher.is_outdated(&account.hash))?;
        Some((account.user, account.hash.clone()))
    }

    /// Locks the account and returns its current state, if the password was right, has not been changed
    /// since the check, and the account is active.
    pub(crate) fn confirm<S>(self, store: &mut S) -> Result<Option<Credentials>, StoreError>
    where
        S: Accounts + ?Sized,
    {
        let Some(seen) = self.account else { return Ok(None) };
        let current = store.credentials_for_update(seen.user)?;
        // A concurrent sign-in may have renewed the hash. Whatever changes the password raises the version.
        let is_same = |account: &Credentials| account.hash == seen.hash || account.version == seen.version;
        Ok(current.filter(|account| is_same(account) && account.active))
    }
}

/// Looks up a login: an exact username first, then an e-mail address. A temporary password works for
/// `temporary_life`.
///
/// # Errors
/// Fails only when the store fails. An unknown login gives a candidate too.
pub fn find<S>(
    store: &mut S,
    login: &str,
    origin: Origin,
    temporary_life: Duration,
    now: Timestamp,
) -> Result<Candidate, StoreError>
where
    S: Accounts + SignInOrigins + ?Sized,
{
    let account = store.credentials_by_login(login, &Email::fold(login))?;
    Ok(Candidate::new(store, account, origin, now)?.unless_expired(temporary_life, now))
}

/// Looks up an agent by its e-mail address. Accounts of other roles count as unknown. A temporary password
/// works for `temporary_life`.
///
/// # Errors
/// Fails only when the store fails. An unknown address gives a candidate too.
pub fn find_agent<S>(
    store: &mut S,
    email: &str,
    origin: Origin,
    temporary_life: Duration,
    now: Timestamp,
) -> Result<Candidate, StoreError>
where
    S: Accounts + SignInOrigins + ?Sized,
{
    let account = store.credentials_by_email(&Email::fold(email))?;
    Ok(Candidate::new(store, account, origin, now)?.of_role(Role::Agent).unless_expired(temporary_life, now))
}

/// Signs in an account that passed the check, in one lobby write.
///
/// An agent becomes `AVAILABLE` and gets an agent session and an activity. The origin counts as known
/// for the account from then on.
///
/// # Errors
/// [`SignInError`]; nothing has changed then.
pub fn complete<S>(
    store: &mut S,
    checked: CheckedCandidate,
    ip: Option<IpAddr>,
    lifetimes: Lifetimes,
    now: Timestamp,
) -> Result<SignInOutcome, SignInError>
where
    S: Accounts + SignInOrigins + Families + PresenceRecord + Directory + Register,
{
    let account = checked.confirm(store)?.ok_or(SignInError::Invalid)?;
    let staff = access::staff(store, account.user, account.version).map_err(|denied| match denied {
        Denied::Gone if account.role == Role::Agent => SignInError::AgentMissing,
        Denied::Gone | Denied::Inactive | Denied::Outdated => SignInError::Invalid,
        Denied::Store(error) => SignInError::Store(error),
    })?;
    let (actor, object) = (AuditActor::from(&staff), Object::Account(account.user));
    if account.first_login {
        store.register(staff.company(), actor, Action::FirstLoginRequired, object);
        return Ok(SignInOutcome::FirstLogin { user: account.user, role: account.role, email: account.email });
    }
    let grant = Grant::new(&staff, account.version, FamilyId::random(), lifetimes, now);
    store.insert_family(&Family::new(grant.clone()), now)?;
    store.note_sign_in(account.user, Origin::of(ip), now, now.minus(KNOWN_FOR))?;
    if let Staff::Agent(agent) = &staff {
        store.agent_arrived(agent, ip, now)?;
    }
    let account = store.own_account(&staff, now)?.ok_or(SignInError::Invalid)?;
    store.register(staff.company(), actor, Action::SignedIn, object);
    Ok(SignInOutcome::Welcome { staff, grant, account: Box::new(account) })
}

/// Replaces the hash that a sign-in was checked with by one of the same password, in one lobby write. Does
/// nothing if the account's hash has changed since.
///
/// # Errors
/// Fails only when the store fails.
pub fn renew_hash<S>(store: &mut S, user: UserId, seen: &PasswordHash, renewed: &PasswordHash) -> Result<(), StoreError>
where
    S: Accounts + ?Sized,
{
    match store.credentials_for_update(user)? {
        Some(account) if account.hash == *seen => store.renew_hash(user, renewed),
        _ => Ok(()),
    }
}

/// Records a sign-in that failed after its password was compared, in one lobby write.
///
/// The entry of a known account goes into its company's audit chain, that of an unknown login into the
/// installation's chain, after the same queries. The text of the login is not kept. The limits on
/// failed sign-ins bound the number of these entries.
///
/// # Errors
/// Fails only when the store fails.
pub fn failed<S>(store: &mut S, subject: Option<UserId>) -> Result<(), StoreError>
where
    S: Directory + Register,
{
    // No account has the id 0, so an unknown login costs the same query.
    let scope = audit_scope::of(store, subject.unwrap_or(UserId::new(0)))?;
    let chain = scope.and_then(|(chain, _)| chain);
    let object = subject.map_or(Object::UnknownLogin, Object::Account);
    store.register(chain, AuditActor::Anonymous, Action::SignInFailed, object);
    Ok(())
}

#[cfg(test)]
mod tests;
