//! Blobs on the local disk. A blob is written to a temporary file, synced, and renamed into place.

use std::{
    io::{self, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use attachments::{BlobKey, BlobReader, BlobWriter, Blobs, BoxFuture, OpenBlob, StoredBlob};
use tempfile::TempPath;
use tenancy::{Fault, StoreError, Timestamp};
use tokio::{
    fs,
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _, Take},
};

/// The folder of half-written files. It is inside the root, so that a rename never crosses file systems. No key that is
/// generated begins with a dot.
const UNFINISHED: &str = ".unfinished";

/// How many bytes are read at once.
const PIECE: usize = 64 * 1024;

/// A folder of blobs.
#[derive(Debug, Clone)]
pub(super) struct LocalBlobs {
    root: PathBuf,
}

impl LocalBlobs {
    /// Opens a folder, and creates it if it does not exist. Half-written files of a crash are deleted.
    ///
    /// # Errors
    /// The folder cannot be created, or half-written files cannot be deleted.
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        let unfinished = root.join(UNFINISHED);
        match std::fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::create_dir_all(&unfinished)?,
        }
        Ok(Self { root })
    }

    /// Opens a folder that a server may be using, and changes nothing in it.
    pub(super) fn beside(root: PathBuf) -> Self {
        Self { root }
    }

    fn path(&self, key: &BlobKey) -> PathBuf {
        self.root.join(key.as_str())
    }

    async fn open_file(&self, key: &BlobKey, range: Option<Range<u64>>) -> io::Result<Option<OpenBlob>> {
        let Some(mut file) = existing(fs::File::open(self.path(key)).await)? else { return Ok(None) };
        let size = file.metadata().await?.len();
        let range = range.unwrap_or(0..size);
        if range.start > 0 {
            file.seek(SeekFrom::Start(range.start)).await?;
        }
        let reader = LocalReader(file.take(range.end.saturating_sub(range.start)));
        Ok(Some(OpenBlob { size, reader: Box::new(reader) }))
    }

    /// Names that start with a dot are the server's own, and other names that are no keys are left alone.
    async fn files_before(&self, before: SystemTime) -> io::Result<Vec<StoredBlob>> {
        let (mut files, mut folders) = (Vec::new(), vec![self.root.clone()]);
        while let Some(folder) = folders.pop() {
            let Some(mut entries) = existing(fs::read_dir(&folder).await)? else { continue };
            while let Some(entry) = entries.next_entry().await? {
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                // It may have been deleted meanwhile.
                let Some(metadata) = existing(entry.metadata().await)? else { continue };
                let path = entry.path();
                if metadata.is_dir() {
                    folders.push(path);
                } else if metadata.modified()? < before
                    && let Some(key) = path.strip_prefix(&self.root).ok().and_then(Path::to_str)
                    && let Ok(key) = BlobKey::parse(key)
                {
                    files.push(StoredBlob { key, size: metadata.len() });
                }
            }
        }
        Ok(files)
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

/// Turns a missing file into `None`.
fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Blobs for LocalBlobs {
    fn create(&self) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, StoreError>> {
        Box::pin(async {
            let unfinished = tempfile::NamedTempFile::new_in(self.root.join(UNFINISHED)).map_err(failed)?;
            let (file, path) = unfinished.into_parts();
            let writer: Box<dyn BlobWriter> =
                Box::new(LocalWriter { file: fs::File::from_std(file), path, root: self.root.clone() });
            Ok(writer)
        })
    }

    fn size<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        Box::pin(async {
            let found = existing(fs::metadata(self.path(key)).await).map_err(failed)?;
            Ok(found.map(|metadata| metadata.len()))
        })
    }

    fn open<'a>(
        &'a self,
        key: &'a BlobKey,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<OpenBlob>, StoreError>> {
        Box::pin(async { self.open_file(key, range).await.map_err(failed) })
    }

    fn delete<'a>(&'a self, key: &'a BlobKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async {
            existing(fs::remove_file(self.path(key)).await).map_err(failed)?;
            Ok(())
        })
    }

    fn list(&self, before: Timestamp) -> BoxFuture<'_, Result<Vec<StoredBlob>, StoreError>> {
        let before = UNIX_EPOCH + Duration::from_micros(u64::try_from(before.micros()).unwrap_or(0));
        Box::pin(async move { self.files_before(before).await.map_err(failed) })
    }
}

/// What is left to read of a file.
struct LocalReader(Take<fs::File>);

impl BlobReader for LocalReader {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, StoreError>> {
        Box::pin(async {
            let mut piece = Vec::with_capacity(PIECE);
            let read = self.0.read_buf(&mut piece).await.map_err(failed)?;
            Ok((read > 0).then_some(piece))
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
