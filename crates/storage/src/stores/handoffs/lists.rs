//! Lists of handoffs, of one company and of all, newest first.

use std::cmp::Reverse;

use diesel::{
    dsl::{self, AsSelect, count_star, exists},
    prelude::*,
    sql_types::Bool,
};
use handoff::{Handoff, HandoffFilter, HandoffPage, Position, Sight, StateFilter};
use tenancy::{CompanyCode, StoreError};

use super::{HandoffRow, Joined, handoff};
use crate::{
    conn::{AnyBackend, Db},
    error::IntoStoreError as _,
    schema::{agents, companies, handoffs, profiles, sessions},
    stores::{counts, page_window::PageWindow},
    types::At,
};

/// How many rows one statement joins; a statement's binds are bounded.
const ROWS: usize = 500;

/// Whose handoffs a query is about.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    Company(CompanyCode),
    /// Of every company that is not closed, or of one of these.
    Open(Option<CompanyCode>),
}

impl Scope {
    /// Every query of handoffs starts here: where they stand in a list, which the wanted rows are
    /// then joined to.
    pub(super) fn places(self, filter: &HandoffFilter, sight: Sight) -> handoffs::BoxedQuery<'static, AnyBackend> {
        let mut query: handoffs::BoxedQuery<'static, AnyBackend> = handoffs::table.into_boxed();
        query = match self {
            Self::Company(code) => query.filter(handoffs::company_id.eq(code.to_string())),
            // Said of the few that are closed, this leaves the order to an index: of the company, or
            // over all, which is for those queries alone that say what is true of every id.
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
            // In the words of the index over the queue.
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

    /// The handoffs that follow a position, at most `limit`.
    ///
    /// An agent's own and the queue are read each through its index and merged: asked for at
    /// once, they are found by looking at all.
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
            let mut query = self
                .places(&filter, sight)
                .select((handoffs::escalated_at, handoffs::id))
                .order((handoffs::escalated_at.desc(), handoffs::id.desc()));
            if let Some(Position { escalated_at, id }) = after {
                let at = At(escalated_at);
                // The first condition is the one that an index serves.
                query = query
                    .filter(handoffs::escalated_at.le(at))
                    .filter(handoffs::escalated_at.lt(at).or(handoffs::id.lt(id.get())));
            }
            if let Some(limit) = limit {
                query = query.limit(i64::try_from(limit).unwrap_or(i64::MAX));
            }
            places.extend(query.load::<(At, i64)>(conn).into_store_error()?);
        }
        places.sort_unstable_by_key(|(at, id)| Reverse((at.0, *id)));
        let ids: Vec<i64> = places.into_iter().map(|(_, id)| id).take(limit.unwrap_or(usize::MAX)).collect();
        self.rows(conn, &ids)
    }

    /// The handoffs from `offset` on, at most `limit`, and how many there are.
    pub(super) fn page(
        self,
        conn: &mut Db,
        filter: &HandoffFilter,
        sight: Sight,
        offset: i64,
        limit: i64,
    ) -> Result<HandoffPage, StoreError> {
        let kept = match self {
            Self::Company(code) => counts::kept_handoffs(conn, code, filter, sight)?,
            Self::Open(_) => None,
        };
        let count = match kept {
            Some(count) => count,
            None => self.places(filter, sight).select(count_star()).first(conn).into_store_error()?,
        };
        let places = self.places(filter, sight).select(handoffs::id);
        let ids: Vec<i64> = match PageWindow::of(count, offset, limit) {
            PageWindow::Nothing => Vec::new(),
            PageWindow::FromStart { offset, limit } => places
                .order((handoffs::escalated_at.desc(), handoffs::id.desc()))
                .offset(offset)
                .limit(limit)
                .load(conn)
                .into_store_error()?,
            PageWindow::FromEnd { offset, limit } => {
                let places = places.order((handoffs::escalated_at.asc(), handoffs::id.asc()));
                let mut ids: Vec<i64> = places.offset(offset).limit(limit).load(conn).into_store_error()?;
                ids.reverse();
                ids
            }
        };
        Ok(HandoffPage { count, rows: self.rows(conn, &ids)? })
    }

    /// The handoffs with these ids, newest first. Put in order here: asked for it, SQLite reads all
    /// handoffs of the company in their order and picks these.
    fn rows(self, conn: &mut Db, ids: &[i64]) -> Result<Vec<Handoff>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(ROWS) {
            let rows = joined().filter(handoffs::id.eq_any(some)).select(columns());
            let rows: Vec<Joined> = match self {
                Self::Company(code) => rows.filter(handoffs::company_id.eq(code.as_str())).load(conn),
                Self::Open(_) => rows.load(conn),
            }
            .into_store_error()?;
            for row in rows {
                found.push(handoff(row)?);
            }
        }
        found.sort_unstable_by_key(|handoff| Reverse((handoff.escalated_at, handoff.id)));
        Ok(found)
    }
}

/// What a list is merged of, so that an index leads to each part.
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

/// A handoff's session, agent and profile, each by both columns.
#[diesel::dsl::auto_type]
pub(super) fn joined() -> _ {
    handoffs::table
        .inner_join(
            sessions::table
                .on(sessions::company_id.eq(handoffs::company_id).and(sessions::key.eq(handoffs::session_key))),
        )
        .left_join(
            agents::table
                .on(agents::company_id.eq(handoffs::company_id).and(agents::id.nullable().eq(handoffs::agent_id))),
        )
        .left_join(
            profiles::table
                .on(profiles::company_id.eq(handoffs::company_id).and(profiles::session_key.eq(handoffs::session_key))),
        )
}

type Columns = (
    AsSelect<HandoffRow, AnyBackend>,
    sessions::id,
    sessions::status,
    dsl::Nullable<agents::name>,
    dsl::Nullable<(profiles::name, profiles::phone, profiles::email)>,
);

pub(super) fn columns() -> Columns {
    (
        HandoffRow::as_select(),
        sessions::id,
        sessions::status,
        agents::name.nullable(),
        (profiles::name, profiles::phone, profiles::email).nullable(),
    )
}

#[diesel::dsl::auto_type]
fn profile_of_handoff() -> _ {
    profiles::table
        .filter(profiles::company_id.eq(handoffs::company_id))
        .filter(profiles::session_key.eq(handoffs::session_key))
}
