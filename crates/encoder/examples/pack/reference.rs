//! The forward pass in 32 bits, as plainly as it can be written.

use std::error::Error;

use crate::source::Source;

pub(crate) type Rows = Vec<Vec<f32>>;

/// The matrices of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Matrix {
    Attention,
    Output,
    Up,
    Down,
}

/// Returns the vector of a row of tokens, of length 1. `see` is called with the inputs of every matrix.
pub(crate) fn forward(
    source: &Source,
    tokens: &[u32],
    see: impl FnMut(usize, Matrix, &Rows),
) -> Result<Vec<f32>, Box<dyn Error>> {
    let vector = pooled(source, tokens, see)?;
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    Ok(vector.into_iter().map(|value| value / length).collect())
}

/// Returns the mean vector of texts, each of the length that the last layer gives it.
pub(crate) fn mean(source: &Source, texts: &[Vec<u32>]) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut sum = vec![0.0; source.width];
    for tokens in texts {
        let rows = if source.is_mean { tokens.len() } else { 1 };
        let share = 1.0 / f32::from(u16::try_from(rows * texts.len())?);
        let vector = pooled(source, tokens, |_, _, _| ())?;
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value * share);
    }
    Ok(sum)
}

/// Returns the first row of the last layer, or the sum of all rows if a text is their mean.
fn pooled(
    source: &Source,
    tokens: &[u32],
    mut see: impl FnMut(usize, Matrix, &Rows),
) -> Result<Vec<f32>, Box<dyn Error>> {
    let width = source.width;
    let words = source.tensor("embeddings.word_embeddings.weight")?;
    let positions = source.positions(tokens.len())?;
    let row = |&token: &u32| words.chunks_exact(width).nth(usize::try_from(token).unwrap_or(0)).unwrap_or_default();
    let sum = |(row, position): (&[f32], &[f32])| row.iter().zip(position).map(|(a, b)| a + b).collect();
    let embedded: Rows = tokens.iter().map(row).zip(positions.chunks_exact(width)).map(sum).collect();
    let mut state = norm(source, "embeddings.LayerNorm", embedded)?;
    for layer in 0..source.layers {
        let within = |name: &str| format!("encoder.layer.{layer}.{name}");
        let (weights, bias) = source.attention(layer)?;
        see(layer, Matrix::Attention, &state);
        let attended = attend(&multiply(&weights, &bias, &state), width, source.heads);
        see(layer, Matrix::Output, &attended);
        let output = linear(source, &within("attention.output.dense"), &attended)?;
        state = norm(source, &within("attention.output.LayerNorm"), added(state, &output))?;
        see(layer, Matrix::Up, &state);
        let mut wide = linear(source, &within("intermediate.dense"), &state)?;
        wide.iter_mut().flatten().for_each(|value| *value = gelu(*value));
        see(layer, Matrix::Down, &wide);
        let output = linear(source, &within("output.dense"), &wide)?;
        state = norm(source, &within("output.LayerNorm"), added(state, &output))?;
    }
    let pooled = if source.is_mean { state.len() } else { 1 };
    let mut vector = vec![0.0; width];
    for row in state.iter().take(pooled) {
        vector.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    Ok(vector)
}

fn linear(source: &Source, name: &str, rows: &Rows) -> Result<Rows, Box<dyn Error>> {
    let (weights, bias) = source.linear(name)?;
    Ok(multiply(&weights, &bias, rows))
}

fn multiply(weights: &[f32], bias: &[f32], rows: &Rows) -> Rows {
    let inputs = weights.len() / bias.len();
    let product = |row: &[f32], weights: &[f32]| dot(row, weights);
    let outputs = |row: &Vec<f32>| weights.chunks_exact(inputs).zip(bias).map(|(w, b)| product(row, w) + b).collect();
    rows.iter().map(outputs).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

fn added(mut rows: Rows, others: &Rows) -> Rows {
    for (value, other) in rows.iter_mut().flatten().zip(others.iter().flatten()) {
        *value += other;
    }
    rows
}

fn norm(source: &Source, name: &str, mut rows: Rows) -> Result<Rows, Box<dyn Error>> {
    let (scale, shift) = (source.tensor(&format!("{name}.weight"))?, source.tensor(&format!("{name}.bias"))?);
    let size = f32::from(u16::try_from(scale.len())?);
    for row in &mut rows {
        let mean = row.iter().sum::<f32>() / size;
        let variance = row.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / size;
        for ((value, scale), shift) in row.iter_mut().zip(&scale).zip(&shift) {
            *value = (*value - mean) / (variance + 1e-12).sqrt() * scale + shift;
        }
    }
    Ok(rows)
}

fn attend(rows: &Rows, width: usize, heads: usize) -> Rows {
    let size = width / heads;
    let root = f32::from(u16::try_from(size).unwrap_or(u16::MAX)).sqrt();
    let part = |row: &Vec<f32>, which: usize, head: usize| -> Vec<f32> {
        row.iter().skip(which * width + head * size).take(size).copied().collect()
    };
    let one = |row: &Vec<f32>| {
        let mut output = Vec::new();
        for head in 0..heads {
            let query = part(row, 0, head);
            let score =
                |other: &Vec<f32>| part(other, 1, head).iter().zip(&query).map(|(a, b)| a * b).sum::<f32>() / root;
            let scores: Vec<f32> = rows.iter().map(score).collect();
            let largest = scores.iter().fold(f32::MIN, |a, &b| a.max(b));
            let shares: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
            let total: f32 = shares.iter().sum();
            let mut sum = vec![0.0; size];
            for (other, share) in rows.iter().zip(&shares) {
                let values = part(other, 2, head);
                sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += share / total * value);
            }
            output.extend(sum);
        }
        output
    };
    rows.iter().map(one).collect()
}

/// x times the share of a normal distribution below x.
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x / std::f32::consts::SQRT_2))
}

/// The error function, off by at most 1.2e-7: a Chebyshev approximation of the complement.
fn erf(x: f32) -> f32 {
    let z = f64::from(x.abs());
    let t = 1.0 / (1.0 + 0.5 * z);
    let series = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let sum = series.iter().fold(0.0, |sum, factor| sum * t + factor);
    let complement = t * (-z * z + sum).exp();
    #[expect(clippy::as_conversions, reason = "std rounds to 32 bits by `as` alone")]
    let value = (1.0 - complement) as f32;
    value.copysign(x)
}
