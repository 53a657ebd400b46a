//! Rounds weights to few bits.

use crate::compensate::Spread;

const GROUP: usize = 32;

/// How far the largest weight of a group may be cut, to round the others more finely.
const CUTS: [f32; 8] = [1.06, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7];

/// A group with its scale, and how far its weights are from the exact ones.
struct Rounded {
    scale: u16,
    codes: Vec<u32>,
    error: f32,
}

/// Appends weights as groups of 32: a scale, then the codes, the lowest bits first.
pub(crate) fn rows(weights: &[f32], bits: usize, file: &mut Vec<u8>) {
    for group in weights.chunks_exact(GROUP) {
        append(&best(group, bits), bits, file);
    }
}

/// Appends a matrix as [`rows`] does, and makes up for the errors.
pub(crate) fn matrix(weights: &[f32], inputs: usize, spread: &Spread, bits: usize, file: &mut Vec<u8>) {
    let middle = f32::from(1_u16 << (bits - 1));
    for row in weights.chunks_exact(inputs) {
        let mut left: Vec<f64> = row.iter().map(|&weight| f64::from(weight)).collect();
        for first in (0..inputs).step_by(GROUP) {
            #[expect(clippy::as_conversions, reason = "std rounds to 32 bits by `as` alone")]
            let group: Vec<f32> = left.iter().skip(first).take(GROUP).map(|&weight| weight as f32).collect();
            let scale = best(&group, bits).scale;
            let mut codes = Vec::with_capacity(GROUP);
            for input in first..first + GROUP {
                let Some((weight, later)) = left.get_mut(input..).and_then(<[f64]>::split_first_mut) else { continue };
                #[expect(clippy::as_conversions, reason = "std rounds to 32 bits by `as` alone")]
                let one = rounded(&[*weight as f32], middle, scale);
                let code = one.codes.first().copied().unwrap_or_default();
                let Some((own, shares)) = spread.of(input).split_first() else { continue };
                let error = (*weight - f64::from((value(code) - middle) * value16(scale))) / own;
                later.iter_mut().zip(shares).for_each(|(weight, share)| *weight -= error * share);
                codes.push(code);
            }
            append(&Rounded { scale, codes, error: 0.0 }, bits, file);
        }
    }
}

fn append(group: &Rounded, bits: usize, file: &mut Vec<u8>) {
    file.extend(group.scale.to_le_bytes());
    let (mut held, mut filled) = (0_u32, 0);
    for code in &group.codes {
        held |= code << filled;
        filled += bits;
        while filled >= 8 {
            let [lowest, ..] = held.to_le_bytes();
            file.push(lowest);
            held >>= 8;
            filled -= 8;
        }
    }
}

fn best(group: &[f32], bits: usize) -> Rounded {
    let nearest = candidates(group, bits).into_iter().min_by(|a, b| a.error.total_cmp(&b.error));
    nearest.unwrap_or(Rounded { scale: 0, codes: vec![0; group.len()], error: 0.0 })
}

/// Rounds a group with several scales. There is one more code below the middle than above it, so a scale with
/// the sign that puts the largest weight there is tried too.
fn candidates(group: &[f32], bits: usize) -> Vec<Rounded> {
    let middle = f32::from(1_u16 << (bits - 1));
    let largest = group.iter().fold(0.0_f32, |a, &b| if b.abs() > a.abs() { b } else { a });
    let mut all = Vec::new();
    for cut in CUTS {
        for scale in [-largest * cut / middle, largest * cut / (middle - 1.0)] {
            let first = rounded(group, middle, binary16(scale));
            // The scale that fits these codes best.
            let codes = || first.codes.iter().map(|&code| value(code) - middle);
            let dot: f32 = codes().zip(group).map(|(code, weight)| code * weight).sum();
            let square: f32 = codes().map(|code| code * code).sum();
            all.push(rounded(group, middle, binary16(dot / square.max(1.0))));
            all.push(first);
        }
    }
    all
}

fn rounded(group: &[f32], middle: f32, scale: u16) -> Rounded {
    let step = value16(scale);
    let mut error = 0.0;
    let codes = group.iter().map(|weight| {
        let code = if step == 0.0 { 0.0 } else { (weight / step).round_ties_even().clamp(-middle, middle - 1.0) };
        error += (weight - code * step) * (weight - code * step);
        #[expect(clippy::as_conversions, reason = "std rounds a float to an integer by `as` alone")]
        let code = (code + middle) as u32;
        code
    });
    Rounded { scale, codes: codes.collect(), error }
}

fn value(code: u32) -> f32 {
    f32::from(u16::try_from(code).unwrap_or_default())
}

/// Returns the nearest normal number of 16 bits, and 0 for numbers nearer to 0 than all of them.
fn binary16(value: f32) -> u16 {
    let sign = if value < 0.0 { 0x8000 } else { 0 };
    let bits = value.abs().to_bits() + 0x1000;
    let exponent = (bits >> 23) & 0xff;
    let fraction = (bits >> 13) & 0x3ff;
    match exponent {
        113..=142 => sign | u16::try_from((exponent - 112) << 10 | fraction).unwrap_or_default(),
        _ => 0,
    }
}

fn value16(bits: u16) -> f32 {
    if bits == 0 {
        return 0.0;
    }
    let sign = u32::from(bits & 0x8000) << 16;
    f32::from_bits(sign | (u32::from(bits >> 10 & 0x1f) + 112) << 23 | u32::from(bits & 0x3ff) << 13)
}
