//! `switchboard backup`.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use storage::{Target, backup};

use super::{Failure, must_exist};
use crate::{
    blobs::BlobPlace,
    config::{SECRET_FILE, Settings, UPLOADS_FOLDER},
};

#[derive(Debug, thiserror::Error)]
enum BackupError {
    #[error(
        "PostgreSQL is saved with pg_dump, and the uploads are the folder `{UPLOADS_FOLDER}` of the data folder: \
         see docs/OPERATIONS.md"
    )]
    Postgres,
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} cannot be written to", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    #[error("{} cannot be copied", .0.display())]
    Copy(PathBuf, #[source] io::Error),
}

/// The file name of the database in a backup; the same as the default in a data folder.
const DATABASE: &str = "switchboard.db";

/// The number of copied files and their size.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Saved {
    files: u64,
    bytes: u64,
}

/// Copies the content of a data folder, in the layout of a data folder.
pub(super) fn backup(settings: Settings, to: &Path) -> Result<(), Failure> {
    let settings = settings.complete()?;
    let (place, (database, _)) = (settings.blobs()?, settings.targets()?);
    if matches!(database, Target::Postgres(_)) {
        return Err(BackupError::Postgres.into());
    }
    must_exist(&database)?;
    let folder = |error| BackupError::Folder(to.to_owned(), error);
    fs::create_dir_all(to).map_err(folder)?;
    if fs::read_dir(to).map_err(folder)?.next().is_some() {
        return Err(BackupError::NotEmpty(to.to_owned()).into());
    }
    // Deleted on drop, so a failed backup leaves nothing behind.
    let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(to).map_err(folder)?;
    let part = |name: &str| unfinished.path().join(name);

    // The uploads are copied second. A file is stored before its row, so every row in the copy has its
    // file, unless the file was deleted in between.
    empty(&part(DATABASE)).map_err(folder)?;
    backup::save(&database, &part(DATABASE))?;
    let size = fs::metadata(part(DATABASE)).map_err(folder)?.len();
    let data = settings.folder();
    let uploads = copy_all(&data.join(UPLOADS_FOLDER), &part(UPLOADS_FOLDER))?;
    let secret = copy(&data.join(SECRET_FILE), &part(SECRET_FILE))?;
    sync(unfinished.path()).map_err(folder)?;

    // The database is moved last: a folder that has it is complete.
    let names = [UPLOADS_FOLDER].into_iter().chain(secret.map(|_| SECRET_FILE)).chain([DATABASE]);
    for name in names {
        fs::rename(part(name), to.join(name)).map_err(folder)?;
    }
    sync(to).map_err(folder)?;
    println!(
        "saved in {}: the database ({size} bytes), {} uploads ({} bytes){}",
        to.display(),
        uploads.files,
        uploads.bytes,
        if secret.is_some() { " and the generated secret" } else { "; there is no generated secret" }
    );
    if let BlobPlace::Bucket(access) = place {
        println!("the uploads in {access} are not in the backup: copy the bucket after it");
    }
    Ok(())
}

/// Creates an empty file that only its owner can read.
fn empty(path: &Path) -> io::Result<()> {
    let file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// Copies a folder with its subfolders. Files whose name starts with a dot are unfinished and skipped.
fn copy_all(from: &Path, to: &Path) -> Result<Saved, BackupError> {
    let failed = |error| BackupError::Copy(from.to_owned(), error);
    // List everything before creating anything: the backup may be inside this folder.
    let entries = match existing(fs::read_dir(from)).map_err(failed)? {
        Some(entries) => entries.collect::<io::Result<Vec<_>>>().map_err(failed)?,
        None => Vec::new(),
    };
    fs::create_dir(to).map_err(|error| BackupError::Folder(to.to_owned(), error))?;
    let mut saved = Saved::default();
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            let inner = copy_all(&entry.path(), &target)?;
            saved = Saved { files: saved.files + inner.files, bytes: saved.bytes + inner.bytes };
        } else if let Some(bytes) = copy(&entry.path(), &target)? {
            saved = Saved { files: saved.files + 1, bytes: saved.bytes + bytes };
        }
    }
    sync(to).map_err(|error| BackupError::Folder(to.to_owned(), error))?;
    Ok(saved)
}

/// Copies a file with its mode. Returns its size, or `None` if the file no longer exists.
fn copy(from: &Path, to: &Path) -> Result<Option<u64>, BackupError> {
    let copied = fs::copy(from, to).and_then(|bytes| sync(to).map(|()| bytes));
    existing(copied).map_err(|error| BackupError::Copy(from.to_owned(), error))
}

/// Waits until a file, or the entries of a folder, are on disk.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Turns a missing file into `None`.
fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_files_are_copied_with_their_folders() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("uploads");
        fs::create_dir_all(from.join("TES001/7be419cd")).unwrap();
        fs::create_dir(from.join(".unfinished")).unwrap();
        fs::write(from.join("TES001/7be419cd/a.txt"), "abc").unwrap();
        fs::write(from.join("TES001/7be419cd/b.txt"), "de").unwrap();
        fs::write(from.join(".unfinished/c"), "half").unwrap();
        let to = from.join("copy");
        assert_eq!(copy_all(&from, &to).unwrap(), Saved { files: 2, bytes: 5 });
        assert_eq!(fs::read_to_string(to.join("TES001/7be419cd/b.txt")).unwrap(), "de");
        assert!(!to.join(".unfinished").exists() && !to.join("copy").exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(copy_all(&folder.path().join("nothing"), &folder.path().join("to")).unwrap(), Saved::default());
        assert_eq!(copy(&folder.path().join("nothing"), &folder.path().join("file")).unwrap(), None);
    }
}
