//! Chat turns on real rows.

mod compose;
mod idempotency;
mod settings;
mod turns;
