//! The names of events, by which another process reads from the store what has happened.

use attachments::Attachments;
use chatbot::{Messages, Sessions};
use identity::agents::Agents;
use tenancy::{
    AgentId, AttachmentId, HandoffId, SessionId, StoreError,
    access::{ActingAs, Housekeeper},
};

use crate::{AgentRef, EventKind, Handoffs};

/// An event by the ids of what it is about. It has no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName {
    /// The message at this `seq` was stored.
    Message(i64),
    /// A handoff was opened or reopened.
    Escalated(HandoffId),
    /// A handoff in the queue was given to an agent.
    Assigned(HandoffId, AgentId),
    /// An open handoff passed from the first agent to the second.
    Transferred(HandoffId, AgentId, AgentId),
    /// A handoff was closed, which an agent had or nobody.
    Resolved(HandoffId, Option<AgentId>),
    /// A file was uploaded.
    FileShared(AttachmentId),
}

impl EventName {
    /// Returns the name of an event. `None` for one that is not told by its name.
    pub fn of(kind: &EventKind) -> Option<Self> {
        match kind {
            EventKind::Message(message) => Some(Self::Message(message.seq)),
            EventKind::Escalated { handoff, .. } => Some(Self::Escalated(*handoff)),
            EventKind::Assigned { handoff, agent } => Some(Self::Assigned(*handoff, agent.id)),
            EventKind::Transferred { handoff, from, to } => Some(Self::Transferred(*handoff, from.id, to.id)),
            EventKind::Resolved { handoff, agent } => {
                Some(Self::Resolved(*handoff, agent.as_ref().map(|agent| agent.id)))
            }
            EventKind::FileShared(file) => Some(Self::FileShared(file.id)),
            EventKind::ProfileSaved
            | EventKind::Prioritised
            | EventKind::NoteAdded(_)
            | EventKind::Read { .. }
            | EventKind::Erased => None,
        }
    }
}

/// Reads what has happened to a session. `None` if its rows are gone.
///
/// It is read once for all connections of a process. They decide who of them is sent what, as for an event of their own
/// process.
///
/// # Errors
/// [`StoreError`].
pub fn read<S>(store: &mut S, session: SessionId, name: EventName) -> Result<Option<EventKind>, StoreError>
where
    S: Sessions + Handoffs + Messages + Attachments + Agents + ActingAs<Housekeeper> + ?Sized,
{
    let Some(session) = store.session(session)? else { return Ok(None) };
    Ok(match name {
        EventName::Message(seq) => {
            store.messages_at(session.key, &[seq])?.pop().map(|message| EventKind::Message(Box::new(message)))
        }
        EventName::FileShared(id) => {
            store.of_session(session.key, &[id])?.pop().map(|file| EventKind::FileShared(Box::new(file)))
        }
        EventName::Escalated(id) => {
            let handoff = store.handoff_of(session.key)?.filter(|handoff| handoff.id == id);
            handoff.map(|found| EventKind::Escalated { handoff: id, reason: found.reason, priority: found.priority })
        }
        EventName::Assigned(handoff, agent) => named(store, agent)?.map(|agent| EventKind::Assigned { handoff, agent }),
        EventName::Transferred(handoff, from, to) => {
            let agents = named(store, from)?.zip(named(store, to)?);
            agents.map(|(from, to)| EventKind::Transferred { handoff, from, to })
        }
        EventName::Resolved(handoff, None) => Some(EventKind::Resolved { handoff, agent: None }),
        EventName::Resolved(handoff, Some(agent)) => {
            named(store, agent)?.map(|agent| EventKind::Resolved { handoff, agent: Some(agent) })
        }
    })
}

fn named<S: Agents + ?Sized>(store: &mut S, id: AgentId) -> Result<Option<AgentRef>, StoreError> {
    Ok(store.agent(id)?.map(|agent| AgentRef { id, name: agent.name }))
}
