//! Lists of handoffs of one company or of all companies.

use std::cmp::Reverse;

use diesel::{
    dsl::{self, count_star, exists},
    prelude::*,
    sql_types::Bool,
};
use handoff::{Handoff, HandoffFilter, HandoffPage, Order, Position, Sight, StateFilter};
use tenancy::{CompanyCode, StoreError};

use super::rows::{Joined, columns, handoff, joined};
use crate::{
    conn::{AnyBackend, Db},
    error::IntoStoreError as _,
    schema::{companies, handoffs, profiles},
    stores::{counts, page_window::PageWindow},
    types::At,
};

/// How many ids one statement names. The number of parameters of a statement is limited.
const ROWS: usize = 500;

/// The companies whose handoffs a query reads.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    /// One company, for its own callers.
    Company(CompanyCode),
    /// All companies that are not closed, or one of them, for the platform.
    Open(Option<CompanyCode>),
}

impl Scope {
    /// Selects the handoffs that match. Every query of handoffs starts here. It reads only this table, to find the
    /// positions in a list. The rows of a page are joined to other tables afterwards.
    pub(super) fn places(self, filter: &HandoffFilter, sight: Sight) -> Places {
        let mut query: Places = handoffs::table.into_boxed();
        query = match self {
            Self::Company(code) => query.filter(handoffs::company_id.eq(code.to_string())),
            // Exclude the few closed companies instead of listing the open ones, so that the planner can use an
            // index for the order: the company's, or the `_everywhere` index. That one is partial, on a
            // condition that is true of every id, so that no other query uses it.
            Self::Open(company) => {
                let closed = companies::table.filter(companies::status.eq("closed")).select(companies::code);
                let query = match company {
                    Some(code) => query.filter(handoffs::company_id.eq(code.to_string())),
                    None => query.filter(dsl::sql::<Bool>("handoffs.id > 0")),
                };
                query.filter(handoffs::company_id.ne_all(closed))
            }
        };
        query = match sight {
            Sight::All => query,
            Sight::Mine(agent) => query.filter(handoffs::agent_id.eq(agent.get())),
            Sight::MineAndQueue(agent) => query.filter(
                handoffs::agent_id
                    .eq(agent.get())
                    .or(handoffs::agent_id.is_null().and(handoffs::resolved_at.is_null())),
            ),
        };
        if let Some(agent) = filter.agent {
            query = query.filter(handoffs::agent_id.eq(agent.get()));
        }
        if let Some(priority) = filter.priority {
            query = query.filter(handoffs::priority.eq(priority.as_str()));
        }
        query = match filter.state {
            None => query,
            Some(StateFilter::Resolved) => query.filter(handoffs::resolved_at.is_not_null()),
            // This is literally the condition of the partial index over the queue.
            Some(StateFilter::Pending) => {
                query.filter(handoffs::resolved_at.is_null().and(dsl::not(handoffs::agent_id.is_not_null())))
            }
            Some(StateFilter::Assigned) => {
                query.filter(handoffs::resolved_at.is_null().and(handoffs::agent_id.is_not_null()))
            }
        };
        if filter.with_profile {
            query = query.filter(exists(profile_of_handoff()));
        }
        query
    }

    /// Returns the handoffs behind a position, at most `limit`.
    ///
    /// An agent's own handoffs and the queue are read by two queries, each through an index, and merged. One
    /// query for both would scan all handoffs.
    pub(super) fn list(
        self,
        conn: &mut Db,
        filter: &HandoffFilter,
        sight: Sight,
        after: Option<Position>,
        limit: Option<usize>,
    ) -> Result<Vec<Handoff>, StoreError> {
        let mut places: Vec<(At, i64)> = Vec::new();
        for (filter, sight) in parts(*filter, sight) {
            let mut query = in_order(self.places(&filter, sight), filter.order);
            if let Some(Position { escalated_at, id }) = after {
                let at = At(escalated_at);
                // The first condition is redundant, but an index can serve it.
                query = match filter.order {
                    Order::NewestFirst => query
                        .filter(handoffs::escalated_at.le(at))
                        .filter(handoffs::escalated_at.lt(at).or(handoffs::id.lt(id.get()))),
                    Order::LongestWait => query
                        .filter(handoffs::escalated_at.ge(at))
                        .filter(handoffs::escalated_at.gt(at).or(handoffs::id.gt(id.get()))),
                };
            }
            if let Some(limit) = limit {
                query = query.limit(i64::try_from(limit).unwrap_or(i64::MAX));
            }
            let query = query.select((handoffs::escalated_at, handoffs::id));
            places.extend(query.load::<(At, i64)>(conn).into_store_error()?);
        }
        match filter.order {
            Order::NewestFirst => places.sort_unstable_by_key(|(at, id)| Reverse((at.0, *id))),
            Order::LongestWait => places.sort_unstable_by_key(|(at, id)| (at.0, *id)),
        }
        let ids: Vec<i64> = places.into_iter().map(|(_, id)| id).take(limit.unwrap_or(usize::MAX)).collect();
        self.rows(conn, &ids, filter.order)
    }

    /// Returns the handoffs from `offset` on, at most `limit`, and the number of all.
    pub(super) fn page(
        self,
        conn: &mut Db,
        filter: &HandoffFilter,
        sight: Sight,
        offset: i64,
        limit: i64,
    ) -> Result<HandoffPage, StoreError> {
        let stored = match self {
            Self::Company(code) => counts::stored_handoffs(conn, code, filter, sight)?,
            Self::Open(_) => None,
        };
        let count = match stored {
            Some(count) => count,
            None => self.places(filter, sight).select(count_star()).first(conn).into_store_error()?,
        };
        let places = self.places(filter, sight);
        let ids: Vec<i64> = match PageWindow::of(count, offset, limit) {
            PageWindow::Nothing => Vec::new(),
            PageWindow::FromStart { offset, limit } => in_order(places, filter.order)
                .offset(offset)
                .limit(limit)
                .select(handoffs::id)
                .load(conn)
                .into_store_error()?,
            PageWindow::FromEnd { offset, limit } => {
                let places = in_order(places, reversed(filter.order)).offset(offset).limit(limit);
                let mut ids: Vec<i64> = places.select(handoffs::id).load(conn).into_store_error()?;
                ids.reverse();
                ids
            }
        };
        Ok(HandoffPage { count, rows: self.rows(conn, &ids, filter.order)? })
    }

    /// Returns the handoffs with these ids, in this order. They are sorted here, because with an ORDER BY,
    /// SQLite would read all handoffs of the company in that order and pick these.
    fn rows(self, conn: &mut Db, ids: &[i64], order: Order) -> Result<Vec<Handoff>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for batch in ids.chunks(ROWS) {
            let rows = joined().filter(handoffs::id.eq_any(batch)).select(columns());
            let rows: Vec<Joined> = match self {
                Self::Company(code) => rows.filter(handoffs::company_id.eq(code.as_str())).load(conn),
                Self::Open(_) => rows.load(conn),
            }
            .into_store_error()?;
            for row in rows {
                found.push(handoff(row)?);
            }
        }
        match order {
            Order::NewestFirst => found.sort_unstable_by_key(|handoff| Reverse((handoff.escalated_at, handoff.id))),
            Order::LongestWait => found.sort_unstable_by_key(|handoff| (handoff.escalated_at, handoff.id)),
        }
        Ok(found)
    }
}

/// Handoffs before they are joined to other tables.
type Places = handoffs::BoxedQuery<'static, AnyBackend>;

fn in_order(places: Places, order: Order) -> Places {
    match order {
        Order::NewestFirst => places.order((handoffs::escalated_at.desc(), handoffs::id.desc())),
        Order::LongestWait => places.order((handoffs::escalated_at.asc(), handoffs::id.asc())),
    }
}

fn reversed(order: Order) -> Order {
    match order {
        Order::NewestFirst => Order::LongestWait,
        Order::LongestWait => Order::NewestFirst,
    }
}

/// Splits a list into parts that an index can serve.
fn parts(filter: HandoffFilter, sight: Sight) -> Vec<(HandoffFilter, Sight)> {
    let Sight::MineAndQueue(agent) = sight else { return vec![(filter, sight)] };
    let queue = (HandoffFilter { state: Some(StateFilter::Pending), ..filter }, Sight::All);
    let mine = (filter, Sight::Mine(agent));
    match filter.state {
        None => vec![mine, queue],
        Some(StateFilter::Pending) => vec![queue],
        Some(StateFilter::Assigned | StateFilter::Resolved) => vec![mine],
    }
}

#[diesel::dsl::auto_type]
fn profile_of_handoff() -> _ {
    profiles::table
        .filter(profiles::company_id.eq(handoffs::company_id))
        .filter(profiles::session_key.eq(handoffs::session_key))
}
