//! Lets an agent send a file into a session.

use attachments::{Attachment, Attachments, upload::Upload};
use chatbot::Sessions;
use tenancy::{
    AgentId, SessionId, StoreError,
    access::{ActingAs, Agent},
};

use crate::{EventKind, Handoffs, Outbox, State};

/// Why a file is rejected, in order of precedence.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The company has no such session.
    #[error("session not found")]
    SessionNotFound,
    /// No handoff is open.
    #[error("session not escalated to human handoff")]
    NotEscalated,
    /// Another agent has the session, or it waits in the queue.
    #[error("session not assigned to this agent")]
    NotAssigned,
    /// The store failed.
    #[error("the file could not be stored")]
    Store(#[from] StoreError),
}

/// Checks that the calling agent may send files into a session, which must be assigned to it.
///
/// # Errors
/// [`UploadError`].
pub fn allowed<S>(store: &mut S, session: SessionId) -> Result<(), UploadError>
where
    S: Sessions + Handoffs + ActingAs<Agent> + ?Sized,
{
    let key = store.session(session)?.ok_or(UploadError::SessionNotFound)?.key;
    let handoff = store.handoff_of(key)?;
    check_assigned(handoff.map(|handoff| handoff.state).as_ref(), store.caller().id())
}

/// Stores the row of a file whose blob was committed, if the session is still assigned to the agent.
///
/// # Errors
/// [`UploadError`]. Then nothing is stored.
pub fn register<S>(store: &mut S, upload: &Upload) -> Result<Attachment, UploadError>
where
    S: Sessions + Handoffs + Attachments + Outbox + ActingAs<Agent> + ?Sized,
{
    let key = upload.session().row_id();
    store.lock(key)?.ok_or(UploadError::SessionNotFound)?;
    let handoff = store.handoff_of(key)?;
    check_assigned(handoff.map(|handoff| handoff.state).as_ref(), store.caller().id())?;
    let file = store.insert(upload.file())?.ok_or(UploadError::SessionNotFound)?;
    store.emit(upload.session().id(), EventKind::FileShared(Box::new(file.clone())));
    Ok(file)
}

fn check_assigned(state: Option<&State>, caller: AgentId) -> Result<(), UploadError> {
    match state {
        None | Some(State::Resolved { .. }) => Err(UploadError::NotEscalated),
        Some(State::Assigned(agent)) if agent.id == caller => Ok(()),
        Some(State::Pending | State::Assigned(_)) => Err(UploadError::NotAssigned),
    }
}

#[cfg(test)]
mod tests {
    use tenancy::Timestamp;

    use super::*;
    use crate::AgentRef;

    #[test]
    fn only_the_agent_of_an_open_handoff_sends_files() {
        let (me, other) = (AgentId::new(1), AgentId::new(2));
        let of = |id| AgentRef { id, name: "Ann".into() };
        let resolved = State::Resolved { agent: Some(of(me)), at: Timestamp::from_micros(0) };
        assert!(check_assigned(Some(&State::Assigned(of(me))), me).is_ok());
        assert!(matches!(check_assigned(Some(&State::Assigned(of(other))), me), Err(UploadError::NotAssigned)));
        assert!(matches!(check_assigned(Some(&State::Pending), me), Err(UploadError::NotAssigned)));
        assert!(matches!(check_assigned(Some(&resolved), me), Err(UploadError::NotEscalated)));
        assert!(matches!(check_assigned(None, me), Err(UploadError::NotEscalated)));
    }
}
