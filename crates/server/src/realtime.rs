//! Wakes callers that wait for news of a session, and delivers news to open connections.
//!
//! Each session that somebody waits for has a topic, named by the proof that the caller may use the session. The
//! events of a transaction reach the topics after the commit ([`Sink`](storage::Sink)). A caller first subscribes and
//! then reads, so it misses nothing: what is committed after its read wakes it. A long poll is told only that something
//! has happened, and reads what it may see. An open connection gets the event itself, in a queue of its own, and shares
//! the text that is sent for it with the others. Besides the sessions each company has one topic for its staff.
//!
//! Several processes may share a PostgreSQL database. A [`relay`] tells each of them which sessions the others have
//! changed, and their callers read again. [`arriving`] reads what staff are shown of it. [`recheck`] finds what a relay
//! has lost, and a [`roster`] knows who is connected to the others.

mod arrivals;
pub(crate) mod arriving;
mod assignable;
mod bell;
mod carry;
mod concerns;
mod hub;
mod news;
mod position;
mod presence;
mod queue;
mod received;
pub(crate) mod recheck;
pub(crate) mod relay;
pub(crate) mod roster;
mod statuses;
mod subscriptions;
mod told;
mod topics;
mod worker;

pub(crate) use bell::Wake;
pub(crate) use carry::carry;
pub(crate) use hub::Hub;
pub(crate) use news::{Happened, News, StatusSet, Typing};
pub(crate) use position::{Beginning, Due, Position};
pub(crate) use presence::{Occupant, Present};
pub(crate) use queue::{Next, Seen};
pub(crate) use subscriptions::{Listening, Poked, Waiting};
pub(crate) use worker::{Line, Worker};

/// How long a moved queue waits for further moves. Each move concerns everybody in the queue.
pub(crate) const QUEUE_PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

#[cfg(test)]
mod tests;
