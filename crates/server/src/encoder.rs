//! The model that turns texts into vectors.

use std::sync::Arc;

use encoder::Model;
use tenancy::{CompanyCode, StoreError};
use tokio::sync::OnceCell;

use crate::{
    background,
    fair::{FairSemaphore, Permit, Share},
};

/// The embedded model, which is read at the first need.
pub(crate) struct Encoder {
    is_on: bool,
    /// `None` if the model is damaged.
    model: OnceCell<Option<Arc<Model>>>,
    batches: FairSemaphore,
}

impl Encoder {
    /// Creates an encoder that has not read its model yet.
    pub(crate) fn new() -> Self {
        Self { is_on: true, ..Self::off() }
    }

    /// Creates an encoder that never has a model.
    pub(crate) fn off() -> Self {
        let one = Share { all: 1, each: 1, alone: 1, waiting: 1_000 };
        Self { is_on: false, model: OnceCell::new(), batches: FairSemaphore::new(one) }
    }

    /// Returns whether the installation wants vectors.
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Waits until a batch of a company's entries may be encoded: one batch at a time.
    ///
    /// # Errors
    /// Only if a thousand batches of the company wait.
    pub(crate) async fn batch(&self, company: CompanyCode) -> Result<Permit, StoreError> {
        self.batches.acquire(company).await
    }

    /// Returns the model. The first call reads it, which takes about 0.1 s; other calls wait for it. `None` if
    /// the encoder is off, or if the model cannot be read, which is logged.
    pub(crate) async fn model(&self) -> Option<Arc<Model>> {
        if !self.is_on {
            return None;
        }
        let read = || async {
            let model = background::run(Model::embedded).await?;
            Ok(model.map(Arc::new).inspect_err(damaged).ok())
        };
        match self.model.get_or_try_init(read).await {
            Ok(model) => model.clone(),
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(error = crate::logging::chain(&error), "the encoder's model was not read");
                None
            }
        }
    }
}

fn damaged(error: &encoder::ModelError) {
    tracing::error!(error = crate::logging::chain(error), "the encoder's model is damaged");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_model_is_read_once_and_only_if_the_encoder_is_on() {
        let encoder = Encoder::new();
        let (one, other) = tokio::join!(encoder.model(), encoder.model());
        assert!(Arc::ptr_eq(&one.unwrap(), &other.unwrap()));
        assert!(Encoder::off().model().await.is_none());
    }
}
