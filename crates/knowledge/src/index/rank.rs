//! Picks the best of many scores.

/// Returns the positions of the `limit` highest scores above zero, best first. Among equal scores
/// the earlier position comes first.
pub(super) fn top(scores: &[f32], limit: usize) -> Vec<usize> {
    let mut best: Vec<(usize, f32)> = Vec::with_capacity(limit + 1);
    let mut minimum = 0.0;
    for (at, &score) in scores.iter().enumerate() {
        if score > minimum {
            let place = best.partition_point(|&(_, other)| other >= score);
            best.insert(place, (at, score));
            best.truncate(limit);
            if best.len() == limit {
                minimum = best.last().map_or(0.0, |&(_, score)| score);
            }
        }
    }
    best.into_iter().map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_a_full_sort_puts_first(
            scores in prop::collection::vec((0_u8..20).prop_map(f32::from), 0..60),
            limit in 1_usize..8,
        ) {
            let mut all: Vec<usize> = (0..scores.len()).filter(|&at| scores[at] > 0.0).collect();
            all.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            all.truncate(limit);
            prop_assert_eq!(top(&scores, limit), all);
        }
    }
}
