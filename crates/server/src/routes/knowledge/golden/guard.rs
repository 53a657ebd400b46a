//! Refuses changes of a company's knowledge that lose golden questions.

use std::sync::Arc;

use knowledge::{
    Chunk, Index, Meanings, Version,
    golden::{self, Comparison, Golden, MOST_LOST, Outcome, Proposal, PublishError, Quoted, Row, Said},
};
use serde_json::json;
use storage::CompanyStore;
use tenancy::{
    CompanyCode, Fault, GoldenId, StoreError, Timestamp,
    access::{Desk, Office, Refused, Staff, Supervisor},
    audit::Action,
};

use super::{
    super::{
        asking::{self, Asked, settings_of},
        target::{Target, is_set},
    },
    GoldenOutcome,
};
use crate::{
    app::{App, Failure, Output},
    background,
    fair::{PausablePermit, Permit},
    http::{
        code::Code,
        describe::{Parameter, parameter},
        error::ApiError,
        params::Params,
    },
    turn,
};

/// How often a change is compared again because the knowledge has changed meanwhile.
const MAX_ATTEMPTS: usize = 4;

/// Describes `force` in the query.
pub(in super::super) fn force() -> Parameter {
    parameter("force", "`true` to make the change even if golden questions are lost.", json!({ "type": "string" }))
}

/// Reads `force`, which counts in the body before it counts in the query.
///
/// # Errors
/// 400 for what is no boolean.
pub(in super::super) fn is_forced(params: &Params, sent: Option<bool>) -> Result<bool, ApiError> {
    sent.map_or_else(|| is_set(params, "force"), Ok)
}

/// Returns the refusal of a change that loses golden questions.
pub(in super::super) fn refusal(lost: &[GoldenOutcome]) -> ApiError {
    let message = "Golden questions that pass now would fail. Send force to make the change all the same.";
    ApiError::conflict(Code::GoldenLost, message).with("golden_lost", json!(lost))
}

/// A lost question, for the documentation.
pub(in super::super) fn example() -> GoldenOutcome {
    let golden = Golden {
        id: GoldenId::new(7),
        question: "When do you open?".to_owned(),
        expect: golden::Expect::Entry("open_001".to_owned()),
        created_at: Timestamp::from_micros(0),
    };
    let said = Said { quoted: Vec::<Quoted>::new(), confidence: 0.2 };
    Row { golden, said, outcome: Outcome::Unanswered, flips: None }.into()
}

/// What a change would lose of the knowledge at a version.
pub(in super::super) struct Compared {
    version: Version,
    /// At most [`MOST_LOST`].
    pub(in super::super) lost: Vec<GoldenOutcome>,
    /// Held until the change is made, so that the changes of a company do not make each other compare again.
    _permit: Permit,
}

/// Makes a change of a knowledge, unless it loses golden questions of the company. They are asked before the transaction,
/// of the knowledge as it is and as `propose` says that it will be; if the knowledge has changed when the transaction
/// begins, they are asked again.
///
/// Nothing is asked if the company has no golden questions, for the shared library, and if the change is forced.
///
/// # Errors
/// 409 with the questions that are lost, those of the change, and 404 for a company that does not exist.
pub(in super::super) async fn publish<T: Output, E: Failure>(
    app: &App,
    target: Target,
    supervisor: Supervisor,
    purpose: Action,
    is_forced: bool,
    propose: impl FnOnce(Version, &[Chunk]) -> Option<Proposal> + Clone + Send + 'static,
    change: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E> + Clone + Send + 'static,
) -> Result<T, ApiError>
where
    ApiError: From<E>,
{
    for _ in 0..MAX_ATTEMPTS {
        let staff = Staff::from(supervisor.clone());
        let compared = if is_forced { None } else { compare(app, target, staff, propose.clone()).await? };
        let version = compared.as_ref().map(|compared| compared.version);
        if let Some(Compared { lost, .. }) = compared.as_ref()
            && !lost.is_empty()
        {
            return Err(refusal(lost));
        }
        let change = change.clone();
        let publish = move |store: &mut CompanyStore<'_, Office>| golden::publish(store, version, change);
        match app.office_write(supervisor.clone(), target.place(), purpose, publish).await {
            Ok(published) => {
                let published = published.ok_or(Refused::CompanyNotFound)?;
                app.job_enqueued.notify_one();
                return Ok(published);
            }
            Err(PublishError::Change(error)) => return Err(error.into()),
            Err(PublishError::Moved) => {}
        }
    }
    Err(StoreError::new(Fault::Unavailable, Moving).into())
}

#[derive(Debug, thiserror::Error)]
#[error("the knowledge changes all the time")]
struct Moving;

/// Returns which golden questions a change would lose; `None` if there is none to lose: the company has none, or the
/// change is one of the shared library.
///
/// # Errors
/// 404 for a company that does not exist, and those of the store.
pub(in super::super) async fn compare(
    app: &App,
    target: Target,
    staff: Staff,
    propose: impl FnOnce(Version, &[Chunk]) -> Option<Proposal> + Send + 'static,
) -> Result<Option<Compared>, ApiError> {
    let Some(company) = target.company() else { return Ok(None) };
    let read = |store: &mut CompanyStore<'_, Desk>| {
        let golden = golden::all(store)?;
        if golden.is_empty() { Ok(None) } else { Ok(Some((golden, settings_of(store)?))) }
    };
    let Some((golden, (settings, keeper))) = target.read(app, staff, read).await? else { return Ok(None) };
    let permit = app.golden_permits.acquire(company).await?;
    let snapshot = app.indexes.snapshot(keeper.clone()).await?;
    let (version, encodes) = (snapshot.version, app.encoder.is_on());
    let comparison = background::run(move || Comparison::of(snapshot, encodes, propose)).await?;
    let lost = match comparison {
        None => Vec::new(),
        Some(comparison) => {
            let shared = if settings.use_shared_library { Some(library(app, company).await?) } else { None };
            let indexed = |index| Arc::new(Asked::new(keeper.clone(), settings.clone(), index, shared.clone()));
            let (before, after) = indexes(app, company, comparison).await?;
            lost(app, &indexed(before), &indexed(after), golden).await?
        }
    };
    Ok(Some(Compared { version, lost, _permit: permit }))
}

/// Builds the indexes before and after a change.
async fn indexes(
    app: &App,
    company: CompanyCode,
    mut comparison: Comparison,
) -> Result<(Arc<Index>, Arc<Index>), StoreError> {
    let vectors = app.encoder.wordings(company, comparison.take_missing()).await?;
    let (before, after) = background::run(move || comparison.indexes(vectors)).await?;
    Ok((Arc::new(before), Arc::new(after)))
}

/// Returns the index of the shared library.
async fn library(app: &App, company: CompanyCode) -> Result<Arc<Index>, StoreError> {
    let mut permit = PausablePermit::acquire(&app.turn_permits, company).await?;
    turn::library(app, company, &mut permit).await
}

/// Returns the first of the questions that pass before a change and not after it.
async fn lost(
    app: &App,
    before: &Arc<Asked>,
    after: &Arc<Asked>,
    golden: Vec<Golden>,
) -> Result<Vec<GoldenOutcome>, StoreError> {
    let ask = |asked: &Asked, golden: Golden, meanings: &Meanings| {
        let said = asked.search(&asked.settings).said(&golden.question, meanings);
        Row::new(golden, said, None, &asked.holdings)
    };
    let passed = asking::each(app, before, golden, ask).await?.into_iter().filter(Row::is_passed);
    let after = asking::each(app, after, passed.map(|row| row.golden).collect(), ask).await?;
    Ok(after.into_iter().filter(|row| !row.is_passed()).take(MOST_LOST).map(GoldenOutcome::from).collect())
}
