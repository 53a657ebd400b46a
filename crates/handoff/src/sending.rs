//! Staff write to a visitor.

use attachments::Attachments;
use chatbot::{
    ClaimState, Detail, IdempotencyClaim, IdempotencyKeys, Message, Messages, NewMessage, Session, Sessions, Side,
};
use serde_json::json;
use tenancy::{
    AttachmentId, SessionId, StoreError, Timestamp,
    access::{ActingAs, Actor, Desk},
};

use crate::{
    Activities, ActivityKind, AgentRef, EventKind, Handoffs, NewActivity, Outbox, State, files, idempotency, locked,
    transitions::{self, Command, Transition, TransitionError},
};

/// How much of a message the agent's log shows, in characters.
const PREVIEW: usize = 50;

/// What is to be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// The text, already made safe for clients that render it as markup. Blank
    /// counts as none.
    pub text: Option<String>,
    /// Files of the session.
    pub attachments: Vec<AttachmentId>,
    /// The idempotency key.
    pub key: Option<String>,
    /// The client's own id for the message.
    pub client_message_id: Option<String>,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// Now.
    Stored(Message),
    /// By an earlier request with the same key.
    Replayed(Message),
}

/// Why nothing was sent. In order of precedence, but that a repeat of a key by
/// the one who used it is answered whatever became of the session.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A superadmin may only listen.
    #[error("only agents and admins can send messages")]
    OnlyAgentsAndAdmins,
    /// Neither text nor files.
    #[error("either message or attachments are required")]
    Empty,
    /// The company has no such session, or the agent who writes was sent away
    /// meanwhile.
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
    /// The key was used for another body.
    #[error("the idempotency key was used for another message")]
    KeyReused,
    /// The store failed.
    #[error("the message could not be stored")]
    Store(#[from] StoreError),
}

/// Appends a message of the caller to a session whose handoff is open.
///
/// A waiting session is thereby assigned to the agent who writes; an admin
/// writes without taking it over.
///
/// # Errors
/// [`SendError`].
pub fn send<S>(store: &mut S, session: SessionId, words: OutgoingMessage, now: Timestamp) -> Result<Sent, SendError>
where
    S: Sessions + IdempotencyKeys + Messages + Attachments + Handoffs + Activities + Outbox + ActingAs<Desk> + ?Sized,
{
    let (detail, writer) = match store.caller().actor() {
        Actor::Agent { id, name } => (Detail::agent(*id, name), Some(AgentRef { id: *id, name: name.clone() })),
        Actor::Admin { user, name } => (Detail::admin(*user, name), None),
        Actor::Superadmin { .. } => return Err(SendError::OnlyAgentsAndAdmins),
    };
    let text = words.text.filter(|text| !text.trim().is_empty());
    if text.is_none() && words.attachments.is_empty() {
        return Err(SendError::Empty);
    }
    if let Some(agent) = &writer {
        store.active_agent(agent.id)?.ok_or(SendError::SessionNotFound)?;
    }
    let key = store.session(session)?.ok_or(SendError::SessionNotFound)?.key;
    let mut row = store.lock(key)?.ok_or(SendError::SessionNotFound)?.session;
    let handoff = store.handoff_of(key)?;
    let owner = handoff.as_ref().and_then(|handoff| handoff.state.agent()).map(|agent| agent.id);
    let decided = transitions::decide(row.status, owner, Command::Write, writer.as_ref().map(|agent| agent.id));

    let hash = idempotency::body_hash(&[text.as_deref().unwrap_or_default()], &words.attachments);
    if let Some(word) = &words.key
        && let Some((claim, message)) = used(store, &row, word)?
    {
        if !same_author(&message.detail, &detail) {
            granted(decided)?;
        }
        return if claim.body_hash == hash { Ok(Sent::Replayed(message)) } else { Err(SendError::KeyReused) };
    }
    let decided = granted(decided)?;
    let files = files::named(store, key, &words.attachments)?.map_err(SendError::UnknownAttachment)?;

    let taken = match (decided, &handoff, &writer) {
        (Transition::Take(_), Some(handoff), Some(agent)) => Some((handoff.id, State::Assigned(agent.clone()))),
        _ => None,
    };
    if let Some((_, state)) = &taken {
        transitions::apply(&mut row, state, now);
    }
    transitions::wrote(&mut row, now);
    let new = NewMessage {
        content: text,
        detail,
        client_message_id: words.client_message_id,
        attachments: files.iter().map(|file| file.id).collect(),
    };
    let new = [new];
    let (_, ids) = locked::write(store, &row, &new, now)?;
    let [new] = new;
    let id = ids.first().copied().ok_or_else(|| locked::broken("a stored message has no id"))?;
    let message = Message {
        id,
        seq: row.last_seq + 1,
        session: key,
        content: new.content,
        detail: new.detail,
        timestamp: now,
        client_message_id: new.client_message_id,
        attachments: files,
    };
    if let Some(word) = &words.key {
        let claim = IdempotencyClaim {
            body_hash: hash,
            seq: message.seq,
            state: ClaimState::Done { reply_seq: None, last_seq: message.seq },
        };
        if !store.insert_claim(key, Side::Staff, word, &claim)? {
            return Err(locked::broken("a key was taken under the session's lock").into());
        }
    }
    if let Some((handoff, state)) = &taken {
        store.move_handoff(*handoff, state, None)?;
    }
    if let Some(agent) = writer {
        log_sent(store, session, &agent, message.content.as_deref(), now)?;
        if let Some((handoff, _)) = taken {
            store.emit(session, EventKind::Assigned { handoff, agent });
        }
    }
    store.emit(session, EventKind::Message(Box::new(message.clone())));
    Ok(Sent::Stored(message))
}

fn granted(decided: Result<Transition, TransitionError>) -> Result<Transition, SendError> {
    decided.map_err(|refusal| match refusal {
        TransitionError::NotTheirs => SendError::AssignedToAnother,
        TransitionError::Closed | TransitionError::Open => SendError::NotEscalated,
    })
}

/// The claim of a key that staff used in the session, and the message it stands for.
fn used<S>(store: &mut S, session: &Session, key: &str) -> Result<Option<(IdempotencyClaim, Message)>, StoreError>
where
    S: IdempotencyKeys + Messages + ?Sized,
{
    let Some(claim) = store.claim(session.key, Side::Staff, key)? else {
        return Ok(None);
    };
    let message = store.messages_at(session.key, &[claim.seq])?.pop();
    let message = message.ok_or_else(|| locked::broken("a key's message is missing"))?;
    Ok(Some((claim, message)))
}

fn same_author(one: &Detail, other: &Detail) -> bool {
    match (one, other) {
        (Detail::Agent { id, .. }, Detail::Agent { id: other, .. }) => id.is_some() && id == other,
        (Detail::Admin { id, .. }, Detail::Admin { id: other, .. }) => id == other,
        _ => false,
    }
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
        assert!(same_author(&ann, &Detail::agent(AgentId::new(1), "Ann Ray")));
        assert!(!same_author(&ann, &Detail::agent(AgentId::new(2), "Ann")));
        assert!(!same_author(&ann, &Detail::admin(UserId::new(1), "Ann")));
    }

    #[test]
    fn a_closed_session_is_not_escalated_and_anothers_is_assigned() {
        assert!(matches!(granted(Err(TransitionError::Closed)), Err(SendError::NotEscalated)));
        assert!(matches!(granted(Err(TransitionError::NotTheirs)), Err(SendError::AssignedToAnother)));
    }
}
