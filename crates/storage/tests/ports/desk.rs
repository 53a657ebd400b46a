//! Handoffs on real rows: which agent has a session, and which staff may see it.

mod assignment;
mod counts;
mod heads;
mod list;
mod moves;
mod notes;
mod saved_replies;
mod sending;
mod sight;
mod staffing;
mod transitions;
