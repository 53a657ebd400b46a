//! Handoffs on real rows: who has a session, and who may see it.

mod counts;
mod moves;
mod sending;
mod sight;
mod staffing;
