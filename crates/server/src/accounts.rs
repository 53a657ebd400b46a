//! Changes to accounts by the command line. The server need not be running.

use identity::{
    Email, Hasher, Password,
    accounts::{self, EnsuredSuperadmin, NewSuperadmin},
};
use storage::{Database, Options};
use tenancy::Clock as _;

use crate::clock::SystemClock;

/// Why an account was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Open(#[from] storage::OpenError),
    /// The e-mail address is not valid.
    #[error("the e-mail address is not valid")]
    Email(#[from] identity::InvalidEmail),
    /// The cost of password hashes is out of range.
    #[error("the password hasher refused its cost")]
    Cost(#[from] identity::InvalidCost),
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Hash(#[from] identity::HashError),
    /// The superadmin was refused.
    #[error("the superadmin was not created")]
    Superadmin(#[from] accounts::SuperadminError),
    /// The account was not found, or could not be stored.
    #[error("the password was not set")]
    SetPassword(#[from] accounts::SetPasswordError),
}

/// Creates a superadmin.
///
/// # Errors
/// [`AccountError`]. Nothing is stored in that case.
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

/// Creates a superadmin unless there is one with that name or e-mail. Returns whether it did.
///
/// # Errors
/// [`AccountError`]. Nothing is stored in that case.
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
/// [`AccountError`]. Nothing is stored in that case.
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
