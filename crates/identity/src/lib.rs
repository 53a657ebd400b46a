#![doc = include_str!("../README.md")]

pub mod accounts;
pub mod admins;
pub mod agents;
mod email;
pub mod first_login;
mod hash;
pub mod password;
pub mod ports;
pub mod refresh;
pub mod sign_in;
#[cfg(test)]
#[expect(clippy::as_conversions, reason = "row counts of a test world are small")]
mod testing;
pub mod tokens;

pub use email::{Email, InvalidEmail};
pub use hash::{HashError, Hasher, InvalidCost, PasswordHash, Verify};
pub use password::Password;
