//! Chat turns on real rows.

mod compose;
mod keys;
mod turns;
