//! The forward pass of a BERT encoder. Activations are rounded to one byte before each matrix.
//!
//! Everything here is inlined into a function for each kind of processor (see [`crate::kernel`]), where the
//! compiler turns the loops over [`LANES`] into wide instructions.

#![expect(clippy::inline_always, reason = "the code has to be compiled for the processor of the caller")]

use crate::{
    file::{Contents, Head, Linear, Norm, Pooling, Shape},
    numbers::{real, truncated},
};

/// The number of values that are worked on together.
const LANES: usize = 16;

/// Added to the variance.
const EPSILON: f32 = 1e-12;

/// Multiplies with the matrices.
pub(crate) trait Multiply: Copy {
    /// Computes the outputs for each row of `input` into `output`.
    fn multiply(self, matrix: &Linear, input: &Rounded, output: &mut [f32]);
}

/// Rows of activations as bytes.
#[derive(Debug, Default)]
pub(crate) struct Rounded {
    pub(crate) bytes: Vec<u8>,
    /// The steps of each row.
    pub(crate) steps: Vec<Steps>,
}

/// What the bytes of a row stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Steps {
    /// The value of a step.
    pub(crate) scale: f32,
    /// The byte that stands for 0.
    pub(crate) zero: i32,
}

/// Memory for a pass.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    rounded: Rounded,
    state: Vec<f32>,
    wide: Vec<f32>,
    narrow: Vec<f32>,
    weights: Vec<f32>,
}

/// Returns the values of a row of tokens.
#[inline(always)]
pub(crate) fn forward(by: impl Multiply, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
    let Scratch { rounded, state, wide, narrow, weights } = scratch;
    let (count, Shape { width, inner, head }) = (tokens.len(), model.shape);
    state.clear();
    state.extend(model.positions.iter().take(count * width));
    for (&token, row) in tokens.iter().zip(state.chunks_exact_mut(width)) {
        model.embeddings.add(token, row);
    }
    normalise(state, &model.after_embeddings);
    narrow.clear();
    narrow.resize(count * width, 0.0);
    weights.clear();
    weights.resize(count, 0.0);
    for layer in &model.layers {
        wide.clear();
        wide.resize(count * inner.max(3 * width), 0.0);
        round(state, width, rounded);
        let attention = wide.get_mut(..count * 3 * width).unwrap_or_default();
        by.multiply(&layer.attention, rounded, attention);
        match head {
            Head::Of32 => attend::<32>(attention, width, weights, narrow),
            Head::Of64 => attend::<64>(attention, width, weights, narrow),
        }
        round(narrow, width, rounded);
        by.multiply(&layer.output, rounded, narrow);
        add(state, narrow);
        normalise(state, &layer.after_attention);
        round(state, width, rounded);
        let wide = wide.get_mut(..count * inner).unwrap_or_default();
        by.multiply(&layer.up, rounded, wide);
        wide.iter_mut().for_each(|value| *value = gelu(*value));
        round(wide, inner, rounded);
        by.multiply(&layer.down, rounded, narrow);
        add(state, narrow);
        normalise(state, &layer.after_network);
    }
    let mut values = vec![0.0; width];
    let pooled = match model.pooling {
        Pooling::Mean => count,
        Pooling::First => 1,
    };
    for row in state.chunks_exact(width).take(pooled) {
        add(&mut values, row);
    }
    values
}

#[inline(always)]
fn add(values: &mut [f32], others: &[f32]) {
    for (value, other) in values.iter_mut().zip(others) {
        *value += other;
    }
}

/// Returns the sum of one function of the values. They are added in [`LANES`] sums, whose order is fixed.
#[inline(always)]
fn total(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for values in row.as_chunks::<LANES>().0 {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += of(*value);
        }
    }
    sums.iter().sum()
}

/// Gives each row the mean 0 and the variance 1, then scales and shifts it.
#[inline(always)]
fn normalise(rows: &mut [f32], norm: &Norm) {
    let width = norm.scale.len();
    let size = real(i32::try_from(width).unwrap_or(i32::MAX));
    for row in rows.chunks_exact_mut(width) {
        let mean = total(row, |value| value) / size;
        let variance = total(row, |value| (value - mean) * (value - mean)) / size;
        let inverse = 1.0 / (variance + EPSILON).sqrt();
        for ((value, scale), shift) in row.iter_mut().zip(&norm.scale).zip(&norm.shift) {
            *value = (*value - mean) * inverse * scale + shift;
        }
    }
}

/// Rounds each row of `width` values to bytes. The lowest value of a row becomes 0 or 1, the highest at most 255.
#[inline(always)]
fn round(rows: &[f32], width: usize, rounded: &mut Rounded) {
    /// Adding this number to a small one leaves the nearest integer in the lowest bits.
    const SHIFT: f32 = 12_582_912.0;
    /// One less than the most, since the byte for 0 is rounded up.
    const MOST: f32 = 254.0;
    rounded.bytes.clear();
    rounded.bytes.resize(rows.len(), 0);
    rounded.steps.clear();
    for (row, bytes) in rows.chunks_exact(width).zip(rounded.bytes.chunks_exact_mut(width)) {
        let (mut lowest, mut highest) = ([0.0_f32; LANES], [f32::MIN_POSITIVE; LANES]);
        for values in row.as_chunks::<LANES>().0 {
            for ((lowest, highest), value) in lowest.iter_mut().zip(&mut highest).zip(values) {
                *lowest = lowest.min(*value);
                *highest = highest.max(*value);
            }
        }
        let lowest = lowest.iter().fold(0.0_f32, |a, &b| a.min(b));
        let highest = highest.iter().fold(f32::MIN_POSITIVE, |a, &b| a.max(b));
        let steps = MOST / (highest - lowest);
        let zero = (-lowest * steps).ceil();
        rounded.steps.push(Steps { scale: (highest - lowest) / MOST, zero: truncated(zero) });
        for (byte, value) in bytes.iter_mut().zip(row) {
            [*byte, ..] = (value * steps + (zero + SHIFT)).to_bits().to_le_bytes();
        }
    }
}

/// Computes what the tokens take from each other. `rows` has queries, keys and values of each token, `width` numbers of
/// each, in heads of `HEAD`.
#[inline(always)]
fn attend<const HEAD: usize>(rows: &[f32], width: usize, weights: &mut [f32], output: &mut [f32]) {
    let part = |row: &[f32], which: usize, head: usize| -> [f32; HEAD] {
        let start = which * width + head * HEAD;
        row.get(start..start + HEAD).and_then(|part| part.try_into().ok()).unwrap_or([0.0; HEAD])
    };
    let scale = 1.0 / real(i32::try_from(HEAD).unwrap_or(i32::MAX)).sqrt();
    for (row, output) in rows.chunks_exact(3 * width).zip(output.chunks_exact_mut(width)) {
        for (head, output) in output.as_chunks_mut::<HEAD>().0.iter_mut().enumerate() {
            let query = part(row, 0, head);
            let mut largest = f32::MIN;
            for (weight, other) in weights.iter_mut().zip(rows.chunks_exact(3 * width)) {
                let key = part(other, 1, head);
                let mut sums = [0.0_f32; 8];
                for (a, b) in query.as_chunks::<8>().0.iter().zip(key.as_chunks::<8>().0) {
                    for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                        *sum += a * b;
                    }
                }
                *weight = sums.iter().sum::<f32>() * scale;
                largest = largest.max(*weight);
            }
            weights.iter_mut().for_each(|weight| *weight = exp(*weight - largest));
            let share = 1.0 / weights.iter().sum::<f32>();
            let mut sum = [0.0_f32; HEAD];
            for (weight, other) in weights.iter().zip(rows.chunks_exact(3 * width)) {
                let value = part(other, 2, head);
                let weight = weight * share;
                for (sum, value) in sum.iter_mut().zip(value) {
                    *sum += weight * value;
                }
            }
            *output = sum;
        }
    }
}

/// The exponential function up to 2e-5 of its value, for numbers that are not positive.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// The bits of 1.0.
    const ONE: i32 = 127 << 23;
    let power = (x * std::f32::consts::LOG2_E).max(-126.0);
    // Rounds towards 0, and by one more for a fraction, which is the floor of a number that is not positive.
    let floor = truncated(power) - 1;
    let rest = power - real(floor);
    // A polynomial for the power of two between 0 and 1.
    let part = 1.0
        + rest
            * (std::f32::consts::LN_2
                + rest * (0.240_226_5 + rest * (0.055_504_1 + rest * (0.009_618_1 + rest * 0.001_504_3))));
    f32::from_bits((ONE + (floor << 23)).cast_unsigned()) * part
}

/// x times the share of a normal distribution below x.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    // The error function by Abramowitz and Stegun, 7.1.26: off by at most 1.5e-7.
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let poly = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4))));
    let erf = 1.0 - poly * exp(-z * z);
    0.5 * x * (1.0 + erf.copysign(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMENSIONS: usize = 384;

    #[test]
    fn the_exponential_is_near_the_real_one() {
        for step in 0..8_000_u16 {
            let x = -0.01 * f32::from(step);
            let error = (exp(x) - x.exp()).abs() / x.exp().max(1e-30);
            assert!(error < 3e-5, "{x}: {error}");
        }
    }

    #[test]
    fn known_values_of_gelu_are_met() {
        for (x, value) in [(0.0, 0.0), (1.0, 0.841_345), (-1.0, -0.158_655), (3.0, 2.995_95), (-8.0, 0.0)] {
            assert!((gelu(x) - value).abs() < 2e-4, "{x}: {}", gelu(x));
        }
    }

    #[test]
    fn rounding_uses_the_whole_range_of_a_row() {
        let mut row = [0.0_f32; DIMENSIONS];
        (row[0], row[1], row[2]) = (-0.5, 3.0, 0.004);
        let mut rounded = Rounded::default();
        round(&row, DIMENSIONS, &mut rounded);
        let [Steps { scale, zero }] = rounded.steps[..] else { panic!("one row") };
        assert!((scale - 3.5 / 254.0).abs() < 1e-6);
        assert_eq!((zero, &rounded.bytes[..4]), (37, &[1, 255, 37, 37][..]));
        for (byte, value) in rounded.bytes.iter().zip(row) {
            assert!((real(i32::from(*byte) - zero) * scale - value).abs() <= scale / 2.0);
        }
    }
}
