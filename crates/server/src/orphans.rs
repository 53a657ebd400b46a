//! Uploaded files without a row in the database.
//!
//! A file is stored before its row, so a server that is killed in between leaves a file that no company owns. A
//! database that was restored from an older backup does not know newer files either, so a server only reports them.

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use attachments::BlobKey;
use storage::{Target, blobs};
use tenancy::{Clock as _, StoreError};

use crate::clock::SystemClock;

/// Younger files may belong to an upload that is still being stored.
const GRACE: Duration = Duration::from_hours(1);

/// How many keys are looked up in one transaction.
const CHUNK: usize = 500;

/// A file without a row.
#[derive(Debug)]
pub(crate) struct Orphan {
    /// Its key.
    pub(crate) key: BlobKey,
    /// Its size.
    pub(crate) bytes: u64,
}

/// The files cannot be compared with the rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrphanError {
    #[error("the uploads cannot be read")]
    Uploads(#[from] io::Error),
    #[error("the rows of uploads cannot be read")]
    Rows(#[from] StoreError),
}

/// Returns the files in the folder of uploads that have no row and are older than the grace time.
///
/// # Errors
/// [`OrphanError`].
pub(crate) fn find(database: &Target, uploads: &Path) -> Result<Vec<Orphan>, OrphanError> {
    let mut files = Vec::new();
    if uploads.exists() {
        // The file system takes its times from the machine's clock too.
        let now = Duration::from_micros(u64::try_from(SystemClock.now().micros()).unwrap_or(0));
        collect(uploads, uploads, UNIX_EPOCH + now.saturating_sub(GRACE), &mut files)?;
    }
    let mut orphans = Vec::new();
    while !files.is_empty() {
        let rest = files.split_off(files.len().min(CHUNK));
        let keys: Vec<_> = files.iter().map(|file| file.key.clone()).collect();
        let known = blobs::known(database, &keys)?;
        orphans.extend(files.into_iter().zip(known).filter_map(|(file, is_known)| (!is_known).then_some(file)));
        files = rest;
    }
    Ok(orphans)
}

/// Logs the files without rows.
pub(crate) fn report(database: &Target, uploads: &Path) {
    match find(database, uploads) {
        Ok(orphans) if orphans.is_empty() => {}
        Ok(orphans) => {
            let bytes: u64 = orphans.iter().map(|orphan| orphan.bytes).sum();
            tracing::warn!(
                files = orphans.len(),
                bytes,
                "uploaded files are not in the database; `switchboard doctor --blobs` lists them"
            );
        }
        Err(error) => tracing::warn!(error = crate::logging::chain(&error), "uploads were not examined"),
    }
}

/// Collects the files below a folder that are older than `before`. Names that start with a dot are the server's own,
/// and other names that are no keys are left alone.
fn collect(root: &Path, folder: &Path, before: SystemTime, files: &mut Vec<Orphan>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let (path, metadata) = match entry.metadata() {
            Ok(metadata) => (entry.path(), metadata),
            // It was deleted meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if metadata.is_dir() {
            collect(root, &path, before, files)?;
        } else if metadata.modified()? < before
            && let Some(key) = path.strip_prefix(root).ok().and_then(Path::to_str)
            && let Ok(key) = BlobKey::parse(key)
        {
            files.push(Orphan { key, bytes: metadata.len() });
        }
    }
    Ok(())
}
