//! Lets staff write to a visitor.

use attachments::{Attachment, Attachments};
use chatbot::{
    ClaimState, Detail, IdempotencyClaim, IdempotencyKeys, Message, Messages, NewMessage, Session, Sessions, Side,
};
use serde_json::json;
use tenancy::{
    AttachmentId, HandoffId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Actor, Desk},
};

use crate::{
    Activities, ActivityKind, AgentRef, EventKind, Handoff, Handoffs, NewActivity, Outbox, State, files, idempotency,
    locked,
    transitions::{self, Command, Transition, TransitionError},
};

/// Length of the message preview in the agent's log, in characters.
const PREVIEW: usize = 50;

/// A message that staff send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// The text, already made safe for clients that render it as markup. Blank
    /// text counts as none.
    pub text: Option<String>,
    /// Files of the session.
    pub attachments: Vec<AttachmentId>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The client's own id for the message.
    pub client_message_id: Option<String>,
}

impl OutgoingMessage {
    /// Drops a blank text.
    ///
    /// # Errors
    /// [`SendError::Empty`] if the message then has neither text nor files.
    fn normalised(mut self) -> Result<Self, SendError> {
        self.text = self.text.filter(|text| !text.trim().is_empty());
        if self.text.is_none() && self.attachments.is_empty() { Err(SendError::Empty) } else { Ok(self) }
    }

    /// Hashes the parts that must be the same in a repeated request.
    fn body_hash(&self) -> [u8; 32] {
        idempotency::body_hash(&[self.text.as_deref().unwrap_or_default()], &self.attachments)
    }
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// This call stored it.
    Stored(Message),
    /// An earlier request with the same idempotency key stored it.
    Replayed(Message),
}

/// Why a message was not sent, in order of precedence.
///
/// There is one exception to the order: the author of a message gets it back when
/// repeating its idempotency key, even if the session has changed since.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A superadmin can read, but not write.
    #[error("only agents and admins can send messages")]
    OnlyAgentsAndAdmins,
    /// Neither text nor files.
    #[error("either message or attachments are required")]
    Empty,
    /// The company has no such session, or the calling agent was deactivated or
    /// deleted meanwhile.
    #[error("session not found")]
    SessionNotFound,
    /// Another agent has the session.
    #[error("session is assigned to another agent")]
    AssignedToAnother,
    /// No handoff is open.
    #[error("session not escalated to human handoff")]
    NotEscalated,
    /// Not a file of this session.
    #[error("unknown attachment: {0}")]
    UnknownAttachment(AttachmentId),
    /// The idempotency key was used for another body.
    #[error("the idempotency key was used for another message")]
    KeyReused,
    /// The store failed.
    #[error("the message could not be stored")]
    Store(#[from] StoreError),
}

/// Appends a message of the caller to a session whose handoff is open.
///
/// An agent who writes to a session in the queue gets that session assigned. An
/// admin writes without taking it over.
///
/// # Errors
/// [`SendError`].
pub fn send<S>(store: &mut S, session: SessionId, message: OutgoingMessage, now: Timestamp) -> Result<Sent, SendError>
where
    S: Sessions + IdempotencyKeys + Messages + Attachments + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    let author = Author::of(store.caller().actor())?;
    let message = message.normalised()?;
    let target = lock_target(store, session, author.agent.as_ref())?;
    if let Some(earlier) = replay(store, &target, &author, &message)? {
        return Ok(Sent::Replayed(earlier));
    }
    let transition = permission(target.decision)?;
    let files = files::by_ids(store, target.session.key, &message.attachments)?;
    let files = files.map_err(SendError::UnknownAttachment)?;
    let takeover = target.takeover(transition, author.agent.as_ref());
    let stored = store_message(store, target.session, author.detail, message, files, takeover.as_ref(), now)?;
    note_message(store, session, author.agent, takeover.as_ref(), &stored, now)?;
    Ok(Sent::Stored(stored))
}

/// The author of a message.
struct Author {
    /// How the stored message names the author.
    detail: Detail,
    /// The agent, `None` for an admin.
    agent: Option<AgentRef>,
}

impl Author {
    fn of(actor: &Actor) -> Result<Self, SendError> {
        match actor {
            Actor::Agent { id, name } => {
                Ok(Self { detail: Detail::agent(*id, name), agent: Some(AgentRef { id: *id, name: name.clone() }) })
            }
            Actor::Admin { user, name } => Ok(Self { detail: Detail::admin(*user, name), agent: None }),
            Actor::Superadmin { .. } => Err(SendError::OnlyAgentsAndAdmins),
        }
    }
}

/// The session that is written to, as read under its lock.
struct Target {
    session: Session,
    handoff: Option<Handoff>,
    /// Whether the author may write, and what writing does to the handoff.
    decision: Result<Transition, TransitionError>,
}

/// A handoff that leaves the queue because an agent writes, and its new state.
struct Takeover {
    handoff: HandoffId,
    state: State,
}

impl Target {
    fn takeover(&self, transition: Transition, agent: Option<&AgentRef>) -> Option<Takeover> {
        match (transition, &self.handoff, agent) {
            (Transition::Assigned(_), Some(handoff), Some(agent)) => {
                Some(Takeover { handoff: handoff.id, state: State::Assigned(agent.clone()) })
            }
            _ => None,
        }
    }
}

/// Locks the session and decides whether the author may write to it.
fn lock_target<S>(store: &mut S, session: SessionId, agent: Option<&AgentRef>) -> Result<Target, SendError>
where
    S: Sessions + Handoffs + ?Sized,
{
    if let Some(agent) = agent {
        store.active_agent(agent.id)?.ok_or(SendError::SessionNotFound)?;
    }
    let row_id = store.session(session)?.ok_or(SendError::SessionNotFound)?.key;
    let session = store.lock(row_id)?.ok_or(SendError::SessionNotFound)?.session;
    let handoff = store.handoff_of(row_id)?;
    let owner = handoff.as_ref().and_then(|handoff| handoff.state.agent()).map(|agent| agent.id);
    let decision = transitions::decide(session.status, owner, Command::Write, agent.map(|agent| agent.id));
    Ok(Target { session, handoff, decision })
}

fn permission(decision: Result<Transition, TransitionError>) -> Result<Transition, SendError> {
    decision.map_err(|error| match error {
        TransitionError::NotOwner => SendError::AssignedToAnother,
        TransitionError::NotOpen | TransitionError::AlreadyOpen => SendError::NotEscalated,
    })
}

/// Returns the message that an earlier request with the same idempotency key stored, if there is one.
///
/// Only its author gets it without permission to write to the session as it is now.
fn replay<S>(
    store: &mut S,
    target: &Target,
    author: &Author,
    message: &OutgoingMessage,
) -> Result<Option<Message>, SendError>
where
    S: IdempotencyKeys + Messages + ?Sized,
{
    let Some(key) = &message.key else { return Ok(None) };
    let Some(claim) = store.claim(target.session.key, Side::Staff, key)? else { return Ok(None) };
    let earlier = store.messages_at(target.session.key, &[claim.seq])?.pop();
    let earlier = earlier.ok_or_else(|| locked::broken("the message of an idempotency key is missing"))?;
    if !is_same_author(&earlier.detail, &author.detail) {
        permission(target.decision)?;
    }
    if claim.body_hash == message.body_hash() { Ok(Some(earlier)) } else { Err(SendError::KeyReused) }
}

fn is_same_author(one: &Detail, other: &Detail) -> bool {
    match (one, other) {
        (Detail::Agent { id, .. }, Detail::Agent { id: other, .. }) => id.is_some() && id == other,
        (Detail::Admin { id, .. }, Detail::Admin { id: other, .. }) => id == other,
        _ => false,
    }
}

/// Stores the message, the claim of its idempotency key and the new state of session and handoff.
fn store_message<S>(
    store: &mut S,
    mut session: Session,
    detail: Detail,
    message: OutgoingMessage,
    files: Vec<Attachment>,
    takeover: Option<&Takeover>,
    now: Timestamp,
) -> Result<Message, StoreError>
where
    S: Sessions + IdempotencyKeys + Handoffs + ?Sized,
{
    if let Some(takeover) = takeover {
        transitions::apply(&mut session, &takeover.state, now);
    }
    transitions::record_staff_message(&mut session, now);
    let body_hash = message.body_hash();
    let new = NewMessage {
        content: message.text,
        detail,
        client_message_id: message.client_message_id,
        attachments: files.iter().map(|file| file.id).collect(),
    };
    let stored = locked::write_message(store, &session, new, files, now)?;
    if let Some(key) = &message.key {
        let state = ClaimState::Done { reply_seq: None, last_seq: stored.seq };
        let claim = IdempotencyClaim { body_hash, seq: stored.seq, state };
        if !store.insert_claim(session.key, Side::Staff, key, &claim)? {
            return Err(locked::broken("an idempotency key was claimed under the session's lock"));
        }
    }
    if let Some(takeover) = takeover {
        store.move_handoff(takeover.handoff, &takeover.state, None)?;
    }
    Ok(stored)
}

/// Logs the message of an agent and emits the events of the message.
fn note_message<S>(
    store: &mut S,
    session: SessionId,
    agent: Option<AgentRef>,
    takeover: Option<&Takeover>,
    message: &Message,
    now: Timestamp,
) -> Result<(), StoreError>
where
    S: Activities + Outbox + ?Sized,
{
    if let Some(agent) = agent {
        log_sent(store, session, &agent, message.content.as_deref(), now)?;
        if let Some(takeover) = takeover {
            store.emit(session, EventKind::Assigned { handoff: takeover.handoff, agent });
        }
    }
    store.emit(session, EventKind::Message(Box::new(message.clone())));
    Ok(())
}

fn log_sent<S>(
    store: &mut S,
    session: SessionId,
    agent: &AgentRef,
    text: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError>
where
    S: Activities + ?Sized,
{
    let preview: String = text.unwrap_or_default().chars().take(PREVIEW).collect();
    let activity = NewActivity {
        agent: agent.id,
        kind: ActivityKind::MessageSent,
        description: format!("{} sent a message.", agent.name),
        metadata: json!({ "session_id": session.as_str(), "message_preview": preview }),
        ip: None,
    };
    store.log(&activity, now)
}

#[cfg(test)]
mod tests {
    use tenancy::{AgentId, UserId};

    use super::*;

    #[test]
    fn an_author_is_known_by_kind_and_id() {
        let ann = Detail::agent(AgentId::new(1), "Ann");
        assert!(is_same_author(&ann, &Detail::agent(AgentId::new(1), "Ann Ray")));
        assert!(!is_same_author(&ann, &Detail::agent(AgentId::new(2), "Ann")));
        assert!(!is_same_author(&ann, &Detail::admin(UserId::new(1), "Ann")));
    }

    #[test]
    fn a_closed_session_is_not_escalated_and_anothers_is_assigned() {
        assert!(matches!(permission(Err(TransitionError::NotOpen)), Err(SendError::NotEscalated)));
        assert!(matches!(permission(Err(TransitionError::NotOwner)), Err(SendError::AssignedToAnother)));
    }
}
