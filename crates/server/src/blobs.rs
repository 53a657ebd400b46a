//! Where the bytes of uploaded files are kept: a folder of this machine, or a bucket of an S3 server.

mod access;
mod bucket;
mod local;
mod place;

use std::{io, thread};

use attachments::{BlobKey, Blobs};

pub use self::{
    access::{BucketAccess, InvalidPlace},
    bucket::BucketError,
    place::{BlobPlace, PlaceError},
};

/// Deletes blobs whose rows are deleted. A blob that cannot be deleted is logged and kept.
pub(crate) async fn delete_all(blobs: &dyn Blobs, keys: Vec<BlobKey>) {
    for key in keys {
        if let Err(error) = blobs.delete(&key).await {
            tracing::warn!(error = crate::logging::chain(&error), "a deleted file is still stored");
        }
    }
}

/// Runs a future to its end, for callers that have no runtime or must not use theirs.
///
/// # Errors
/// No thread or no runtime could be started, or the work panicked.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> io::Result<T> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(work))
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("blobs".to_owned()).spawn_scoped(scope, run)?;
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the work panicked")))
    })
}

#[cfg(test)]
mod tests;
