//! The model that turns texts into vectors of their meaning.

use std::sync::Arc;

use encoder::{MAX_TOKENS, Model, Vector};
use knowledge::{EntryText, Meanings, Speller, TextHash, combine, confidence};
use moka::sync::Cache;
use tenancy::{CompanyCode, Fault, StoreError};
use tokio::sync::OnceCell;

use crate::{
    background,
    fair::{FairSemaphore, Permit, Share},
};

/// Maximum number of tokens of a question that are read. It bounds the time of one question.
pub(crate) const QUESTION_TOKENS: usize = 128;

/// Maximum number of texts that are encoded for one message.
const TEXTS: usize = 8;

/// Wordings of entries that are encoded at a time while a caller waits.
const WORDINGS: usize = 4;

/// The number of recent questions whose vectors are kept. Each takes about 0.6 KB.
const RECENT: u64 = 2_000;

/// Maximum number of a company's questions that wait to be encoded. Further ones are searched by their words alone.
const WAITING: usize = 100;

/// The model, of which the embedded one is read at the first need, and the vectors of recent questions.
pub(crate) struct Encoder {
    /// `None` if it is switched off.
    on: Option<On>,
    batches: FairSemaphore,
}

struct On {
    id: String,
    /// Whether it is the model that the program carries.
    is_embedded: bool,
    loaded: OnceCell<Loaded>,
    permits: FairSemaphore,
    recent: Cache<(CompanyCode, String), Vector>,
}

struct Loaded {
    model: Arc<Model>,
    /// Empty, with what every question needs of the model.
    meanings: Meanings,
}

impl Loaded {
    fn new(model: Model) -> Self {
        let meanings = Meanings::new(Arc::new(Speller::new(model.words())), confidence::weights_of(&model));
        Self { model: Arc::new(model), meanings }
    }
}

impl Encoder {
    /// Creates an encoder that never has a model, so that words alone are searched.
    pub(crate) fn off() -> Self {
        let one = Share { all: 1, each: 1, alone: 1, waiting: 1_000 };
        Self { on: None, batches: FairSemaphore::new(one) }
    }

    /// Creates an encoder with the model that the program carries, which works for this number of messages at a time.
    pub(crate) fn embedded(messages: usize) -> Self {
        Self::on(Model::embedded_id(), true, OnceCell::new(), messages)
    }

    /// Creates an encoder with another model.
    pub(crate) fn with(model: Model, messages: usize) -> Self {
        if confidence::weights_of(&model).is_none() {
            tracing::warn!(model = model.name(), "the model has no weights of the confidence");
        }
        let (id, is_embedded) = (model.id().to_owned(), model.id() == Model::embedded_id());
        Self::on(id, is_embedded, OnceCell::new_with(Some(Loaded::new(model))), messages)
    }

    fn on(id: String, is_embedded: bool, loaded: OnceCell<Loaded>, messages: usize) -> Self {
        let share = Share { all: messages, each: messages.div_ceil(2), alone: messages, waiting: WAITING };
        let on = On { id, is_embedded, loaded, permits: FairSemaphore::new(share), recent: Cache::new(RECENT) };
        Self { on: Some(on), ..Self::off() }
    }

    /// Returns whether the installation wants vectors.
    pub(crate) const fn is_on(&self) -> bool {
        self.on.is_some()
    }

    /// Returns the id of the model, by which vectors are stored; `None` if the encoder is off.
    pub(crate) fn model_id(&self) -> Option<&str> {
        self.on.as_ref().map(|on| on.id.as_str())
    }

    /// Returns the id of the model if its vectors tell which questions mean the same. From which cosine on they do is known
    /// of the embedded model only.
    pub(crate) fn grouping_model_id(&self) -> Option<&str> {
        self.on.as_ref().filter(|on| on.is_embedded).map(|on| on.id.as_str())
    }

    /// Waits until a batch of a company's entries may be encoded: one batch at a time.
    ///
    /// # Errors
    /// Only if a thousand batches of the company wait.
    pub(crate) async fn batch(&self, company: CompanyCode) -> Result<Permit, StoreError> {
        self.batches.acquire(company).await
    }

    /// Returns the model. The first call reads it, which takes about 0.2 s; other calls wait for it. `None` if
    /// the encoder is off, or if the model cannot be read, which is logged.
    pub(crate) async fn model(&self) -> Option<Arc<Model>> {
        match self.on.as_ref()?.loaded().await {
            Ok(loaded) => Some(Arc::clone(&loaded.model)),
            Err(error) => {
                tracing::error!(error = crate::logging::chain(&error), "the encoder's model was not read");
                None
            }
        }
    }

    /// Returns the model, for work that cannot be done without it.
    ///
    /// # Errors
    /// There is none; see [`Encoder::model`].
    pub(crate) async fn needed_model(&self) -> Result<Arc<Model>, StoreError> {
        self.model().await.ok_or_else(|| StoreError::new(Fault::Broken, NoModel))
    }

    /// Computes the vectors of wordings that a caller waits for, a few at a time. None if the encoder is off.
    ///
    /// # Errors
    /// The model cannot be read, or too many callers of the company wait.
    pub(crate) async fn wordings(
        &self,
        company: CompanyCode,
        texts: Vec<EntryText>,
    ) -> Result<Vec<(TextHash, Vector)>, StoreError> {
        let Some(on) = self.on.as_ref().filter(|_| !texts.is_empty()) else { return Ok(Vec::new()) };
        let model = &on.loaded().await?.model;
        let mut encoded = Vec::with_capacity(texts.len());
        let mut rest = texts.into_iter();
        while !rest.as_slice().is_empty() {
            let batch: Vec<EntryText> = rest.by_ref().take(WORDINGS).collect();
            let permit = on.permits.acquire(company).await?;
            let model = Arc::clone(model);
            let encode = move || {
                let vector = |EntryText { hash, texts }: EntryText| {
                    (hash, combine(&texts.map(|text| model.encode(&text, MAX_TOKENS))))
                };
                let encoded: Vec<_> = batch.into_iter().map(vector).collect();
                // Held until the work is done, even if the caller has disconnected.
                drop(permit);
                encoded
            };
            encoded.extend(background::run(encode).await?);
        }
        Ok(encoded)
    }

    /// Returns the vectors of the texts that `readings` names. That of the text in `known` need not be computed. If they cannot be computed now, there are fewer of them
    /// or none: the search then compares words.
    pub(crate) async fn meanings(
        &self,
        company: CompanyCode,
        known: Option<(&str, &Vector)>,
        readings: impl FnOnce(&Meanings) -> Vec<String>,
    ) -> Meanings {
        let Some(on) = &self.on else { return Meanings::default() };
        match on.meanings(company, known, readings).await {
            Ok(meanings) => meanings,
            Err(error) => {
                tracing::warn!(%company, error = crate::logging::chain(&error), "a question was not encoded");
                Meanings::default()
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the model cannot be used")]
struct NoModel;

impl On {
    async fn loaded(&self) -> Result<&Loaded, StoreError> {
        let read = || Ok(Loaded::new(Model::embedded()?));
        let read = || async {
            let loaded: Result<_, encoder::ModelError> = background::run(read).await?;
            loaded.map_err(|error| StoreError::new(Fault::Broken, error))
        };
        self.loaded.get_or_try_init(read).await
    }

    async fn meanings(
        &self,
        company: CompanyCode,
        known: Option<(&str, &Vector)>,
        readings: impl FnOnce(&Meanings) -> Vec<String>,
    ) -> Result<Meanings, StoreError> {
        let loaded = self.loaded().await?;
        let mut meanings = loaded.meanings.clone();
        let mut missing = Vec::new();
        for text in readings(&meanings).into_iter().take(TEXTS) {
            let known = known.filter(|(known, _)| *known == text).map(|(_, vector)| vector.clone());
            match known.or_else(|| self.recent.get(&(company, text.clone()))) {
                Some(vector) => meanings.insert(text, vector),
                None => missing.push(text),
            }
        }
        if missing.is_empty() {
            return Ok(meanings);
        }
        let permit = self.permits.acquire(company).await?;
        let model = Arc::clone(&loaded.model);
        let encode = move || {
            let encode = |text: String| {
                let vector = model.encode(&text, QUESTION_TOKENS);
                (text, vector)
            };
            let encoded: Vec<_> = missing.into_iter().map(encode).collect();
            // Held until the work is done, even if the visitor has disconnected.
            drop(permit);
            encoded
        };
        #[expect(clippy::disallowed_methods, reason = "it computes, and does not use the database")]
        let encoded = tokio::task::spawn_blocking(encode).await;
        for (text, vector) in encoded.map_err(|error| StoreError::new(Fault::Broken, error))? {
            self.recent.insert((company, text.clone()), vector.clone());
            meanings.insert(text, vector);
        }
        Ok(meanings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_model_is_read_once_and_only_if_the_encoder_is_on() {
        let encoder = Encoder::embedded(1);
        let (one, other) = tokio::join!(encoder.model(), encoder.model());
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
        assert!(Encoder::off().model().await.is_none());
    }

    #[actix_web::test]
    async fn another_model_is_there_from_the_start_and_groups_nothing() {
        let small = Model::read(&include_bytes!("../../encoder/tests/models/small.bin")[..]).unwrap();
        let id = small.id().to_owned();
        let encoder = Encoder::with(small, 1);
        assert_eq!(encoder.model().await.unwrap().dimensions(), 64);
        assert_eq!((encoder.model_id(), encoder.grouping_model_id()), (Some(id.as_str()), None));
        let embedded = Encoder::embedded(1);
        assert_eq!(embedded.grouping_model_id(), embedded.model_id());
    }

    #[actix_web::test]
    async fn a_text_is_encoded_and_its_vector_is_kept_for_its_company() {
        let encoder = Encoder::embedded(1);
        let company = CompanyCode::parse("TES001").unwrap();
        let meanings = encoder.meanings(company, None, |_| vec!["When are you open?".to_owned()]).await;
        assert!(meanings.contains("When are you open?"));
        let recent = &encoder.on.as_ref().unwrap().recent;
        let is_kept = |company| recent.contains_key(&(company, "When are you open?".to_owned()));
        assert!(is_kept(company) && !is_kept(CompanyCode::parse("SPA001").unwrap()));
        let none = Encoder::off().meanings(company, None, |_| vec!["a".to_owned()]).await;
        assert!(!none.contains("a"));
    }
}
