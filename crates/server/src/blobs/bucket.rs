//! Blobs in a bucket of an S3 server. A small blob is one request; a larger one is sent in parts to a temporary object,
//! which the server then copies to its key.

mod error;
mod writer;

use std::{collections::VecDeque, ops::Range, sync::Arc, time::Duration};

use actix_web::web::Bytes;
use attachments::{BlobKey, BlobReader, BlobWriter, Blobs, BoxFuture, OpenBlob, StoredBlob};
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::{
    BackoffConfig, ClientOptions, Error, GetOptions, ObjectStore as _, ObjectStoreExt as _, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut, S3CopyIfNotExists},
    path::Path,
};
use secrecy::ExposeSecret as _;
use tenancy::{StoreError, Timestamp};
use ulid::Ulid;

pub use self::error::BucketError;
use self::writer::BucketWriter;
use super::access::BucketAccess;

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

/// A bucket of blobs.
#[derive(Debug, Clone)]
pub(super) struct BucketBlobs {
    store: Arc<AmazonS3>,
    prefix: String,
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
            let writer: Box<dyn BlobWriter> = Box::new(BucketWriter::new(self.clone()));
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
