//! The lock of a data folder: one server uses it at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Seek as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use storage::Target;

/// The file in the data folder that is locked while a server runs. It names the server, and stays behind.
const LOCK_FILE: &str = "server.lock";

/// The data folder cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another server holds the lock.
    #[error("{} is in use by another server: {holder}", path.display())]
    InUse {
        /// The data folder, or the SQLite file.
        path: PathBuf,
        /// What the other server wrote about itself.
        holder: String,
    },
    /// The lock file cannot be opened or written.
    #[error("{} cannot be locked", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// The locks of a running server. The operating system releases them when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FolderLock {
    files: Vec<(PathBuf, File)>,
}

impl FolderLock {
    /// Locks the data folder, and the SQLite file if it is in another folder.
    ///
    /// # Errors
    /// [`LockError`]. Nothing is locked then.
    pub(crate) fn take(data_dir: &Path, database: &Target) -> Result<Self, LockError> {
        let mut files = vec![lock(data_dir, data_dir.join(LOCK_FILE))?];
        if let Target::Sqlite(sqlite) = database
            && !is_in(&sqlite.path, data_dir)
        {
            let mut name = sqlite.path.clone().into_os_string();
            name.push(".lock");
            files.push(lock(&sqlite.path, PathBuf::from(name))?);
        }
        let mut taken = Self { files };
        taken.describe(&[])?;
        Ok(taken)
    }

    /// Writes into the lock files who holds them, for the message that another server ends with.
    ///
    /// # Errors
    /// [`LockError::Io`].
    pub(crate) fn describe(&mut self, addresses: &[SocketAddr]) -> Result<(), LockError> {
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let holder = match addresses.as_slice() {
            [] => format!("process {}, which is starting", std::process::id()),
            listening => format!("process {}, listening on {}", std::process::id(), listening.join(", ")),
        };
        for (path, file) in &mut self.files {
            let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
            written.map_err(|source| LockError::Io { path: path.clone(), source })?;
        }
        Ok(())
    }
}

/// Returns whether a file is directly in a folder, or will be once it exists.
fn is_in(file: &Path, folder: &Path) -> bool {
    let parent = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    match (fs::canonicalize(parent), fs::canonicalize(folder)) {
        (Ok(parent), Ok(folder)) => parent == folder,
        _ => false,
    }
}

fn lock(what: &Path, path: PathBuf) -> Result<(PathBuf, File), LockError> {
    let mut options = OpenOptions::new();
    // The content is not truncated before the lock is held: it names the holder.
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|source| LockError::Io { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok((path, file)),
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&path).unwrap_or_default();
            let holder = if holder.is_empty() { "its process is not known".to_owned() } else { holder };
            Err(LockError::InUse { path: what.to_owned(), holder })
        }
        Err(TryLockError::Error(source)) => Err(LockError::Io { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_dropped() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let database = Target::sqlite(elsewhere.path().join("x.db"));
        let mut first = FolderLock::take(folder.path(), &database).unwrap();
        first.describe(&["127.0.0.1:8000".parse().unwrap()]).unwrap();
        let holder =
            format!("is in use by another server: process {}, listening on 127.0.0.1:8000", std::process::id());
        let refused = FolderLock::take(folder.path(), &database).unwrap_err().to_string();
        assert_eq!(refused, format!("{} {holder}", folder.path().display()));
        let other = tempfile::tempdir().unwrap();
        let refused = FolderLock::take(other.path(), &database).unwrap_err().to_string();
        assert_eq!(refused, format!("{} {holder}", elsewhere.path().join("x.db").display()));
        drop(first);
        FolderLock::take(folder.path(), &database).unwrap();
    }
}
