//! The handoffs of one company and of all companies.

mod lists;
mod packets;
mod passed;
mod rows;

use std::collections::HashMap;

use diesel::{
    dsl::{count_star, exists},
    prelude::*,
};
use handoff::{
    Activity, ActivityFilter, AgentRef, AllHandoffs, Handoff, HandoffFilter, HandoffPage, Handoffs, Opening, Position,
    Priority, QueuePlace, Sight, State, StateFilter, Transfer, opening::OpeningPacket,
};
use identity::agents::AgentStatus;
use tenancy::{AgentId, CompanyCode, HandoffId, SessionRowId, StoreError, Timestamp, access::Caller};

use self::{
    lists::Scope,
    rows::{Joined, columns, handoff, joined},
};
use super::{activities, counts::Counted};
use crate::{
    conn::{Db, each_db},
    error::{IntoStoreError as _, decode_enum},
    schema::{accounts, agents, handoffs, sessions, transfers},
    store::{CompanyStore, PlatformStore},
    types::{At, Json},
};

impl<C: Caller> Handoffs for CompanyStore<'_, C> {
    fn handoff(&mut self, id: HandoffId) -> Result<Option<Handoff>, StoreError> {
        let code = self.code();
        let row: Option<Joined> = each_db!(self.conn, conn => joined()
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::id.eq(id.get())))
            .select(columns())
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(handoff).transpose()
    }

    fn handoff_of(&mut self, session: SessionRowId) -> Result<Option<Handoff>, StoreError> {
        let code = self.code();
        let row: Option<Joined> = each_db!(self.conn, conn => joined()
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::session_key.eq(session.get())))
            .select(columns())
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(handoff).transpose()
    }

    fn open_handoff(
        &mut self,
        session: SessionRowId,
        opening: &Opening,
        packet: &OpeningPacket,
        now: Timestamp,
    ) -> Result<Handoff, StoreError> {
        let code = self.code();
        let values = (
            handoffs::agent_id.eq(None::<i64>),
            handoffs::resolved_at.eq(None::<At>),
            handoffs::notes.eq(None::<String>),
            handoffs::escalated_at.eq(At(now)),
            handoffs::reason.eq(&opening.reason),
            handoffs::priority.eq(opening.priority.as_str()),
            handoffs::packet.eq(Some(Json::of(packet)?)),
        );
        if self.leave_counts(session)?.is_some() {
            self.note_agent(session, None)?;
        }
        self.counts.handoffs(code, Counted { agent: None, resolved: false }, 1);
        let row =
            handoffs::table.filter(handoffs::company_id.eq(code.as_str()).and(handoffs::session_key.eq(session.get())));
        if diesel::update(row).set(values.clone()).execute(self.conn).into_store_error()? == 0 {
            diesel::insert_into(handoffs::table)
                .values((handoffs::company_id.eq(code.as_str()), handoffs::session_key.eq(session.get()), values))
                .execute(self.conn)
                .into_store_error()?;
        }
        decode_enum(self.handoff_of(session)?, "handoff")
    }

    fn opening_packet(&mut self, id: HandoffId) -> Result<Option<OpeningPacket>, StoreError> {
        let code = self.code();
        let packet: Option<Option<Json>> = handoffs::table
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::id.eq(id.get())))
            .select(handoffs::packet)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        packet.flatten().as_ref().map(Json::read).transpose()
    }

    fn opening_packets(&mut self, ids: &[HandoffId]) -> Result<HashMap<HandoffId, OpeningPacket>, StoreError> {
        packets::of(self.conn, Some(self.code()), ids)
    }

    fn move_handoff(&mut self, id: HandoffId, state: &State, notes: Option<&str>) -> Result<(), StoreError> {
        let code = self.code();
        let agent = state.agent().map(|agent| agent.id.get());
        let resolved_at = match state {
            State::Resolved { at, .. } => Some(At(*at)),
            State::Pending | State::Assigned(_) => None,
        };
        let row = handoffs::table.filter(handoffs::company_id.eq(code.as_str()).and(handoffs::id.eq(id.get())));
        let before: Option<(i64, Option<i64>, Option<At>)> = row
            .select((handoffs::session_key, handoffs::agent_id, handoffs::resolved_at))
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let Some((session, before_agent, before_resolved)) = before else { return Ok(()) };
        diesel::update(row)
            .set((handoffs::agent_id.eq(agent), handoffs::resolved_at.eq(resolved_at), handoffs::notes.eq(notes)))
            .execute(self.conn)
            .into_store_error()?;
        if agent != before_agent {
            self.note_agent(SessionRowId::new(session), agent)?;
        }
        self.counts.handoffs(code, Counted::at((before_agent, before_resolved)), -1);
        self.counts.handoffs(code, Counted::at((agent, resolved_at)), 1);
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
            .into_store_error()?;
        Ok(())
    }

    fn transfers(&mut self, handoff: HandoffId, limit: i64) -> Result<Vec<Transfer>, StoreError> {
        passed::newest(self.conn, self.code(), handoff, limit)
    }

    fn set_priority(&mut self, id: HandoffId, priority: Priority) -> Result<(), StoreError> {
        let code = self.code();
        let row = handoffs::table.filter(handoffs::company_id.eq(code.as_str()).and(handoffs::id.eq(id.get())));
        diesel::update(row).set(handoffs::priority.eq(priority.as_str())).execute(self.conn).into_store_error()?;
        Ok(())
    }

    fn active_agent(&mut self, id: AgentId) -> Result<Option<AgentRef>, StoreError> {
        let code = self.code();
        let agent = agents::table.filter(agents::company_id.eq(code.as_str()).and(agents::id.eq(id.get())));
        if let Db::Pg(conn) = &mut *self.conn {
            // Only the account is locked. A join would lock the agent's row too, in an undefined order.
            accounts::table
                .filter(accounts::id.eq_any(agent.select(agents::user_id)))
                .select(accounts::id)
                .for_key_share()
                .first::<i64>(conn)
                .optional()
                .into_store_error()?;
        }
        let name: Option<String> = agent
            .inner_join(accounts::table.on(accounts::id.eq(agents::user_id)))
            .filter(accounts::is_active.eq(true))
            .select(agents::name)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        Ok(name.map(|name| AgentRef { id, name }))
    }

    fn agent_is_there(&mut self, since: Timestamp) -> Result<bool, StoreError> {
        let code = self.code();
        let there = agents::table
            .inner_join(accounts::table.on(accounts::id.eq(agents::user_id)))
            .filter(agents::company_id.eq(code.as_str()))
            .filter(agents::status.eq(AgentStatus::Available.as_str()).and(agents::last_seen.ge(At(since))))
            .filter(accounts::is_active.eq(true).and(accounts::first_login.eq(false)));
        diesel::select(exists(there)).get_result(self.conn).into_store_error()
    }

    fn forget_agent(&mut self, id: AgentId) -> Result<(), StoreError> {
        let code = self.code();
        // The sessions come first: a transaction that reopens a handoff locks its session before the handoff.
        let sessions =
            sessions::table.filter(sessions::company_id.eq(code.as_str()).and(sessions::handled_by.eq(id.get())));
        diesel::update(sessions).set(sessions::handled_by.eq(None::<i64>)).execute(self.conn).into_store_error()?;
        let resolved = handoffs::table
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::agent_id.eq(id.get())))
            .filter(handoffs::resolved_at.is_not_null());
        let forgotten =
            diesel::update(resolved).set(handoffs::agent_id.eq(None::<i64>)).execute(self.conn).into_store_error()?;
        let at = Counted { agent: Some(id.get()), resolved: true };
        self.counts.handoffs(code, at, -i64::try_from(forgotten).unwrap_or(i64::MAX));
        let of_company = transfers::table.filter(transfers::company_id.eq(code.as_str()));
        diesel::update(of_company.filter(transfers::from_agent_id.eq(id.get())))
            .set(transfers::from_agent_id.eq(None::<i64>))
            .execute(self.conn)
            .into_store_error()?;
        diesel::update(of_company.filter(transfers::to_agent_id.eq(id.get())))
            .set(transfers::to_agent_id.eq(None::<i64>))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn handoffs(&mut self, filter: &HandoffFilter, sight: Sight) -> Result<Vec<Handoff>, StoreError> {
        Scope::Company(self.code()).list(self.conn, filter, sight, None, None)
    }

    fn handoffs_after(
        &mut self,
        filter: &HandoffFilter,
        sight: Sight,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Handoff>, StoreError> {
        Scope::Company(self.code()).list(self.conn, filter, sight, after, Some(limit))
    }

    fn page_of_handoffs(
        &mut self,
        filter: &HandoffFilter,
        sight: Sight,
        offset: i64,
        limit: i64,
    ) -> Result<HandoffPage, StoreError> {
        Scope::Company(self.code()).page(self.conn, filter, sight, offset, limit)
    }

    fn place_in_queue(&mut self, handoff: Position) -> Result<QueuePlace, StoreError> {
        let queue = HandoffFilter { state: Some(StateFilter::Pending), ..HandoffFilter::default() };
        let queue = || Scope::Company(self.code()).places(&queue, Sight::All).select(count_star());
        let at = At(handoff.escalated_at);
        // The first condition is redundant, but an index can serve it.
        let not_behind = queue()
            .filter(handoffs::escalated_at.le(at))
            .filter(handoffs::escalated_at.lt(at).or(handoffs::id.le(handoff.id.get())));
        let waiting = queue();
        Ok(QueuePlace {
            position: not_behind.first(self.conn).into_store_error()?,
            waiting: waiting.first(self.conn).into_store_error()?,
        })
    }

    fn resolved_since(&mut self, agent: AgentId, since: Timestamp) -> Result<i64, StoreError> {
        Scope::Company(self.code())
            .places(&HandoffFilter::default(), Sight::Mine(agent))
            .filter(handoffs::resolved_at.ge(At(since)))
            .select(count_star())
            .first(self.conn)
            .into_store_error()
    }
}

impl<C: Caller> CompanyStore<'_, C> {
    /// Writes the agent of a session's handoff to the session too, for the lists of an agent.
    fn note_agent(&mut self, session: SessionRowId, agent: Option<i64>) -> Result<(), StoreError> {
        let code = self.code();
        let row = sessions::table.filter(sessions::company_id.eq(code.as_str()).and(sessions::key.eq(session.get())));
        diesel::update(row).set(sessions::handled_by.eq(agent)).execute(self.conn).into_store_error()?;
        Ok(())
    }

    /// Notes that the handoff of a session, if there is one, leaves the count that it belongs to. Returns the
    /// agent that it names.
    pub(super) fn leave_counts(&mut self, session: SessionRowId) -> Result<Option<i64>, StoreError> {
        let code = self.code();
        let before: Option<(Option<i64>, Option<At>)> = handoffs::table
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::session_key.eq(session.get())))
            .select((handoffs::agent_id, handoffs::resolved_at))
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let Some(before) = before else { return Ok(None) };
        self.counts.handoffs(code, Counted::at(before), -1);
        Ok(before.0)
    }
}

impl Counted {
    /// Returns the count that a row with this agent and this moment of resolution belongs to.
    fn at((agent, resolved_at): (Option<i64>, Option<At>)) -> Self {
        Self { agent, resolved: resolved_at.is_some() }
    }
}

/// Counts the open handoffs of a company, or of all companies that are not closed. It adds two queries, because
/// there is an index for each of them.
pub(super) fn count_open(conn: &mut Db, company: Option<CompanyCode>) -> Result<i64, StoreError> {
    let scope = company.map_or(Scope::Open(None), Scope::Company);
    let mut count = |state| -> Result<i64, StoreError> {
        let filter = HandoffFilter { state: Some(state), ..HandoffFilter::default() };
        scope.places(&filter, Sight::All).select(count_star()).first(conn).into_store_error()
    };
    Ok(count(StateFilter::Pending)? + count(StateFilter::Assigned)?)
}

impl AllHandoffs for PlatformStore<'_> {
    fn all_handoffs_after(
        &mut self,
        filter: &HandoffFilter,
        company: Option<CompanyCode>,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Handoff>, StoreError> {
        Scope::Open(company).list(self.conn, filter, Sight::All, after, Some(limit))
    }

    fn all_opening_packets(&mut self, ids: &[HandoffId]) -> Result<HashMap<HandoffId, OpeningPacket>, StoreError> {
        packets::of(self.conn, None, ids)
    }

    fn all_activities(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError> {
        activities::list(self.conn, None, filter)
    }
}
