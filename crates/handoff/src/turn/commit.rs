//! The write step: store the plan, if the rows it was made from have not changed.

use std::time::Duration;

use chatbot::{
    Act, ClaimState, Composition, Detail, ExpectedVersions, IdempotencyClaim, IdempotencyKeys, Message, Messages,
    NewMessage, Outcome, Plan, ProfileWrite, Profiles, Reply, Session, Sessions, Side,
};
use knowledge::unanswered::Misses;
use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use super::{
    ask::{Ask, OPENING_WINDOW},
    compose::{self, Composing},
    error::TurnError,
    exchange::{self, Exchange},
    gap::Gap,
    pending::Pending,
};
use crate::{EventKind, Handoffs, Opening, Opinions, Outbox, Priority, State, locked, opening};

/// How long a model may compose before a repeated request may finish the turn without it.
pub const LEASE: Duration = Duration::from_secs(30);

/// How long after its last call an agent counts as there.
pub const SEEN: Duration = Duration::from_secs(10 * 60);

/// The result of the write step.
#[derive(Debug)]
pub enum Committed {
    /// Everything is stored.
    Done(Box<Exchange>),
    /// The visitor's message is stored, and a model has to compose the answer.
    Compose(Box<Composing>),
    /// Nothing is stored: the rows have changed, and the new plan needs a knowledge search.
    Again(Box<Pending>),
}

/// Stores the visitor's message and the bot's answer in one transaction.
///
/// # Errors
/// [`TurnError::Raced`] if another call used the idempotency key or deleted the
/// session meanwhile. Then the transaction must not commit.
pub fn commit<S>(store: &mut S, mut pending: Box<Pending>, now: Timestamp) -> Result<Committed, TurnError>
where
    S: Sessions
        + IdempotencyKeys
        + Messages
        + Profiles
        + Opinions
        + Handoffs
        + Misses
        + Outbox
        + ActingAs<Visitor>
        + ?Sized,
{
    if pending.unanswered.is_some() {
        return resume(store, pending, now);
    }
    // A plan with a profile stores the profile before the conditional write of the session, which
    // must therefore not fail. Such plans are rare, so they are written under the lock.
    if let Some(plan) = pending.plan.take_if(|plan| plan.profile.is_none()) {
        let expected = pending.snapshot.expected_versions();
        if let Some(committed) = write(store, &mut pending, plan, expected, now)? {
            return Ok(committed);
        }
    }
    pending.refresh(store, now)?;
    let Some(plan) = pending.plan.take() else {
        return Ok(Committed::Again(pending));
    };
    let expected = ExpectedVersions { versions: None, ..pending.snapshot.expected_versions() };
    let committed = write(store, &mut pending, plan, expected, now)?;
    committed.ok_or_else(|| locked::broken("a locked session was changed by another transaction").into())
}

/// Writes a plan. Returns `None` and writes nothing if the rows do not have the expected versions.
fn write<S>(
    store: &mut S,
    pending: &mut Pending,
    plan: Plan,
    expected: ExpectedVersions,
    now: Timestamp,
) -> Result<Option<Committed>, TurnError>
where
    S: Sessions + IdempotencyKeys + Messages + Profiles + Opinions + Handoffs + Misses + Outbox + ?Sized,
{
    let gap = Gap::of(&pending.snapshot.session, &plan);
    let Plan { mut session, profile, act, .. } = plan;
    if let Some(profile) = profile {
        write_profile(store, &mut session, profile, now)?;
    }
    session.updated_at = now;
    if let Some(client) = &pending.ask.client {
        session.dialogue.client = Some(client.clone());
    }
    let Effects { reply, opening, composition } = Effects::of(store, &mut session, act, now)?;
    let told = exchange::told(&pending.ask, &session).filter(|_| reply.is_none());
    let Some((user, bot)) = append(store, pending, &session, told, reply.as_ref(), expected, now)? else {
        return Ok(None);
    };
    let reply_seq = bot.as_ref().map(|bot| bot.seq);
    let last_seq = reply_seq.unwrap_or(user.seq);
    gap.note(store, user.session, reply_seq, now)?;
    let state = match &composition {
        Some(_) => ClaimState::Running { lease_until: now.plus(LEASE) },
        None => ClaimState::Done { reply_seq, last_seq },
    };
    claim(store, pending, &user, state, now)?;
    store.emit(session.id, EventKind::Message(Box::new(user.clone())));
    if let Some(bot) = bot {
        store.emit(session.id, EventKind::Message(Box::new(bot)));
    }
    if let Some(opening) = opening {
        session.key = user.session;
        open_handoff(store, &session, opening, now)?;
    }
    Ok(Some(match composition {
        Some(composition) => {
            let ask = pending.ask.clone();
            Committed::Compose(Box::new(Composing::new(ask, session.id, session.bot_epoch, user, composition)))
        }
        None => {
            let reply = reply.unwrap_or_else(|| exchange::silence(told));
            Committed::Done(Box::new(Exchange { session: session.id, user, reply, last_seq, replayed: false }))
        }
    }))
}

/// What the bot's act leads to.
struct Effects {
    /// The bot's message.
    reply: Option<Reply>,
    /// The handoff to open.
    opening: Option<Opening>,
    /// The answer that a model has to compose.
    composition: Option<Composition>,
}

impl Effects {
    /// Decides what depends on who is there at the moment of the write.
    fn of<S>(store: &mut S, session: &mut Session, act: Act, now: Timestamp) -> Result<Self, StoreError>
    where
        S: Handoffs + ?Sized,
    {
        let none = Self { reply: None, opening: None, composition: None };
        Ok(match act {
            Act::Silent => none,
            Act::Say(reply) => Self { reply: Some(reply), ..none },
            Act::Escalate(escalation) => {
                let is_there = escalation.within_hours && store.agent_is_there(now.minus(SEEN))?;
                let reason = escalation.reason.clone();
                let opening = (!escalation.was_open).then_some(Opening { reason, priority: Priority::Medium });
                Self { reply: Some(escalation.settle(session, is_there)), opening, ..none }
            }
            Act::Compose(composition) => Self { composition: Some(composition), ..none },
        })
    }
}

/// Stores the visitor's profile and links it to the session. The caller holds the session's lock.
fn write_profile<S>(
    store: &mut S,
    session: &mut Session,
    profile: ProfileWrite,
    now: Timestamp,
) -> Result<(), StoreError>
where
    S: Profiles + ?Sized,
{
    let profile = match profile {
        ProfileWrite::New(profile) => profile,
        ProfileWrite::Change(change) => match store.profile_of(session.key)? {
            Some(profile) => change.of(profile.data()),
            None => return Ok(()),
        },
    };
    let stored = store.put_profile(session.key, &profile, now)?;
    session.profile = Some((stored.id, stored.name));
    Ok(())
}

/// Stores the session and appends the visitor's message and the bot's, if there is one.
///
/// Returns `None` and stores nothing if the rows do not have the expected versions.
fn append<S>(
    store: &mut S,
    pending: &mut Pending,
    session: &Session,
    told: Option<Outcome>,
    reply: Option<&Reply>,
    expected: ExpectedVersions,
    now: Timestamp,
) -> Result<Option<(Message, Option<Message>)>, StoreError>
where
    S: Sessions + ?Sized,
{
    let mut messages = Vec::with_capacity(2);
    messages.push(user_message(pending, told));
    messages.extend(reply.cloned().map(exchange::bot_message));
    let Some((row_id, ids)) = store.append(session, expected, &messages, now)? else {
        return Ok(None);
    };
    let mut stored = messages.into_iter().zip(ids).zip(session.last_seq + 1..);
    let ((user, id), seq) = stored.next().ok_or_else(|| locked::broken("a stored message has no id"))?;
    let user = locked::stored(user, id, seq, row_id, std::mem::take(&mut pending.files), now);
    let bot = stored.next().map(|((bot, id), seq)| locked::stored(bot, id, seq, row_id, Vec::new(), now));
    Ok(Some((user, bot)))
}

fn user_message(pending: &Pending, told: Option<Outcome>) -> NewMessage {
    let Ask { context, client_message_id, .. } = &*pending.ask;
    NewMessage {
        content: pending.ask.content().map(str::to_owned),
        detail: Detail::User { context: context.clone(), outcome: told },
        client_message_id: client_message_id.clone(),
        attachments: pending.files.iter().map(|file| file.id).collect(),
    }
}

/// Stores the claim of the idempotency key, and notes which session the key opened.
fn claim<S>(
    store: &mut S,
    pending: &Pending,
    user: &Message,
    state: ClaimState,
    now: Timestamp,
) -> Result<(), TurnError>
where
    S: IdempotencyKeys + ?Sized,
{
    let (Some(key), Some(body_hash)) = (pending.ask.key.as_deref(), pending.body_hash) else {
        return Ok(());
    };
    let claim = IdempotencyClaim { body_hash, seq: user.seq, state };
    if !store.insert_claim(user.session, Side::Visitor, key, &claim)? {
        return Err(TurnError::Raced);
    }
    if !pending.snapshot.session.is_stored()
        && let Some((ip, key)) = pending.ask.opening_key()
        && !store.note_opened(ip, key, user.session, now, now.minus(OPENING_WINDOW))?
    {
        return Err(TurnError::Raced);
    }
    Ok(())
}

/// Answers, without a model, a message that an earlier request stored and never answered.
fn resume<S>(store: &mut S, mut pending: Box<Pending>, now: Timestamp) -> Result<Committed, TurnError>
where
    S: Sessions + IdempotencyKeys + Messages + Profiles + Opinions + Handoffs + Misses + Outbox + ?Sized,
{
    pending.refresh(store, now)?;
    let ask = pending.ask.clone();
    let Some(user) = pending.unanswered.take() else { return Err(TurnError::Raced) };
    let session = &pending.snapshot.session;
    if let Some(exchange) = compose::answered(store, session, &ask)? {
        return Ok(Committed::Done(Box::new(exchange)));
    }
    // The message was for the bot to answer, so nobody had written since the last escalation then. Staff have acted if
    // somebody has now, or if a handoff was opened or closed since.
    let has_acted = session.person_acted
        || store.handoff_of(session.key)?.is_some_and(|handoff| {
            let closed_since = matches!(handoff.state, State::Resolved { at, .. } if at >= user.timestamp);
            handoff.escalated_at >= user.timestamp || closed_since
        });
    if has_acted {
        let exchange = compose::conclude(store, session.clone(), user, None, &ask, now)?;
        return Ok(Committed::Done(Box::new(exchange)));
    }
    let Some(plan) = pending.plan.take() else {
        pending.unanswered = Some(user);
        return Ok(Committed::Again(pending));
    };
    let gap = Gap::of(&pending.snapshot.session, &plan);
    let Plan { mut session, act, .. } = plan;
    let Effects { reply, opening, composition } = Effects::of(store, &mut session, act, now)?;
    let reply = reply.or(composition.map(|composition| composition.fallback));
    let is_answered = reply.is_some();
    let exchange = compose::conclude(store, session.clone(), user, reply, &ask, now)?;
    gap.note(store, session.key, is_answered.then_some(exchange.last_seq), now)?;
    if let Some(opening) = opening {
        open_handoff(store, &session, opening, now)?;
    }
    Ok(Committed::Done(Box::new(exchange)))
}

fn open_handoff<S>(store: &mut S, session: &Session, opening: Opening, now: Timestamp) -> Result<(), StoreError>
where
    S: Messages + Profiles + Opinions + Handoffs + Outbox + ?Sized,
{
    let handoff = opening::open(store, session, &opening, now)?.id;
    store.emit(session.id, EventKind::Escalated { handoff, reason: opening.reason, priority: opening.priority });
    Ok(())
}
