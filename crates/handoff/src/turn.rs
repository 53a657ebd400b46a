//! One chat turn: a visitor writes, and the bot answers or stays silent.
//!
//! The turn is a chain of steps, so that nothing slow runs inside a transaction:
//!
//! ```text
//! begin (read) -> Pending -> look up knowledge, if wanted -> commit (write) -> Exchange
//!                    ^                                          |      |
//!                    +---------- the rows have changed ---------+      +-> Composing -> ask the model -> finish (write) -> Exchange
//! ```
//!
//! `commit` compares the rows with the ones that the plan was made from. If they
//! have changed, it plans again under the session's lock. It returns to the caller
//! only if the new plan needs a knowledge search. The caller tries [`MAX_ATTEMPTS`]
//! commits and then fails with [`TurnError::Busy`].

mod ask;
mod begin;
mod commit;
mod compose;
mod error;
mod exchange;
mod gap;
mod pending;

pub use ask::Ask;
pub use begin::{Begun, begin};
pub use commit::{Committed, LEASE, SEEN, commit};
pub use compose::{Composing, finish};
pub use error::TurnError;
pub use exchange::Exchange;
pub use pending::Pending;

/// Maximum number of commits that a caller tries.
pub const MAX_ATTEMPTS: usize = 5;
