//! Events of other processes, which pokes have named.
//!
//! Each is read from the store once for the connections of this process, and told to them as one of its own.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt as _, stream};
use handoff::{
    AgentRef, Event,
    event_name::{self, EventName},
};
use identity::agents::Agents as _;
use storage::{CompanyStore, Database};
use tenancy::{AgentId, CompanyCode, SessionId, StoreError, access::Housekeeper};
use tokio::sync::Notify;

use super::{
    hub::Hub,
    news::StatusSet,
    recheck::{keeper, note},
};

/// Most events of one company that wait to be read. If there are more, its staff load their lists again.
const MOST: usize = 200;
/// How many companies are read for at a time.
const AT_ONCE: usize = 4;

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
    async fn next(&self) -> BTreeMap<CompanyCode, Vec<Arrival>> {
        loop {
            let taken = self.take();
            if !taken.is_empty() {
                return taken;
            }
            self.added.notified().await;
        }
    }

    pub(super) fn take(&self) -> BTreeMap<CompanyCode, Vec<Arrival>> {
        mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads what arrives and tells it, for as long as the server runs.
pub(crate) async fn run(db: Database, hub: Arc<Hub>) {
    loop {
        let handle = async |(company, arrivals)| match read(&db, company, arrivals).await {
            Ok(read) => hub.tell_arrived(company, read),
            Err(error) => {
                note(&error);
                hub.reload_desk(company);
            }
        };
        stream::iter(hub.arrivals.next().await).for_each_concurrent(AT_ONCE, handle).await;
    }
}

/// Reads what has arrived about a company, all in one transaction.
async fn read(db: &Database, company: CompanyCode, arrivals: Vec<Arrival>) -> Result<Vec<Read>, StoreError> {
    let Some(keeper) = keeper(db, company).await? else { return Ok(Vec::new()) };
    let read = move |store: &mut CompanyStore<'_, Housekeeper>| {
        arrivals.iter().filter_map(|arrival| read_one(store, company, *arrival).transpose()).collect()
    };
    db.read(keeper, read).await
}

fn read_one(
    store: &mut CompanyStore<'_, Housekeeper>,
    company: CompanyCode,
    arrival: Arrival,
) -> Result<Option<Read>, StoreError> {
    Ok(match arrival {
        Arrival::Event(session, name) => Some(match event_name::read(store, session, name)? {
            Some(kind) => Read::Event(Event { company, session, kind }),
            None => Read::Gone,
        }),
        // An agent who was deactivated or deleted is shown to nobody.
        Arrival::Status(id) => store.agent(id)?.map(|agent| {
            let status = agent.status();
            Read::Status(StatusSet { agent: AgentRef { id, name: agent.name }, status })
        }),
    })
}
