//! Runs chat turns. Each step of `handoff::turn` is a transaction. Between the steps, outside any
//! transaction, the company's knowledge is searched and the model is called.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use chatbot::{BotSettings, Found, Search, Snapshot};
use encoder::Vector;
use handoff::turn::{self as step, Ask, Begun, Committed, Composing, Exchange, MAX_ATTEMPTS, Pending, TurnError};
use knowledge::{Index, Meanings, Origin, Version, index::Ranking};
use tenancy::{
    CompanyCode, Fault, StoreError,
    access::{Caller as _, Housekeeper, Visitor},
};

use crate::{
    app::{App, run_to_completion},
    fair::PausablePermit,
};

/// The result of a visitor's message.
pub(crate) enum TurnOutcome {
    /// It was answered, by this request or by an earlier one with the same idempotency key.
    Done(Box<Exchange>),
    /// An earlier request with the same idempotency key is still running.
    InProgress {
        /// When to try again.
        retry_after: Duration,
    },
}

/// Answers a visitor's message.
///
/// The turn is completed even if the visitor disconnects, so that no message stays without a reply.
pub(crate) async fn take(app: web::Data<App>, visitor: Visitor, ask: Ask) -> Result<TurnOutcome, TurnError> {
    run_to_completion(async move { drive(&app, &visitor, ask).await }).await?
}

async fn drive(app: &App, visitor: &Visitor, ask: Ask) -> Result<TurnOutcome, TurnError> {
    let ask = Arc::new(ask);
    // Wait for this company's share first. Otherwise a company with many visitors would be ahead of
    // everyone else at each step.
    let permit = PausablePermit::acquire(&app.turn_permits, visitor.scope().company());
    // While the database is blocked, turns hold their permits until they are refused.
    let mut permit = tokio::time::timeout(app.database_wait, permit)
        .await
        .map_err(|late| StoreError::new(Fault::Unavailable, late))??;
    for _ in 0..MAX_ATTEMPTS {
        let (now, asked) = (app.now(), Arc::clone(&ask));
        let pending = match app.db.read(visitor.clone(), move |store| step::begin(store, &asked, now)).await? {
            Begun::Replay(exchange) => return Ok(TurnOutcome::Done(exchange)),
            Begun::InProgress { retry_after } => return Ok(TurnOutcome::InProgress { retry_after }),
            Begun::Ready(pending) => pending,
        };
        match commit(app, visitor, pending, &mut permit).await {
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
    permit: &mut PausablePermit<'_>,
) -> Result<Box<Exchange>, TurnError> {
    for _ in 0..MAX_ATTEMPTS {
        look_up(app, visitor, &mut pending, permit).await?;
        let now = app.now();
        match app.db.write(visitor.clone(), move |store| step::commit(store, pending, now)).await? {
            Committed::Done(exchange) => return Ok(exchange),
            Committed::Again(moved) => pending = moved,
            Committed::Compose(composing) => {
                // A model is slow, and waiting for it keeps nothing on this machine busy.
                permit.release();
                return compose(app, visitor, composing).await;
            }
        }
    }
    Err(TurnError::Busy)
}

/// Searches the company's knowledge, and the shared library if the company uses it, when the plan needs that.
async fn look_up(
    app: &App,
    visitor: &Visitor,
    pending: &mut Pending,
    permit: &mut PausablePermit<'_>,
) -> Result<(), TurnError> {
    while let Some((text, version, use_library)) = pending.wants_knowledge() {
        let text = text.to_owned();
        let keeper = Housekeeper::from(visitor.clone());
        let (own, library) = knowledge(app, &keeper, Version::new(version), use_library, permit).await?;
        let search = Search::new(&own, library.as_deref(), pending.settings(), pending.previous_question());
        let found = find_by(app, &keeper, search, &text).await;
        pending.supply(found);
    }
    Ok(())
}

/// Looks up a text in the knowledge of the keeper's company, as a turn does.
pub(crate) async fn find(
    app: &App,
    keeper: &Housekeeper,
    snapshot: &Snapshot,
    text: &str,
) -> Result<Found, StoreError> {
    let settings = &snapshot.settings;
    let mut permit = PausablePermit::acquire(&app.turn_permits, keeper.scope().company()).await?;
    let version = Version::new(snapshot.knowledge_version);
    let (own, library) = knowledge(app, keeper, version, settings.use_shared_library, &mut permit).await?;
    let search = Search::new(&own, library.as_deref(), settings, snapshot.session.dialogue.asked.as_deref());
    Ok(find_by(app, keeper, search, text).await)
}

/// Looks up a text in the knowledge of the keeper's company, as a turn does, and what else comes near.
pub(crate) async fn examine(
    app: &App,
    keeper: &Housekeeper,
    version: Version,
    settings: &BotSettings,
    text: &str,
    limit: usize,
) -> Result<(Found, Vec<(Origin, Ranking)>), StoreError> {
    let mut permit = PausablePermit::acquire(&app.turn_permits, keeper.scope().company()).await?;
    let (own, library) = knowledge(app, keeper, version, settings.use_shared_library, &mut permit).await?;
    let search = Search::new(&own, library.as_deref(), settings, None);
    let meanings = meanings(app, keeper, search, text, None).await;
    Ok((search.find(text, &meanings), search.rankings(text, &meanings, limit)))
}

async fn find_by(app: &App, keeper: &Housekeeper, search: Search<'_>, text: &str) -> Found {
    let meanings = meanings(app, keeper, search, text, None).await;
    search.find(text, &meanings)
}

/// Returns what a text means, if that is compared with anything. `known` is a text whose vector need not be computed.
pub(crate) async fn meanings(
    app: &App,
    keeper: &Housekeeper,
    search: Search<'_>,
    text: &str,
    known: Option<(&str, &Vector)>,
) -> Meanings {
    if search.compares_meaning(text) {
        app.encoder.meanings(keeper.scope().company(), known, |meanings| search.readings(text, meanings)).await
    } else {
        Meanings::default()
    }
}

/// Returns the index of a company, and that of the shared library if it is used.
pub(crate) async fn knowledge(
    app: &App,
    keeper: &Housekeeper,
    version: Version,
    use_library: bool,
    permit: &mut PausablePermit<'_>,
) -> Result<(Arc<Index>, Option<Arc<Index>>), StoreError> {
    let own = index(app, keeper.clone(), version, permit).await?;
    if !use_library {
        return Ok((own, None));
    }
    let library = library(app, keeper.scope().company(), permit).await?;
    Ok((own, Some(library)))
}

/// Returns the index of the shared library, for a company that asks.
pub(crate) async fn library(
    app: &App,
    asking: CompanyCode,
    permit: &mut PausablePermit<'_>,
) -> Result<Arc<Index>, StoreError> {
    let (library, version) = app.indexes.library(asking).await?;
    index(app, library, version, permit).await
}

/// Returns the index at this version or a later one. The permit is released while the index is built.
async fn index(
    app: &App,
    keeper: Housekeeper,
    version: Version,
    permit: &mut PausablePermit<'_>,
) -> Result<Arc<Index>, StoreError> {
    match app.indexes.peek(&keeper, version) {
        Some(index) => Ok(index),
        None => permit.release_during(app.indexes.build(keeper, version, app.now())).await,
    }
}

/// Calls the model with no transaction open. If the call fails, the visitor gets the extractive answer.
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
