#![doc = include_str!("../README.md")]

mod audit;
pub mod backup;
pub mod blobs;
mod channel;
mod conn;
mod database;
mod dual_backend;
mod error;
pub mod integrity;
mod job;
mod lane;
mod migrations;
mod probe;
mod queue;
mod roster;
mod round_robin;
mod schema;
mod scope;
mod selftest;
mod store;
mod stores;
mod target;
#[cfg(feature = "testing")]
pub mod testing;
mod types;
mod wait;

pub use audit::{AuditError, Broken, Flaw, Recorder, Verified};
pub use channel::Channel;
pub use database::{Database, OpenError, Options};
pub use job::{Sink, Ticket};
pub use migrations::MigrateError;
pub use queue::FairnessKey;
pub use roster::Roster;
pub use round_robin::RoundRobin;
pub use selftest::{Isolation, IsolationError};
pub use store::{CompanyStore, LobbyStore, PlatformStore};
pub use stores::Place;
pub use target::{Durability, InvalidTarget, PostgresUrl, SqliteTarget, Target};
