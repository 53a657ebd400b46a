//! The second write step, for a turn whose answer a model composes.

use std::sync::Arc;

use chatbot::{
    ClaimState, Composition, IdempotencyKeys, Message, Messages, Reply, Session, Sessions, Side, Snapshot,
    intake::collecting,
};
use tenancy::{
    SessionId, StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use super::{
    ask::Ask,
    error::TurnError,
    exchange::{self, Exchange},
};
use crate::{EventKind, Outbox, locked};

/// A turn whose visitor message is stored and whose answer is being composed.
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

    /// Returns the request to the model.
    pub fn composition(&self) -> &Composition {
        &self.composition
    }

    /// Returns the session's id, for logs.
    pub fn session(&self) -> SessionId {
        self.session
    }
}

/// Stores the model's answer, or the fallback if there is none.
///
/// Stores no answer if staff acted since the visitor's message was stored.
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
    let Snapshot { session, settings, .. } = store.lock(user.session)?.ok_or(TurnError::Raced)?;
    // After the lease, a repeated request may have answered the message already.
    if let Some(exchange) = answered(store, &session, &ask)? {
        return Ok(Box::new(Exchange { replayed: false, ..exchange }));
    }
    let is_for_the_bot = session.bot_answers() || collecting(&session, &settings).is_some();
    let bot_may_answer = session.bot_epoch == bot_epoch && is_for_the_bot;
    let reply = bot_may_answer.then(|| composition.reply(outcome));
    Ok(Box::new(conclude(store, session, user, reply, &ask, now)?))
}

/// Returns the exchange of a claim that is answered already.
///
/// The caller holds the session's lock, so no other call can answer it in between.
pub(super) fn answered<S>(store: &mut S, session: &Session, ask: &Ask) -> Result<Option<Exchange>, StoreError>
where
    S: IdempotencyKeys + Messages + ?Sized,
{
    let Some(key) = ask.key.as_deref() else { return Ok(None) };
    let claim = store.claim(session.key, Side::Visitor, key)?;
    let claim = claim.ok_or_else(|| locked::broken("the claim of a running turn is missing"))?;
    match claim.state {
        ClaimState::Running { .. } => Ok(None),
        ClaimState::Done { reply_seq, last_seq } => {
            exchange::replay(store, session, &claim, (reply_seq, last_seq)).map(Some)
        }
    }
}

/// Stores the bot's message, if there is a reply, and completes the claim. The caller holds the
/// session's lock.
pub(super) fn conclude<S>(
    store: &mut S,
    mut session: Session,
    user: Message,
    reply: Option<Reply>,
    ask: &Ask,
    now: Timestamp,
) -> Result<Exchange, StoreError>
where
    S: Sessions + IdempotencyKeys + Outbox + ?Sized,
{
    let mut last_seq = session.last_seq;
    let mut reply_seq = None;
    if let Some(reply) = &reply {
        session.updated_at = now;
        let bot = locked::write_message(store, &session, exchange::bot_message(reply.clone()), Vec::new(), now)?;
        last_seq = bot.seq;
        reply_seq = Some(last_seq);
        store.emit(session.id, EventKind::Message(Box::new(bot)));
    }
    if let Some(key) = ask.key.as_deref() {
        store.update_claim(session.key, Side::Visitor, key, ClaimState::Done { reply_seq, last_seq })?;
    }
    let reply = reply.unwrap_or_else(|| exchange::silence(exchange::told(ask, &session)));
    Ok(Exchange { session: session.id, user, reply, last_seq, replayed: false })
}
