#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "everything here runs inside tests, where a failed expectation should panic"
)]

mod bucket;
pub mod bulk;
pub mod calls;
mod client;
mod clock;
mod company;
mod conformance;
mod events;
mod raw;
mod reply;
pub mod sample;
mod socket;
mod staff;
pub mod torture;
mod visitor;
mod world;

pub use client::{Call, Client};
pub use clock::TestClock;
pub use company::Company;
pub use events::{Event, Events};
pub use raw::RawReply;
pub use reply::Reply;
pub use socket::{Incoming, Opcode, Socket};
pub use staff::{Admin, Agent, Superadmin};
pub use visitor::Visitor;
pub use world::{AnotherServer, SECRET, Setup, World, on_postgres, on_postgres_with, on_sqlite, on_sqlite_with};

/// The imports of a test file.
pub mod prelude {
    pub use serde_json::{Value, json};

    pub use crate::{
        Admin, Agent, Call, Client, Company, Event, Events, Incoming, Opcode, Reply, Socket, Superadmin, Visitor,
        World,
        calls::{AccountCalls as _, AgentCalls as _, Caller, CompanyCalls as _, DeskCalls as _, VisitorCalls as _},
        on_each_database, sample,
    };
}

/// Makes two tests of each named function: one on SQLite, one on PostgreSQL.
///
/// The functions are `async fn name(world: &World)`. The compiler reports a function that is not named
/// here as dead code.
///
/// `on_each_database! { with setup: name, .. }` starts the servers with the [`Setup`] that `setup()` returns.
#[macro_export]
macro_rules! on_each_database {
    (with $setup:ident: $($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::on_sqlite_with(super::$setup(), super::$name); })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::on_postgres_with(super::$setup(), super::$name); })+
        }
    };
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { $crate::on_sqlite(super::$name); })+
        }
        mod postgres {
            $(#[test] fn $name() { $crate::on_postgres(super::$name); })+
        }
    };
}
