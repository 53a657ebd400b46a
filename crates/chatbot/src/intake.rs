//! The intake: asking a visitor for name, country, phone number, e-mail address and postal address.

pub mod country;
pub(crate) mod digits;
mod email;
pub(crate) mod name;
pub mod phone;
mod steps;

pub(crate) use steps::advance;
