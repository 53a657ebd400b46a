//! The write step: store what was planned, if it still stands.

use chatbot::{
    Act, ClaimState, Detail, ExpectedVersions, IdempotencyClaim, IdempotencyKeys, Messages, NewMessage, Plan, Profiles,
    Sessions, Side,
};
use tenancy::{
    SessionId, SessionRowId, StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use super::{Ask, Composing, Exchange, LEASE, OPENING_WINDOW, Pending, TurnError, compose, exchange};
use crate::{EventKind, Handoffs, Opening, Outbox, Priority, locked};

/// What the write step came to.
#[derive(Debug)]
pub enum Committed {
    /// All is stored.
    Done(Box<Exchange>),
    /// The visitor's message is stored; a model is to write the answer.
    Compose(Box<Composing>),
    /// Nothing is stored: the rows moved, and the new plan wants knowledge.
    Again(Box<Pending>),
}

/// Stores the visitor's message and what the bot does about it, in one
/// transaction.
///
/// # Errors
/// [`TurnError::Raced`] if another call used the key or deleted the session
/// since; the transaction must not commit then.
pub fn commit<S>(store: &mut S, mut pending: Box<Pending>, now: Timestamp) -> Result<Committed, TurnError>
where
    S: Sessions + IdempotencyKeys + Messages + Profiles + Handoffs + Outbox + ActingAs<Visitor> + ?Sized,
{
    if pending.stored.is_some() {
        return resume(store, pending, now);
    }
    // A finished intake stores a profile before the session that links it, so it must not fail halfway: it is
    // rare enough to be written under the lock.
    if let Some(plan) = pending.plan.take_if(|plan| plan.profile.is_none()) {
        let basis = pending.snapshot.expected_versions();
        if let Some(committed) = write(store, &mut pending, plan, basis, now)? {
            return Ok(committed);
        }
    }
    pending.renew(store, now)?;
    let Some(plan) = pending.plan.take() else {
        return Ok(Committed::Again(pending));
    };
    let basis = ExpectedVersions { versions: None, ..pending.snapshot.expected_versions() };
    let committed = write(store, &mut pending, plan, basis, now)?;
    committed.ok_or_else(|| locked::broken("a locked session moved").into())
}

/// Writes a plan; `None`, and nothing is written, if the rows are not as `basis` says.
fn write<S>(
    store: &mut S,
    pending: &mut Pending,
    plan: Plan,
    basis: ExpectedVersions,
    now: Timestamp,
) -> Result<Option<Committed>, TurnError>
where
    S: Sessions + IdempotencyKeys + Profiles + Handoffs + Outbox + ?Sized,
{
    let Plan { mut session, profile, act } = plan;
    if let Some(profile) = &profile {
        let profile = store.put_profile(session.key, profile, now)?;
        session.profile = Some((profile.id, profile.name));
    }
    session.updated_at = now;
    let (reply, opening, composition) = match act {
        Act::Silent => (None, None, None),
        Act::Say(reply) => (Some(reply), None, None),
        Act::Escalate { reply, reason } => (Some(reply), Some(by_phrase(reason)), None),
        Act::Compose(composition) => (None, None, Some(composition)),
    };

    let mut rows = Vec::with_capacity(2);
    rows.push(user_row(pending));
    rows.extend(reply.clone().map(exchange::bot_row));
    let Some((key, ids)) = store.append(&session, basis, &rows, now)? else {
        return Ok(None);
    };
    let mut rows = rows.into_iter().zip(ids).zip(session.last_seq + 1..);
    let ((user, id), seq) = rows.next().ok_or_else(|| locked::broken("a stored message has no id"))?;
    let user = exchange::stored(user, id, seq, key, std::mem::take(&mut pending.files), now);
    let bot = rows.next().map(|((bot, id), seq)| exchange::stored(bot, id, seq, key, Vec::new(), now));
    let reply_seq = bot.as_ref().map(|bot| bot.seq);

    let state = match &composition {
        Some(_) => ClaimState::Running { lease_until: now.plus(LEASE) },
        None => ClaimState::Done { reply_seq, last_seq: reply_seq.unwrap_or(user.seq) },
    };
    claim(store, pending, key, user.seq, state, now)?;

    store.emit(session.id, EventKind::Message(Box::new(user.clone())));
    if let Some(bot) = bot {
        store.emit(session.id, EventKind::Message(Box::new(bot)));
    }
    if let Some(opening) = opening {
        open(store, session.id, key, opening, now)?;
    }
    Ok(Some(match composition {
        Some(composition) => {
            let asked = pending.ask.clone();
            Committed::Compose(Box::new(Composing::new(asked, session.id, session.bot_epoch, user, composition)))
        }
        None => Committed::Done(Box::new(Exchange {
            session: session.id,
            last_seq: reply_seq.unwrap_or(user.seq),
            user,
            reply: reply.unwrap_or_else(chatbot::Reply::human_handling),
            replayed: false,
        })),
    }))
}

/// Answers a message whose first request was not heard of again, without a model.
fn resume<S>(store: &mut S, mut pending: Box<Pending>, now: Timestamp) -> Result<Committed, TurnError>
where
    S: Sessions + IdempotencyKeys + Messages + Handoffs + Outbox + ?Sized,
{
    pending.renew(store, now)?;
    let ask = pending.ask.clone();
    let (Some(user), Some(key)) = (pending.stored.take(), ask.key.as_deref()) else {
        return Err(TurnError::Raced);
    };
    let session = &pending.snapshot.session;
    if let Some(exchange) = compose::answered(store, session, Some(key))? {
        return Ok(Committed::Done(Box::new(exchange)));
    }
    // The message was the bot's to answer, so no handoff was open. People act only after one was opened.
    let taken = store.handoff_of(session.key)?.is_some_and(|handoff| handoff.escalated_at >= user.timestamp);
    if taken {
        let exchange = compose::conclude(store, session.clone(), user, None, Some(key), now)?;
        return Ok(Committed::Done(Box::new(exchange)));
    }
    let Some(Plan { session, act, .. }) = pending.plan.take() else {
        pending.stored = Some(user);
        return Ok(Committed::Again(pending));
    };
    let (reply, opening) = match act {
        Act::Silent => (None, None),
        Act::Say(reply) => (Some(reply), None),
        Act::Escalate { reply, reason } => (Some(reply), Some(by_phrase(reason))),
        Act::Compose(composition) => (Some(composition.fallback), None),
    };
    let (id, session_key) = (session.id, session.key);
    let exchange = compose::conclude(store, session, user, reply, Some(key), now)?;
    if let Some(opening) = opening {
        open(store, id, session_key, opening, now)?;
    }
    Ok(Committed::Done(Box::new(exchange)))
}

/// Stores the claim of the turn's key, and notes the session that it made.
fn claim<S>(
    store: &mut S,
    pending: &Pending,
    session: SessionRowId,
    seq: i64,
    state: ClaimState,
    now: Timestamp,
) -> Result<(), TurnError>
where
    S: IdempotencyKeys + ?Sized,
{
    let (Some(key), Some(body_hash)) = (pending.ask.key.as_deref(), pending.hash) else {
        return Ok(());
    };
    if !store.insert_claim(session, Side::Visitor, key, &IdempotencyClaim { body_hash, seq, state })? {
        return Err(TurnError::Raced);
    }
    if !pending.snapshot.session.is_stored()
        && let Some((ip, key)) = pending.ask.opening()
        && !store.note_opened(ip, key, session, now, now.minus(OPENING_WINDOW))?
    {
        return Err(TurnError::Raced);
    }
    Ok(())
}

fn user_row(pending: &Pending) -> NewMessage {
    let Ask { context, client_message_id, .. } = &*pending.ask;
    NewMessage {
        content: pending.ask.words().map(str::to_owned),
        detail: Detail::User { context: context.clone() },
        client_message_id: client_message_id.clone(),
        attachments: pending.files.iter().map(|file| file.id).collect(),
    }
}

fn by_phrase(reason: String) -> Opening {
    Opening { reason, priority: Priority::Medium }
}

fn open<S>(
    store: &mut S,
    session: SessionId,
    key: SessionRowId,
    opening: Opening,
    now: Timestamp,
) -> Result<(), StoreError>
where
    S: Handoffs + Outbox + ?Sized,
{
    let handoff = store.open_handoff(key, &opening, now)?.id;
    store.emit(session, EventKind::Escalated { handoff, reason: opening.reason, priority: opening.priority });
    Ok(())
}
