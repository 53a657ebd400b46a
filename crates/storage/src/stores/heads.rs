//! Whether sessions have changed, for a server that other processes share the database with: those that callers wait
//! for, and the newest ones of a company.

use std::collections::HashMap;

use chatbot::{SessionHead, SessionStatus};
use diesel::prelude::*;
use handoff::{
    Priority,
    desk_head::{DeskChange, DeskHead, DeskHeads, DeskState, MOST_COMPARED},
};
use identity::agents::AgentStatus;
use tenancy::{AgentId, NoteId, SessionId, SessionRowId, StoreError, access::Caller};

use crate::{
    error::{IntoStoreError as _, decode_enum},
    schema::{agents, handoffs, notes, sessions},
    store::{CompanyStore, LobbyStore},
    types::At,
};

/// How many sessions one statement names. The number of parameters of a statement is limited.
const ROWS: usize = 1_000;

impl LobbyStore<'_> {
    /// Returns the heads of sessions of any companies. Sessions that do not exist are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn heads(&mut self, rows: &[SessionRowId]) -> Result<Vec<(SessionRowId, SessionHead)>, StoreError> {
        let mut heads = Vec::with_capacity(rows.len());
        for batch in rows.chunks(ROWS) {
            let keys: Vec<i64> = batch.iter().map(|row| row.get()).collect();
            let found: Vec<(i64, i64, i64, i64)> = sessions::table
                .filter(sessions::key.eq_any(keys))
                .select((sessions::key, sessions::revision, sessions::staff_read_seq, sessions::last_seq))
                .load(self.conn)
                .into_store_error()?;
            heads.extend(found.into_iter().map(|(key, revision, staff_read_seq, last_seq)| {
                (SessionRowId::new(key), SessionHead { revision, staff_read_seq, last_seq })
            }));
        }
        Ok(heads)
    }
}

/// Key, id, moment of the last change, last message, and the agent that the handoff names.
type ChangeRow = (i64, String, At, i64, Option<i64>);

impl<C: Caller> CompanyStore<'_, C> {
    /// Returns the sessions of one status that changed last. They are one range of an index.
    fn newest_of(&mut self, status: SessionStatus) -> Result<Vec<ChangeRow>, StoreError> {
        let code = self.code();
        sessions::table
            .filter(sessions::company_id.eq(code.as_str()).and(sessions::status.eq(status.as_str())))
            .order((sessions::updated_at.desc(), sessions::key.desc()))
            .limit(i64::try_from(MOST_COMPARED).unwrap_or(i64::MAX))
            .select((sessions::key, sessions::id, sessions::updated_at, sessions::last_seq, sessions::handled_by))
            .load(self.conn)
            .into_store_error()
    }

    fn statuses(&mut self) -> Result<Vec<(AgentId, AgentStatus)>, StoreError> {
        let code = self.code();
        let rows: Vec<(i64, String)> = agents::table
            .filter(agents::company_id.eq(code.as_str()))
            .select((agents::id, agents::status))
            .load(self.conn)
            .into_store_error()?;
        let status = |word: &str| decode_enum(AgentStatus::parse(word), "agent status");
        rows.into_iter().map(|(id, word)| Ok((AgentId::new(id), status(&word)?))).collect()
    }

    fn newest_notes(&mut self) -> Result<Vec<(SessionId, NoteId)>, StoreError> {
        let code = self.code();
        let found: Vec<(i64, i64)> = notes::table
            .filter(notes::company_id.eq(code.as_str()))
            .order(notes::id.desc())
            .limit(i64::try_from(MOST_COMPARED).unwrap_or(i64::MAX))
            .select((notes::session_key, notes::id))
            .load(self.conn)
            .into_store_error()?;
        let keys: Vec<i64> = found.iter().map(|(session, _)| *session).collect();
        let ids: Vec<(i64, String)> = sessions::table
            .filter(sessions::company_id.eq(code.as_str()).and(sessions::key.eq_any(keys)))
            .select((sessions::key, sessions::id))
            .load(self.conn)
            .into_store_error()?;
        let ids: HashMap<_, _> = ids.into_iter().collect();
        let named = |(session, note): (i64, i64)| Some((SessionId::parse(ids.get(&session)?).ok()?, NoteId::new(note)));
        Ok(found.into_iter().filter_map(named).collect())
    }
}

impl<C: Caller> DeskHeads for CompanyStore<'_, C> {
    fn desk_head(&mut self) -> Result<DeskHead, StoreError> {
        let code = self.code();
        let mut rows = Vec::new();
        for word in SessionStatus::WORDS {
            let status = decode_enum(SessionStatus::parse(word), "status of a session")?;
            rows.extend(self.newest_of(status)?.into_iter().map(|row| (status, row)));
        }
        rows.sort_unstable_by_key(|(_, row)| std::cmp::Reverse((row.2.0, row.0)));
        rows.truncate(MOST_COMPARED);
        let open = rows.iter().filter(|(status, _)| status.is_escalated());
        let keys: Vec<i64> = open.map(|(_, row)| row.0).collect();
        let priorities: Vec<(i64, String)> = handoffs::table
            .filter(handoffs::company_id.eq(code.as_str()).and(handoffs::session_key.eq_any(keys)))
            .select((handoffs::session_key, handoffs::priority))
            .load(self.conn)
            .into_store_error()?;
        let priorities: HashMap<_, _> = priorities.into_iter().collect();
        let change = |(status, (key, id, At(at), last_seq, agent)): (SessionStatus, ChangeRow)| {
            let open = if status.is_escalated() {
                let priority = priorities.get(&key).and_then(|word| Priority::parse(word));
                let agent = agent.filter(|_| status == SessionStatus::Assigned).map(AgentId::new);
                Some((agent, decode_enum(priority, "priority of a handoff")?))
            } else {
                None
            };
            let session = decode_enum(SessionId::parse(&id).ok(), "id of a session")?;
            Ok(DeskChange { session, state: DeskState { last_seq, open }, at })
        };
        let sessions = rows.into_iter().map(change).collect::<Result<_, StoreError>>()?;
        Ok(DeskHead { sessions, notes: self.newest_notes()?, statuses: self.statuses()? })
    }
}
