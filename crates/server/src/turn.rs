//! The chat turn as the server drives it: steps in transactions, and between
//! them, outside any, the look into knowledge and the call of a model.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use chatbot::Found;
use handoff::turn::{self as step, Ask, Begun, Committed, Composing, Exchange, MAX_ATTEMPTS, Pending, TurnError};
use knowledge::{Index, Version};
use tenancy::{
    Fault, StoreError,
    access::{Caller as _, Housekeeper, Visitor},
};

use crate::{
    app::{App, to_the_end},
    fair::PausablePermit,
};

/// What became of a visitor's message.
pub(crate) enum TurnOutcome {
    /// It was answered, now or by an earlier request with its key.
    Done(Box<Exchange>),
    /// An earlier request with its key is still being answered.
    InProgress {
        /// When a repeat is worth trying.
        retry_after: Duration,
    },
}

/// Answers a visitor's message.
///
/// A visitor who goes away meanwhile is answered all the same, so that no message stays without
/// a reply.
pub(crate) async fn take(app: web::Data<App>, visitor: Visitor, ask: Ask) -> Result<TurnOutcome, TurnError> {
    to_the_end(async move { drive(&app, &visitor, ask).await }).await?
}

async fn drive(app: &App, visitor: &Visitor, ask: Ask) -> Result<TurnOutcome, TurnError> {
    let ask = Arc::new(ask);
    // In its company's turn; otherwise who has many visitors would stand before everybody else at
    // every step.
    let permit = PausablePermit::acquire(&app.turn_permits, visitor.scope().company());
    // While the database is blocked, turns hold their permits until they are refused.
    let mut turn = tokio::time::timeout(app.database_wait, permit)
        .await
        .map_err(|late| StoreError::new(Fault::Unavailable, late))??;
    for _ in 0..MAX_ATTEMPTS {
        let (now, asked) = (app.now(), Arc::clone(&ask));
        let pending = match app.db.read(visitor.clone(), move |store| step::begin(store, &asked, now)).await? {
            Begun::Replay(exchange) => return Ok(TurnOutcome::Done(exchange)),
            Begun::InProgress { retry_after } => return Ok(TurnOutcome::InProgress { retry_after }),
            Begun::Ready(pending) => pending,
        };
        match commit(app, visitor, pending, &mut turn).await {
            Err(TurnError::Raced) => {}
            Ok(exchange) => return Ok(TurnOutcome::Done(exchange)),
            Err(error) => return Err(error),
        }
    }
    Err(TurnError::Busy)
}

async fn commit(
    app: &App,
    visitor: &Visitor,
    mut pending: Box<Pending>,
    turn: &mut PausablePermit<'_>,
) -> Result<Box<Exchange>, TurnError> {
    for _ in 0..MAX_ATTEMPTS {
        look_up(app, visitor, &mut pending, turn).await?;
        let now = app.now();
        match app.db.write(visitor.clone(), move |store| step::commit(store, pending, now)).await? {
            Committed::Done(exchange) => return Ok(exchange),
            Committed::Again(moved) => pending = moved,
            Committed::Compose(composing) => {
                // A model takes its time, and nothing here is kept busy by it.
                turn.release();
                return compose(app, visitor, composing).await;
            }
        }
    }
    Err(TurnError::Busy)
}

/// Looks into the company's knowledge, if the plan wants it.
async fn look_up(
    app: &App,
    visitor: &Visitor,
    pending: &mut Pending,
    turn: &mut PausablePermit<'_>,
) -> Result<(), TurnError> {
    let Some((_, version, use_library)) = pending.wants_knowledge() else { return Ok(()) };
    let own = index(app, Housekeeper::from(visitor.clone()), Version::new(version), turn).await?;
    let library = if use_library {
        let (keeper, version) = app.indexes.library(visitor.scope().company()).await?;
        Some(index(app, keeper, version, turn).await?)
    } else {
        None
    };
    let found =
        pending.wants_knowledge().map(|(text, ..)| Found::look_up(&own, library.as_deref(), text, pending.settings()));
    if let Some(found) = found {
        pending.supply(found);
    }
    Ok(())
}

/// The index at this version or a later one. While one is built, others are answered.
async fn index(
    app: &App,
    keeper: Housekeeper,
    version: Version,
    turn: &mut PausablePermit<'_>,
) -> Result<Arc<Index>, StoreError> {
    match app.indexes.peek(&keeper, version) {
        Some(index) => Ok(index),
        None => turn.release_during(app.indexes.build(keeper, version)).await,
    }
}

/// Asks the model with no transaction open. Whatever goes wrong there, the visitor
/// gets the extractive answer.
async fn compose(app: &App, visitor: &Visitor, composing: Box<Composing>) -> Result<Box<Exchange>, TurnError> {
    let text = match &app.model {
        Some(model) => match model.complete(composing.composition().prompt().clone()).await {
            Ok(completion) => Some(completion.text),
            Err(error) => {
                tracing::warn!(
                    session = %composing.session(),
                    error = crate::logging::chain(&error),
                    "the model gave no answer"
                );
                None
            }
        },
        None => None,
    };
    let now = app.now();
    app.db.write(visitor.clone(), move |store| step::finish(store, composing, text, now)).await
}
