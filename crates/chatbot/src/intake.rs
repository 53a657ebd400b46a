//! The intake: asking a visitor for name, country, phone number, e-mail address and postal address.

pub mod country;
pub(crate) mod digits;
mod email;
mod name;
pub mod phone;
mod steps;

pub(crate) use steps::advance;

/// Loads the metadata of phone numbers (about 0.1 s), so that the first check does not have to.
pub fn warm() {
    phone::check("2025550123", "+1");
}
