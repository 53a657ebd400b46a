//! A turn whose answer a model writes.

use std::sync::Arc;

use chatbot::{ClaimState, Composition, IdempotencyKeys, Message, Messages, Reply, Session, Sessions, Side};
use tenancy::{
    SessionId, StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use super::{Ask, Exchange, TurnError, exchange};
use crate::{EventKind, Outbox, locked};

/// A turn whose message is stored and whose answer is being written.
#[derive(Debug)]
pub struct Composing {
    ask: Arc<Ask>,
    session: SessionId,
    bot_epoch: i64,
    user: Message,
    composition: Composition,
}

impl Composing {
    pub(super) fn new(
        ask: Arc<Ask>,
        session: SessionId,
        bot_epoch: i64,
        user: Message,
        composition: Composition,
    ) -> Self {
        Self { ask, session, bot_epoch, user, composition }
    }

    /// What the model is asked.
    pub fn composition(&self) -> &Composition {
        &self.composition
    }

    /// The session, for logs.
    pub fn session(&self) -> SessionId {
        self.session
    }
}

/// Stores the model's answer, or without one the fallback; nothing if a person
/// acted since the message was stored.
///
/// # Errors
/// [`TurnError::Raced`] if the session was deleted since.
pub fn finish<S>(
    store: &mut S,
    composing: Box<Composing>,
    outcome: Option<String>,
    now: Timestamp,
) -> Result<Box<Exchange>, TurnError>
where
    S: Sessions + IdempotencyKeys + Messages + Outbox + ActingAs<Visitor> + ?Sized,
{
    let Composing { ask, bot_epoch, user, composition, .. } = *composing;
    let session = store.lock(user.session)?.ok_or(TurnError::Raced)?.session;
    let key = ask.key.as_deref();
    // A repeat that came after the lease may have answered already.
    if let Some(exchange) = answered(store, &session, key)? {
        return Ok(Box::new(Exchange { replayed: false, ..exchange }));
    }
    let is_bots_turn = session.bot_epoch == bot_epoch && !session.status.is_escalated();
    let reply = is_bots_turn.then(|| composition.reply(outcome));
    Ok(Box::new(conclude(store, session, user, reply, key, now)?))
}

/// The exchange of a claim that is answered already. The caller holds the
/// session's lock, so what is not answered stays so.
pub(super) fn answered<S>(store: &mut S, session: &Session, key: Option<&str>) -> Result<Option<Exchange>, StoreError>
where
    S: IdempotencyKeys + Messages + ?Sized,
{
    let Some(key) = key else { return Ok(None) };
    let claim = store.claim(session.key, Side::Visitor, key)?;
    let claim = claim.ok_or_else(|| locked::broken("the claim of a running turn is missing"))?;
    match claim.state {
        ClaimState::Running { .. } => Ok(None),
        ClaimState::Done { reply_seq, last_seq } => {
            exchange::replay(store, session.id, session.key, &claim, (reply_seq, last_seq)).map(Some)
        }
    }
}

/// Stores the bot's row, if there is a reply, under the session's lock, and
/// completes the claim.
pub(super) fn conclude<S>(
    store: &mut S,
    mut session: Session,
    user: Message,
    reply: Option<Reply>,
    key: Option<&str>,
    now: Timestamp,
) -> Result<Exchange, StoreError>
where
    S: Sessions + IdempotencyKeys + Outbox + ?Sized,
{
    let mut last_seq = session.last_seq;
    let mut reply_seq = None;
    if let Some(reply) = &reply {
        let row = [exchange::bot_row(reply.clone())];
        session.updated_at = now;
        let (_, ids) = locked::write(store, &session, &row, now)?;
        let [row] = row;
        let id = ids.first().copied().ok_or_else(|| locked::broken("a stored message has no id"))?;
        last_seq += 1;
        reply_seq = Some(last_seq);
        let bot = exchange::stored(row, id, last_seq, session.key, Vec::new(), now);
        store.emit(session.id, EventKind::Message(Box::new(bot)));
    }
    if let Some(key) = key {
        store.update_claim(session.key, Side::Visitor, key, ClaimState::Done { reply_seq, last_seq })?;
    }
    let reply = reply.unwrap_or_else(Reply::human_handling);
    Ok(Exchange { session: session.id, user, reply, last_seq, replayed: false })
}
