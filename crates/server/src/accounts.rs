//! What the command line does to accounts, on a database that need not be served.

use identity::{
    Email, Hasher, Password,
    accounts::{self, EnsuredSuperadmin, NewSuperadmin},
};
use storage::{Database, Options};
use tenancy::Clock as _;

use crate::clock::SystemClock;

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// No database.
    #[error("the database cannot be opened")]
    Open(#[from] storage::OpenError),
    /// The e-mail address.
    #[error("the e-mail address is not valid")]
    Email(#[from] identity::InvalidEmail),
    /// The cost of hashes.
    #[error("the password hasher refused its cost")]
    Cost(#[from] identity::InvalidCost),
    /// The hash.
    #[error("the password could not be hashed")]
    Hash(#[from] identity::HashError),
    /// The account was refused.
    #[error("the superadmin was not created")]
    Superadmin(#[from] accounts::SuperadminError),
    /// The account was not found, or could not be stored.
    #[error("the password was not set")]
    SetPassword(#[from] accounts::SetPasswordError),
}

/// Makes a superadmin.
///
/// # Errors
/// [`AccountError`]; nothing is stored then.
pub fn create_superadmin(
    options: &Options,
    bcrypt_cost: u32,
    username: &str,
    email: &str,
    password: &Password,
) -> Result<(), AccountError> {
    let new = new_superadmin(bcrypt_cost, username, email, password)?;
    let now = SystemClock.now();
    Database::open(options)?.lobby_write(move |lobby| accounts::create_superadmin(lobby, new, now)).wait()?;
    Ok(())
}

/// Makes a superadmin unless there is one with that name or e-mail; says whether it did.
///
/// # Errors
/// [`AccountError`]; nothing is stored then.
pub fn ensure_superadmin(
    options: &Options,
    bcrypt_cost: u32,
    username: &str,
    email: &str,
    password: &Password,
) -> Result<bool, AccountError> {
    let new = new_superadmin(bcrypt_cost, username, email, password)?;
    let now = SystemClock.now();
    let ensured =
        Database::open(options)?.lobby_write(move |lobby| accounts::ensure_superadmin(lobby, new, now)).wait()?;
    Ok(matches!(ensured, EnsuredSuperadmin::Created(_)))
}

/// Sets an account's password and ends its tokens.
///
/// # Errors
/// [`AccountError`]; nothing is stored then.
pub fn set_password(options: &Options, bcrypt_cost: u32, login: &str, password: &Password) -> Result<(), AccountError> {
    let hash = Hasher::new(bcrypt_cost)?.hash(password)?;
    let login = login.to_owned();
    Database::open(options)?.lobby_write(move |lobby| accounts::set_password(lobby, &login, &hash)).wait()?;
    Ok(())
}

fn new_superadmin(
    bcrypt_cost: u32,
    username: &str,
    email: &str,
    password: &Password,
) -> Result<NewSuperadmin, AccountError> {
    Ok(NewSuperadmin {
        username: username.to_owned(),
        email: Email::parse(email)?,
        hash: Hasher::new(bcrypt_cost)?.hash(password)?,
    })
}
