//! Wakes callers that wait for news of a session, and delivers news to open connections.
//!
//! Each session that somebody waits for has a topic, named by the proof that the caller may use the session. The
//! events of a transaction reach the topics after the commit ([`Sink`](storage::Sink)). A caller first subscribes and
//! then reads, so it misses nothing: what is committed after its read wakes it. A long poll is told only that something
//! has happened, and reads what it may see. An open connection gets the event itself, in a queue of its own, and shares
//! the text that is sent for it with the others. Besides the sessions each company has one topic for its staff.
//!
//! Another process on the same database cannot wake the callers of this one. [`recheck`] finds its changes. A relay
//! between processes would call `publish` of the [`Hub`] with the events that it receives.

mod bell;
mod hub;
mod news;
mod queue;
pub(crate) mod recheck;
mod subscriptions;
mod topics;

pub(crate) use bell::Wake;
pub(crate) use hub::Hub;
pub(crate) use news::{Happened, News, StatusSet, Typing};
pub(crate) use queue::Next;
pub(crate) use subscriptions::{Listening, Waiting};

#[cfg(test)]
mod tests;
