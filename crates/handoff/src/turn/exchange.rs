//! The result of a turn.

use chatbot::{Detail, IdempotencyClaim, Message, Messages, NewMessage, Outcome, Reply, Session};
use tenancy::{SessionId, SessionRowId, StoreError};

use super::ask::Ask;
use crate::locked;

/// A visitor's message and the reply that the client gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The session. This turn may have opened it.
    pub session: SessionId,
    /// The visitor's message with its files.
    pub user: Message,
    /// The complete reply.
    pub reply: Reply,
    /// The session's highest `seq` right after this exchange.
    pub last_seq: i64,
    /// Whether an earlier request with the same idempotency key stored it.
    pub replayed: bool,
}

/// Returns what the button for a person is told while a person handles the session; other messages are told nothing.
pub(super) fn told(ask: &Ask, session: &Session) -> Option<Outcome> {
    session.outcome().filter(|_| ask.wants_person)
}

/// Returns the reply while a person handles the session.
pub(super) fn silence(outcome: Option<Outcome>) -> Reply {
    Reply { outcome, ..Reply::human_handling() }
}

/// Makes the bot's message from a reply. The reply's text becomes the content of the message.
pub(super) fn bot_message(mut reply: Reply) -> NewMessage {
    let content = std::mem::take(&mut reply.response);
    NewMessage {
        content: Some(content),
        detail: Detail::Bot { reply: Box::new(reply) },
        client_message_id: None,
        attachments: Vec::new(),
    }
}

/// Restores the exchange of an answered claim, exactly as the first request got it.
///
/// `reply_seq` is the position of the bot's message, if there was one, and `last_seq` the
/// session's highest position at that time.
pub(super) fn replay<S>(
    store: &mut S,
    session: &Session,
    claim: &IdempotencyClaim,
    (reply_seq, last_seq): (Option<i64>, i64),
) -> Result<Exchange, StoreError>
where
    S: Messages + ?Sized,
{
    let mut user = None;
    let mut reply = None;
    let seqs: Vec<i64> = std::iter::once(claim.seq).chain(reply_seq).collect();
    for message in store.messages_at(session.key, &seqs)? {
        if message.seq == claim.seq {
            user = Some(message);
        } else {
            reply = Some(reply_of(message)?);
        }
    }
    let user = user.ok_or_else(|| locked::broken("the message of an idempotency key is missing"))?;
    let reply = match (reply, reply_seq) {
        (Some(reply), _) => reply,
        (None, None) => match &user.detail {
            Detail::User { outcome, .. } => silence(*outcome),
            _ => return Err(locked::broken("the message of an idempotency key is not the visitor's")),
        },
        (None, Some(_)) => return Err(locked::broken("the reply of an idempotency key is missing")),
    };
    Ok(Exchange { session: session.id, last_seq, user, reply, replayed: true })
}

/// Reads the visitor's message that a claim points to.
pub(super) fn claimed<S>(store: &mut S, session: SessionRowId, claim: &IdempotencyClaim) -> Result<Message, StoreError>
where
    S: Messages + ?Sized,
{
    let found = store.messages_at(session, &[claim.seq])?.pop();
    found.ok_or_else(|| locked::broken("the message of an idempotency key is missing"))
}

/// Restores the reply from a stored message of the bot.
fn reply_of(message: Message) -> Result<Reply, StoreError> {
    match message.detail {
        Detail::Bot { reply } => Ok(Reply { response: message.content.unwrap_or_default(), ..*reply }),
        Detail::User { .. } | Detail::Agent { .. } | Detail::Admin { .. } => {
            Err(locked::broken("the reply of an idempotency key is not the bot's message"))
        }
    }
}
