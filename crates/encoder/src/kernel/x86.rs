//! Multiplication with the wide instructions of x86-64.
//!
//! This is the only module with `unsafe` code, for two reasons. A function that uses instructions which not
//! every processor has may be called only after they were detected; a value of [`Avx2`], [`AvxVnni`] or
//! [`Avx512Vnni`] is the proof of that, since only `detect` makes one. And the compiler does not turn the loops
//! over bytes into these instructions by itself, so that they are named, with loads from slices whose length
//! is checked in [`Shape::of`].

#![expect(unsafe_code, reason = "wide instructions; see above")]
#![expect(clippy::inline_always, reason = "the code has to be compiled for the processor of the caller")]

use std::arch::{is_x86_feature_detected, x86_64::*};

use crate::{
    file::{Contents, Linear},
    forward::{self, Multiply, Rounded, Scratch, Steps},
    numbers::real,
};

/// The number of outputs that are computed together.
const OUTPUTS: usize = 16;

/// What every x86-64 processor has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sse2;

/// Proof that the processor has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

/// Proof that the processor has AVX2, FMA and AVX-VNNI.
#[derive(Debug, Clone, Copy)]
pub(super) struct AvxVnni(());

/// Proof that the processor has AVX-512 with VNNI.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512Vnni(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }

    pub(super) fn forward(self, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
        #[target_feature(enable = "avx2,fma")]
        fn run(by: Avx2, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
            forward::forward(by, model, tokens, scratch)
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { run(self, model, tokens, scratch) }
    }

    pub(super) fn dot(self, a: &[i8], b: &[i8]) -> i32 {
        #[target_feature(enable = "avx2")]
        fn run(a: &[i8], b: &[i8]) -> i32 {
            // Sixteen sums are one register. Groups of fixed size become wide instructions.
            let mut sums = [0_i32; 16];
            for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum += i32::from(*a) * i32::from(*b);
                }
            }
            sums.iter().sum()
        }
        // SAFETY: `self` proves that the processor has the feature.
        unsafe { run(a, b) }
    }
}

impl AvxVnni {
    pub(super) fn detect() -> Option<Self> {
        (Avx2::detect().is_some() && is_x86_feature_detected!("avxvnni")).then_some(Self(()))
    }

    pub(super) fn forward(self, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
        #[target_feature(enable = "avx2,fma,avxvnni")]
        fn run(by: AvxVnni, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
            forward::forward(by, model, tokens, scratch)
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { run(self, model, tokens, scratch) }
    }
}

impl Avx512Vnni {
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        (Avx2::detect().is_some() && has_all).then_some(Self(()))
    }

    pub(super) fn forward(self, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
        #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512vnni")]
        fn run(by: Avx512Vnni, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
            forward::forward(by, model, tokens, scratch)
        }
        // SAFETY: `self` proves that the processor has the features.
        unsafe { run(self, model, tokens, scratch) }
    }
}

/// The slices of a multiplication, whose lengths fit together.
struct Shape<'s> {
    inputs: usize,
    outputs: usize,
    rows: usize,
    matrix: &'s Linear,
    bytes: &'s [u8],
    steps: &'s [Steps],
}

impl<'s> Shape<'s> {
    /// Checks all lengths that the loads below rely on.
    fn of(matrix: &'s Linear, input: &'s Rounded, output: &[f32]) -> Self {
        let (inputs, outputs, rows) = (matrix.inputs, matrix.outputs, input.steps.len());
        assert!(inputs.is_multiple_of(4) && outputs.is_multiple_of(OUTPUTS));
        assert_eq!(matrix.weights.len(), inputs * outputs);
        assert_eq!((matrix.scales.len(), matrix.sums.len(), matrix.bias.len()), (outputs, outputs, outputs));
        assert_eq!((input.bytes.len(), output.len()), (rows * inputs, rows * outputs));
        Self { inputs, outputs, rows, matrix, bytes: &input.bytes, steps: &input.steps }
    }

    /// Returns four activations of a row as one number.
    ///
    /// # Safety
    /// `row` is below `rows`, and `quad` below a quarter of `inputs`.
    #[inline(always)]
    unsafe fn quad(&self, row: usize, quad: usize) -> i32 {
        // SAFETY: the four bytes are within the row, by the contract of the function.
        unsafe { self.bytes.as_ptr().add(row * self.inputs + quad * 4).cast::<i32>().read_unaligned() }
    }

    /// Writes the results for 16 outputs of a row.
    #[inline(always)]
    fn finish(&self, row: usize, block: usize, sums: &[i32; OUTPUTS], output: &mut [f32]) {
        let from = block * OUTPUTS;
        let Some(steps) = self.steps.get(row) else { return };
        let output = output.get_mut(row * self.outputs + from..).unwrap_or_default();
        let parts = self.matrix.sums.iter().zip(&self.matrix.scales).zip(&self.matrix.bias).skip(from);
        for ((value, product), ((sum, weight), bias)) in output.iter_mut().zip(sums).zip(parts) {
            *value = real(product - steps.zero * sum) * steps.scale * weight + bias;
        }
    }
}

/// Adds the products of four weights and four activations to each of eight sums.
trait Dot: Copy {
    /// # Safety
    /// The processor has what the implementation needs.
    unsafe fn add(self, sum: __m256i, bytes: __m256i, weights: __m256i) -> __m256i;
}

impl Dot for Avx2 {
    #[inline(always)]
    unsafe fn add(self, sum: __m256i, bytes: __m256i, weights: __m256i) -> __m256i {
        // SAFETY: `self` proves that the processor has AVX2.
        unsafe {
            let pairs = _mm256_maddubs_epi16(bytes, weights);
            _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }
}

impl Dot for AvxVnni {
    #[inline(always)]
    unsafe fn add(self, sum: __m256i, bytes: __m256i, weights: __m256i) -> __m256i {
        // SAFETY: `self` proves that the processor has AVX-VNNI.
        unsafe { _mm256_dpbusd_avx_epi32(sum, bytes, weights) }
    }
}

/// Multiplies `ROWS` rows from `row` on with the weights of 16 outputs, and returns `ROWS`.
///
/// # Safety
/// The processor has AVX2; the rows and the block are within the shape.
#[inline(always)]
unsafe fn block256<const ROWS: usize>(
    by: impl Dot,
    shape: &Shape<'_>,
    block: usize,
    row: usize,
    output: &mut [f32],
) -> usize {
    let quads = shape.inputs / 4;
    let mut sums = [[0_i32; OUTPUTS]; ROWS];
    // SAFETY: a block of weights has `quads` times 64 bytes, and `Shape::of` has checked that all blocks are
    // there. The rows are within the shape, by the contract of the function.
    unsafe {
        let mut wide = [[_mm256_setzero_si256(); 2]; ROWS];
        let weights = shape.matrix.weights.as_ptr().add(block * quads * 64);
        for quad in 0..quads {
            let low = _mm256_loadu_si256(weights.add(quad * 64).cast());
            let high = _mm256_loadu_si256(weights.add(quad * 64 + 32).cast());
            for (at, [first, second]) in wide.iter_mut().enumerate() {
                let bytes = _mm256_set1_epi32(shape.quad(row + at, quad));
                *first = by.add(*first, bytes, low);
                *second = by.add(*second, bytes, high);
            }
        }
        for (sums, [first, second]) in sums.iter_mut().zip(wide) {
            let place: *mut i32 = sums.as_mut_ptr();
            _mm256_storeu_si256(place.cast(), first);
            _mm256_storeu_si256(place.add(8).cast(), second);
        }
    }
    for (at, sums) in sums.iter().enumerate() {
        shape.finish(row + at, block, sums, output);
    }
    ROWS
}

/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn multiply256(by: impl Dot, shape: &Shape<'_>, output: &mut [f32]) {
    for block in 0..shape.outputs / OUTPUTS {
        let mut row = 0;
        while row < shape.rows {
            // SAFETY: `row` and the rows after it are below `rows`, and the block below their number.
            row += unsafe {
                match shape.rows - row {
                    1 => block256::<1>(by, shape, block, row, output),
                    2 => block256::<2>(by, shape, block, row, output),
                    3 => block256::<3>(by, shape, block, row, output),
                    _ => block256::<4>(by, shape, block, row, output),
                }
            };
        }
    }
}

impl Multiply for Avx2 {
    #[inline(always)]
    fn multiply(self, matrix: &Linear, input: &Rounded, output: &mut [f32]) {
        #[target_feature(enable = "avx2,fma")]
        fn run(by: Avx2, shape: &Shape<'_>, output: &mut [f32]) {
            // SAFETY: this function is compiled for AVX2, and called only with it.
            unsafe { multiply256(by, shape, output) }
        }
        let shape = Shape::of(matrix, input, output);
        // SAFETY: `self` proves that the processor has the features.
        unsafe { run(self, &shape, output) }
    }
}

impl Multiply for AvxVnni {
    #[inline(always)]
    fn multiply(self, matrix: &Linear, input: &Rounded, output: &mut [f32]) {
        #[target_feature(enable = "avx2,fma,avxvnni")]
        fn run(by: AvxVnni, shape: &Shape<'_>, output: &mut [f32]) {
            // SAFETY: this function is compiled for AVX2, and called only with it.
            unsafe { multiply256(by, shape, output) }
        }
        let shape = Shape::of(matrix, input, output);
        // SAFETY: `self` proves that the processor has the features.
        unsafe { run(self, &shape, output) }
    }
}

impl Sse2 {
    pub(super) fn forward(self, model: &Contents, tokens: &[u32], scratch: &mut Scratch) -> Vec<f32> {
        forward::forward(self, model, tokens, scratch)
    }
}

impl Multiply for Sse2 {
    fn multiply(self, matrix: &Linear, input: &Rounded, output: &mut [f32]) {
        let shape = Shape::of(matrix, input, output);
        for block in 0..shape.outputs / OUTPUTS {
            for row in 0..shape.rows {
                // SAFETY: block and row are below their numbers.
                let sums = unsafe { block128(&shape, block, row) };
                shape.finish(row, block, &sums, output);
            }
        }
    }
}

/// Multiplies a row with the weights of 16 outputs.
///
/// # Safety
/// The row and the block are within the shape.
unsafe fn block128(shape: &Shape<'_>, block: usize, row: usize) -> [i32; OUTPUTS] {
    let quads = shape.inputs / 4;
    let mut sums = [0_i32; 2 * OUTPUTS];
    // SAFETY: as in `block256`; every x86-64 processor has SSE2.
    unsafe {
        let zero = _mm_setzero_si128();
        let mut wide = [zero; 8];
        let weights = shape.matrix.weights.as_ptr().add(block * quads * 64);
        for quad in 0..quads {
            // Four activations, twice, as numbers of 16 bits.
            let bytes = _mm_unpacklo_epi8(_mm_set1_epi32(shape.quad(row, quad)), zero);
            for (at, [first, second]) in wide.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                let weights = _mm_loadu_si128(weights.add(quad * 64 + at * 16).cast());
                // A byte in the upper half of 16 bits, moved down with its sign.
                let low = _mm_srai_epi16::<8>(_mm_unpacklo_epi8(zero, weights));
                let high = _mm_srai_epi16::<8>(_mm_unpackhi_epi8(zero, weights));
                *first = _mm_add_epi32(*first, _mm_madd_epi16(low, bytes));
                *second = _mm_add_epi32(*second, _mm_madd_epi16(high, bytes));
            }
        }
        for (sums, wide) in sums.as_chunks_mut::<4>().0.iter_mut().zip(wide) {
            _mm_storeu_si128(sums.as_mut_ptr().cast(), wide);
        }
    }
    let mut outputs = [0; OUTPUTS];
    for (output, pair) in outputs.iter_mut().zip(sums.as_chunks::<2>().0) {
        *output = pair.iter().sum();
    }
    outputs
}

/// Multiplies `ROWS` rows from `row` on with the weights of 16 outputs, and returns `ROWS`.
///
/// # Safety
/// The processor has AVX-512 with VNNI; the rows and the block are within the shape.
#[inline(always)]
unsafe fn block512<const ROWS: usize>(shape: &Shape<'_>, block: usize, row: usize, output: &mut [f32]) -> usize {
    let quads = shape.inputs / 4;
    let mut sums = [[0_i32; OUTPUTS]; ROWS];
    // SAFETY: as in `block256`.
    unsafe {
        let mut wide = [_mm512_setzero_si512(); ROWS];
        let weights = shape.matrix.weights.as_ptr().add(block * quads * 64);
        for quad in 0..quads {
            let weights = _mm512_loadu_si512(weights.add(quad * 64).cast());
            for (at, sum) in wide.iter_mut().enumerate() {
                *sum = _mm512_dpbusd_epi32(*sum, _mm512_set1_epi32(shape.quad(row + at, quad)), weights);
            }
        }
        for (sums, wide) in sums.iter_mut().zip(wide) {
            _mm512_storeu_si512(sums.as_mut_ptr().cast(), wide);
        }
    }
    for (at, sums) in sums.iter().enumerate() {
        shape.finish(row + at, block, sums, output);
    }
    ROWS
}

impl Multiply for Avx512Vnni {
    #[inline(always)]
    fn multiply(self, matrix: &Linear, input: &Rounded, output: &mut [f32]) {
        #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512vnni")]
        fn run(shape: &Shape<'_>, output: &mut [f32]) {
            for block in 0..shape.outputs / OUTPUTS {
                let mut row = 0;
                while row < shape.rows {
                    // SAFETY: this function is compiled for AVX-512 with VNNI and called only with it. `row` and
                    // the rows after it are below `rows`, and the block below their number.
                    row += unsafe {
                        match shape.rows - row {
                            1 => block512::<1>(shape, block, row, output),
                            2 => block512::<2>(shape, block, row, output),
                            3 => block512::<3>(shape, block, row, output),
                            4 => block512::<4>(shape, block, row, output),
                            5 => block512::<5>(shape, block, row, output),
                            6 => block512::<6>(shape, block, row, output),
                            7 => block512::<7>(shape, block, row, output),
                            8..=11 => block512::<8>(shape, block, row, output),
                            12..=15 => block512::<12>(shape, block, row, output),
                            _ => block512::<16>(shape, block, row, output),
                        }
                    };
                }
            }
        }
        let shape = Shape::of(matrix, input, output);
        // SAFETY: `self` proves that the processor has the features.
        unsafe { run(&shape, output) }
    }
}
