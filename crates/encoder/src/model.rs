//! The model: from a text to a vector.

use std::borrow::Cow;

use crate::{
    ModelError, Path, Pooling, Vector, WEIGHTS,
    file::{self, Contents},
    kernel::{self, Scratch},
};

/// The model that the library carries: `data/README.md` tells where it comes from.
pub(crate) const EMBEDDED: &[u8] = include_bytes!("../data/minilm-l6.bin");

/// The most pieces of a text that are read; a piece is a word or a part of one.
pub const MAX_TOKENS: usize = 256;

/// A sentence encoder of the BERT family, ready to use. The one that the library carries takes about 25 MB, and another one
/// a byte for each weight.
#[derive(Debug)]
pub struct Model {
    contents: Contents,
    path: Path,
}

impl Model {
    /// Reads the model that the library carries. This takes about 0.1 s.
    ///
    /// # Errors
    /// [`ModelError`] if the program file is damaged.
    pub fn embedded() -> Result<Self, ModelError> {
        Self::read(EMBEDDED)
    }

    /// Returns the [`Model::id`] of the model that the library carries, without reading it.
    pub fn embedded_id() -> String {
        file::id(EMBEDDED)
    }

    /// Reads a model file that `examples/pack` made.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn read(file: impl Into<Cow<'static, [u8]>>) -> Result<Self, ModelError> {
        Self::on(file, Path::best())
    }

    /// Reads a model file for one of the [`Path::available`] ways to compute. For tests and measurements.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn on(file: impl Into<Cow<'static, [u8]>>, path: Path) -> Result<Self, ModelError> {
        Ok(Self { contents: Contents::read(file.into(), path.largest_weight())?, path })
    }

    /// Reads the embedded model for one of the [`Path::available`] ways to compute.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn embedded_on(path: Path) -> Result<Self, ModelError> {
        Self::on(EMBEDDED, path)
    }

    /// Returns the name in the file.
    pub fn name(&self) -> &str {
        &self.contents.name
    }

    /// Returns 16 hexadecimal digits that depend on the whole file. Vectors of models with different ids
    /// must not be compared.
    pub fn id(&self) -> &str {
        &self.contents.id
    }

    /// Returns the number of dimensions of its vectors.
    pub fn dimensions(&self) -> usize {
        self.contents.shape.width
    }

    /// Returns how a vector is made of the tokens of a text.
    pub fn pooling(&self) -> Pooling {
        self.contents.pooling
    }

    /// Returns the weights with which a confidence is computed of what is found with its vectors, if the file has them: the
    /// intercept, then those of the features.
    pub fn weights(&self) -> Option<[f32; WEIGHTS]> {
        self.contents.weights
    }

    /// Returns the way to compute.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Returns the rank of a whole word in lower case, a lower one for more frequent words; `None` if the
    /// model has no such word.
    pub fn rank(&self, word: &str) -> Option<u32> {
        self.contents.vocabulary.rank(word)
    }

    /// Returns the whole words of the vocabulary that consist of letters, with their rank, in no order.
    pub fn words(&self) -> impl Iterator<Item = (&str, u32)> {
        self.contents.vocabulary.words()
    }

    /// Returns the vector of a text, of length 1. At most `most` tokens of it are read, and at most
    /// [`MAX_TOKENS`].
    ///
    /// It takes 0.1 to 0.5 ms a token, so it must not run where others wait for the thread.
    pub fn encode(&self, text: &str, most: usize) -> Vector {
        Vector::unit(&self.values(text, most))
    }

    /// Returns the numbers of the pieces of a text, as they are encoded.
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        self.split(text, MAX_TOKENS)
    }

    /// Returns the values that [`Model::encode`] rounds, of any length.
    pub fn values(&self, text: &str, most: usize) -> Vec<f32> {
        kernel::forward(self.path, &self.contents, &self.split(text, most), &mut Scratch::default())
    }

    fn split(&self, text: &str, most: usize) -> Vec<u32> {
        let positions = self.contents.positions.len() / self.contents.shape.width.max(1);
        self.contents.vocabulary.split(text, most.min(MAX_TOKENS).min(positions))
    }
}
