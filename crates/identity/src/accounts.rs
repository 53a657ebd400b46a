//! Accounts: who can sign in, and the two things the command line does to them.

use std::fmt;

use rand::RngExt;
use tenancy::{
    AgentId, Company, StoreError, Timestamp, UserId,
    access::{Directory, TokenVersion},
    assignments::Assignment,
    audit::{Action, AuditActor, Object, Register},
};

use crate::{
    Email, PasswordHash, audit_scope,
    ports::{Accounts, Logins},
};

tenancy::word_enum! {
    /// What an account is for; where it belongs is [`tenancy::access::Role`].
    pub enum Role {
        /// Runs the installation; no company.
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

/// A person's name in the two parts an account keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The first word.
    pub first: String,
    /// The rest.
    pub last: String,
}

impl Names {
    /// Splits a name after its first word.
    pub fn split(name: &str) -> Self {
        let name = name.trim();
        let (first, last) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
        Self { first: first.to_owned(), last: last.trim_start().to_owned() }
    }

    /// As [`Names::split`]; an admin of one word gets the last name `Admin`.
    pub fn of_admin(name: &str) -> Self {
        let mut names = Self::split(name);
        if names.last.is_empty() {
            names.last.push_str("Admin");
        }
        names
    }
}

/// What sign-in needs of an account; never shown to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub user: UserId,
    /// What it is for.
    pub role: Role,
    /// Its address.
    pub email: Email,
    /// The hash of its password.
    pub hash: PasswordHash,
    /// The version its tokens must carry.
    pub version: TokenVersion,
    /// Whether the account itself may be used; its company may still not be.
    pub active: bool,
    /// Whether the password must be replaced before anything else.
    pub first_login: bool,
}

/// An account to be stored: active, joined now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What it is for.
    pub role: Role,
    /// Unique, compared exactly.
    pub username: String,
    /// Unique, case ignored.
    pub email: Email,
    /// The hash of its password.
    pub hash: PasswordHash,
    /// The version its first tokens carry; see [`first_version`].
    pub version: TokenVersion,
    /// Whether the password must be replaced first.
    pub first_login: bool,
    /// First and last name.
    pub names: Names,
}

/// What became of an attempt to store an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// Stored, under this id.
    Account(UserId),
    /// Some account has the e-mail; looked at first.
    EmailTaken,
    /// Some account has the username.
    UsernameTaken,
}

/// How to reach somebody: free text, empty where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say all there is")]
pub struct Contact {
    pub name: String,
    pub address: String,
    pub contact_person: String,
    pub contact_number: String,
    pub phone_number: String,
}

/// An account with everything the User and `AdminRow` shapes show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub user: UserId,
    /// What it is for.
    pub role: Role,
    /// The agent row, for an agent.
    pub agent: Option<AgentId>,
    /// Login name.
    pub username: String,
    /// Address.
    pub email: Email,
    /// First and last name.
    pub names: Names,
    /// An admin's contact; of an agent the name and phone number, the rest
    /// empty; a superadmin has none.
    pub contact: Option<Contact>,
    /// Where the account belongs; a superadmin belongs nowhere.
    pub company: Option<Company>,
    /// The company's active assignment, else its newest of any status.
    pub plan: Option<Assignment>,
    /// When the account was made.
    pub date_joined: Timestamp,
    /// Whether the account itself may be used.
    pub is_active: bool,
}

/// What a new superadmin needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuperadmin {
    /// Login name.
    pub username: String,
    /// Address.
    pub email: Email,
    /// The hash of a password that need not satisfy the policy.
    pub hash: PasswordHash,
}

/// What [`ensure_superadmin`] found or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ensured {
    /// There was none; this one was made.
    Created(UserId),
    /// This superadmin has the username or the e-mail already; nothing changed.
    Present(UserId),
}

/// Why no superadmin was made.
#[derive(Debug, thiserror::Error)]
pub enum SuperadminError {
    /// Empty, longer than 150 characters, with white space, or with an `@` without being the account's own
    /// e-mail: it would shadow the account that has that address.
    #[error("not a usable username")]
    UsernameInvalid,
    /// Some account has the username.
    #[error("the username is taken")]
    UsernameTaken,
    /// Some account has the e-mail.
    #[error("the e-mail is taken")]
    EmailTaken,
    /// The store failed.
    #[error("the account could not be stored")]
    Store(#[from] StoreError),
}

/// Why no password was set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// No account has this username or e-mail.
    #[error("no such account")]
    UnknownLogin,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// The random positive version a new account starts with.
///
/// Random, so that a token of an account in a restored or rebuilt database
/// does not fit whoever has its id now.
pub fn first_version() -> TokenVersion {
    TokenVersion(rand::rng().random_range(1..=i64::from(i32::MAX)))
}

/// Makes a superadmin, on the lobby.
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
        names: Names::default(),
    };
    match store.reserve_login(&account, now)? {
        Reserved::Account(user) => {
            store.register(None, AuditActor::Operator, Action::SuperadminCreated, Object::Account(user));
            Ok(user)
        }
        Reserved::EmailTaken => Err(SuperadminError::EmailTaken),
        Reserved::UsernameTaken => Err(SuperadminError::UsernameTaken),
    }
}

/// Makes a superadmin unless one has the username or the e-mail already.
///
/// # Errors
/// As [`create_superadmin`]; an account of another role is in the way like any.
pub fn ensure_superadmin<S>(store: &mut S, new: NewSuperadmin, now: Timestamp) -> Result<Ensured, SuperadminError>
where
    S: Accounts + Logins + Register + ?Sized,
{
    match store.credentials_by_login(&new.username, new.email.key())? {
        Some(found) if found.role == Role::Superadmin => Ok(Ensured::Present(found.user)),
        _ => create_superadmin(store, new, now).map(Ensured::Created),
    }
}

/// Gives the account with this username or e-mail a password, without policy.
///
/// The account's tokens end, and it need not replace the password first.
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
mod tests {
    use super::*;
    use crate::testing::World;

    fn new(username: &str, email: &str) -> NewSuperadmin {
        NewSuperadmin {
            username: username.into(),
            email: Email::parse(email).unwrap(),
            hash: PasswordHash::from_stored("h".into()),
        }
    }

    #[test]
    fn a_name_splits_after_its_first_word() {
        let names = |first: &str, last: &str| Names { first: first.into(), last: last.into() };
        assert_eq!(Names::split(" Ann  Mary Ray "), names("Ann", "Mary Ray"));
        assert_eq!(Names::split("Ann"), names("Ann", ""));
        assert_eq!(Names::of_admin("Tesla"), names("Tesla", "Admin"));
        assert_eq!(Names::of_admin("Tesla Motors"), names("Tesla", "Motors"));
    }

    #[test]
    fn a_first_version_is_positive_and_differs() {
        let versions: Vec<_> = (0..50).map(|_| first_version()).collect();
        assert!(versions.iter().all(|version| version.0 > 0));
        assert!(versions.windows(2).any(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_superadmin_is_made_once() {
        let mut world = World::default();
        let now = world.now;
        let user = create_superadmin(&mut world, new("boss", "boss@x.com"), now).unwrap();
        let again = create_superadmin(&mut world, new("boss", "other@x.com"), now);
        assert!(matches!(again, Err(SuperadminError::UsernameTaken)));
        let again = create_superadmin(&mut world, new("other", "BOSS@x.com"), now);
        assert!(matches!(again, Err(SuperadminError::EmailTaken)));
        assert_eq!(ensure_superadmin(&mut world, new("boss", "x@x.com"), now).unwrap(), Ensured::Present(user));
        assert_eq!(ensure_superadmin(&mut world, new("x", "boss@X.com"), now).unwrap(), Ensured::Present(user));
        assert!(matches!(ensure_superadmin(&mut world, new("two", "two@x.com"), now), Ok(Ensured::Created(_))));
    }

    #[test]
    fn a_username_cannot_shadow_somebody_elses_address() {
        let mut world = World::default();
        let now = world.now;
        for username in ["", "ann@t.com", "a b", &"u".repeat(151)] {
            let refused = create_superadmin(&mut world, new(username, "boss@x.com"), now);
            assert!(matches!(refused, Err(SuperadminError::UsernameInvalid)), "{username}");
        }
        assert!(create_superadmin(&mut world, new("boss@x.com", "boss@x.com"), now).is_ok());
    }

    #[test]
    fn a_password_is_set_by_username_or_address_and_ends_all_tokens() {
        let mut world = World::default();
        let company = world.company("Tesla");
        let user = world.account(Role::Admin, "ann@t.com", Some(company), true);
        let before = world.credentials(user).version;
        let hash = PasswordHash::from_stored("other".into());
        assert_eq!(set_password(&mut world, "ANN@t.com", &hash).unwrap(), user);
        let after = world.credentials(user);
        assert_eq!((after.version.0, after.first_login, after.hash), (before.0 + 1, false, hash.clone()));
        assert!(matches!(set_password(&mut world, "nobody", &hash), Err(SetPasswordError::UnknownLogin)));
    }
}
