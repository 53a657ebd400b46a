//! Writes a blob to a bucket.

use std::sync::Arc;

use attachments::{BlobKey, BlobWriter, BoxFuture};
use object_store::{MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutMode, aws::AmazonS3, path::Path};
use tenancy::StoreError;

use super::{BucketBlobs, error::BucketError};

/// The size of a part, in bytes; S3 accepts no smaller ones, except as the last. A writer holds no more in memory.
const PART: usize = 5 * 1024 * 1024;

/// A blob that is being sent.
pub(super) struct BucketWriter {
    blobs: BucketBlobs,
    /// What is not sent yet.
    buffer: Vec<u8>,
    /// The temporary object with what is sent.
    sent: Option<Unfinished>,
}

impl BucketWriter {
    pub(super) fn new(blobs: BucketBlobs) -> Self {
        Self { blobs, buffer: Vec::new(), sent: None }
    }

    /// Sends the first bytes of the buffer as a part.
    async fn send(&mut self, length: usize) -> Result<(), StoreError> {
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        let part = std::mem::replace(&mut self.buffer, rest);
        let sent = match self.sent.take() {
            Some(sent) => sent,
            None => Unfinished::begin(&self.blobs).await?,
        };
        self.sent.insert(sent).send(part).await
    }
}

impl BlobWriter for BucketWriter {
    fn append<'a>(&'a mut self, chunk: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            self.buffer.extend_from_slice(chunk);
            // One byte stays, so that the last part is not empty.
            while self.buffer.len() > PART {
                self.send(PART).await?;
            }
            Ok(())
        })
    }

    fn commit<'a>(mut self: Box<Self>, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let at = self.blobs.at(key);
            if self.sent.is_some() {
                self.send(PART).await?;
            }
            let Self { blobs, buffer, sent } = *self;
            match sent {
                None => {
                    let stored = blobs.store.put_opts(&at, buffer.into(), PutMode::Create.into()).await;
                    stored.map_err(|error| BucketError::new(&error, &[&at]))?;
                    Ok(())
                }
                Some(sent) => sent.move_to(&at).await,
            }
        })
    }
}

/// A temporary object. Dropping it removes what was sent.
struct Unfinished {
    store: Arc<AmazonS3>,
    at: Path,
    stage: Option<Stage>,
}

enum Stage {
    /// Parts are sent, and no object exists.
    Parts(Box<dyn MultipartUpload>),
    /// The object is whole.
    Whole,
}

impl Unfinished {
    async fn begin(blobs: &BucketBlobs) -> Result<Self, StoreError> {
        let (store, at) = (Arc::clone(&blobs.store), blobs.unfinished());
        let upload = store.put_multipart(&at).await.map_err(|error| BucketError::new(&error, &[&at]))?;
        Ok(Self { store, at, stage: Some(Stage::Parts(upload)) })
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), StoreError> {
        let Some(Stage::Parts(upload)) = &mut self.stage else {
            return Err(BucketError::other("a part came after the last one").into());
        };
        upload.put_part(part.into()).await.map_err(|error| BucketError::new(&error, &[&self.at]).into())
    }

    /// Completes the object, and has the server copy it to a place where there is none.
    async fn move_to(mut self, to: &Path) -> Result<(), StoreError> {
        if let Some(Stage::Parts(upload)) = &mut self.stage {
            upload.complete().await.map_err(|error| BucketError::new(&error, &[&self.at]))?;
            self.stage = Some(Stage::Whole);
        }
        let copied = self.store.copy_if_not_exists(&self.at, to).await;
        copied.map_err(|error| BucketError::new(&error, &[&self.at, to]))?;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let (Some(stage), Ok(runtime)) = (self.stage.take(), tokio::runtime::Handle::try_current()) else { return };
        let (store, at) = (Arc::clone(&self.store), self.at.clone());
        runtime.spawn(async move {
            let removed = match stage {
                Stage::Parts(mut upload) => upload.abort().await,
                Stage::Whole => store.delete(&at).await,
            };
            if let Err(error) = removed {
                let error = BucketError::new(&error, &[&at]);
                tracing::warn!(error = crate::logging::chain(&error), "an unfinished upload is still stored");
            }
        });
    }
}
