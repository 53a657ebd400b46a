//! Reads the events of other processes that pokes have named.
//!
//! Each is read from the store once for the connections of this process, and told to them as one of its own.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use handoff::{AgentRef, Event, event_name};
use identity::agents::Agents as _;
use storage::{CompanyStore, Database};
use tenancy::{CompanyCode, Fault, StoreError, access::Housekeeper};

use super::{
    arrivals::{Arrival, Read},
    hub::Hub,
    news::StatusSet,
    recheck::keeper,
};

/// How many companies are read for at a time.
const AT_ONCE: usize = 4;

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

fn note(error: &StoreError) {
    match error.fault() {
        Fault::Unavailable => {
            tracing::warn!(error = crate::logging::chain(error), "events of other processes were not read")
        }
        Fault::Broken => {
            tracing::error!(error = crate::logging::chain(error), "events of other processes were not read")
        }
    }
}
