//! The job that gives the unanswered questions of a company their vectors.

use std::{sync::Arc, thread};

use encoder::{Model, Vector};
use jobs::{Job, Jobs as _};
use knowledge::unanswered::{self, Miss, Misses as _};
use tenancy::{
    CompanyCode, MissId, StoreError,
    access::{Caller as _, Housekeeper},
};

use super::lease::LEASE;
use crate::{app::App, background, encoder::QUESTION_TOKENS};

/// Questions that are encoded and stored at a time. They take up to half a second of a processor.
const BATCH: usize = 32;

/// Encodes the questions without a vector, batch by batch, each stored by a transaction of its own.
///
/// Only questions that a list would show are encoded. The run ends early if another process has claimed the job.
///
/// # Errors
/// The store failed, or the model cannot be used.
pub(super) async fn run(app: &App, keeper: &Housekeeper, job: &mut Job) -> Result<(), StoreError> {
    let company = keeper.scope().company();
    let model = app.encoder.needed_model().await?;
    let (id, now) = (model.id().to_owned(), app.now());
    let open = app.db.read(keeper.clone(), move |store| unanswered::open(store, Some(&id), now)).await?;
    let missing: Vec<Miss> = open.into_iter().filter(|miss| miss.vector.is_none()).collect();
    for batch in missing.chunks(BATCH) {
        let vectors = encode(app, company, &model, batch.to_vec()).await?;
        let (held, now, id) = (job.clone(), app.now(), model.id().to_owned());
        let stored = app.db.write(keeper.clone(), move |store| {
            store.put_miss_vectors(&id, &vectors)?;
            store.renew(&held, now, LEASE)
        });
        match stored.await? {
            Some(renewed) => *job = renewed,
            None => return Ok(()),
        }
    }
    let job = job.clone();
    app.db.write(keeper.clone(), move |store| store.finish(&job)).await?;
    Ok(())
}

/// Encodes a batch. The process encodes one batch at a time, and serves companies round-robin.
async fn encode(
    app: &App,
    company: CompanyCode,
    model: &Arc<Model>,
    batch: Vec<Miss>,
) -> Result<Vec<(MissId, Vector)>, StoreError> {
    let permit = app.encoder.batch(company).await?;
    let model = Arc::clone(model);
    let encode = move || {
        let encoded = batch.iter().map(|miss| {
            // Between two questions, threads that somebody waits for go first.
            thread::yield_now();
            (miss.id, model.encode(&miss.question, QUESTION_TOKENS))
        });
        let encoded = encoded.collect();
        // Held until the work is done, even if the job was dropped.
        drop(permit);
        encoded
    };
    background::run_idle(encode).await
}
