//! The job that gives the entries of a company their vectors.

use std::{collections::HashSet, sync::Arc, thread};

use encoder::{MAX_TOKENS, Model, Vector};
use jobs::{Job, Jobs as _};
use knowledge::{EntryText, EntryVectors as _, KnowledgeBase as _, TextHash, combine, entry_texts};
use storage::CompanyStore;
use tenancy::{
    CompanyCode, Fault, StoreError,
    access::{Caller as _, Housekeeper},
};

use super::LEASE;
use crate::{app::App, background};

/// Entries that are encoded and stored at a time. They take up to a few seconds of a processor.
const BATCH: usize = 16;

/// What is to be encoded of a company's knowledge.
struct Work {
    /// The texts of all entries.
    hashes: HashSet<TextHash>,
    /// Those without a vector.
    missing: Vec<EntryText>,
}

/// Encodes the entries without a vector, batch by batch, and publishes the vectors when all have one.
///
/// Each batch is stored by a transaction of its own, so a run that is cut off is continued by the next one. The run
/// ends early if another process has claimed the job.
///
/// # Errors
/// The store failed, or the model cannot be used.
pub(super) async fn run(app: &App, keeper: &Housekeeper, job: &mut Job) -> Result<(), StoreError> {
    let company = keeper.scope().company();
    let model = app.encoder.model().await.ok_or_else(|| StoreError::new(Fault::Broken, NoModel))?;
    let Work { hashes, missing } = plan(app, keeper, &model).await?;
    let encoded = missing.len();
    let mut rest = missing.into_iter();
    loop {
        let batch: Vec<EntryText> = rest.by_ref().take(BATCH).collect();
        let vectors = encode(app, company, &model, batch).await?;
        if rest.as_slice().is_empty() {
            // An earlier run may have stored vectors without publishing them.
            let is_changed = encoded > 0 || job.attempts > 1;
            finish(app, keeper, job, &model, vectors, hashes, is_changed).await?;
            break;
        }
        let (held, now, id) = (job.clone(), app.now(), model.id().to_owned());
        let stored = app.db.write(keeper.clone(), move |store| {
            store.put_vectors(&id, &vectors)?;
            store.renew(&held, now, LEASE)
        });
        match stored.await? {
            Some(renewed) => *job = renewed,
            None => return Ok(()),
        }
    }
    if encoded > 0 {
        tracing::info!(%company, entries = encoded, "entries were encoded");
    }
    Ok(())
}

/// Reads what the company knows and which vectors it has.
async fn plan(app: &App, keeper: &Housekeeper, model: &Model) -> Result<Work, StoreError> {
    let id = model.id().to_owned();
    // Read after the claim: a company that is renamed later enqueues the job again.
    let read = move |store: &mut CompanyStore<'_, Housekeeper>| {
        Ok::<_, StoreError>((store.company_name()?, store.chunks()?, store.vector_hashes(&id)?))
    };
    let (company_name, chunks, stored) = app.db.read(keeper.clone(), read).await?;
    let plan = move || {
        let mut hashes = HashSet::new();
        let is_missing = |text: &EntryText| hashes.insert(text.hash) && !stored.contains(&text.hash);
        let texts = chunks.iter().flat_map(|chunk| entry_texts(chunk, &company_name));
        let missing = texts.filter(is_missing).collect();
        Work { hashes, missing }
    };
    background::run_idle(plan).await
}

/// Encodes a batch. The process encodes one batch at a time, and serves companies round-robin.
async fn encode(
    app: &App,
    company: CompanyCode,
    model: &Arc<Model>,
    batch: Vec<EntryText>,
) -> Result<Vec<(TextHash, Vector)>, StoreError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let permit = app.encoder.batch(company).await?;
    let model = Arc::clone(model);
    let encode = move || {
        let encoded = batch.iter().map(|entry| {
            let vectors = entry.texts.each_ref().map(|text| {
                // Between two texts, threads that somebody waits for go first.
                thread::yield_now();
                model.encode(text, MAX_TOKENS)
            });
            (entry.hash, combine(&vectors))
        });
        let encoded = encoded.collect();
        // Held until the work is done, even if the job was dropped.
        drop(permit);
        encoded
    };
    background::run_idle(encode).await
}

/// Stores the last vectors, publishes all of them if there is something new, and ends the job. If it was not enqueued
/// again meanwhile, it also removes the vectors that no entry needs.
async fn finish(
    app: &App,
    keeper: &Housekeeper,
    job: &Job,
    model: &Model,
    vectors: Vec<(TextHash, Vector)>,
    hashes: HashSet<TextHash>,
    is_changed: bool,
) -> Result<(), StoreError> {
    let (job, model) = (job.clone(), model.id().to_owned());
    let finished = app.db.write(keeper.clone(), move |store| {
        store.put_vectors(&model, &vectors)?;
        // Before the job is touched: a change of the knowledge locks the company and then the job, too.
        if is_changed {
            store.publish_vectors()?;
        }
        if store.finish(&job)? {
            store.drop_other_vectors(&model, &hashes)?;
        }
        Ok(())
    });
    finished.await
}

#[derive(Debug, thiserror::Error)]
#[error("the model cannot be used")]
struct NoModel;
