//! Blobs on the local disk. A blob is written to a temporary file, synced, and renamed into place.

use std::{
    io,
    path::{Path, PathBuf},
};

use attachments::{BlobKey, BlobWriter, Blobs, BoxFuture};
use tempfile::TempPath;
use tenancy::{Fault, StoreError};
use tokio::{fs, io::AsyncWriteExt as _};

/// A folder of blobs.
#[derive(Debug, Clone)]
pub(crate) struct LocalBlobs {
    root: PathBuf,
    unfinished: PathBuf,
}

impl LocalBlobs {
    /// Opens a folder, and creates it if it does not exist. Half-written files of a crash are deleted.
    ///
    /// # Errors
    /// The folder cannot be created, or half-written files cannot be deleted.
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        // Inside the root, so that a rename never crosses file systems. No key begins with a dot.
        let unfinished = root.join(".unfinished");
        match std::fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::create_dir_all(&unfinished)?,
        }
        Ok(Self { root, unfinished })
    }

    /// Deletes blobs whose rows are deleted. A blob that cannot be deleted is logged and kept.
    pub(crate) async fn delete_all(&self, keys: Vec<BlobKey>) {
        for key in keys {
            if let Err(error) = self.delete(&key).await {
                tracing::warn!(error = crate::logging::chain(&error), "a deleted file stays on disk");
            }
        }
    }

    fn path(&self, key: &BlobKey) -> PathBuf {
        self.root.join(key.as_str())
    }
}

/// Maps an error of the file system. A full disk counts as unavailable, because a retry may succeed.
fn failed(error: io::Error) -> StoreError {
    let fault = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Fault::Unavailable,
        _ => Fault::Broken,
    };
    StoreError::new(fault, error)
}

impl Blobs for LocalBlobs {
    fn create(&self) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, StoreError>> {
        Box::pin(async {
            let (file, path) = tempfile::NamedTempFile::new_in(&self.unfinished).map_err(failed)?.into_parts();
            let writer: Box<dyn BlobWriter> =
                Box::new(LocalWriter { file: fs::File::from_std(file), path, root: self.root.clone() });
            Ok(writer)
        })
    }

    fn file<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<Option<PathBuf>, StoreError>> {
        Box::pin(async {
            let path = self.path(key);
            let found = fs::try_exists(&path).await.map_err(failed)?;
            Ok(found.then_some(path))
        })
    }

    fn delete<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            match fs::remove_file(self.path(key)).await {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            }
        })
    }
}

/// A temporary file. Dropping the path deletes it.
struct LocalWriter {
    file: fs::File,
    path: TempPath,
    root: PathBuf,
}

impl BlobWriter for LocalWriter {
    fn append<'a>(&'a mut self, chunk: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { self.file.write_all(chunk).await.map_err(failed) })
    }

    fn commit<'a>(self: Box<Self>, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            let Self { mut file, path, root } = *self;
            let target = root.join(key.as_str());
            let folder = target.parent().unwrap_or(&root).to_owned();
            file.flush().await.map_err(failed)?;
            file.sync_all().await.map_err(failed)?;
            drop(file);
            fs::create_dir_all(&folder).await.map_err(failed)?;
            path.persist_noclobber(&target).map_err(|error| failed(error.error))?;
            sync_folders(&root, &folder).await.map_err(failed)
        })
    }
}

/// Syncs a folder and its parents up to the root. A rename is durable once its folder is synced, and a
/// new folder once its parent is.
async fn sync_folders(root: &Path, folder: &Path) -> io::Result<()> {
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
        fs::File::open(folder).await?.sync_all().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tenancy::{CompanyCode, SessionId, Timestamp};

    use super::*;

    fn key() -> BlobKey {
        let company = CompanyCode::parse("TES001").unwrap();
        BlobKey::generate(company, SessionId::generate(company), "cv.pdf", Timestamp::from_micros(0))
    }

    fn left_in(folder: &Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[actix_web::test]
    async fn a_blob_is_whole_under_its_key_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = LocalBlobs::open(folder.path().join("uploads")).unwrap();
        let key = key();
        let mut writer = blobs.create().await.unwrap();
        writer.append(b"hello ").await.unwrap();
        writer.append(b"world").await.unwrap();
        assert_eq!(blobs.file(&key).await.unwrap(), None);
        writer.commit(&key).await.unwrap();
        let path = blobs.file(&key).await.unwrap().unwrap();
        assert_eq!(std::fs::read(path).unwrap(), b"hello world");
        blobs.delete(&key).await.unwrap();
        blobs.delete(&key).await.unwrap();
        assert_eq!(blobs.file(&key).await.unwrap(), None);
    }

    #[actix_web::test]
    async fn a_dropped_writer_leaves_nothing_and_a_taken_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = LocalBlobs::open(folder.path().join("uploads")).unwrap();
        let mut writer = blobs.create().await.unwrap();
        writer.append(b"half").await.unwrap();
        drop(writer);
        assert_eq!(left_in(&blobs.unfinished), 0);
        let key = key();
        blobs.create().await.unwrap().commit(&key).await.unwrap();
        assert!(blobs.create().await.unwrap().commit(&key).await.is_err());
        assert_eq!(left_in(&blobs.unfinished), 0);
    }
}
