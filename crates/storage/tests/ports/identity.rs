//! Accounts, sign-in, refreshing, and the people of companies.

mod addresses;
mod admins;
mod agents;
mod lists;
mod presence;
mod refresh;
pub(crate) mod sign_in;
mod subscriptions;
mod tickets;
