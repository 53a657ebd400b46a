//! Logistic regression without negative weights.

use knowledge::confidence::{Features, Weights};

const SWEEPS: usize = 400;

/// How strongly weights are drawn to zero.
const PENALTY: f64 = 1e-3;

/// The evidence for an answer, whether it is right, and how much the example counts.
pub(crate) type Example<F> = (F, bool, f64);

/// Fits the weights with cyclic Newton steps, and keeps each weight at zero or above.
pub(crate) fn fit<const N: usize, F: Features<N>>(examples: &[Example<F>]) -> Weights<N> {
    let mut weights = Weights { intercept: 0.0, features: [0.0; N] };
    for _ in 0..SWEEPS {
        weights.intercept += step(examples, &weights, |_| 1.0, 0.0);
        for at in 0..N {
            let value = |features: &F| features.values().get(at).copied().unwrap_or_default();
            let own = weights.features.get(at).copied().unwrap_or_default();
            let change = step(examples, &weights, value, own);
            if let Some(weight) = weights.features.get_mut(at) {
                *weight = (*weight + change).max(0.0);
            }
        }
    }
    weights
}

fn step<const N: usize, F: Features<N>>(
    examples: &[Example<F>],
    weights: &Weights<N>,
    input: impl Fn(&F) -> f64,
    own: f64,
) -> f64 {
    let total: f64 = examples.iter().map(|(_, _, weight)| weight).sum();
    let (mut slope, mut curve) = (-PENALTY * total * own, PENALTY * total + 1e-6);
    for (features, right, weight) in examples {
        let (input, fitted) = (input(features), weights.probability(features));
        slope += weight * (f64::from(u8::from(*right)) - fitted) * input;
        curve += weight * fitted * (1.0 - fitted) * input * input;
    }
    slope / curve
}
