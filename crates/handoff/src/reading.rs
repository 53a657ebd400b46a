//! What staff see of a company's sessions.

use chatbot::{Message, Messages, Profile, Profiles, Session, Sessions};
use identity::agents::{AgentStatus, Agents};
use tenancy::{
    CompanyCode, ProfileId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Agent, Desk, Office, Superadmin},
};

use crate::{
    Activities, Activity, ActivityFilter, AgentRef, AllHandoffs, Handoff, HandoffFilter, HandoffPage, Handoffs,
    Position, Sight, State, StateFilter,
};

/// The most activities that one list shows.
pub const MOST_ACTIVITIES: i64 = 200;
/// How many handoffs are read at once.
pub const SESSIONS_AT_ONCE: usize = 500;
/// How many activities a dashboard shows.
const RECENT_ACTIVITIES: i64 = 10;
/// How many messages a profile shows.
const RECENT_MESSAGES: i64 = 50;

/// An agent's desk at a glance.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// The agent.
    pub agent: AgentRef,
    /// The agent's status, as it is reported.
    pub status: AgentStatus,
    /// Open handoffs of the agent.
    pub assigned: Vec<Handoff>,
    /// The queue, where the visitor has a profile.
    pub unassigned: Vec<Handoff>,
    /// What the agent did last.
    pub activities: Vec<Activity>,
    /// How many of the agent's handoffs were resolved since midnight.
    pub resolved_today: i64,
}

/// A session with all that was said in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The session.
    pub session: Session,
    /// Its visitor, once there is a profile.
    pub profile: Option<Profile>,
    /// All messages, oldest first.
    pub messages: Vec<Message>,
}

/// A profile with its session and what was said last.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileDetail {
    /// The profile.
    pub profile: Profile,
    /// Its session.
    pub session: Option<Session>,
    /// The newest messages, oldest first.
    pub messages: Vec<Message>,
}

/// A session as staff look it up.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The session.
    pub session: Session,
    /// All messages, oldest first.
    pub messages: Vec<Message>,
}

/// Why a conversation is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The company has no such session.
    #[error("session not found")]
    NotFound,
    /// Its handoff does not name this agent, or there is none.
    #[error("session not assigned to this agent")]
    NotAssigned,
    /// The store failed.
    #[error("the session could not be read")]
    Store(#[from] StoreError),
}

/// The next handoffs that a filter lets through: of an agent its own and the
/// queue, of others all. Newest first, at most [`SESSIONS_AT_ONCE`].
///
/// A list may be as long as the company is old, so it is read in such parts, one
/// after the other. Together they are no snapshot: what is opened again meanwhile
/// moves to the front, where it is not seen any more.
///
/// # Errors
/// [`StoreError`].
pub fn sessions<S>(store: &mut S, filter: &HandoffFilter, after: Option<Position>) -> Result<Vec<Handoff>, StoreError>
where
    S: Handoffs + ActingAs<Desk> + ?Sized,
{
    let sight = store.caller().agent().map_or(Sight::All, Sight::MineAndQueue);
    store.handoffs_after(filter, sight, after, SESSIONS_AT_ONCE)
}

/// As [`sessions`], of one company or of all.
///
/// # Errors
/// [`StoreError`].
pub fn all_sessions<S>(
    platform: &mut S,
    filter: &HandoffFilter,
    company: Option<CompanyCode>,
    after: Option<Position>,
) -> Result<Vec<Handoff>, StoreError>
where
    S: AllHandoffs + ActingAs<Superadmin> + ?Sized,
{
    platform.all_handoffs_after(filter, company, after, SESSIONS_AT_ONCE)
}

/// An agent's desk at a glance; `None` if the agent was deactivated since it was admitted.
///
/// # Errors
/// [`StoreError`].
pub fn dashboard<S>(store: &mut S, now: Timestamp) -> Result<Option<Dashboard>, StoreError>
where
    S: Handoffs + Activities + Agents + ActingAs<Agent> + ?Sized,
{
    let id = store.caller().id();
    let Some(row) = store.active_agents()?.into_iter().find(|agent| agent.id == id) else { return Ok(None) };
    let mine = HandoffFilter { agent: Some(id), state: Some(StateFilter::Assigned), ..HandoffFilter::default() };
    let queue = HandoffFilter { state: Some(StateFilter::Pending), with_profile: true, ..HandoffFilter::default() };
    Ok(Some(Dashboard {
        agent: AgentRef { id, name: store.caller().name().to_owned() },
        status: row.status(),
        assigned: store.handoffs(&mine, Sight::Mine(id))?,
        unassigned: store.handoffs(&queue, Sight::MineAndQueue(id))?,
        activities: store.activities(&ActivityFilter { agent: Some(id), kind: None, limit: RECENT_ACTIVITIES })?,
        resolved_today: store.resolved_since(id, now.date().start())?,
    }))
}

/// A page of the handoffs that name the calling agent, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn own_sessions<S>(
    store: &mut S,
    state: Option<StateFilter>,
    offset: i64,
    limit: i64,
) -> Result<HandoffPage, StoreError>
where
    S: Handoffs + ActingAs<Agent> + ?Sized,
{
    let id = store.caller().id();
    let filter = HandoffFilter { state, ..HandoffFilter::default() };
    store.page_of_handoffs(&filter, Sight::Mine(id), offset, limit)
}

/// All that was said in a session whose handoff, open or resolved, names the
/// calling agent.
///
/// # Errors
/// [`ReadError`].
pub fn conversation<S>(store: &mut S, session: SessionId) -> Result<Conversation, ReadError>
where
    S: Sessions + Handoffs + Profiles + Messages + ActingAs<Agent> + ?Sized,
{
    let session = store.session(session)?.ok_or(ReadError::NotFound)?;
    let handoff = store.handoff_of(session.key)?.ok_or(ReadError::NotAssigned)?;
    if !is_seen(&handoff.state, Sight::Mine(store.caller().id())) {
        return Err(ReadError::NotAssigned);
    }
    let profile = store.profile_of(session.key)?;
    let messages = store.messages(session.key)?;
    Ok(Conversation { session, profile, messages })
}

/// All that was said in a session that the caller may see: an agent its own and
/// the queue, others all of the company. `None` for any other session, and if the
/// session was looked for in another company.
///
/// # Errors
/// [`StoreError`].
pub fn history<S>(store: &mut S, company: CompanyCode, session: SessionId) -> Result<Option<History>, StoreError>
where
    S: Sessions + Handoffs + Messages + ActingAs<Desk> + ?Sized,
{
    if store.company() != company {
        return Ok(None);
    }
    let Some(session) = in_sight(store, session)? else {
        return Ok(None);
    };
    let messages = store.messages(session.key)?;
    Ok(Some(History { session, messages }))
}

/// Activities that a filter lets through, newest first, at most
/// [`MOST_ACTIVITIES`]; an agent sees only its own.
///
/// # Errors
/// [`StoreError`].
pub fn activities<S>(store: &mut S, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError>
where
    S: Activities + ActingAs<Desk> + ?Sized,
{
    let mut filter = ActivityFilter { limit: filter.limit.clamp(0, MOST_ACTIVITIES), ..*filter };
    if let Some(own) = store.caller().agent() {
        if filter.agent.is_some_and(|asked| asked != own) {
            return Ok(Vec::new());
        }
        filter.agent = Some(own);
    }
    store.activities(&filter)
}

/// A profile with its session and the last 50 messages, `None` if the company
/// has no such profile.
///
/// # Errors
/// [`StoreError`].
pub fn profile<S>(store: &mut S, id: ProfileId) -> Result<Option<ProfileDetail>, StoreError>
where
    S: Profiles + Sessions + Messages + ActingAs<Office> + ?Sized,
{
    let Some(profile) = store.profile(id)? else {
        return Ok(None);
    };
    let session = store.session(profile.session_id)?;
    let messages = store.newest_messages(profile.session, RECENT_MESSAGES)?;
    Ok(Some(ProfileDetail { profile, session, messages }))
}

/// Whether the company has the session and the caller may see it: an agent its
/// own and the queue, others all.
///
/// # Errors
/// [`StoreError`].
pub fn may_see<S>(store: &mut S, session: SessionId) -> Result<bool, StoreError>
where
    S: Sessions + Handoffs + ActingAs<Desk> + ?Sized,
{
    in_sight(store, session).map(|session| session.is_some())
}

/// The session, if the caller may see it.
fn in_sight<S>(store: &mut S, session: SessionId) -> Result<Option<Session>, StoreError>
where
    S: Sessions + Handoffs + ActingAs<Desk> + ?Sized,
{
    let Some(session) = store.session(session)? else {
        return Ok(None);
    };
    let Some(agent) = store.caller().agent() else {
        return Ok(Some(session));
    };
    let handoff = store.handoff_of(session.key)?;
    Ok(handoff.is_some_and(|handoff| is_seen(&handoff.state, Sight::MineAndQueue(agent))).then_some(session))
}

/// Whether a handoff in this state is within sight.
fn is_seen(state: &State, sight: Sight) -> bool {
    let named = |agent| state.agent().is_some_and(|owner| owner.id == agent);
    match sight {
        Sight::All => true,
        Sight::MineAndQueue(agent) => *state == State::Pending || named(agent),
        Sight::Mine(agent) => named(agent),
    }
}

#[cfg(test)]
mod tests {
    use tenancy::AgentId;

    use super::*;

    #[test]
    fn an_agent_sees_its_own_open_or_resolved_and_the_queue() {
        let (me, other) = (AgentId::new(1), AgentId::new(2));
        let of = |id| AgentRef { id, name: "Ann".into() };
        let at = Timestamp::from_micros(0);
        let cases = [
            (State::Pending, true, false),
            (State::Assigned(of(me)), true, true),
            (State::Assigned(of(other)), false, false),
            (State::Resolved { agent: Some(of(me)), at }, true, true),
            (State::Resolved { agent: Some(of(other)), at }, false, false),
            (State::Resolved { agent: None, at }, false, false),
        ];
        for (state, with_queue, mine) in cases {
            assert!(is_seen(&state, Sight::All));
            assert_eq!(is_seen(&state, Sight::MineAndQueue(me)), with_queue, "{state:?}");
            assert_eq!(is_seen(&state, Sight::Mine(me)), mine, "{state:?}");
        }
    }
}
