//! The Mann-Whitney rank test, and medians.

/// Returns the two-sided p-value of the hypothesis that both samples have the same distribution. Uses the normal
/// approximation with tie correction, which needs more than twenty values in each sample.
pub(crate) fn p_of_same(one: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        one.iter().map(|it| (*it, true)).chain(other.iter().map(|it| (*it, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut ties, mut begun) = (0.0, 0.0, 0);
    while begun < all.len() {
        let value = all[begun].0;
        let alike = all[begun..].iter().take_while(|it| it.0.total_cmp(&value).is_eq()).count();
        // Ranks start at one. Equal values share their mean rank.
        let rank = count(begun) + (count(alike) + 1.0) / 2.0;
        rank_sum += rank * count(all[begun..begun + alike].iter().filter(|it| it.1).count());
        ties += count(alike).powi(3) - count(alike);
        begun += alike;
    }
    let (n, m, total) = (count(one.len()), count(other.len()), count(all.len()));
    let u = rank_sum - n * (n + 1.0) / 2.0;
    let deviation = (n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)))).sqrt();
    if deviation == 0.0 {
        return 1.0;
    }
    let z = ((u - n * m / 2.0).abs() - 0.5).max(0.0) / deviation;
    2.0 * upper_tail(z)
}

/// Returns the median.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    f64::midpoint(low, high)
}

/// Returns the upper tail of the normal distribution above `z`, by Abramowitz and Stegun 26.2.17, with an error
/// below 1e-7.
fn upper_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let sum = series.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum
}

fn count(of: usize) -> f64 {
    u32::try_from(of).map_or(f64::INFINITY, f64::from)
}

#[test]
fn what_differs_is_told_apart_and_what_does_not_is_not() {
    let even: Vec<f64> = (0..200).map(|n| f64::from(n * 7919 % 1009)).collect();
    let same: Vec<f64> = (0..200).map(|n| f64::from(n * 7919 % 1009) + 0.5).collect();
    let moved: Vec<f64> = even.iter().map(|it| it + 150.0).collect();
    assert!(p_of_same(&even, &same) > 0.5);
    assert!(p_of_same(&even, &moved) < 0.001);
    assert!((p_of_same(&even, &moved) - p_of_same(&moved, &even)).abs() < 1e-12);
    assert!((p_of_same(&[1.0; 30], &[1.0; 30]) - 1.0).abs() < 1e-12);
    // z = 1.959964 leaves 2.5 % above.
    assert!((upper_tail(1.959_964) - 0.025).abs() < 1e-6);
    assert!((median(&[3.0, 1.0, 2.0, 10.0]) - 2.5).abs() < 1e-12);
}
