//! Handoffs, of one company and of all.

use chatbot::SessionStatus;
use diesel::{
    dsl::{self, AsSelect, count_star, exists},
    prelude::*,
};
use handoff::{
    Activity, ActivityFilter, AgentRef, AllHandoffs, Handoff, HandoffFilter, HandoffPage, Handoffs, Opening, Priority,
    Sight, State, StateFilter, VisitorRef,
};
use tenancy::{AgentId, CompanyCode, HandoffId, SessionId, SessionKey, StoreError, Timestamp, access::Caller};

use super::activities;
use crate::{
    conn::{AnyBackend, Db},
    error::{Stored as _, word},
    schema::{accounts, agents, companies, handoffs, profiles, sessions, transfers},
    store::{CompanyStore, PlatformStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = handoffs)]
struct HandoffRow {
    id: i64,
    session_key: i64,
    agent_id: Option<i64>,
    escalated_at: At,
    resolved_at: Option<At>,
    reason: String,
    notes: Option<String>,
    priority: String,
}

/// A handoff beside its session's id, its agent's name and its visitor.
type Joined = (HandoffRow, String, String, Option<String>, Option<(String, String, Option<String>)>);

fn handoff((row, session_id, session_status, agent_name, visitor): Joined) -> Result<Handoff, StoreError> {
    let agent = row.agent_id.zip(agent_name).map(|(id, name)| AgentRef { id: AgentId::new(id), name });
    let state = match (row.resolved_at, agent) {
        (Some(At(at)), agent) => State::Resolved { agent, at },
        (None, Some(agent)) => State::Assigned(agent),
        (None, None) => State::Pending,
    };
    Ok(Handoff {
        id: HandoffId::new(row.id),
        session: SessionKey::new(row.session_key),
        session_id: word(SessionId::parse(&session_id).ok(), "session id")?,
        session_status: word(SessionStatus::parse(&session_status), "session status")?,
        state,
        escalated_at: row.escalated_at.0,
        reason: row.reason,
        notes: row.notes,
        priority: word(Priority::parse(&row.priority), "priority")?,
        visitor: visitor.map(|(name, phone, email)| VisitorRef { name, phone, email }),
    })
}

/// Whose handoffs a query is about.
#[derive(Clone, Copy)]
enum Scope {
    Company(CompanyCode),
    /// Of every company that is not closed.
    Everyone,
}

/// A handoff's session, agent and profile, each by both columns.
#[diesel::dsl::auto_type]
fn joined() -> _ {
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

impl Scope {
    /// Every query of handoffs starts here: their ids, which the wanted rows are then
    /// joined to.
    fn ids(self, filter: &HandoffFilter, sight: Sight) -> handoffs::BoxedQuery<'static, AnyBackend> {
        let mut query: handoffs::BoxedQuery<'static, AnyBackend> = handoffs::table.into_boxed();
        query = match self {
            Self::Company(code) => query.filter(handoffs::company_id.eq(code.to_string())),
            Self::Everyone => query.filter(
                handoffs::company_id
                    .eq_any(companies::table.filter(companies::status.ne("closed")).select(companies::code)),
            ),
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
            Some(StateFilter::Pending) => {
                query.filter(handoffs::resolved_at.is_null().and(handoffs::agent_id.is_null()))
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

    fn list(
        self,
        conn: &mut Db,
        filter: &HandoffFilter,
        sight: Sight,
        range: Option<(i64, i64)>,
    ) -> Result<Vec<Handoff>, StoreError> {
        let mut ids =
            self.ids(filter, sight).select(handoffs::id).order((handoffs::escalated_at.desc(), handoffs::id.desc()));
        if let Some((offset, limit)) = range {
            ids = ids.offset(offset).limit(limit);
        }
        let ids: Vec<i64> = ids.load(conn).stored()?;
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(ROWS) {
            let rows = joined()
                .filter(handoffs::id.eq_any(some))
                .order((handoffs::escalated_at.desc(), handoffs::id.desc()))
                .select(columns());
            let rows: Vec<Joined> = match self {
                Self::Company(code) => rows.filter(handoffs::company_id.eq(code.as_str())).load(conn),
                Self::Everyone => rows.load(conn),
            }
            .stored()?;
            for row in rows {
                found.push(handoff(row)?);
            }
        }
        Ok(found)
    }
}

/// How many rows one statement joins; a statement's binds are bounded.
const ROWS: usize = 500;

type Columns = (
    AsSelect<HandoffRow, AnyBackend>,
    sessions::id,
    sessions::status,
    dsl::Nullable<agents::name>,
    dsl::Nullable<(profiles::name, profiles::phone, profiles::email)>,
);

fn columns() -> Columns {
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

impl<C: Caller> Handoffs for CompanyStore<'_, C> {
    fn handoff(&mut self, id: HandoffId) -> Result<Option<Handoff>, StoreError> {
        let code = self.code();
        let row: Option<Joined> = joined()
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::id.eq(id.get())))
            .select(columns())
            .first(self.conn)
            .optional()
            .stored()?;
        row.map(handoff).transpose()
    }

    fn handoff_of(&mut self, session: SessionKey) -> Result<Option<Handoff>, StoreError> {
        let code = self.code();
        let row: Option<Joined> = joined()
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::session_key.eq(session.get())))
            .select(columns())
            .first(self.conn)
            .optional()
            .stored()?;
        row.map(handoff).transpose()
    }

    fn open_handoff(&mut self, session: SessionKey, opening: &Opening, now: Timestamp) -> Result<Handoff, StoreError> {
        let code = self.code();
        let fresh = (
            handoffs::agent_id.eq(None::<i64>),
            handoffs::resolved_at.eq(None::<At>),
            handoffs::notes.eq(None::<String>),
            handoffs::escalated_at.eq(At(now)),
            handoffs::reason.eq(&opening.reason),
            handoffs::priority.eq(opening.priority.as_str()),
        );
        let known =
            handoffs::table.filter(handoffs::company_id.eq(code.as_str()).and(handoffs::session_key.eq(session.get())));
        if diesel::update(known).set(fresh.clone()).execute(self.conn).stored()? == 0 {
            diesel::insert_into(handoffs::table)
                .values((handoffs::company_id.eq(code.as_str()), handoffs::session_key.eq(session.get()), fresh))
                .execute(self.conn)
                .stored()?;
        }
        word(self.handoff_of(session)?, "handoff")
    }

    fn move_handoff(&mut self, id: HandoffId, state: &State, notes: Option<&str>) -> Result<(), StoreError> {
        let code = self.code();
        let resolved_at = match state {
            State::Resolved { at, .. } => Some(At(*at)),
            State::Pending | State::Assigned(_) => None,
        };
        diesel::update(handoffs::table.filter(handoffs::company_id.eq(code.as_str()).and(handoffs::id.eq(id.get()))))
            .set((
                handoffs::agent_id.eq(state.agent().map(|agent| agent.id.get())),
                handoffs::resolved_at.eq(resolved_at),
                handoffs::notes.eq(notes),
            ))
            .execute(self.conn)
            .stored()?;
        Ok(())
    }

    fn record_transfer(
        &mut self,
        handoff: HandoffId,
        from: AgentId,
        to: AgentId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let code = self.code();
        diesel::insert_into(transfers::table)
            .values((
                transfers::company_id.eq(code.as_str()),
                transfers::handoff_id.eq(handoff.get()),
                transfers::from_agent_id.eq(from.get()),
                transfers::to_agent_id.eq(to.get()),
                transfers::created_at.eq(At(now)),
            ))
            .execute(self.conn)
            .stored()?;
        Ok(())
    }

    fn active_agent(&mut self, id: AgentId) -> Result<Option<AgentRef>, StoreError> {
        let code = self.code();
        let name: Option<String> = agents::table
            .inner_join(accounts::table.on(accounts::id.eq(agents::user_id)))
            .filter(agents::company_id.eq(code.as_str()).and(agents::id.eq(id.get())))
            .filter(accounts::is_active.eq(true))
            .select(agents::name)
            .first(self.conn)
            .optional()
            .stored()?;
        Ok(name.map(|name| AgentRef { id, name }))
    }

    fn handoffs(&mut self, filter: &HandoffFilter, sight: Sight) -> Result<Vec<Handoff>, StoreError> {
        Scope::Company(self.code()).list(self.conn, filter, sight, None)
    }

    fn page_of_handoffs(
        &mut self,
        filter: &HandoffFilter,
        sight: Sight,
        offset: i64,
        limit: i64,
    ) -> Result<HandoffPage, StoreError> {
        let scope = Scope::Company(self.code());
        let count = scope.ids(filter, sight).select(count_star()).first(self.conn).stored()?;
        Ok(HandoffPage { count, rows: scope.list(self.conn, filter, sight, Some((offset, limit)))? })
    }

    fn resolved_since(&mut self, agent: AgentId, since: Timestamp) -> Result<i64, StoreError> {
        Scope::Company(self.code())
            .ids(&HandoffFilter::default(), Sight::Mine(agent))
            .filter(handoffs::resolved_at.ge(At(since)))
            .select(count_star())
            .first(self.conn)
            .stored()
    }
}

impl AllHandoffs for PlatformStore<'_> {
    fn all_handoffs(
        &mut self,
        filter: &HandoffFilter,
        company: Option<CompanyCode>,
    ) -> Result<Vec<Handoff>, StoreError> {
        let scope = company.map_or(Scope::Everyone, Scope::Company);
        scope.list(self.conn, filter, Sight::All, None)
    }

    fn all_activities(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError> {
        activities::list(self.conn, None, filter)
    }
}
