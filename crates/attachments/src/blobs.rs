//! The store of the bytes of files.

use std::{path::PathBuf, pin::Pin};

use tenancy::StoreError;

use crate::BlobKey;

/// A future that can be held behind a trait object and moved between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Stores blobs. A blob is a sequence of bytes under a key and never changes.
///
/// The trait is object safe. Dropping a future abandons the call.
pub trait Blobs: Send + Sync {
    /// Begins a new blob. It cannot be read before [`BlobWriter::commit`].
    fn create(&self) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, StoreError>>;

    /// Returns the path of a local file with the whole blob, `None` if there is no
    /// blob under the key. An implementation over a remote store fetches it first.
    fn file<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<Option<PathBuf>, StoreError>>;

    /// Deletes a blob. Succeeds if there is no blob under the key.
    fn delete<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A blob that is being written.
///
/// Dropping it before [`BlobWriter::commit`] has succeeded removes everything that was written.
pub trait BlobWriter: Send {
    /// Appends bytes.
    fn append<'a>(&'a mut self, chunk: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Puts the whole blob under its key in one atomic step.
    ///
    /// Once this has succeeded, the blob survives a crash. It is an error if the key
    /// is taken.
    fn commit<'a>(self: Box<Self>, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>>;
}
