//! What a turn comes to.

use attachments::Attachment;
use chatbot::{Detail, IdempotencyClaim, Message, Messages, NewMessage, Reply};
use tenancy::{MessageId, SessionId, SessionRowId, StoreError, Timestamp};

use crate::locked;

/// A message of a visitor and what the visitor's client is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The session, which may have been made by this turn.
    pub session: SessionId,
    /// The visitor's message with its files.
    pub user: Message,
    /// The reply, whole.
    pub reply: Reply,
    /// The session's highest `seq` after this exchange.
    pub last_seq: i64,
    /// Whether an earlier request with the same key stored it.
    pub replayed: bool,
}

/// The reply as a message of the bot. The text moves into the content, which is
/// where it is read from again.
pub(super) fn bot_row(mut reply: Reply) -> NewMessage {
    let content = std::mem::take(&mut reply.response);
    NewMessage {
        content: Some(content),
        detail: Detail::Bot { reply: Box::new(reply) },
        client_message_id: None,
        attachments: Vec::new(),
    }
}

/// The message that a store made of a new one.
pub(super) fn stored(
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

/// The exchange that a finished claim stands for, as it was answered then: with the bot's row, if there
/// was one, and the highest position of that moment.
pub(super) fn replay<S>(
    store: &mut S,
    session: SessionId,
    key: SessionRowId,
    claim: &IdempotencyClaim,
    (reply_seq, last_seq): (Option<i64>, i64),
) -> Result<Exchange, StoreError>
where
    S: Messages + ?Sized,
{
    let mut user = None;
    let mut reply = None;
    let seqs: Vec<i64> = std::iter::once(claim.seq).chain(reply_seq).collect();
    for message in store.messages_at(key, &seqs)? {
        if message.seq == claim.seq {
            user = Some(message);
        } else {
            reply = Some(reply_of(message)?);
        }
    }
    let user = user.ok_or_else(|| locked::broken("a key's message is missing"))?;
    let reply = match (reply, reply_seq) {
        (Some(reply), _) => reply,
        (None, None) => Reply::human_handling(),
        (None, Some(_)) => return Err(locked::broken("a key's reply is missing")),
    };
    Ok(Exchange { session, last_seq, user, reply, replayed: true })
}

/// The visitor's message that a claim stands for.
pub(super) fn claimed<S>(store: &mut S, session: SessionRowId, claim: &IdempotencyClaim) -> Result<Message, StoreError>
where
    S: Messages + ?Sized,
{
    let found = store.messages_at(session, &[claim.seq])?.pop();
    found.ok_or_else(|| locked::broken("a key's message is missing"))
}

/// The reply that a stored row of the bot was part of.
fn reply_of(message: Message) -> Result<Reply, StoreError> {
    match message.detail {
        Detail::Bot { reply } => Ok(Reply { response: message.content.unwrap_or_default(), ..*reply }),
        Detail::User { .. } | Detail::Agent { .. } | Detail::Admin { .. } => {
            Err(locked::broken("a key's reply is not the bot's"))
        }
    }
}
