#![doc = include_str!("../README.md")]

pub mod accounts;
pub mod admins;
pub mod agents;
mod audit_scope;
pub mod change_password;
pub mod first_login;
mod hash;
mod origin;
mod own_words;
pub mod password;
pub mod presence;
pub mod refresh;
pub mod sign_in;
pub mod sign_out;
pub mod subscriptions;
#[cfg(test)]
#[expect(clippy::as_conversions, reason = "row counts in tests are small")]
mod testing;
pub mod tickets;
pub mod tokens;

pub use hash::{HashError, Hasher, InvalidCost, PasswordHash, Verify};
pub use origin::Origin;
pub use own_words::OwnWords;
pub use password::Password;
pub use tenancy::{Email, InvalidEmail};
