//! The ports, implemented: one file for each table or close group of tables.

mod accounts;
mod activities;
mod admins;
mod agents;
mod assignments;
mod attachments;
mod companies;
mod directory;
mod erase;
mod families;
mod handoffs;
mod keys;
mod knowledge;
mod locate;
mod logins;
mod messages;
mod plans;
mod platform;
mod profiles;
mod search;
mod sessions;

pub use locate::Place;
