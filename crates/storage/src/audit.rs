//! The audit log: what a transaction notes, how entries are chained, how chains are verified.
//!
//! Stores note entries while a job runs. The door appends them in the last statements of the transaction. The
//! heads of chains are therefore locked last, and every transaction locks them in the same order (companies by
//! code, then the installation), so that two transactions cannot deadlock on them.

mod announced;
mod flaw;
mod notes;
mod recorder;
mod seal;
mod verify;

pub use flaw::{AuditError, Broken, Flaw, Verified};
pub(crate) use notes::Notes;
pub use recorder::Recorder;
pub(crate) use verify::{fits, verify};
