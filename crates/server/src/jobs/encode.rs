//! The job that gives the entries of a company their vectors.

use std::{collections::HashSet, sync::Arc, thread};

use encoder::{MAX_TOKENS, Model, Vector};
use jobs::{Job, Jobs as _};
use knowledge::{Chunk, EntryText, EntryVectors as _, KnowledgeBase as _, TextHash, combine, entry_text, entry_texts};
use storage::CompanyStore;
use tenancy::{
    CompanyCode, StoreError,
    access::{Caller as _, Housekeeper},
};

use super::lease::LEASE;
use crate::{app::App, background};

/// Entries that are encoded and stored at a time. They take up to a few seconds of a processor.
const BATCH: usize = 16;

/// What is to be encoded of a company's knowledge.
struct Work {
    known: Arc<Known>,
    /// The texts of all entries.
    hashes: HashSet<TextHash>,
    /// Those without a vector.
    missing: Vec<Missing>,
}

/// What a company knows.
struct Known {
    company_name: String,
    chunks: Vec<Chunk>,
}

/// A wording without a vector. Its texts have the whole answer and are made when they are encoded: those of all
/// wordings can be many times the knowledge.
struct Missing {
    chunk: usize,
    /// Its place among the question and the alternatives of the chunk.
    wording: usize,
}

impl Work {
    fn of(known: Known, stored: &HashSet<TextHash>) -> Self {
        let (mut hashes, mut missing) = (HashSet::new(), Vec::new());
        for (at, chunk) in known.chunks.iter().enumerate() {
            for (wording, text) in entry_texts(chunk, &known.company_name).into_iter().enumerate() {
                if hashes.insert(text.hash) && !stored.contains(&text.hash) {
                    missing.push(Missing { chunk: at, wording });
                }
            }
        }
        Self { known: Arc::new(known), hashes, missing }
    }
}

impl Known {
    /// Returns the texts of a wording.
    fn text(&self, missing: &Missing) -> Option<EntryText> {
        entry_text(self.chunks.get(missing.chunk)?, &self.company_name, missing.wording)
    }

    /// Encodes wordings. Those of one entry follow each other and have one answer, which is encoded once.
    fn encode(&self, batch: &[Missing], mut vector: impl FnMut(&str) -> Vector) -> Vec<(TextHash, Vector)> {
        let mut answered: Option<(String, Vector)> = None;
        let mut encoded = Vec::with_capacity(batch.len());
        for EntryText { hash, texts: [both, question, answer] } in batch.iter().filter_map(|missing| self.text(missing))
        {
            let known = answered.take().filter(|(text, _)| *text == answer);
            let (answer, of_answer) = known.unwrap_or_else(|| {
                let of_answer = vector(&answer);
                (answer, of_answer)
            });
            encoded.push((hash, combine(&[vector(&both), vector(&question), of_answer.clone()])));
            answered = Some((answer, of_answer));
        }
        encoded
    }
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
    let model = app.encoder.needed_model().await?;
    let Work { known, hashes, missing } = plan(app, keeper, &model).await?;
    let encoded = missing.len();
    let mut rest = missing.into_iter();
    loop {
        let batch: Vec<Missing> = rest.by_ref().take(BATCH).collect();
        let vectors = encode(app, company, &model, &known, batch).await?;
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
    background::run_idle(move || Work::of(Known { company_name, chunks }, &stored)).await
}

/// Encodes a batch. The process encodes one batch at a time, and serves companies round-robin.
async fn encode(
    app: &App,
    company: CompanyCode,
    model: &Arc<Model>,
    known: &Arc<Known>,
    batch: Vec<Missing>,
) -> Result<Vec<(TextHash, Vector)>, StoreError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let permit = app.encoder.batch(company).await?;
    let (model, known) = (Arc::clone(model), Arc::clone(known));
    let encode = move || {
        let encoded = known.encode(&batch, |text| {
            // Between two texts, threads that somebody waits for go first.
            thread::yield_now();
            model.encode(text, MAX_TOKENS)
        });
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

#[cfg(test)]
mod tests {
    use knowledge::Document;
    use tenancy::DocumentId;

    use super::*;

    fn chunk(chunk_id: &str, question: &str) -> Chunk {
        Chunk {
            document: Document { id: DocumentId::new(1), title: "Guide".to_owned() },
            chunk_id: chunk_id.to_owned(),
            section: String::new(),
            question: question.to_owned(),
            alternatives: vec!["At what time?".to_owned()],
            answer: "Tesla opens at nine.".to_owned(),
            page: 0,
            position: 1,
        }
    }

    #[test]
    fn the_texts_of_what_is_missing_are_those_that_have_its_hash() {
        let known =
            || Known { company_name: "Tesla".to_owned(), chunks: vec![chunk("1", "When?"), chunk("2", "How?")] };
        let texts: Vec<_> = known().chunks.iter().flat_map(|chunk| entry_texts(chunk, "Tesla")).collect();
        let work = Work::of(known(), &HashSet::from([texts[0].hash]));
        assert_eq!(work.hashes.len(), 3);
        let missing: Vec<_> = work.missing.iter().map(|it| work.known.text(it).unwrap()).collect();
        // The alternative of both entries has one hash, as they have one answer.
        assert_eq!(missing, [texts[1].clone(), texts[2].clone()]);
    }

    #[test]
    fn the_answer_of_an_entry_is_encoded_once() {
        let other = Chunk { answer: "At noon.".to_owned(), ..chunk("2", "How?") };
        let known = Known { company_name: "Tesla".to_owned(), chunks: vec![chunk("1", "When?"), other] };
        let hashes: Vec<_> = known.chunks.iter().flat_map(|it| entry_texts(it, "Tesla")).map(|it| it.hash).collect();
        let work = Work::of(known, &HashSet::new());
        let mut read = Vec::new();
        let vector = |text: &str| {
            read.push(text.to_owned());
            Vector::unit(&[1.0; 384])
        };
        let encoded = work.known.encode(&work.missing, vector);
        assert_eq!(encoded.iter().map(|(hash, _)| *hash).collect::<Vec<_>>(), hashes);
        let answers = |answer: &str| read.iter().filter(|text| *text == answer).count();
        assert_eq!((read.len(), answers("we opens at nine."), answers("At noon.")), (10, 1, 1));
    }
}
