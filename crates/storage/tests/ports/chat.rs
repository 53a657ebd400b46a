//! Chat turns on real rows.

mod compose;
mod heads;
mod idempotency;
mod settings;
mod takeovers;
mod turns;
