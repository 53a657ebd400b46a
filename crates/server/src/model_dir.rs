//! The folder of `--model-dir`, which has the model that is used instead of the embedded one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use encoder::{Model, ModelError};

/// The end of the name of a packed model.
const EXTENSION: &str = "bin";

/// Why the folder of `--model-dir` has no model that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelDirError {
    /// The folder cannot be read.
    #[error("the folder {} of --model-dir cannot be read; it must have one packed model, a file whose name ends in .bin", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The folder has no model, or several.
    #[error(
        "the folder {} of --model-dir has {found} files whose names end in .bin; it must have exactly one, a packed model",
        .folder.display()
    )]
    Number {
        /// The folder.
        folder: PathBuf,
        /// The number of files.
        found: usize,
    },
    /// The file cannot be read.
    #[error("the model {} cannot be read", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is no packed model.
    #[error("{} is no model that this version can use; it must be a packed model as the embedded one is", .file.display())]
    Model {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: ModelError,
    },
}

/// Reads the model in a folder. This takes some tenths of a second.
///
/// # Errors
/// [`ModelDirError`].
pub(crate) fn read(folder: &Path) -> Result<Model, ModelDirError> {
    let unreadable = |source| ModelDirError::Folder { folder: folder.to_owned(), source };
    let paths = fs::read_dir(folder).map_err(unreadable)?.map(|entry| Ok(entry?.path()));
    let mut files: Vec<PathBuf> = paths.collect::<io::Result<_>>().map_err(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == EXTENSION));
    let found = files.len();
    let (Some(file), true) = (files.pop(), found == 1) else {
        return Err(ModelDirError::Number { folder: folder.to_owned(), found });
    };
    match fs::read(&file) {
        Ok(content) => Model::read(content).map_err(|source| ModelDirError::Model { file, source }),
        Err(source) => Err(ModelDirError::File { file, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &[u8] = include_bytes!("../../encoder/tests/models/small.bin");

    fn message(folder: &Path) -> String {
        crate::logging::chain(&read(folder).unwrap_err()).to_string()
    }

    #[test]
    fn a_folder_has_exactly_one_model() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(message(&at("none")).contains("cannot be read; it must have one packed model"));
        assert!(message(folder.path()).contains("has 0 files whose names end in .bin; it must have exactly one"));
        fs::write(at("small.bin"), SMALL).unwrap();
        fs::write(at("LICENSE"), "text").unwrap();
        assert_eq!(read(folder.path()).unwrap().dimensions(), 64);
        fs::write(at("small.bin"), &SMALL[..SMALL.len() - 1]).unwrap();
        let broken = message(folder.path());
        assert!(broken.contains("small.bin is no model") && broken.contains("its hash is another one"), "{broken}");
        fs::write(at("other.bin"), SMALL).unwrap();
        assert!(message(folder.path()).contains("has 2 files"));
    }
}
