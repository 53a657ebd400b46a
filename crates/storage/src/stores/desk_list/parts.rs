//! Lists split into parts, each of which is a range of one index.

use std::cmp::Reverse;

use chatbot::SessionStatus;
use diesel::{
    dsl::{self, sql},
    prelude::*,
    sql_types::Bool,
};
use handoff::{
    Priority, Sight,
    desk_list::{ListFilter, ListPosition, View},
};
use tenancy::{AgentId, CompanyCode, SessionId, StoreError};

use crate::{
    conn::{AnyBackend, Db},
    error::IntoStoreError as _,
    schema::{handoffs, sessions},
    types::At,
};

/// A conversation that was found, with its place in the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) position: ListPosition,
    /// The session's row id.
    pub(super) session: i64,
}

/// The parts of a company's list.
pub(super) struct Listing {
    company: CompanyCode,
    view: View,
    /// The only session that can pass, if a whole session id is searched.
    only: Option<SessionId>,
    /// In the queue, the parts follow each other. Otherwise they are merged.
    parts: Vec<Part>,
}

/// A range of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Open handoffs of an agent, by the visitor's last message.
    Mine(AgentId),
    /// The queue of one priority, longest wait first.
    Waiting(Priority),
    /// Sessions of one status, of all agents or of one, by the last activity.
    Activity(SessionStatus, Option<AgentId>),
}

/// Priorities, most urgent first.
const PRIORITIES: [Priority; 4] = [Priority::Urgent, Priority::High, Priority::Medium, Priority::Low];

impl Listing {
    pub(super) fn new(company: CompanyCode, filter: &ListFilter, sight: Sight) -> Self {
        let only = filter.search.as_deref().and_then(|search| whole_id(company, search.trim()));
        Self { company, view: filter.view, only, parts: parts(filter, sight) }
    }

    /// Tells whether a whole session id is searched, so that the list has one row at most.
    pub(super) fn is_of_one_session(&self) -> bool {
        self.only.is_some()
    }

    /// Returns the conversations after a position, at most `limit`.
    pub(super) fn after(
        &self,
        conn: &mut Db,
        after: Option<ListPosition>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for part in &self.parts {
            // The parts of the queue are in order already.
            let wanted = if self.view == View::Queue { limit.saturating_sub(found.len()) } else { limit };
            if wanted > 0 && !part.is_before(after) {
                found.extend(part.of_one(conn, self.company, after, wanted, self.only)?);
            }
        }
        if self.view != View::Queue {
            found.sort_unstable_by_key(|found| Reverse((found.position.at, found.position.id)));
            found.truncate(limit);
        }
        Ok(found)
    }
}

/// Splits a list into the parts that the caller may see.
fn parts(filter: &ListFilter, sight: Sight) -> Vec<Part> {
    let (owner, sees_queue) = match sight {
        Sight::All => (filter.agent, true),
        Sight::MineAndQueue(agent) => (Some(agent), true),
        Sight::Mine(agent) => (Some(agent), false),
    };
    if filter.agent.is_some() && filter.agent != owner {
        return Vec::new();
    }
    // The queue names no agent.
    let sees_queue = sees_queue && filter.agent.is_none();
    let of = |status| vec![Part::Activity(status, owner)];
    match filter.view {
        View::Mine => match sight {
            Sight::All => Vec::new(),
            Sight::MineAndQueue(agent) | Sight::Mine(agent) => vec![Part::Mine(agent)],
        },
        View::Queue if !sees_queue => Vec::new(),
        View::Queue => {
            let wanted = |priority: &Priority| filter.priority.is_none_or(|only| only == *priority);
            PRIORITIES.into_iter().filter(wanted).map(Part::Waiting).collect()
        }
        View::Bot => of(SessionStatus::Active),
        View::Resolved => of(SessionStatus::Resolved),
        View::All => {
            let own = [SessionStatus::Active, SessionStatus::Assigned, SessionStatus::Resolved];
            let queue = sees_queue.then_some(Part::Activity(SessionStatus::Escalated, None));
            own.into_iter().flat_map(of).chain(queue).collect()
        }
    }
}

impl Part {
    /// Returns the conversations of this part after a position, at most `limit`.
    pub(super) fn after(
        self,
        conn: &mut Db,
        company: CompanyCode,
        after: Option<ListPosition>,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        self.of_one(conn, company, after, limit, None)
    }

    /// As [`Part::after`], of one session if `only` names one.
    fn of_one(
        self,
        conn: &mut Db,
        company: CompanyCode,
        after: Option<ListPosition>,
        limit: usize,
        only: Option<SessionId>,
    ) -> Result<Vec<Found>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        match self {
            Self::Mine(agent) => {
                // This is literally the condition of the partial index.
                let mut query = own(company, only)
                    .filter(sessions::handled_by.eq(agent.get()).and(sql::<Bool>("sessions.status = 'assigned'")));
                if let Some((at, id)) = after.map(moment) {
                    // The first condition is redundant, but an index can serve it.
                    query = query
                        .filter(sessions::last_used.le(at))
                        .filter(sessions::last_used.lt(at).or(sessions::key.lt(id)));
                }
                let rows: Vec<(At, i64)> = query
                    .order((sessions::last_used.desc(), sessions::key.desc()))
                    .limit(limit)
                    .select((sessions::last_used, sessions::key))
                    .load(conn)
                    .into_store_error()?;
                Ok(rows.into_iter().map(session).collect())
            }
            Self::Activity(status, agent) => {
                let mut query = own(company, only).filter(sessions::status.eq(status.as_str()));
                if let Some(agent) = agent {
                    query = query.filter(sessions::handled_by.eq(agent.get()));
                }
                if let Some((at, id)) = after.map(moment) {
                    query = query
                        .filter(sessions::updated_at.le(at))
                        .filter(sessions::updated_at.lt(at).or(sessions::key.lt(id)));
                }
                let rows: Vec<(At, i64)> = query
                    .order((sessions::updated_at.desc(), sessions::key.desc()))
                    .limit(limit)
                    .select((sessions::updated_at, sessions::key))
                    .load(conn)
                    .into_store_error()?;
                Ok(rows.into_iter().map(session).collect())
            }
            Self::Waiting(priority) => {
                // This is literally the condition of the partial index.
                let mut query = handoffs::table
                    .filter(handoffs::company_id.eq(company.to_string()))
                    .filter(handoffs::priority.eq(priority.as_str()))
                    .filter(handoffs::resolved_at.is_null().and(dsl::not(handoffs::agent_id.is_not_null())))
                    .into_boxed();
                if let Some(id) = only {
                    let session = sessions::table.filter(
                        sessions::company_id.eq(company.to_string()).and(sessions::id.eq(id.as_str().to_owned())),
                    );
                    query = query.filter(handoffs::session_key.eq_any(session.select(sessions::key)));
                }
                if let Some((at, id)) = after.filter(|after| after.priority == Some(priority)).map(moment) {
                    query = query
                        .filter(handoffs::escalated_at.ge(at))
                        .filter(handoffs::escalated_at.gt(at).or(handoffs::id.gt(id)));
                }
                let rows: Vec<(At, i64, i64)> = query
                    .order((handoffs::escalated_at, handoffs::id))
                    .limit(limit)
                    .select((handoffs::escalated_at, handoffs::id, handoffs::session_key))
                    .load(conn)
                    .into_store_error()?;
                let found = rows.into_iter().map(|(At(at), id, session)| Found {
                    position: ListPosition { priority: Some(priority), at, id },
                    session,
                });
                Ok(found.collect())
            }
        }
    }

    /// Tells whether every row of this part is before a position.
    fn is_before(self, position: Option<ListPosition>) -> bool {
        match (self, position.and_then(|position| position.priority)) {
            (Self::Waiting(priority), Some(at)) => priority > at,
            _ => false,
        }
    }
}

/// Length of a UUID with hyphens.
const UUID: usize = 36;

/// Returns the session id that a search is, if it is a whole one of this company.
fn whole_id(company: CompanyCode, search: &str) -> Option<SessionId> {
    let uuid = search.strip_prefix(company.as_str())?.strip_prefix('_')?;
    if uuid.len() == UUID { SessionId::parse(search).ok() } else { None }
}

fn own(company: CompanyCode, only: Option<SessionId>) -> sessions::BoxedQuery<'static, AnyBackend> {
    let query = sessions::table.filter(sessions::company_id.eq(company.to_string())).into_boxed();
    match only {
        Some(id) => query.filter(sessions::id.eq(id.as_str().to_owned())),
        None => query,
    }
}

fn moment(position: ListPosition) -> (At, i64) {
    (At(position.at), position.id)
}

fn session((At(at), key): (At, i64)) -> Found {
    Found { position: ListPosition { priority: None, at, id: key }, session: key }
}

#[cfg(test)]
mod tests {
    use tenancy::Timestamp;

    use super::*;

    fn filter(view: View, agent: Option<i64>) -> ListFilter {
        ListFilter { view, search: None, priority: None, agent: agent.map(AgentId::new) }
    }

    #[test]
    fn an_agent_is_shown_own_sessions_and_the_queue_in_every_view() {
        let me = AgentId::new(1);
        let sight = Sight::MineAndQueue(me);
        let own = |status| Part::Activity(status, Some(me));
        for (view, expected) in [
            (View::Mine, vec![Part::Mine(me)]),
            (View::Queue, PRIORITIES.map(Part::Waiting).to_vec()),
            (View::Bot, vec![own(SessionStatus::Active)]),
            (View::Resolved, vec![own(SessionStatus::Resolved)]),
            (
                View::All,
                vec![
                    own(SessionStatus::Active),
                    own(SessionStatus::Assigned),
                    own(SessionStatus::Resolved),
                    Part::Activity(SessionStatus::Escalated, None),
                ],
            ),
        ] {
            assert_eq!(parts(&filter(view, None), sight), expected, "{view:?}");
            assert_eq!(parts(&filter(view, Some(2)), sight), [], "{view:?}");
        }
        assert_eq!(parts(&filter(View::Queue, Some(1)), sight), []);
        assert_eq!(parts(&filter(View::All, Some(1)), sight).len(), 3);
    }

    #[test]
    fn staff_without_sessions_of_their_own_see_all_of_them() {
        assert_eq!(parts(&filter(View::Mine, None), Sight::All), []);
        assert_eq!(parts(&filter(View::All, None), Sight::All).len(), 4);
        let of_two = Part::Activity(SessionStatus::Resolved, Some(AgentId::new(2)));
        assert_eq!(parts(&filter(View::Resolved, Some(2)), Sight::All), [of_two]);
    }

    #[test]
    fn the_queue_goes_on_with_the_priority_of_the_position() {
        let at = ListPosition { priority: Some(Priority::High), at: Timestamp::from_micros(0), id: 1 };
        let before = PRIORITIES.map(|priority| Part::Waiting(priority).is_before(Some(at)));
        assert_eq!(before, [true, false, false, false]);
    }
}
