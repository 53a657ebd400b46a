//! Lists of conversations at the desk. Every query follows an index, so that no list grows with the company.

mod parts;
mod rows;
mod unread;

use std::collections::HashMap;

use diesel::{dsl, prelude::*};
use handoff::{
    Sight,
    desk_list::{DeskLists, ListCounts, ListFilter, ListPosition, ListRow, View},
};
use tenancy::{AgentId, StoreError, access::Caller};

use self::parts::{Found, Listing, Part};
use super::counts;
use crate::{error::IntoStoreError as _, schema::handoffs, store::CompanyStore, types::At};

/// How many conversations one call looks at if a condition has no index.
const LOOKED_AT: usize = 2_000;
/// How many of them one statement reads.
const BATCH: usize = 500;
/// How many of an agent's conversations count as unread.
const COUNTED_UNREAD: usize = 200;

impl<C: Caller> DeskLists for CompanyStore<'_, C> {
    fn conversations(
        &mut self,
        filter: &ListFilter,
        sight: Sight,
        after: Option<ListPosition>,
        limit: usize,
    ) -> Result<(Vec<ListRow>, Option<ListPosition>), StoreError> {
        let code = self.code();
        let listing = Listing::new(code, filter, sight);
        let (mut found, next) = if needs_looking(filter, &listing) {
            self.look_for(&listing, filter, after, limit)?
        } else {
            let found = listing.after(self.conn, after, limit + 1)?;
            let next = found.get(limit).and_then(|_| found.get(limit.checked_sub(1)?)).map(|last| last.position);
            (found, next)
        };
        found.truncate(limit);
        let keys: Vec<i64> = found.iter().map(|found| found.session).collect();
        Ok((rows::read(self.conn, code, &keys)?, next))
    }

    fn open_of_agents(&mut self) -> Result<HashMap<AgentId, i64>, StoreError> {
        counts::held_of_all(self.conn, self.code())
    }

    fn list_counts(&mut self, agent: Option<AgentId>) -> Result<ListCounts, StoreError> {
        let code = self.code();
        let longest_wait: Option<At> = handoffs::table
            .filter(handoffs::company_id.eq(code.as_str()))
            .filter(handoffs::resolved_at.is_null().and(dsl::not(handoffs::agent_id.is_not_null())))
            .order((handoffs::escalated_at, handoffs::id))
            .select(handoffs::escalated_at)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let (mine, mine_unread) = match agent {
            None => (0, 0),
            Some(agent) => {
                let newest = Part::Mine(agent).after(self.conn, code, None, COUNTED_UNREAD)?;
                let keys: Vec<i64> = newest.iter().map(|found| found.session).collect();
                (counts::held(self.conn, code, agent)?.assigned, unread::sessions(self.conn, code, &keys)?)
            }
        };
        let queue = counts::waiting(self.conn, code)?;
        Ok(ListCounts { mine, mine_unread, queue, longest_wait_since: longest_wait.map(|at| at.0) })
    }
}

impl<C: Caller> CompanyStore<'_, C> {
    /// Looks through a list for the conversations that pass the conditions without an index.
    ///
    /// Returns the first `limit` of them, and perhaps more, and the position after the last of these.
    fn look_for(
        &mut self,
        listing: &Listing,
        filter: &ListFilter,
        after: Option<ListPosition>,
        limit: usize,
    ) -> Result<(Vec<Found>, Option<ListPosition>), StoreError> {
        let Some(test) = rows::Test::new(self.code(), filter) else { return Ok((Vec::new(), None)) };
        let (mut found, mut at) = (Vec::new(), after);
        for _ in 0..LOOKED_AT / BATCH {
            let batch = listing.after(self.conn, at, BATCH)?;
            let is_last = batch.len() < BATCH;
            at = batch.last().map(|last| last.position);
            found.extend(test.passing(self.conn, batch)?);
            if found.len() > limit {
                let last = limit.checked_sub(1).and_then(|last| found.get(last)).map(|last| last.position);
                return Ok((found, last));
            }
            if is_last {
                return Ok((found, None));
            }
        }
        Ok((found, at))
    }
}

/// Tells whether the filter has a condition that the listing does not apply.
fn needs_looking(filter: &ListFilter, listing: &Listing) -> bool {
    let by_text = filter.search.is_some() && !listing.is_of_one_session();
    let by_priority = filter.priority.is_some() && filter.view != View::Queue;
    by_text || by_priority
}
