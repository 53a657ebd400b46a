//! The data folder and the secret in it.

use std::{fs, io, path::Path};

use rand::Rng as _;
use secrecy::SecretSlice;

use super::{AtPath, ConfigError};

/// Minimum length of a secret, in bytes.
pub(super) const SECRET_BYTES: usize = 32;

/// Folder of uploads, in the data folder.
pub(crate) const UPLOADS_FOLDER: &str = "uploads";

/// File of a generated secret, in the data folder.
pub(crate) const SECRET_FILE: &str = "secret";

/// Creates the data folder, accessible to its owner only. An existing folder keeps its mode.
pub(super) fn create(folder: &Path) -> Result<(), ConfigError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(AtPath::of(folder)).map_err(ConfigError::DataDir)
}

/// Returns whether the folder of uploads holds any. Names that start with a dot are the server's own.
pub(super) fn has_uploads(uploads: &Path) -> bool {
    let entries = fs::read_dir(uploads).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| !name.as_encoded_bytes().starts_with(b"."))
}

/// Reads the secret in the data folder, if there is one.
pub(super) fn read_secret(folder: &Path) -> Result<Option<SecretSlice<u8>>, ConfigError> {
    let file = folder.join(SECRET_FILE);
    match fs::read(&file) {
        Ok(bytes) => Ok(Some(bytes.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::DataDir(AtPath::of(&file)(error))),
    }
}

/// Reads the secret in the data folder. If there is none, generates one that only its owner can read.
pub(super) fn load_or_generate_secret(folder: &Path) -> Result<SecretSlice<u8>, ConfigError> {
    if let Some(secret) = read_secret(folder)? {
        return Ok(secret);
    }
    let mut bytes = vec![0; 2 * SECRET_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let file = folder.join(SECRET_FILE);
    write_private(&file, &bytes).map_err(AtPath::of(&file)).map_err(ConfigError::DataDir)?;
    Ok(bytes.into())
}

/// Writes a file by renaming a temporary one, so that a crash cannot leave half a secret behind. The
/// temporary file is created with mode 0600.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}
