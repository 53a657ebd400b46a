//! Reads a packed model.
//!
//! All numbers are little-endian. A file is: the mark `encoder1` or `encoder2`; the number of layers, whether the first
//! token stands for the text (1) or the mean of all (0), the bits of an embedding and of a layer's weight,
//! the number of positions, of pieces and of bytes of the vocabulary, the length of the name, each as `u32`; in
//! `encoder2`, the width, the width of the feed-forward network and the number of heads as `u32`, and the number of
//! weights of the confidence as `u32`, which is 0 or [`WEIGHTS`], with these weights as `f32`;
//! the name; the vocabulary, a piece a line; then the matrices, and the SHA-256 of everything before. In `encoder1` the
//! three numbers are 384, 1536 and 12, and there are no weights of the confidence.
//!
//! The matrices are: the embeddings, the positions (`f32`), the scale and shift after them, and for each
//! layer: queries, keys and values as one matrix with its bias; the output of the attention with its bias;
//! scale and shift; the two matrices of the feed-forward network with their biases; scale and shift.
//! A row of a packed matrix is a row of groups of 32 weights: a scale (binary16), then the weights as bits,
//! the lowest first, each of which stands for its value minus half of the range.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::{
    half,
    numbers::{DIMENSIONS_STEP, nearest},
    tokens::Vocabulary,
};

/// The number of weights of the confidence that a file can have: an intercept and six features.
pub const WEIGHTS: usize = 7;

/// The number of weights that share a scale.
const GROUP: usize = 32;

const MARK: &[u8] = b"encoder1";
const WIDE_MARK: &[u8] = b"encoder2";
const DIGEST: usize = 32;
const MAX_LAYERS: usize = 48;
const MAX_POSITIONS: usize = 4096;
const MAX_NAME: usize = 100;
const MAX_WIDTH: usize = 1024;
const MAX_INNER: usize = 4 * MAX_WIDTH;

/// Why a file is no model.
#[derive(Debug, thiserror::Error)]
#[error("the model file is damaged or of another version: {0}")]
pub struct ModelError(pub(crate) &'static str);

/// How a vector is made of the tokens of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// It is the mean of all tokens, as of `MiniLM`.
    Mean,
    /// It is the first token, as of BGE.
    First,
}

/// The numbers of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    Of32,
    Of64,
}

/// How wide everything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The number of dimensions.
    pub(crate) width: usize,
    /// The width of the feed-forward network.
    pub(crate) inner: usize,
    pub(crate) head: Head,
}

impl Shape {
    /// `None` for what cannot be computed.
    fn new(width: usize, inner: usize, heads: usize) -> Option<Self> {
        let is_in_groups = |size: usize| size > 0 && size.is_multiple_of(GROUP) && size.is_multiple_of(DIMENSIONS_STEP);
        let head = match width.checked_div(heads)? {
            _ if !width.is_multiple_of(heads) => return None,
            32 => Head::Of32,
            64 => Head::Of64,
            _ => return None,
        };
        (is_in_groups(width) && is_in_groups(inner)).then_some(Self { width, inner, head })
    }
}

/// A matrix with a bias for each output, for activations of one byte.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// For each 16 outputs, for each 4 inputs: 16 times 4 weights.
    pub(crate) weights: Box<[i8]>,
    /// The value of a weight of 1, for each output.
    pub(crate) scales: Box<[f32]>,
    /// The sum of the weights of each output.
    pub(crate) sums: Box<[i32]>,
    pub(crate) bias: Box<[f32]>,
}

/// A scale and a shift for each dimension.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) scale: Box<[f32]>,
    pub(crate) shift: Box<[f32]>,
}

#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) attention: Linear,
    pub(crate) output: Linear,
    pub(crate) after_attention: Norm,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) after_network: Norm,
}

/// What a file contains.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) name: String,
    /// The first 16 hexadecimal digits of the file's hash.
    pub(crate) id: String,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) embeddings: Embeddings,
    pub(crate) shape: Shape,
    /// A row for each position.
    pub(crate) positions: Box<[f32]>,
    pub(crate) after_embeddings: Norm,
    pub(crate) layers: Vec<Layer>,
    pub(crate) pooling: Pooling,
    /// The weights of the confidence.
    pub(crate) weights: Option<[f32; WEIGHTS]>,
}

/// The rows of the pieces. They stay packed: a text needs few of them.
#[derive(Debug)]
pub(crate) struct Embeddings {
    file: Cow<'static, [u8]>,
    start: usize,
    bits: usize,
}

impl Embeddings {
    /// Adds the row of a piece.
    pub(crate) fn add(&self, piece: u32, row: &mut [f32]) {
        let length = row.len() / GROUP * group_bytes(self.bits);
        let start = usize::try_from(piece).ok().and_then(|piece| piece.checked_mul(length)?.checked_add(self.start));
        let packed = start.and_then(|start| self.file.get(start..start.checked_add(length)?));
        unpack(packed.unwrap_or_default(), self.bits, row, |value, unpacked| *value += unpacked);
    }
}

/// The number of bytes of a packed group.
const fn group_bytes(bits: usize) -> usize {
    2 + GROUP * bits / 8
}

/// Calls `each` with every value and the weight for it.
fn unpack(packed: &[u8], bits: usize, values: &mut [f32], each: impl Fn(&mut f32, f32)) {
    let middle = f32::from(1_u16 << (bits - 1));
    let mask = (1_u32 << bits) - 1;
    for (group, values) in packed.chunks_exact(group_bytes(bits)).zip(values.chunks_exact_mut(GROUP)) {
        let Some((scale, codes)) = group.split_first_chunk() else { continue };
        let scale = half::to_f32(u16::from_le_bytes(*scale));
        let (mut held, mut filled, mut codes) = (0_u32, 0, codes.iter());
        for value in values {
            while filled < bits {
                held |= u32::from(codes.next().copied().unwrap_or_default()) << filled;
                filled += 8;
            }
            let code = u16::try_from(held & mask).unwrap_or_default();
            each(value, (f32::from(code) - middle) * scale);
            held >>= bits;
            filled -= bits;
        }
    }
}

/// Returns 16 hexadecimal digits of the hash at the end of a file.
pub(crate) fn id(file: &[u8]) -> String {
    let hash = file.last_chunk::<DIGEST>().map(|hash| &hash[..]).unwrap_or_default();
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Contents {
    /// Reads a file. No weight of a layer becomes larger than `largest_weight`.
    pub(crate) fn read(file: Cow<'static, [u8]>, largest_weight: f32) -> Result<Self, ModelError> {
        let end = file.len().checked_sub(DIGEST).ok_or(ModelError("it is too short"))?;
        let (content, digest) = file.split_at_checked(end).ok_or(ModelError("it is too short"))?;
        let hash = Sha256::digest(content);
        if hash.as_slice() != digest {
            return Err(ModelError("its hash is another one"));
        }
        let id = id(&file);
        let mut reader = Reader { left: content, largest_weight };
        let mark = reader.take(MARK.len())?;
        if mark != MARK && mark != WIDE_MARK {
            return Err(ModelError("it does not begin with its mark"));
        }
        let layers = reader.number(MAX_LAYERS)?;
        let pooling = if reader.number(1)? == 0 { Pooling::Mean } else { Pooling::First };
        let (embedding_bits, layer_bits) = (reader.number(8)?, reader.number(8)?);
        let positions = reader.number(MAX_POSITIONS)?;
        let (pieces, length) = (reader.number(1 << 20)?, reader.number(1 << 26)?);
        let name_length = reader.number(MAX_NAME)?;
        if embedding_bits < 2 || layer_bits < 2 || positions < 2 {
            return Err(ModelError("a number is out of range"));
        }
        let ((width, inner, heads), weights) = if mark == WIDE_MARK {
            let shape = (reader.number(MAX_WIDTH)?, reader.number(MAX_INNER)?, reader.number(MAX_WIDTH)?);
            (shape, reader.weights()?)
        } else {
            ((384, 1536, 12), None)
        };
        let shape = Shape::new(width, inner, heads).ok_or(ModelError("its widths are not supported"))?;
        let name = reader.text(name_length)?.to_owned();
        let words = reader.text(length)?;
        if words.lines().count() != pieces {
            return Err(ModelError("the vocabulary has another size"));
        }
        let vocabulary = Vocabulary::new(words.lines()).ok_or(ModelError("a special piece is missing"))?;
        let start = end - reader.left.len();
        reader.take(pieces * (width / GROUP) * group_bytes(embedding_bits))?;
        let positions = reader.floats(positions * width)?;
        let after_embeddings = reader.norm(width)?;
        let layers = (0..layers).map(|_| reader.layer(shape, layer_bits)).collect::<Result<_, _>>()?;
        if !reader.left.is_empty() {
            return Err(ModelError("it goes on after its end"));
        }
        let embeddings = Embeddings { file, start, bits: embedding_bits };
        Ok(Self { name, id, vocabulary, embeddings, shape, positions, after_embeddings, layers, pooling, weights })
    }
}

struct Reader<'f> {
    left: &'f [u8],
    largest_weight: f32,
}

impl<'f> Reader<'f> {
    fn take(&mut self, length: usize) -> Result<&'f [u8], ModelError> {
        let (taken, left) = self.left.split_at_checked(length).ok_or(ModelError("it ends too early"))?;
        self.left = left;
        Ok(taken)
    }

    fn number(&mut self, most: usize) -> Result<usize, ModelError> {
        let (bytes, left) = self.left.split_first_chunk().ok_or(ModelError("it ends too early"))?;
        self.left = left;
        let number = usize::try_from(u32::from_le_bytes(*bytes)).ok();
        number.filter(|&number| number <= most).ok_or(ModelError("a number is out of range"))
    }

    fn text(&mut self, length: usize) -> Result<&'f str, ModelError> {
        str::from_utf8(self.take(length)?).map_err(|_| ModelError("a text is not UTF-8"))
    }

    fn floats(&mut self, count: usize) -> Result<Box<[f32]>, ModelError> {
        let bytes = self.take(count * 4)?;
        Ok(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// Reads the weights of the confidence, if there are some.
    fn weights(&mut self) -> Result<Option<[f32; WEIGHTS]>, ModelError> {
        match self.number(WEIGHTS)? {
            0 => Ok(None),
            WEIGHTS => {
                let weights: [f32; WEIGHTS] =
                    self.floats(WEIGHTS)?[..].try_into().map_err(|_| ModelError("it ends too early"))?;
                let [_, features @ ..] = weights;
                // More evidence must not lower the confidence.
                let are_usable =
                    weights.iter().all(|weight| weight.is_finite()) && features.iter().all(|it| *it >= 0.0);
                if are_usable {
                    Ok(Some(weights))
                } else {
                    Err(ModelError("a weight of the confidence is out of range"))
                }
            }
            _ => Err(ModelError("it has another number of weights of the confidence")),
        }
    }

    fn norm(&mut self, width: usize) -> Result<Norm, ModelError> {
        Ok(Norm { scale: self.floats(width)?, shift: self.floats(width)? })
    }

    fn layer(&mut self, Shape { width, inner, head: _ }: Shape, bits: usize) -> Result<Layer, ModelError> {
        Ok(Layer {
            attention: self.linear(width, 3 * width, bits)?,
            output: self.linear(width, width, bits)?,
            after_attention: self.norm(width)?,
            up: self.linear(width, inner, bits)?,
            down: self.linear(inner, width, bits)?,
            after_network: self.norm(width)?,
        })
    }

    fn linear(&mut self, inputs: usize, outputs: usize, bits: usize) -> Result<Linear, ModelError> {
        let length = inputs / GROUP * group_bytes(bits);
        let packed = self.take(outputs * length)?;
        let bias = self.floats(outputs)?;
        let mut weights = vec![0_i8; inputs * outputs].into_boxed_slice();
        let mut row = vec![0.0_f32; inputs];
        let (mut scales, mut sums) = (Vec::with_capacity(outputs), Vec::with_capacity(outputs));
        for (output, packed) in packed.chunks_exact(length).enumerate() {
            unpack(packed, bits, &mut row, |value, unpacked| *value = unpacked);
            let largest = row.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
            let scale = largest / self.largest_weight;
            // The weights of an output are every 64 bytes, four at a time.
            let first = output / 16 * inputs * 16 + output % 16 * 4;
            let places = weights.get_mut(first..).unwrap_or_default().chunks_mut(64);
            let mut sum = 0;
            for (inputs, places) in row.chunks_exact(4).zip(places) {
                for (input, place) in inputs.iter().zip(places) {
                    *place = nearest(input / scale);
                    sum += i32::from(*place);
                }
            }
            scales.push(scale);
            sums.push(sum);
        }
        Ok(Linear { inputs, outputs, weights, scales: scales.into(), sums: sums.into(), bias })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_read_from_the_lowest_bit() {
        // Scale 1, then the codes 0 to 31 of five bits.
        let mut packed = vec![0x00, 0x3c];
        let mut bits = 0_u64;
        let mut filled = 0;
        for code in 0..32_u64 {
            bits |= code << filled;
            filled += 5;
            while filled >= 8 {
                packed.push(bits.to_le_bytes()[0]);
                bits >>= 8;
                filled -= 8;
            }
        }
        let mut values = [0.0; 32];
        unpack(&packed, 5, &mut values, |value, unpacked| *value = unpacked);
        assert_eq!(values.to_vec(), (-16_i16..16).map(f32::from).collect::<Vec<_>>());
    }

    #[test]
    fn widths_that_are_in_groups_and_heads_of_usual_sizes_are_computed() {
        for (width, inner, heads) in [(384, 1536, 12), (768, 3072, 12), (128, 512, 2), (64, 256, 2), (96, 32, 3)] {
            assert!(Shape::new(width, inner, heads).is_some(), "{width} {inner} {heads}");
        }
        for (width, inner, heads) in [
            (384, 1536, 0),
            (384, 1536, 5),
            (0, 0, 1),
            (48, 192, 1),
            (64, 100, 2),
            (64, 0, 2),
            (96, 384, 1),
            (128, 512, 8),
        ] {
            assert!(Shape::new(width, inner, heads).is_none(), "{width} {inner} {heads}");
        }
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_refused(at in any::<prop::sample::Index>(), length in any::<prop::sample::Index>()) {
            let mut file = crate::model::EMBEDDED.get(..200_000).unwrap().to_vec();
            let at = at.index(file.len());
            file[at] ^= 1;
            file.truncate(length.index(file.len()));
            prop_assert!(Contents::read(Cow::Owned(file), 127.0).is_err());
        }

        #[test]
        fn a_file_of_any_content_with_its_hash_is_refused(content in prop::collection::vec(any::<u8>(), 0..300)) {
            for mark in [MARK, WIDE_MARK] {
                let content = [mark, &content].concat();
                let file = [&content[..], &Sha256::digest(&content)].concat();
                prop_assert!(Contents::read(Cow::Owned(file), 127.0).is_err());
            }
        }
    }
}
