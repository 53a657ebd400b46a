//! Uploaded files without a row in the database.
//!
//! A file is stored before its row, so a server that is killed in between leaves a file that no company owns. A
//! database that was restored from an older backup does not know newer files either, so a server only reports them.

use std::{io, time::Duration};

use attachments::StoredBlob;
use storage::{Target, blobs};
use tenancy::{Clock as _, StoreError};

use crate::{
    blobs::{BlobPlace, PlaceError, block_on},
    clock::SystemClock,
};

/// Younger files may belong to an upload that is still being stored.
const GRACE: Duration = Duration::from_hours(1);

/// How many keys are looked up in one transaction.
const CHUNK: usize = 500;

/// The files cannot be compared with the rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrphanError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("the uploads cannot be read")]
    Runtime(#[from] io::Error),
    #[error("the uploads cannot be read")]
    Uploads(#[source] StoreError),
    #[error("the rows of uploads cannot be read")]
    Rows(#[source] StoreError),
}

/// Returns the stored files that have no row and are older than the grace time.
///
/// # Errors
/// [`OrphanError`].
pub(crate) fn find(database: &Target, place: &BlobPlace) -> Result<Vec<StoredBlob>, OrphanError> {
    let uploads = place.open_beside()?;
    // The store takes its times from a machine's clock too.
    let mut files = block_on(uploads.list(SystemClock.now().minus(GRACE)))?.map_err(OrphanError::Uploads)?;
    let mut orphans = Vec::new();
    while !files.is_empty() {
        let rest = files.split_off(files.len().min(CHUNK));
        let keys: Vec<_> = files.iter().map(|file| file.key.clone()).collect();
        let known = blobs::known(database, &keys).map_err(OrphanError::Rows)?;
        orphans.extend(files.into_iter().zip(known).filter_map(|(file, is_known)| (!is_known).then_some(file)));
        files = rest;
    }
    Ok(orphans)
}

/// Logs the files without rows.
pub(crate) fn report(database: &Target, place: &BlobPlace) {
    match find(database, place) {
        Ok(orphans) if orphans.is_empty() => {}
        Ok(orphans) => {
            let bytes: u64 = orphans.iter().map(|orphan| orphan.size).sum();
            tracing::warn!(
                files = orphans.len(),
                bytes,
                "uploaded files are not in the database; `switchboard doctor --blobs` lists them"
            );
        }
        Err(error) => tracing::warn!(error = crate::logging::chain(&error), "uploads were not examined"),
    }
}
