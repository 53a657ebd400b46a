//! Accounts: who can sign in, and what the operator does to accounts on the command line.

use std::{fmt, time::Duration};

use rand::RngExt;
use tenancy::{
    AgentId, Company, StoreError, Timestamp, UserId,
    access::{Directory, Staff, TokenVersion},
    assignments::Assignment,
    audit::{Action, AuditActor, Object, Register},
};

use crate::{Email, PasswordHash, audit_scope};

tenancy::word_enum! {
    /// The role of an account. [`tenancy::access::Role`] is a role together with its company.
    ///
    /// The words are those of JSON, tokens and rows.
    pub enum Role {
        /// Runs the installation and belongs to no company.
        Superadmin => "SUPERADMIN",
        /// Runs one company.
        Admin => "ADMIN",
        /// Answers the visitors of one company.
        Agent => "AGENT",
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A person's name, split into the two parts that an account stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonName {
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
}

impl PersonName {
    /// Splits a name after its first word.
    pub fn split(name: &str) -> Self {
        let name = name.trim();
        let (first, last) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
        Self { first: first.to_owned(), last: last.trim_start().to_owned() }
    }

    /// Splits an admin's name as [`PersonName::split`] does. A name of one word gets the last name
    /// `Admin`.
    pub fn of_admin(name: &str) -> Self {
        let mut names = Self::split(name);
        if names.last.is_empty() {
            names.last.push_str("Admin");
        }
        names
    }
}

/// What sign-in needs to know about an account. It is never shown to callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub user: UserId,
    /// Role.
    pub role: Role,
    /// E-mail address.
    pub email: Email,
    /// The hash of the password.
    pub hash: PasswordHash,
    /// The version that the account's tokens must carry.
    pub version: TokenVersion,
    /// Whether the account itself is active. Its company may still not be.
    pub active: bool,
    /// Whether the password is a temporary one, which must be replaced before anything else.
    pub first_login: bool,
    /// When the temporary password was handed out.
    pub handed_out_at: Option<Timestamp>,
}

impl Credentials {
    /// Returns whether the password is a temporary one that was handed out `life` or longer before `now`, so
    /// that it does not work any more.
    pub fn is_expired(&self, life: Duration, now: Timestamp) -> bool {
        self.first_login && self.handed_out_at.is_none_or(|at| now.since(at) >= life)
    }
}

/// An account to be stored. It is active from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Role.
    pub role: Role,
    /// Login name. Unique, compared exactly.
    pub username: String,
    /// E-mail address. Unique, ignoring case.
    pub email: Email,
    /// The hash of the password.
    pub hash: PasswordHash,
    /// The version of the account's first tokens, from [`first_version`].
    pub version: TokenVersion,
    /// Whether the password is a temporary one, which must be replaced first. It counts as handed out when
    /// the account is stored.
    pub first_login: bool,
    /// First and last name.
    pub names: PersonName,
}

/// The result of an attempt to store an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginReservation {
    /// The account was stored under this id.
    Account(UserId),
    /// Another account has the e-mail address. This is checked before the username.
    EmailTaken,
    /// Another account has the username.
    UsernameTaken,
}

/// Contact details: free text, empty if unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names need no explanation")]
pub struct Contact {
    pub name: String,
    pub address: String,
    pub contact_person: String,
    pub contact_number: String,
    pub phone_number: String,
}

/// An account with everything that replies show of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub user: UserId,
    /// Role.
    pub role: Role,
    /// The agent row, if the account is an agent's.
    pub agent: Option<AgentId>,
    /// Login name.
    pub username: String,
    /// E-mail address.
    pub email: Email,
    /// First and last name.
    pub names: PersonName,
    /// Contact details. An agent has a name and a phone number only, and a superadmin has none.
    pub contact: Option<Contact>,
    /// The company of the account. A superadmin has none.
    pub company: Option<Company>,
    /// The company's active assignment, else its newest one of any status.
    pub plan: Option<Assignment>,
    /// When the account was created.
    pub date_joined: Timestamp,
    /// Whether the account itself is active.
    pub is_active: bool,
}

/// The values of a superadmin to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuperadmin {
    /// Login name.
    pub username: String,
    /// E-mail address.
    pub email: Email,
    /// The hash of the password. The password policy does not apply.
    pub hash: PasswordHash,
}

/// The result of [`ensure_superadmin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnsuredSuperadmin {
    /// This superadmin was created.
    Created(UserId),
    /// This superadmin already has the username or the e-mail address. Nothing changed.
    Present(UserId),
}

/// Why a superadmin was not created.
#[derive(Debug, thiserror::Error)]
pub enum SuperadminError {
    /// The username is empty, longer than 150 characters or contains white space. Or it contains an
    /// `@` and is not the account's own e-mail address, so that it could shadow the account that has
    /// this address.
    #[error("not a usable username")]
    UsernameInvalid,
    /// Another account has the username.
    #[error("the username is taken")]
    UsernameTaken,
    /// Another account has the e-mail address.
    #[error("the e-mail is taken")]
    EmailTaken,
    /// The store failed.
    #[error("the account could not be stored")]
    Store(#[from] StoreError),
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// No account has this username or e-mail address.
    #[error("no such account")]
    UnknownLogin,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// Accounts and their credentials. Implemented for the lobby.
pub trait Accounts {
    /// Returns the account whose username equals `login` exactly, else the one whose e-mail key
    /// equals `email_key`, in any state. It is one query, so that the time taken does not tell
    /// which of the two matched.
    fn credentials_by_login(&mut self, login: &str, email_key: &str) -> Result<Option<Credentials>, StoreError>;

    /// Returns the account with this e-mail key, in any state.
    fn credentials_by_email(&mut self, email_key: &str) -> Result<Option<Credentials>, StoreError>;

    /// Returns the credentials of an account, in any state.
    fn credentials_of(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError>;

    /// Returns the current state of an account, and locks it (`FOR UPDATE`) until the transaction ends.
    fn credentials_for_update(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError>;

    /// Sets the password hash, clears `first_login` and raises the token version by one, which ends all
    /// earlier tokens. Does nothing if there is no such account.
    fn set_password(&mut self, user: UserId, hash: &PasswordHash) -> Result<(), StoreError>;

    /// Replaces the hash of an unchanged password. Tokens and `first_login` stay as they are. Does nothing
    /// if there is no such account.
    fn renew_hash(&mut self, user: UserId, hash: &PasswordHash) -> Result<(), StoreError>;

    /// Returns the highest bcrypt cost among the hashes of all accounts; 0 if there is none. It costs the same
    /// for any number of accounts.
    fn highest_cost(&mut self) -> Result<u32, StoreError>;

    /// Raises the token version by one, which ends all earlier tokens. Does nothing if there is no
    /// such account.
    fn end_tokens(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Returns the caller's own account. `None` if it was deleted after the caller was admitted.
    /// [`Account::plan`] is the assignment of the caller's company that is stored as active and
    /// expires after `now`, else the newest by id.
    fn own_account(&mut self, caller: &Staff, now: Timestamp) -> Result<Option<Account>, StoreError>;
}

/// Storing new accounts. Implemented for the lobby, which stores superadmins, and for company stores.
pub trait Logins {
    /// Stores the account, unless its e-mail key or its username is taken. A unique violation that
    /// is detected late gives the same answers. An account stored through a company store belongs
    /// to that company. Ids are never reused.
    fn reserve_login(&mut self, account: &NewAccount, now: Timestamp) -> Result<LoginReservation, StoreError>;
}

/// Returns a random positive version for a new account.
///
/// After a database has been restored or rebuilt, another account may have the id of an earlier one.
/// A random version keeps the earlier account's tokens from matching the new account.
pub fn first_version() -> TokenVersion {
    TokenVersion(rand::rng().random_range(1..=i64::from(i32::MAX)))
}

/// Creates a superadmin, in one lobby write.
///
/// # Errors
/// [`SuperadminError`].
pub fn create_superadmin<S>(store: &mut S, new: NewSuperadmin, now: Timestamp) -> Result<UserId, SuperadminError>
where
    S: Logins + Register + ?Sized,
{
    let NewSuperadmin { username, email, hash } = new;
    let shadows = username.contains('@') && Email::fold(&username) != email.key();
    if username.is_empty() || username.chars().count() > 150 || username.contains(char::is_whitespace) || shadows {
        return Err(SuperadminError::UsernameInvalid);
    }
    let account = NewAccount {
        role: Role::Superadmin,
        username,
        email,
        hash,
        version: first_version(),
        first_login: false,
        names: PersonName::default(),
    };
    match store.reserve_login(&account, now)? {
        LoginReservation::Account(user) => {
            store.register(None, AuditActor::Operator, Action::SuperadminCreated, Object::Account(user));
            Ok(user)
        }
        LoginReservation::EmailTaken => Err(SuperadminError::EmailTaken),
        LoginReservation::UsernameTaken => Err(SuperadminError::UsernameTaken),
    }
}

/// Creates a superadmin, unless a superadmin already has the username or the e-mail address.
///
/// # Errors
/// As [`create_superadmin`]. An account of another role that has the username or the address is an
/// error.
pub fn ensure_superadmin<S>(
    store: &mut S,
    new: NewSuperadmin,
    now: Timestamp,
) -> Result<EnsuredSuperadmin, SuperadminError>
where
    S: Accounts + Logins + Register + ?Sized,
{
    match store.credentials_by_login(&new.username, new.email.key())? {
        Some(found) if found.role == Role::Superadmin => Ok(EnsuredSuperadmin::Present(found.user)),
        _ => create_superadmin(store, new, now).map(EnsuredSuperadmin::Created),
    }
}

/// Sets the password of the account with this username or e-mail address. The password policy does
/// not apply.
///
/// The account's tokens end. The password counts as permanent, so it need not be replaced first.
///
/// # Errors
/// [`SetPasswordError`].
pub fn set_password<S>(store: &mut S, login: &str, hash: &PasswordHash) -> Result<UserId, SetPasswordError>
where
    S: Accounts + Directory + Register,
{
    let found = store.credentials_by_login(login, &Email::fold(login))?.ok_or(SetPasswordError::UnknownLogin)?;
    store.set_password(found.user, hash)?;
    let chain = audit_scope::of(store, found.user)?.and_then(|(chain, _)| chain);
    store.register(chain, AuditActor::Operator, Action::PasswordSet, Object::Account(found.user));
    Ok(found.user)
}

#[cfg(test)]
mod tests;
