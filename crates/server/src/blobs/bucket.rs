//! Blobs in a bucket of an S3 server. A small blob is one request; a larger one is sent in parts to a temporary object,
//! which the server then copies to its key.

use std::{collections::VecDeque, fmt, ops::Range, sync::Arc, time::Duration};

use actix_web::web::Bytes;
use attachments::{BlobKey, BlobReader, BlobWriter, Blobs, BoxFuture, OpenBlob, StoredBlob};
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{
    BackoffConfig, ClientOptions, Error, GetOptions, MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutMode,
    RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut, S3CopyIfNotExists},
    path::Path,
};
use secrecy::ExposeSecret as _;
use tenancy::{Fault, StoreError, Timestamp};
use ulid::Ulid;

use super::place::BucketAccess;

/// The size of a part, in bytes; S3 accepts no smaller ones, except as the last. A writer holds no more in memory.
const PART: usize = 5 * 1024 * 1024;

/// The largest piece that a reader returns, in bytes.
const PIECE: usize = 64 * 1024;

/// How long a connection to the server may take.
const CONNECT_WAIT: Duration = Duration::from_secs(2);

/// How long the server may send nothing while it is waited for. A part is sent in this time.
const SILENCE: Duration = Duration::from_secs(15);

/// How often a request that failed is tried again, and until when after the first try.
const RETRIES: usize = 2;
const RETRY_WAIT: Duration = Duration::from_secs(4);

/// Where temporary objects are, below the prefix. No key that is generated begins with a dot.
const UNFINISHED: &str = ".unfinished";

/// Maximum length of the text of an error, in bytes.
const ERROR_TEXT: usize = 600;

/// A bucket of blobs.
#[derive(Debug, Clone)]
pub(super) struct BucketBlobs {
    store: Arc<AmazonS3>,
    prefix: String,
}

/// A failure of the bucket. It names no object, because a key holds the name of a visitor's file.
#[derive(Debug)]
pub struct BucketError {
    kind: Kind,
    details: String,
}

/// What is wrong, as far as the operator can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The bucket, or an object that was just stored, does not exist.
    Missing,
    /// The key may not do this, or its signature is wrong.
    Denied,
    /// There is an object already.
    Taken,
    /// Anything else, such as no connection.
    Failed,
}

impl BucketError {
    /// Returns the error for a bucket that has not answered in time.
    pub(super) fn silent(waited: Duration) -> Self {
        Self { kind: Kind::Failed, details: format!("no answer in {} s", waited.as_secs()) }
    }

    /// Returns whether the operator has to change something, so that waiting does not help.
    pub(super) fn is_lasting(&self) -> bool {
        matches!(self.kind, Kind::Missing | Kind::Denied)
    }

    fn other(details: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, details: details.into() }
    }

    fn new(error: &Error, objects: &[&Path]) -> Self {
        let kind = match error {
            Error::NotFound { .. } => Kind::Missing,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Kind::Denied,
            Error::AlreadyExists { .. } | Error::Precondition { .. } => Kind::Taken,
            _ => Kind::Failed,
        };
        // The library repeats the causes in the text.
        let mut details = error.to_string();
        for object in objects {
            details = details.replace(object.as_ref(), "..");
        }
        if let Some((end, _)) = details.char_indices().find(|(at, _)| *at >= ERROR_TEXT) {
            details.truncate(end);
        }
        Self { kind, details }
    }
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Missing => "the bucket or an object in it does not exist",
            Kind::Denied => "the bucket refuses the access key",
            Kind::Taken => "there is an object already",
            Kind::Failed => "the bucket does not answer as it should",
        };
        write!(f, "{kind}: {}", self.details)
    }
}

impl std::error::Error for BucketError {}

impl From<BucketError> for StoreError {
    fn from(error: BucketError) -> Self {
        let fault = if error.kind == Kind::Taken { Fault::Broken } else { Fault::Unavailable };
        Self::new(fault, error)
    }
}

impl BucketBlobs {
    /// Prepares to use a bucket. No request is made.
    ///
    /// # Errors
    /// The TLS setup failed, for example because the machine has no root certificates.
    pub(super) fn open(access: &BucketAccess) -> Result<Self, BucketError> {
        // The HTTP client of the library uses the provider that this one installs.
        llm_client::openai::http_client().map_err(|error| BucketError::other(error.without_url().to_string()))?;
        let client = ClientOptions::new()
            .with_connect_timeout(CONNECT_WAIT)
            .with_read_timeout(SILENCE)
            // A slow visitor may take longer to read a file.
            .with_timeout_disabled()
            // What may be plain is checked with the settings.
            .with_allow_http(true);
        let backoff = BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() };
        let builder = AmazonS3Builder::new()
            .with_bucket_name(&access.bucket)
            .with_region(&access.region)
            .with_access_key_id(&access.access_key)
            .with_secret_access_key(access.secret_key.expose_secret())
            .with_client_options(client)
            .with_retry(RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_WAIT })
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_copy_if_not_exists(S3CopyIfNotExists::Multipart)
            // Not every server has it, and blobs are deleted one by one.
            .with_disable_bulk_delete(true);
        let builder = match &access.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        let store = builder.build().map_err(|error| BucketError::new(&error, &[]))?;
        Ok(Self { store: Arc::new(store), prefix: access.prefix.clone() })
    }

    /// Stores, reads, lists and deletes an object.
    ///
    /// # Errors
    /// The first request that failed.
    pub(super) async fn check(&self) -> Result<(), BucketError> {
        let at = self.unfinished();
        let failed = |error: Error| BucketError::new(&error, &[&at]);
        self.store.put(&at, Bytes::from_static(b"check").into()).await.map_err(failed)?;
        let read = self.store.get(&at).await.map_err(failed)?.bytes().await.map_err(failed)?;
        let (mut objects, mut listed) = (self.objects(), false);
        while let Some(found) = objects.try_next().await.map_err(failed)? {
            if found.location == at {
                listed = true;
                break;
            }
        }
        self.store.delete(&at).await.map_err(failed)?;
        match (&*read, listed) {
            (b"check", true) => Ok(()),
            (b"check", false) => Err(BucketError::other("an object that was stored is not in the list")),
            _ => Err(BucketError::other("an object that was stored has other bytes")),
        }
    }

    /// Where the blob of a key is.
    fn at(&self, key: &BlobKey) -> Path {
        self.below(key.as_str())
    }

    fn below(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix))
    }

    /// A new place for an object that is not finished.
    fn unfinished(&self) -> Path {
        self.below(&format!("{UNFINISHED}/{}", Ulid::generate()))
    }

    fn objects(&self) -> BoxStream<'static, object_store::Result<object_store::ObjectMeta>> {
        self.store.list(Some(&Path::from(self.prefix.as_str())))
    }

    /// Turns an absent object into `None`, if it is not the bucket that is absent.
    async fn existing<T>(&self, result: object_store::Result<T>, at: &Path) -> Result<Option<T>, StoreError> {
        match result {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => match self.objects().next().await {
                Some(Err(error)) => Err(BucketError::new(&error, &[at]).into()),
                Some(Ok(_)) | None => Ok(None),
            },
            Err(error) => Err(BucketError::new(&error, &[at]).into()),
        }
    }
}

impl Blobs for BucketBlobs {
    fn create(&self) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, StoreError>> {
        Box::pin(async {
            let writer: Box<dyn BlobWriter> =
                Box::new(BucketWriter { blobs: self.clone(), buffer: Vec::new(), sent: None });
            Ok(writer)
        })
    }

    fn size<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        Box::pin(async {
            let at = self.at(key);
            let found = self.existing(self.store.head(&at).await, &at).await?;
            Ok(found.map(|found| found.size))
        })
    }

    fn open<'a>(
        &'a self,
        key: &'a BlobKey,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<OpenBlob>, StoreError>> {
        Box::pin(async {
            let at = self.at(key);
            let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
            let found = self.existing(self.store.get_opts(&at, options).await, &at).await?;
            Ok(found.map(|found| {
                let size = found.meta.size;
                let reader = BucketReader { at, stream: found.into_stream(), arrived: VecDeque::new() };
                OpenBlob { size, reader: Box::new(reader) }
            }))
        })
    }

    fn delete<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            let at = self.at(key);
            self.existing(self.store.delete(&at).await, &at).await?;
            Ok(())
        })
    }

    fn list(&self, before: Timestamp) -> BoxFuture<'_, Result<Vec<StoredBlob>, StoreError>> {
        Box::pin(async move {
            let start = if self.prefix.is_empty() { 0 } else { self.prefix.len() + 1 };
            let (mut objects, mut old) = (self.objects(), Vec::new());
            while let Some(found) = objects.try_next().await.map_err(|error| BucketError::new(&error, &[]))? {
                if found.last_modified.timestamp_micros() < before.micros()
                    && let Some(Ok(key)) = found.location.as_ref().get(start..).map(BlobKey::parse)
                {
                    old.push(StoredBlob { key, size: found.size });
                }
            }
            Ok(old)
        })
    }
}

/// Reads an object as it arrives.
struct BucketReader {
    at: Path,
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    arrived: VecDeque<Vec<u8>>,
}

impl BlobReader for BucketReader {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async {
            while self.arrived.is_empty() {
                let next = self.stream.try_next().await.map_err(|error| BucketError::new(&error, &[&self.at]))?;
                let Some(bytes) = next else { return Ok(None) };
                self.arrived.extend(bytes.chunks(PIECE).map(<[u8]>::to_vec));
            }
            Ok(self.arrived.pop_front())
        })
    }
}

/// A blob that is being sent.
struct BucketWriter {
    blobs: BucketBlobs,
    /// What is not sent yet.
    buffer: Vec<u8>,
    /// The temporary object with what is sent.
    sent: Option<Unfinished>,
}

impl BucketWriter {
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
