//! Accounts, sign-in, token refresh, and the staff of companies.

mod addresses;
mod admins;
mod agents;
mod lists;
mod presence;
mod refresh;
pub(crate) mod sign_in;
mod subscriptions;
mod tickets;
mod upgrade;
