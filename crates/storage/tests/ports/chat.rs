//! Chat turns on real rows.

mod compose;
mod keys;
mod settings;
mod turns;
