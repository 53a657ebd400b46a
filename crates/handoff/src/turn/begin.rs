//! The first step: read the rows that the turn depends on.

use std::{sync::Arc, time::Duration};

use attachments::Attachments;
use chatbot::{ClaimState, IdempotencyClaim, IdempotencyKeys, Messages, Session, Sessions, Side, Snapshot};
use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Visitor},
};

use super::{
    ask::{Ask, OPENING_WINDOW},
    error::TurnError,
    exchange::{self, Exchange},
    pending::Pending,
};
use crate::{files, locked};

/// How soon to retry while the first request is still composing.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The result of the first step.
#[derive(Debug)]
pub enum Begun {
    /// The idempotency key was answered before. This is that answer.
    Replay(Box<Exchange>),
    /// An earlier request with the idempotency key is being answered.
    InProgress {
        /// How long to wait before a retry.
        retry_after: Duration,
    },
    /// The turn can continue.
    Ready(Box<Pending>),
}

/// Reads the rows that a turn depends on and plans it, unless planning needs a knowledge search.
///
/// Changes nothing. If the first request with an idempotency key stored its message
/// but never answered it, a repeat continues that turn after [`LEASE`](super::LEASE).
///
/// # Errors
/// [`TurnError`], but neither `Raced` nor `Busy`.
pub fn begin<S>(store: &mut S, ask: &Arc<Ask>, now: Timestamp) -> Result<Begun, TurnError>
where
    S: Sessions + IdempotencyKeys + Messages + Attachments + ActingAs<Visitor> + ?Sized,
{
    if ask.content().is_none() && ask.attachments.is_empty() {
        return Err(TurnError::Empty);
    }
    let snapshot = snapshot(store, ask, now)?;
    let session = &snapshot.session;
    let files = match ask.attachments.first() {
        Some(&first) if !session.is_stored() => return Err(TurnError::UnknownAttachment(first)),
        _ => files::by_ids(store, session.key, &ask.attachments)?.map_err(TurnError::UnknownAttachment)?,
    };
    let body_hash = ask.key.as_ref().map(|_| ask.body_hash());
    let unanswered = match claim(store, session, ask)? {
        None => None,
        Some(claim) if body_hash != Some(claim.body_hash) => return Err(TurnError::KeyReused),
        Some(claim @ IdempotencyClaim { state: ClaimState::Done { reply_seq, last_seq }, .. }) => {
            let exchange = exchange::replay(store, session, &claim, (reply_seq, last_seq))?;
            return Ok(Begun::Replay(Box::new(exchange)));
        }
        Some(IdempotencyClaim { state: ClaimState::Running { lease_until }, .. }) if now < lease_until => {
            return Ok(Begun::InProgress { retry_after: lease_until.since(now).min(RETRY_AFTER) });
        }
        Some(claim) => Some(exchange::claimed(store, session.key, &claim)?),
    };
    Ok(Begun::Ready(Box::new(Pending::new(ask.clone(), body_hash, files, snapshot, unanswered, now))))
}

/// Reads the visitor's session, or makes a fresh one.
fn snapshot<S>(store: &mut S, ask: &Ask, now: Timestamp) -> Result<Snapshot, StoreError>
where
    S: Sessions + IdempotencyKeys + ActingAs<Visitor> + ?Sized,
{
    let row_id = match (store.caller().session(), ask.opening_key()) {
        (Some(access), _) => Some(access.row_id()),
        (None, Some((ip, key))) => store.opened(ip, key, now.minus(OPENING_WINDOW))?,
        (None, None) => None,
    };
    // The session may have been deleted since the visitor was admitted. Then a fresh one takes its place.
    if let Some(row_id) = row_id
        && let Some(snapshot) = store.snapshot(Some(row_id), now)?
    {
        return Ok(snapshot);
    }
    store.snapshot(None, now)?.ok_or_else(|| locked::broken("no snapshot for a fresh session"))
}

/// Reads the claim of the idempotency key, if the key was used in this session.
fn claim<S>(store: &mut S, session: &Session, ask: &Ask) -> Result<Option<IdempotencyClaim>, StoreError>
where
    S: IdempotencyKeys + ?Sized,
{
    match &ask.key {
        Some(key) if session.is_stored() => store.claim(session.key, Side::Visitor, key),
        _ => Ok(None),
    }
}
