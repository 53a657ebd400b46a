//! The first step: read what the turn stands on.

use std::{sync::Arc, time::Duration};

use attachments::Attachments;
use chatbot::{ClaimState, IdempotencyClaim, IdempotencyKeys, Messages, Sessions, Side};
use tenancy::{
    Timestamp,
    access::{ActingAs, Visitor},
};

use super::{Ask, Exchange, OPENING_WINDOW, Pending, TurnError, exchange};
use crate::{files, locked};

/// How soon a repeat is worth trying while the first request still composes.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What the first step found.
#[derive(Debug)]
pub enum Begun {
    /// The key was answered before: this is the answer.
    Replay(Box<Exchange>),
    /// A request with the key is being answered.
    InProgress {
        /// When a repeat is worth trying.
        retry_after: Duration,
    },
    /// The turn can go on.
    Ready(Box<Pending>),
}

/// Reads what a turn stands on and plans it, as far as that goes without
/// knowledge. Changes nothing.
///
/// A key whose first request never came to its end is taken up where that one
/// left it, after [`LEASE`](super::LEASE).
///
/// # Errors
/// [`TurnError`], but neither `Raced` nor `Busy`.
pub fn begin<S>(store: &mut S, ask: &Arc<Ask>, now: Timestamp) -> Result<Begun, TurnError>
where
    S: Sessions + IdempotencyKeys + Messages + Attachments + ActingAs<Visitor> + ?Sized,
{
    if ask.words().is_none() && ask.attachments.is_empty() {
        return Err(TurnError::Empty);
    }
    let known = match (store.caller().session(), ask.opening()) {
        (Some(access), _) => Some(access.row_id()),
        (None, Some((ip, key))) => store.opened(ip, key, now.minus(OPENING_WINDOW))?,
        (None, None) => None,
    };
    // A session that was deleted since the visitor was admitted is one that does not exist.
    let stored = match known {
        Some(key) => store.snapshot(Some(key), now)?,
        None => None,
    };
    let snapshot = match stored {
        Some(snapshot) => snapshot,
        None => store.snapshot(None, now)?.ok_or_else(|| locked::broken("a fresh session was refused"))?,
    };
    let session = &snapshot.session;
    let files = match ask.attachments.first() {
        Some(&first) if !session.is_stored() => return Err(TurnError::UnknownAttachment(first)),
        _ => files::named(store, session.key, &ask.attachments)?.map_err(TurnError::UnknownAttachment)?,
    };

    let hash = ask.key.as_ref().map(|_| ask.hash());
    let claim = match &ask.key {
        Some(key) if session.is_stored() => store.claim(session.key, Side::Visitor, key)?,
        _ => None,
    };
    let unanswered = match claim {
        None => None,
        Some(claim) if hash != Some(claim.body_hash) => return Err(TurnError::KeyReused),
        Some(claim @ IdempotencyClaim { state: ClaimState::Done { reply_seq, last_seq }, .. }) => {
            let exchange = exchange::replay(store, session.id, session.key, &claim, (reply_seq, last_seq))?;
            return Ok(Begun::Replay(Box::new(exchange)));
        }
        Some(IdempotencyClaim { state: ClaimState::Running { lease_until }, .. }) if now < lease_until => {
            return Ok(Begun::InProgress { retry_after: lease_until.since(now).min(RETRY_AFTER) });
        }
        Some(claim) => Some(exchange::claimed(store, session.key, &claim)?),
    };
    Ok(Begun::Ready(Box::new(Pending::new(ask.clone(), hash, files, snapshot, unanswered, now))))
}
