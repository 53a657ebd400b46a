//! Conversions between floats and integers.

#![expect(clippy::inline_always, reason = "the code has to be compiled for the processor of the caller")]

/// The number of dimensions of every vector is a multiple of this.
pub(crate) const DIMENSIONS_STEP: usize = 32;

/// Returns the integer part.
#[inline(always)]
#[expect(clippy::as_conversions, reason = "std truncates a float by `as` alone")]
pub(crate) fn truncated(x: f32) -> i32 {
    x as i32
}

/// Returns the nearest float.
#[inline(always)]
#[expect(clippy::as_conversions, reason = "std converts an integer to the nearest float by `as` alone")]
pub(crate) fn real(x: i32) -> f32 {
    x as f32
}

/// Returns the nearest byte.
#[expect(clippy::as_conversions, reason = "std rounds a float to a saturated integer by `as` alone")]
pub(crate) fn nearest(value: f32) -> i8 {
    value.round_ties_even() as i8
}
