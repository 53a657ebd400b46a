//! The rows of a list, and the conditions that no index serves.

use std::collections::HashMap;

use chatbot::{Collected, Detail, SessionStatus, Step};
use diesel::prelude::*;
use handoff::{
    AgentRef, Priority,
    desk_list::{Contact, LastMessage, ListFilter, ListRow, ListedHandoff},
};
use tenancy::{AgentId, CompanyCode, HandoffId, SessionId, StoreError};

use super::{parts::Found, unread};
use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::{agents, handoffs, messages, profiles, sessions},
    stores::search::{self, Term},
    types::{At, Json},
};

/// Key, id, status, step, answers of the intake, and last change of a session.
type SessionSide = (i64, String, String, String, Option<Json>, At);
/// Id, agent, opening, reason and priority of a handoff.
type HandoffSide = (i64, Option<i64>, At, String, String);
/// Position, text, detail and time of a message.
type MessageSide = (i64, Option<String>, Json, At);
type Joined =
    (SessionSide, Option<HandoffSide>, Option<String>, Option<(String, String, Option<String>)>, Option<MessageSide>);

/// Joins sessions to their handoffs and profiles by company and row id.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    sessions::table
        .left_join(
            handoffs::table
                .on(handoffs::company_id.eq(sessions::company_id).and(handoffs::session_key.eq(sessions::key))),
        )
        .left_join(
            profiles::table
                .on(profiles::company_id.eq(sessions::company_id).and(profiles::session_key.eq(sessions::key))),
        )
}

/// Returns the rows of these sessions, in this order.
pub(super) fn read(conn: &mut Db, company: CompanyCode, keys: &[i64]) -> Result<Vec<ListRow>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<Joined> = joined()
        .left_join(
            agents::table
                .on(agents::company_id.eq(sessions::company_id).and(agents::id.nullable().eq(handoffs::agent_id))),
        )
        .left_join(
            messages::table.on(messages::company_id
                .eq(sessions::company_id)
                .and(messages::session_key.eq(sessions::key))
                .and(messages::seq.eq(sessions::last_seq))),
        )
        .filter(sessions::company_id.eq(company.as_str()).and(sessions::key.eq_any(keys)))
        .select((
            (sessions::key, sessions::id, sessions::status, sessions::step, sessions::collected, sessions::updated_at),
            (handoffs::id, handoffs::agent_id, handoffs::escalated_at, handoffs::reason, handoffs::priority).nullable(),
            agents::name.nullable(),
            (profiles::name, profiles::phone, profiles::email).nullable(),
            (messages::seq, messages::content, messages::detail, messages::created_at).nullable(),
        ))
        .load(conn)
        .into_store_error()?;
    let unread = unread::messages(conn, company, keys)?;
    let mut rows: HashMap<i64, Joined> = found.into_iter().map(|row| (row.0.0, row)).collect();
    let in_order = keys.iter().filter_map(|key| rows.remove(key));
    in_order.map(|found| row(found, &unread)).collect()
}

fn row(
    ((key, id, status, step, collected, updated_at), handoff, agent, profile, last): Joined,
    unread: &HashMap<i64, i64>,
) -> Result<ListRow, StoreError> {
    let visitor = match profile {
        Some((name, phone, email)) => Some(Contact { name: Some(name), phone: Some(phone), email }),
        None => collected.as_ref().map(Json::read).transpose()?.as_ref().and_then(Contact::collected),
    };
    let handoff = match handoff {
        None => None,
        Some((id, agent_id, escalated_at, reason, priority)) => Some(ListedHandoff {
            id: HandoffId::new(id),
            priority: decode_enum(Priority::parse(&priority), "priority")?,
            reason,
            escalated_at: escalated_at.0,
            agent: agent_id.zip(agent).map(|(id, name)| AgentRef { id: AgentId::new(id), name }),
        }),
    };
    let last_message = match last {
        None => None,
        Some((seq, text, detail, at)) => {
            Some(LastMessage { seq, from: detail.read::<Detail>()?.sender(), text, at: at.0 })
        }
    };
    Ok(ListRow {
        session: decode_enum(SessionId::parse(&id).ok(), "session id")?,
        status: decode_enum(SessionStatus::parse(&status), "session status")?,
        step: decode_enum(Step::parse(&step), "intake step")?,
        visitor,
        handoff,
        last_active: updated_at.0,
        last_message,
        unread: unread.get(&key).copied().unwrap_or(0),
    })
}

/// The conditions of a filter that no index serves.
pub(super) struct Test {
    company: CompanyCode,
    priority: Option<Priority>,
    search: Option<Search>,
}

/// A search by words, and by the beginning of a session id.
struct Search {
    terms: Vec<Term>,
    /// The beginning of an id in lower case, if the search can be one.
    id: Option<String>,
}

/// A session's row id, id and answers to the intake, its handoff's priority and its profile's search key.
type Tested = (i64, String, Option<Json>, Option<String>, Option<String>);

impl Test {
    /// Creates the test for a filter, `None` if nothing passes it.
    pub(super) fn new(company: CompanyCode, filter: &ListFilter) -> Option<Self> {
        let search = match &filter.search {
            None => None,
            Some(text) => Some(Search { terms: search::terms(text)?, id: beginning_of_id(company, text) }),
        };
        Some(Self { company, priority: filter.priority, search })
    }

    /// Returns those of these conversations that pass, in their order.
    pub(super) fn passing(&self, conn: &mut Db, found: Vec<Found>) -> Result<Vec<Found>, StoreError> {
        let keys: Vec<i64> = found.iter().map(|found| found.session).collect();
        let rows: Vec<Tested> = joined()
            .filter(sessions::company_id.eq(self.company.as_str()).and(sessions::key.eq_any(&keys)))
            .select((
                sessions::key,
                sessions::id,
                sessions::collected,
                handoffs::priority.nullable(),
                profiles::search_key.nullable(),
            ))
            .load(conn)
            .into_store_error()?;
        let mut passes = HashMap::with_capacity(rows.len());
        for (key, id, collected, priority, profile) in rows {
            let is_as_urgent = self.priority.is_none_or(|wanted| priority.as_deref() == Some(wanted.as_str()));
            let is_searched = |search: &Search| search.finds(&id, profile.as_deref(), collected.as_ref());
            passes.insert(key, is_as_urgent && self.search.as_ref().map_or(Ok(true), is_searched)?);
        }
        Ok(found.into_iter().filter(|found| passes.get(&found.session) == Some(&true)).collect())
    }
}

impl Search {
    fn finds(&self, id: &str, profile: Option<&str>, collected: Option<&Json>) -> Result<bool, StoreError> {
        if self.id.as_deref().is_some_and(|beginning| id.to_ascii_lowercase().starts_with(beginning)) {
            return Ok(true);
        }
        let key = match (profile, collected) {
            (Some(key), _) => key.to_owned(),
            (None, None) => return Ok(false),
            (None, Some(collected)) => {
                let Some(contact) = Contact::collected(&collected.read::<Collected>()?) else { return Ok(false) };
                let given = |text: &Option<String>| text.clone().unwrap_or_default();
                search::profile_key(&given(&contact.name), &given(&contact.phone), contact.email.as_deref())
            }
        };
        Ok(search::has_all(&self.terms, &key))
    }
}

/// The fewest characters of a UUID that are read as the beginning of a session id. Fewer would find ids by chance.
const FEWEST: usize = 4;

/// Returns the beginning of a session id in lower case, if the search can be one: of the whole id, or of the UUID.
fn beginning_of_id(company: CompanyCode, search: &str) -> Option<String> {
    let code = company.as_str().to_ascii_lowercase();
    let search = search.trim().to_ascii_lowercase();
    let uuid = search.strip_prefix(&code).and_then(|rest| rest.strip_prefix('_')).unwrap_or(&search);
    let is_uuid = uuid.len() >= FEWEST && uuid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_uuid.then(|| format!("{code}_{uuid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_may_leave_the_company_out() {
        let code = CompanyCode::parse("TES001").unwrap();
        for search in ["TES001_7be419cd-3f", " 7BE419CD-3f ", "tes001_7be419cd-3f"] {
            assert_eq!(beginning_of_id(code, search).as_deref(), Some("tes001_7be419cd-3f"), "{search}");
        }
        for other in ["TES001_", "TES001", "7be", "anna", "SPA001_7be419cd", ""] {
            assert_eq!(beginning_of_id(code, other), None, "{other}");
        }
    }
}
