//! Writes of a session whose lock the caller holds.

use attachments::Attachment;
use chatbot::{ExpectedVersions, Message, NewMessage, Session, Sessions};
use tenancy::{Fault, HandoffId, MessageId, SessionId, SessionRowId, StoreError, Timestamp};

use crate::{Handoff, Handoffs};

/// Locks the session of a handoff and reads both under the lock.
///
/// The first read only finds the session. What it says about the handoff may be
/// outdated by the time the lock is held.
pub(crate) fn lock_handoff<S>(store: &mut S, id: HandoffId) -> Result<Option<(Session, Handoff)>, StoreError>
where
    S: Sessions + Handoffs + ?Sized,
{
    let Some(found) = store.handoff(id)? else {
        return Ok(None);
    };
    let Some(snapshot) = store.lock(found.session)? else {
        return Ok(None);
    };
    Ok(store.handoff(id)?.map(|handoff| (snapshot.session, handoff)))
}

/// Locks a session and reads it and its handoff under the lock. `None` if the company has no such session.
pub(crate) fn lock_session<S>(
    store: &mut S,
    session: SessionId,
) -> Result<Option<(Session, Option<Handoff>)>, StoreError>
where
    S: Sessions + Handoffs + ?Sized,
{
    let Some(found) = store.session(session)? else { return Ok(None) };
    let Some(snapshot) = store.lock(found.key)? else { return Ok(None) };
    let handoff = store.handoff_of(found.key)?;
    Ok(Some((snapshot.session, handoff)))
}

/// Stores a locked session.
pub(crate) fn write<S>(store: &mut S, session: &Session, now: Timestamp) -> Result<(), StoreError>
where
    S: Sessions + ?Sized,
{
    append(store, session, &[], now).map(|_| ())
}

/// Stores a locked session, appends a message to it and returns that message.
///
/// `files` are the message's attachments.
pub(crate) fn write_message<S>(
    store: &mut S,
    session: &Session,
    message: NewMessage,
    files: Vec<Attachment>,
    now: Timestamp,
) -> Result<Message, StoreError>
where
    S: Sessions + ?Sized,
{
    let messages = [message];
    let ids = append(store, session, &messages, now)?;
    let [message] = messages;
    let id = ids.first().copied().ok_or_else(|| broken("a stored message has no id"))?;
    Ok(stored(message, id, session.last_seq + 1, session.key, files, now))
}

fn append<S>(
    store: &mut S,
    session: &Session,
    messages: &[NewMessage],
    now: Timestamp,
) -> Result<Vec<MessageId>, StoreError>
where
    S: Sessions + ?Sized,
{
    // The versions of settings and knowledge are not compared: a decision made under the lock rests
    // on rows that this transaction has read.
    let expected = ExpectedVersions { revision: session.revision, versions: None };
    let appended = store.append(session, expected, messages, now)?;
    appended.map(|(_, ids)| ids).ok_or_else(|| broken("a locked session was changed by another transaction"))
}

/// Makes the message as it was stored from the new message and what the store assigned to it.
pub(crate) fn stored(
    new: NewMessage,
    id: MessageId,
    seq: i64,
    session: SessionRowId,
    files: Vec<Attachment>,
    now: Timestamp,
) -> Message {
    Message {
        id,
        seq,
        session,
        content: new.content,
        detail: new.detail,
        timestamp: now,
        client_message_id: new.client_message_id,
        attachments: files,
    }
}

/// Makes the error for rows that break a promise of their port.
pub(crate) fn broken(what: &'static str) -> StoreError {
    StoreError::new(Fault::Broken, what)
}
