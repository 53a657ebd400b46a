//! Where the bytes of files are kept.

use std::{path::PathBuf, pin::Pin};

use tenancy::StoreError;

use crate::BlobKey;

/// A future that can be held behind a trait object and moved between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps blobs: bytes that never change, each under its key.
///
/// The trait is object safe. Dropping a future abandons the call.
pub trait Blobs: Send + Sync {
    /// Begins a blob that nobody can find yet.
    fn create(&self) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, StoreError>>;

    /// A local file that holds the whole blob, `None` if there is no blob under
    /// the key. An implementation over a remote store fetches it first.
    fn file<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<Option<PathBuf>, StoreError>>;

    /// Deletes a blob. One that is not there counts as deleted.
    fn delete<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A blob that is being written.
///
/// Dropping it before [`BlobWriter::commit`] has ended leaves nothing behind.
pub trait BlobWriter: Send {
    /// Adds bytes at the end.
    fn append<'a>(&'a mut self, chunk: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Puts the blob under its key, at once and whole. When this has succeeded
    /// the blob survives a crash. A key that is taken is an error.
    fn commit<'a>(self: Box<Self>, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>>;
}
