//! The store of the bytes of files.

use std::{ops::Range, pin::Pin};

use tenancy::{StoreError, Timestamp};

use crate::BlobKey;

/// A future that can be held behind a trait object and moved between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Stores blobs. A blob is a sequence of bytes under a key and never changes.
///
/// The trait is object safe. Dropping a future abandons the call.
pub trait Blobs: Send + Sync {
    /// Begins a new blob. It cannot be read before [`BlobWriter::commit`].
    fn create(&self) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, StoreError>>;

    /// Returns the size of a blob in bytes, `None` if there is no blob under the key.
    fn size<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>>;

    /// Opens a blob to read these bytes of it, `None` if there is no blob under the key.
    ///
    /// The range is not empty, and begins inside the blob. Without one, the whole blob is read.
    fn open<'a>(
        &'a self,
        key: &'a BlobKey,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<OpenBlob>, StoreError>>;

    /// Deletes a blob. Succeeds if there is no blob under the key.
    fn delete<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Lists the blobs that were stored before a moment, in no order.
    ///
    /// A store that is shared with other servers also lists what was begun before and never committed. Such a key is in
    /// no row, and [`Blobs::delete`] removes it.
    fn list(&self, before: Timestamp) -> BoxFuture<'_, Result<Vec<StoredBlob>, StoreError>>;
}

/// A blob in the list of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its key.
    pub key: BlobKey,
    /// Its size in bytes.
    pub size: u64,
}

/// A blob that is being read.
pub struct OpenBlob {
    /// The size of the whole blob in bytes.
    pub size: u64,
    /// Reads the bytes that were asked for.
    pub reader: Box<dyn BlobReader>,
}

/// Reads a blob, or a part of one.
pub trait BlobReader: Send {
    /// Returns the next bytes, `None` after the last ones. A piece is never empty, and small enough to be held in
    /// memory for each of many readers.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>>;
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
