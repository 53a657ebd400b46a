//! The events of other processes, which pokes have named and this process has not read yet.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Mutex, PoisonError},
};

use handoff::{Event, event_name::EventName};
use tenancy::{AgentId, CompanyCode, SessionId};
use tokio::sync::Notify;

use super::news::StatusSet;

/// Most events of one company that wait to be read. If there are more, its staff load their lists again.
const MOST: usize = 200;

/// What has arrived about a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Something has happened to a session.
    Event(SessionId, EventName),
    /// The status of an agent was set.
    Status(AgentId),
}

/// What was read.
pub(super) enum Read {
    Event(Event),
    Status(StatusSet),
    /// What has happened cannot be read any more.
    Gone,
}

/// What was not read yet.
#[derive(Default)]
pub(super) struct Arrivals {
    waiting: Mutex<BTreeMap<CompanyCode, Vec<Arrival>>>,
    added: Notify,
}

impl Arrivals {
    /// Adds what has arrived. Returns false if too much waits already.
    pub(super) fn add(&self, company: CompanyCode, arrival: Arrival) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let arrivals = waiting.entry(company).or_default();
        let has_room = arrivals.len() < MOST;
        if has_room {
            arrivals.push(arrival);
        }
        drop(waiting);
        self.added.notify_one();
        has_room
    }

    /// Waits until something has arrived, and takes it.
    pub(super) async fn next(&self) -> BTreeMap<CompanyCode, Vec<Arrival>> {
        loop {
            let taken = self.take();
            if !taken.is_empty() {
                return taken;
            }
            self.added.notified().await;
        }
    }

    /// Takes what has arrived.
    pub(super) fn take(&self) -> BTreeMap<CompanyCode, Vec<Arrival>> {
        mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
