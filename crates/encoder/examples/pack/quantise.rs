//! Rounds weights to few bits.

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
        let Some(best) = candidates(group, bits).into_iter().min_by(|a, b| a.error.total_cmp(&b.error)) else { continue };
        file.extend(best.scale.to_le_bytes());
        let (mut held, mut filled) = (0_u32, 0);
        for code in best.codes {
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
}

/// Rounds a group with several scales. There is one more code below the middle than above it, so a scale with
/// the sign that puts the largest weight there is tried too.
fn candidates(group: &[f32], bits: usize) -> Vec<Rounded> {
    let middle = f32::from(1_u16 << (bits - 1));
    let largest = group.iter().fold(0.0_f32, |a, &b| if b.abs() > a.abs() { b } else { a });
    let mut all = Vec::new();
    for cut in CUTS {
        for scale in [-largest * cut / middle, largest * cut / (middle - 1.0)] {
            let first = rounded(group, middle, scale);
            // The scale that fits these codes best.
            let codes = || first.codes.iter().map(|&code| value(code) - middle);
            let dot: f32 = codes().zip(group).map(|(code, weight)| code * weight).sum();
            let square: f32 = codes().map(|code| code * code).sum();
            all.push(rounded(group, middle, dot / square.max(1.0)));
            all.push(first);
        }
    }
    all
}

fn rounded(group: &[f32], middle: f32, scale: f32) -> Rounded {
    let scale = binary16(scale);
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
