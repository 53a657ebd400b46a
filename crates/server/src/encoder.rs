//! Turns questions into vectors of their meaning, on threads where nobody waits for anything else.

use std::sync::Arc;

use encoder::{Model, Vector};
use knowledge::{Meanings, Speller};
use moka::sync::Cache;
use tenancy::{CompanyCode, StoreError};
use tokio::sync::OnceCell;

use crate::{
    background,
    fair::{FairSemaphore, Share},
};

/// Maximum number of tokens of a question that are read. It bounds the time of one question.
const QUESTION_TOKENS: usize = 128;

/// Maximum number of texts that are encoded for one message.
const TEXTS: usize = 8;

/// The number of recent questions whose vectors are kept. Each takes about 0.6 KB.
const RECENT: u64 = 2_000;

/// Maximum number of a company's questions that wait to be encoded. Further ones are searched by their words alone.
const WAITING: usize = 100;

/// The model, which is read at the first question that needs it, and the vectors of recent questions.
pub(crate) struct Encoder {
    /// `None` if it is switched off.
    on: Option<On>,
}

struct On {
    id: String,
    loaded: OnceCell<Arc<Loaded>>,
    permits: FairSemaphore,
    recent: Cache<(CompanyCode, String), Vector>,
}

struct Loaded {
    model: Arc<Model>,
    speller: Arc<Speller>,
}

impl Encoder {
    /// Creates an encoder that encodes nothing, so that words alone are searched.
    pub(crate) const fn off() -> Self {
        Self { on: None }
    }

    /// Creates an encoder with the model that the program carries, which works for this number of questions at a time.
    pub(crate) fn embedded(questions: usize) -> Self {
        let share = Share { all: questions, each: questions.div_ceil(2), alone: questions, waiting: WAITING };
        Self {
            on: Some(On {
                id: Model::embedded_id(),
                loaded: OnceCell::new(),
                permits: FairSemaphore::new(share),
                recent: Cache::new(RECENT),
            }),
        }
    }

    /// Returns the id of the model, by which vectors are stored; `None` if the encoder is off.
    pub(crate) fn model_id(&self) -> Option<&str> {
        self.on.as_ref().map(|on| on.id.as_str())
    }

    /// Returns the model; `None` if the encoder is off. The first call reads it, which takes about 0.2 s.
    ///
    /// # Errors
    /// The model could not be read.
    pub(crate) async fn model(&self) -> Result<Option<Arc<Model>>, StoreError> {
        match &self.on {
            Some(on) => Ok(Some(Arc::clone(&on.loaded().await?.model))),
            None => Ok(None),
        }
    }

    /// Returns the vectors of the texts that `readings` names. If they cannot be computed now, there are fewer of them
    /// or none: the search then compares words.
    pub(crate) async fn meanings(
        &self,
        company: CompanyCode,
        readings: impl FnOnce(&Meanings) -> Vec<String>,
    ) -> Meanings {
        let Some(on) = &self.on else { return Meanings::default() };
        match on.meanings(company, readings).await {
            Ok(meanings) => meanings,
            Err(error) => {
                tracing::warn!(%company, error = crate::logging::chain(&error), "a question was not encoded");
                Meanings::default()
            }
        }
    }
}

impl On {
    async fn loaded(&self) -> Result<&Arc<Loaded>, StoreError> {
        let load = || async {
            let read = || {
                let model = Model::embedded()?;
                let speller = Arc::new(Speller::new(model.words()));
                Ok(Arc::new(Loaded { model: Arc::new(model), speller }))
            };
            let loaded = background::run(read).await?;
            loaded.map_err(|error: encoder::ModelError| StoreError::new(tenancy::Fault::Broken, error))
        };
        self.loaded.get_or_try_init(load).await
    }

    async fn meanings(
        &self,
        company: CompanyCode,
        readings: impl FnOnce(&Meanings) -> Vec<String>,
    ) -> Result<Meanings, StoreError> {
        let loaded = self.loaded().await?;
        let mut meanings = Meanings::new(Arc::clone(&loaded.speller));
        let mut missing = Vec::new();
        for text in readings(&meanings).into_iter().take(TEXTS) {
            match self.recent.get(&(company, text.clone())) {
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
        let encoded = tokio::task::spawn_blocking(encode).await;
        for (text, vector) in encoded.map_err(|error| StoreError::new(tenancy::Fault::Broken, error))? {
            self.recent.insert((company, text.clone()), vector.clone());
            meanings.insert(text, vector);
        }
        Ok(meanings)
    }
}
