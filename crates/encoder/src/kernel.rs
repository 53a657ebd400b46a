//! The ways to multiply bytes, one for each kind of processor, and the choice between them.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::fmt;

pub(crate) use crate::forward::Scratch;
use crate::{file::Contents, numbers::real};

/// A way to compute: the instructions that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// What every processor has.
    Portable,
    /// What every x86-64 processor has.
    Sse2,
    /// AVX2 of x86-64.
    Avx2,
    /// AVX2 with dot products of bytes.
    AvxVnni,
    /// AVX-512 with dot products of bytes.
    Avx512Vnni,
}

impl Path {
    /// All ways, the slowest first.
    const ALL: [Self; 5] = [Self::Portable, Self::Sse2, Self::Avx2, Self::AvxVnni, Self::Avx512Vnni];

    /// Returns the ways that this processor has, the slowest first.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|path| path.is_available())
    }

    /// Returns the fastest way that this processor has.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::Portable)
    }

    #[cfg(target_arch = "x86_64")]
    fn is_available(self) -> bool {
        match self {
            Self::Portable | Self::Sse2 => true,
            Self::Avx2 => x86::Avx2::detect().is_some(),
            Self::AvxVnni => x86::AvxVnni::detect().is_some(),
            Self::Avx512Vnni => x86::Avx512Vnni::detect().is_some(),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_available(self) -> bool {
        self == Self::Portable
    }

    /// Returns the largest weight that this way can multiply.
    pub(crate) const fn largest_weight(self) -> f32 {
        match self {
            // Two products of a byte and a weight are added to a number of 16 bits: 2 * 255 * 63 fits.
            Self::Avx2 => 63.0,
            Self::Portable | Self::Sse2 | Self::AvxVnni | Self::Avx512Vnni => 127.0,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Sse2 => "SSE2",
            Self::Avx2 => "AVX2",
            Self::AvxVnni => "AVX-VNNI",
            Self::Avx512Vnni => "AVX-512 VNNI",
        })
    }
}

/// Returns the values of a row of tokens. The model must have been read for this way to compute.
///
/// If the processor does not have it, the portable way is used.
pub(crate) fn forward(path: Path, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
    #[cfg(target_arch = "x86_64")]
    {
        let values = match path {
            Path::Portable => None,
            Path::Sse2 => Some(x86::Sse2.forward(model, tokens, scratch)),
            Path::Avx2 => x86::Avx2::detect().map(|by| by.forward(model, tokens, scratch)),
            Path::AvxVnni => x86::AvxVnni::detect().map(|by| by.forward(model, tokens, scratch)),
            Path::Avx512Vnni => x86::Avx512Vnni::detect().map(|by| by.forward(model, tokens, scratch)),
        };
        if let Some(values) = values {
            return values;
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = path;
    crate::forward::forward(portable::Portable, model, tokens, scratch)
}

/// Returns the scalar product of two vectors; 0 if their lengths differ.
pub(crate) fn dot(a: &[i8], b: &[i8]) -> f32 {
    if a.len() != b.len() {
        return 0.0;
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(by) = x86::Avx2::detect() {
        return real(by.dot(a, b));
    }
    real(portable::dot(a, b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_way_has_the_same_scalar_product(
            seed in prop::collection::vec(any::<i8>(), 10..50),
            dimensions in prop::sample::select(vec![32_usize, 128, 384, 768, 1024]),
        ) {
            let mut bytes = seed.iter().cycle().copied();
            let mut next = || -> Vec<i8> { (0..dimensions).map(|_| bytes.next().unwrap()).collect() };
            let (a, b) = (next(), next());
            let exact: i32 = a.iter().zip(&b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
            prop_assert_eq!(portable::dot(&a, &b), exact);
            prop_assert_eq!(dot(&a, &b), real(exact));
        }
    }
}
