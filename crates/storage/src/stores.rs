//! The implementations of the ports, in one file per table or small group of tables.

mod account_row;
mod accounts;
mod activities;
mod addresses;
mod admins;
mod agents;
mod assignments;
mod attachments;
mod audit;
mod companies;
pub(crate) mod counts;
mod desk_list;
mod directory;
mod erase;
mod families;
mod handoffs;
mod heads;
mod keys;
mod knowledge;
mod locate;
mod logins;
mod messages;
mod opinions;
mod page_window;
mod persons;
mod plans;
mod platform;
mod profiles;
mod search;
mod sessions;
pub(crate) mod settings;
mod subscriptions;
mod tickets;

pub use locate::Place;
pub(crate) use profiles::fill_keys;
