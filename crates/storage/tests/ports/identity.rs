//! Accounts, sign-in, refreshing, and the people of companies.

mod agents;
mod lists;
mod sign_in;
