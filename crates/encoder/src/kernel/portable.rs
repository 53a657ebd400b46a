//! Multiplication without special instructions.

use crate::{
    file::Linear,
    forward::{Multiply, Rounded},
    numbers::real,
};

#[derive(Debug, Clone, Copy)]
pub(super) struct Portable;

impl Multiply for Portable {
    #[inline]
    fn multiply(self, matrix: &Linear, input: &Rounded, output: &mut [f32]) {
        let blocks = matrix.weights.chunks_exact(16 * matrix.inputs);
        let scales = matrix.scales.as_chunks::<16>().0;
        let sums = matrix.sums.as_chunks::<16>().0;
        let biases = matrix.bias.as_chunks::<16>().0;
        for (at, (((weights, scales), sums), biases)) in blocks.zip(scales).zip(sums).zip(biases).enumerate() {
            let rows = input.bytes.chunks_exact(matrix.inputs).zip(&input.steps);
            for ((row, steps), output) in rows.zip(output.chunks_exact_mut(matrix.outputs)) {
                let products = block(weights, row);
                let output = output.as_chunks_mut::<16>().0.get_mut(at);
                for ((((value, product), sum), weight), bias) in
                    output.into_iter().flatten().zip(products).zip(sums).zip(scales).zip(biases)
                {
                    *value = real(product - steps.zero * sum) * steps.scale * weight + bias;
                }
            }
        }
    }
}

/// Multiplies one row with the weights of 16 outputs.
fn block(weights: &[i8], row: &[u8]) -> [i32; 16] {
    let mut sums = [0_i32; 16];
    for (weights, inputs) in weights.as_chunks::<64>().0.iter().zip(row.as_chunks::<4>().0) {
        let inputs = inputs.map(i32::from);
        for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<4>().0) {
            *sum += weights.iter().zip(inputs).map(|(weight, input)| i32::from(*weight) * input).sum::<i32>();
        }
    }
    sums
}

/// Returns the scalar product of what both vectors have, in whole groups of 32.
#[inline]
pub(super) fn dot(a: &[i8], b: &[i8]) -> i32 {
    let group =
        |(a, b): (&[i8; 32], &[i8; 32])| a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum::<i32>();
    a.as_chunks().0.iter().zip(b.as_chunks().0).map(group).sum()
}
