//! What staff can read of a company's sessions.

use attachments::{Attachment, Attachments};
use chatbot::{EarlierSession, Message, Messages, Profile, Profiles, Session, Sessions};
use identity::agents::{AgentStatus, Agents};
use tenancy::{
    CompanyCode, ProfileId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Agent, Desk, Office, Superadmin},
};

use crate::{
    Activities, Activity, ActivityFilter, AgentRef, AllHandoffs, Feedback, HandoffFilter, HandoffPage, Handoffs,
    Opinions, Order, Position, Rating, Sight, State, StateFilter, opening::Opened,
};

/// Maximum number of activities in a list.
pub const MAX_ACTIVITIES: i64 = 200;
/// Maximum number of handoffs in one batch of a list.
pub const SESSIONS_AT_ONCE: usize = 100;
/// Number of activities on a dashboard.
const RECENT_ACTIVITIES: i64 = 10;
/// Maximum number of earlier sessions in a profile's details.
const EARLIER_SESSIONS: i64 = 50;

/// Number of messages in a profile's details.
const RECENT_MESSAGES: i64 = 50;

/// What an agent's dashboard shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// The agent.
    pub agent: AgentRef,
    /// The agent's presence status, as others see it.
    pub status: AgentStatus,
    /// The agent's open handoffs.
    pub assigned: Vec<Opened>,
    /// Handoffs in the queue whose visitor has a profile, longest wait first.
    pub unassigned: Vec<Opened>,
    /// The agent's latest activities.
    pub activities: Vec<Activity>,
    /// Number of the agent's handoffs that were resolved since midnight.
    pub resolved_today: i64,
}

/// A session with its visitor and all its messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The session.
    pub session: Session,
    /// Its visitor, once there is a profile.
    pub profile: Option<Profile>,
    /// All messages, oldest first.
    pub messages: Vec<Message>,
}

/// A profile with its session and the latest messages.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileDetail {
    /// The profile.
    pub profile: Profile,
    /// Its session.
    pub session: Option<Session>,
    /// Earlier sessions of the same person, newest first.
    pub earlier: Vec<EarlierSession>,
    /// The latest messages, oldest first.
    pub messages: Vec<Message>,
}

/// A session with all its messages, and what its visitor says of them.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The session.
    pub session: Session,
    /// All messages, oldest first.
    pub messages: Vec<Message>,
    /// What the visitor says of the bot's messages.
    pub feedback: Vec<Feedback>,
    /// What the visitor says of the conversation.
    pub rating: Option<Rating>,
}

/// Why a conversation cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The company has no such session.
    #[error("session not found")]
    NotFound,
    /// The session has no handoff, or its handoff does not name the calling agent.
    #[error("session not assigned to this agent")]
    NotAssigned,
    /// The store failed.
    #[error("the session could not be read")]
    Store(#[from] StoreError),
}

/// Returns the next handoffs that pass a filter, in its order, at most [`SESSIONS_AT_ONCE`].
///
/// An agent sees its own handoffs and the queue; other staff see all of them.
///
/// A list grows with the age of the company, so it is read in batches. The batches
/// are not one snapshot: a handoff that is opened again between two batches moves
/// to the newest end of the list, and can be missed or listed twice.
///
/// # Errors
/// [`StoreError`].
pub fn sessions<S>(store: &mut S, filter: &HandoffFilter, after: Option<Position>) -> Result<Vec<Opened>, StoreError>
where
    S: Handoffs + ActingAs<Desk> + ?Sized,
{
    let sight = store.caller().agent().map_or(Sight::All, Sight::MineAndQueue);
    let handoffs = store.handoffs_after(filter, sight, after, SESSIONS_AT_ONCE)?;
    Opened::list(handoffs, |ids| store.opening_packets(ids))
}

/// As [`sessions`], for one company or, if `company` is `None`, for all companies that are not closed.
///
/// # Errors
/// [`StoreError`].
pub fn all_sessions<S>(
    platform: &mut S,
    filter: &HandoffFilter,
    company: Option<CompanyCode>,
    after: Option<Position>,
) -> Result<Vec<Opened>, StoreError>
where
    S: AllHandoffs + ActingAs<Superadmin> + ?Sized,
{
    let handoffs = platform.all_handoffs_after(filter, company, after, SESSIONS_AT_ONCE)?;
    Opened::list(handoffs, |ids| platform.all_opening_packets(ids))
}

/// Returns the calling agent's dashboard, `None` if the agent was deactivated or deleted meanwhile.
///
/// # Errors
/// [`StoreError`].
pub fn dashboard<S>(store: &mut S, now: Timestamp) -> Result<Option<Dashboard>, StoreError>
where
    S: Handoffs + Activities + Agents + ActingAs<Agent> + ?Sized,
{
    let id = store.caller().id();
    let Some(row) = store.agent(id)? else { return Ok(None) };
    let mine = HandoffFilter { agent: Some(id), state: Some(StateFilter::Assigned), ..HandoffFilter::default() };
    let queue = HandoffFilter {
        state: Some(StateFilter::Pending),
        with_profile: true,
        order: Order::LongestWait,
        ..HandoffFilter::default()
    };
    let assigned = store.handoffs(&mine, Sight::Mine(id))?;
    let unassigned = store.handoffs(&queue, Sight::MineAndQueue(id))?;
    Ok(Some(Dashboard {
        agent: AgentRef { id, name: store.caller().name().to_owned() },
        status: row.status(),
        assigned: Opened::list(assigned, |ids| store.opening_packets(ids))?,
        unassigned: Opened::list(unassigned, |ids| store.opening_packets(ids))?,
        activities: store.activities(&ActivityFilter {
            agent: Some(id),
            kind: None,
            since: None,
            limit: RECENT_ACTIVITIES,
        })?,
        resolved_today: store.resolved_since(id, now.date().start())?,
    }))
}

/// Returns a page of the handoffs that name the calling agent, newest first.
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

/// Returns a session with its messages, if its handoff, open or resolved, names the calling agent.
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

/// Returns a session with its messages, if the caller may see it.
///
/// An agent may see its own sessions and the queue; other staff may see all of the
/// company's sessions. The result is `None` for any other session, and if `company`
/// is not the store's company.
///
/// # Errors
/// [`StoreError`].
pub fn history<S>(store: &mut S, company: CompanyCode, session: SessionId) -> Result<Option<History>, StoreError>
where
    S: Sessions + Handoffs + Messages + Opinions + ActingAs<Desk> + ?Sized,
{
    if store.company() != company {
        return Ok(None);
    }
    let Some(session) = in_sight(store, session)? else {
        return Ok(None);
    };
    let messages = store.messages(session.key)?;
    let (feedback, rating) = (store.feedback(session.key)?, store.rating(session.key)?);
    Ok(Some(History { session, messages, feedback, rating }))
}

/// Returns all files of a session, oldest first, also those that no message carries. `None` for a
/// session that the caller may not see, as for [`history`].
///
/// # Errors
/// [`StoreError`].
pub fn files<S>(store: &mut S, session: SessionId) -> Result<Option<Vec<Attachment>>, StoreError>
where
    S: Sessions + Handoffs + Attachments + ActingAs<Desk> + ?Sized,
{
    match in_sight(store, session)? {
        Some(session) => store.all_of_session(session.key).map(Some),
        None => Ok(None),
    }
}

/// Returns the activities that pass a filter, newest first, at most [`MAX_ACTIVITIES`].
///
/// An agent sees only its own activities.
///
/// # Errors
/// [`StoreError`].
pub fn activities<S>(store: &mut S, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError>
where
    S: Activities + ActingAs<Desk> + ?Sized,
{
    let mut filter = ActivityFilter { limit: filter.limit.clamp(0, MAX_ACTIVITIES), ..*filter };
    if let Some(own) = store.caller().agent() {
        if filter.agent.is_some_and(|agent| agent != own) {
            return Ok(Vec::new());
        }
        filter.agent = Some(own);
    }
    store.activities(&filter)
}

/// Returns a profile with its session, the person's earlier sessions and the latest 50 messages, `None` if the company has no
/// such profile.
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
    let earlier = store.earlier_sessions(&profile, EARLIER_SESSIONS)?;
    Ok(Some(ProfileDetail { profile, session, earlier, messages }))
}

/// Tells whether the company has the session and the caller may see it, as for [`history`].
///
/// # Errors
/// [`StoreError`].
pub fn may_see<S>(store: &mut S, session: SessionId) -> Result<bool, StoreError>
where
    S: Sessions + Handoffs + ActingAs<Desk> + ?Sized,
{
    in_sight(store, session).map(|session| session.is_some())
}

/// Returns the session, if the caller may see it.
pub(crate) fn in_sight<S>(store: &mut S, session: SessionId) -> Result<Option<Session>, StoreError>
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

/// Tells whether a handoff in this state is within `sight`.
pub(crate) fn is_seen(state: &State, sight: Sight) -> bool {
    let is_owner = |agent| state.agent().is_some_and(|owner| owner.id == agent);
    match sight {
        Sight::All => true,
        Sight::MineAndQueue(agent) => *state == State::Pending || is_owner(agent),
        Sight::Mine(agent) => is_owner(agent),
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
