//! The place of blobs, as the operator names it.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use attachments::Blobs;

use super::{
    access::BucketAccess,
    block_on,
    bucket::{BucketBlobs, BucketError},
    local::LocalBlobs,
};

/// How long a bucket may take to answer a check.
const CHECK_WAIT: Duration = Duration::from_secs(10);

/// Where blobs are kept.
#[derive(Debug, Clone)]
pub enum BlobPlace {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket of an S3 server.
    Bucket(Box<BucketAccess>),
}

/// The place of blobs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The folder cannot be created or read.
    #[error("the upload folder {} cannot be used", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The bucket cannot be used.
    #[error("files cannot be kept in {place}")]
    Bucket {
        /// The URL of the bucket.
        place: String,
        /// The cause.
        source: BucketError,
    },
    /// The check could not be made.
    #[error("{place} could not be checked")]
    Unchecked {
        /// The URL of the bucket.
        place: String,
        /// The cause.
        source: io::Error,
    },
}

impl PlaceError {
    /// Returns whether the operator has to change something, so that waiting does not help.
    pub(crate) fn is_lasting(&self) -> bool {
        match self {
            Self::Folder { .. } => true,
            Self::Bucket { source, .. } => source.is_lasting(),
            Self::Unchecked { .. } => false,
        }
    }
}

impl BlobPlace {
    /// Opens the place for a server. A folder is created, and half-written files of a crash in it are deleted.
    ///
    /// # Errors
    /// [`PlaceError`]. A bucket is not asked.
    pub(crate) fn open(&self) -> Result<Arc<dyn Blobs>, PlaceError> {
        match self {
            Self::Folder(path) => match LocalBlobs::open(path.clone()) {
                Ok(blobs) => Ok(Arc::new(blobs)),
                Err(source) => Err(PlaceError::Folder { path: path.clone(), source }),
            },
            Self::Bucket(access) => Ok(Arc::new(open(access)?)),
        }
    }

    /// Opens the place beside a running server, and changes nothing.
    ///
    /// # Errors
    /// [`PlaceError`]. A bucket is not asked.
    pub(crate) fn open_beside(&self) -> Result<Arc<dyn Blobs>, PlaceError> {
        match self {
            Self::Folder(path) => Ok(Arc::new(LocalBlobs::beside(path.clone()))),
            Self::Bucket(access) => Ok(Arc::new(open(access)?)),
        }
    }

    /// Stores, reads, lists and deletes an object, if the place is a bucket.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub(crate) fn check(&self) -> Result<(), PlaceError> {
        let Self::Bucket(access) = self else { return Ok(()) };
        let blobs = open(access)?;
        let checked = block_on(async {
            let checked = tokio::time::timeout(CHECK_WAIT, blobs.check()).await;
            checked.unwrap_or_else(|_| Err(BucketError::silent(CHECK_WAIT)))
        });
        match checked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(source)) => Err(PlaceError::Bucket { place: access.to_string(), source }),
            Err(source) => Err(PlaceError::Unchecked { place: access.to_string(), source }),
        }
    }
}

fn open(access: &BucketAccess) -> Result<BucketBlobs, PlaceError> {
    BucketBlobs::open(access).map_err(|source| PlaceError::Bucket { place: access.to_string(), source })
}
