//! Logistic regression without negative weights.

use knowledge::confidence::{Features, Weights};

const SWEEPS: usize = 400;

/// Fits the weights with cyclic Newton steps, and keeps each weight at zero or above.
pub(crate) fn fit(examples: impl Iterator<Item = (Features, bool)>) -> Weights {
    let examples: Vec<(Features, bool)> = examples.collect();
    let mut weights = Weights { intercept: 0.0, features: [0.0; 4] };
    for _ in 0..SWEEPS {
        weights.intercept += step(&examples, &weights, |_| 1.0);
        for at in 0..weights.features.len() {
            let change = step(&examples, &weights, |features| value(features, at));
            if let Some(weight) = weights.features.get_mut(at) {
                *weight = (*weight + change).max(0.0);
            }
        }
    }
    weights
}

fn step(examples: &[(Features, bool)], weights: &Weights, input: impl Fn(&Features) -> f64) -> f64 {
    let (mut slope, mut curve) = (0.0, 1e-6);
    for (features, right) in examples {
        let (input, fitted) = (input(features), weights.probability(features));
        slope += (f64::from(u8::from(*right)) - fitted) * input;
        curve += fitted * (1.0 - fitted) * input * input;
    }
    slope / curve
}

fn value(features: &Features, at: usize) -> f64 {
    features.values().get(at).copied().unwrap_or_default()
}
