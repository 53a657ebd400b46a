//! `switchboard backup`.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use storage::{Target, backup};

use super::{Failure, must_exist};
use crate::config::{SECRET_FILE, Settings, UPLOADS_FOLDER};

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

/// The name of the database in a backup, which is also its usual name in a data folder.
const DATABASE: &str = "switchboard.db";

/// How many files, and their bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Saved {
    files: u64,
    bytes: u64,
}

/// Saves what a data folder holds, in the layout of a data folder.
pub(super) fn backup(settings: Settings, to: &Path) -> Result<(), Failure> {
    let settings = settings.complete()?;
    let (database, _) = settings.targets()?;
    if matches!(database, Target::Postgres(_)) {
        return Err(BackupError::Postgres.into());
    }
    must_exist(&database)?;
    let folder = |error| BackupError::Folder(to.to_owned(), error);
    fs::create_dir_all(to).map_err(folder)?;
    if fs::read_dir(to).map_err(folder)?.next().is_some() {
        return Err(BackupError::NotEmpty(to.to_owned()).into());
    }
    // Gone if something fails.
    let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(to).map_err(folder)?;
    let part = |name: &str| unfinished.path().join(name);

    // The uploads come second: a file is stored before its row, so every row of the copy finds its file,
    // unless it was deleted meanwhile.
    empty(&part(DATABASE)).map_err(folder)?;
    backup::save(&database, &part(DATABASE))?;
    let size = fs::metadata(part(DATABASE)).map_err(folder)?.len();
    let data = settings.folder();
    let uploads = copy_all(&data.join(UPLOADS_FOLDER), &part(UPLOADS_FOLDER))?;
    let secret = copy(&data.join(SECRET_FILE), &part(SECRET_FILE))?;
    sync(unfinished.path()).map_err(folder)?;

    // The database last: a folder that has it has everything.
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
    Ok(())
}

/// Makes an empty file that only its owner can read.
fn empty(path: &Path) -> io::Result<()> {
    let file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// Copies the files of a folder and of the folders in it. Names with a dot in front are not finished.
fn copy_all(from: &Path, to: &Path) -> Result<Saved, BackupError> {
    let failed = |error| BackupError::Copy(from.to_owned(), error);
    // All names before anything is made: the backup may lie below this very folder.
    let entries = match there(fs::read_dir(from)).map_err(failed)? {
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

/// Copies a file with its mode; answers its bytes, nothing if it is not there any more.
fn copy(from: &Path, to: &Path) -> Result<Option<u64>, BackupError> {
    let copied = fs::copy(from, to).and_then(|bytes| sync(to).map(|()| bytes));
    there(copied).map_err(|error| BackupError::Copy(from.to_owned(), error))
}

/// Waits until a file, or the names in a folder, are on the disk.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
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
