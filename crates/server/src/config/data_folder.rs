//! The data folder and the secret in it.

use std::{fs, io, path::Path};

use rand::Rng as _;
use secrecy::SecretSlice;

use super::ConfigError;

/// The shortest secret that is accepted, in bytes.
pub(super) const SECRET_BYTES: usize = 32;

/// Where uploads are kept, in the data folder.
pub(crate) const UPLOADS_FOLDER: &str = "uploads";

/// Where a generated secret is kept, in the data folder.
pub(crate) const SECRET_FILE: &str = "secret";

/// Makes the data folder, for its owner alone. One that is there keeps the mode that it has.
pub(super) fn make(folder: &Path) -> Result<(), ConfigError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(ConfigError::DataDir)
}

/// Returns whether the folder of uploads holds any. Names that start with a dot are the server's own.
pub(super) fn has_uploads(uploads: &Path) -> bool {
    let entries = fs::read_dir(uploads).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| !name.as_encoded_bytes().starts_with(b"."))
}

/// The secret in the data folder, if there is one.
pub(super) fn read_secret(folder: &Path) -> Result<Option<SecretSlice<u8>>, ConfigError> {
    match fs::read(folder.join(SECRET_FILE)) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::DataDir(error)),
    }
}

/// The secret in the data folder, generated at first use and readable by its owner only.
pub(super) fn kept_secret(folder: &Path) -> Result<SecretSlice<u8>, ConfigError> {
    if let Some(secret) = read_secret(folder)? {
        return Ok(secret);
    }
    let mut bytes = vec![0; 2 * SECRET_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    write_private(&folder.join(SECRET_FILE), &bytes).map_err(ConfigError::DataDir)?;
    Ok(bytes.into())
}

/// Whole or not at all: a crash must not leave half a secret behind. The temporary file
/// is made with mode 0600.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}
