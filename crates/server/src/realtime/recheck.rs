//! Finds what other processes on the same database have changed.

use std::{sync::Arc, time::Duration};

use handoff::desk_head::DeskHeads as _;
use storage::{Database, FairnessKey};
use tenancy::{
    CompanyCode, Fault, StoreError,
    access::{self, Housekeeper, Refused},
};

use super::hub::Hub;

/// How often the sessions are checked. A change that no poke has told is found after this time.
const PERIOD: Duration = Duration::from_secs(1);

/// The number of periods after which the desks are checked. A change has to be found twice.
const DESK_PERIODS: usize = 2;

/// Most companies whose desks are checked at once. Further ones have their turn after the next periods.
const DESKS: usize = 64;

/// Checks the sessions that callers wait for, all in one read, for as long as the server runs, and what the connected
/// staff of companies see. Without callers it reads nothing.
///
/// It also notices that the database is lost, while the callers themselves have nothing to ask it.
pub(crate) async fn run(db: Database, hub: Arc<Hub>) {
    let mut last_desk = None;
    for period in 1_usize.. {
        tokio::time::sleep(PERIOD).await;
        let asked = hub.rows();
        if !asked.is_empty() {
            let rows = asked.clone();
            match db.lobby_in(FairnessKey::Platform, move |lobby| lobby.heads(&rows)).await {
                Ok(heads) => hub.compare(&asked, &heads),
                Err(error) => lost(&hub, &error),
            }
        }
        if period.is_multiple_of(DESK_PERIODS) {
            let desks = next_desks(hub.desks(), last_desk);
            last_desk = desks.last().copied().or(last_desk);
            for company in desks {
                if let Err(error) = check_desk(&db, &hub, company).await {
                    note(&error);
                }
            }
        }
    }
}

/// Returns the companies whose turn it is: those that come after the last one that was checked, in a circle.
fn next_desks(mut desks: Vec<CompanyCode>, last: Option<CompanyCode>) -> Vec<CompanyCode> {
    desks.sort_unstable();
    let first = desks.partition_point(|company| last.is_some_and(|last| *company <= last));
    desks.rotate_left(first);
    desks.truncate(DESKS);
    desks
}

/// Compares what the staff of a company were told with its newest changes.
async fn check_desk(db: &Database, hub: &Hub, company: CompanyCode) -> Result<(), StoreError> {
    let Some(keeper) = keeper(db, company).await? else { return Ok(()) };
    hub.begin_desk(company);
    let head = db.read(keeper, |store| store.desk_head()).await?;
    hub.compare_desk(company, &head);
    Ok(())
}

/// Admits the server to a company. `None` if there is no such company any more.
pub(super) async fn keeper(db: &Database, company: CompanyCode) -> Result<Option<Housekeeper>, StoreError> {
    let admit = move |lobby: &mut storage::LobbyStore<'_>| match access::housekeeper(lobby, company) {
        Ok(keeper) => Ok(Some(keeper)),
        Err(Refused::Store(error)) => Err(error),
        Err(_) => Ok(None),
    };
    db.lobby_in(FairnessKey::Platform, admit).await
}

fn lost(hub: &Hub, error: &StoreError) {
    note(error);
    hub.lose_database();
}

fn note(error: &StoreError) {
    match error.fault() {
        Fault::Unavailable => tracing::warn!(error = crate::logging::chain(error), "sessions were not checked"),
        Fault::Broken => tracing::error!(error = crate::logging::chain(error), "sessions were not checked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_company_has_its_turn() {
        let all: Vec<_> = (0..150).map(|number| CompanyCode::parse(&format!("TES{number:03}")).unwrap()).collect();
        let (mut last, mut seen) = (None, Vec::new());
        for _ in 0..3 {
            let desks = next_desks(all.clone(), last);
            assert_eq!(desks.len(), DESKS);
            last = desks.last().copied();
            seen.extend(desks);
        }
        seen.truncate(all.len());
        assert_eq!(seen, all);
        assert_eq!(next_desks(all[..2].to_vec(), Some(all[1])), all[..2]);
    }
}
