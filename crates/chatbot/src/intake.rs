//! Getting to know a visitor: name, country, phone, e-mail, address.

pub mod country;
mod digits;
mod email;
mod name;
pub mod phone;
mod steps;

pub(crate) use steps::advance;

/// Loads the tables of phone numbers, which the first number would otherwise
/// wait for (about 0.1 s).
pub fn warm() {
    phone::check("2025550123", "+1");
}
