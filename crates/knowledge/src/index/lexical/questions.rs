//! The terms of the questions of each chunk.

use std::collections::HashMap;

/// The distinct terms of the questions, each list sorted.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// Of each chunk's question.
    first: Vec<Box<[u32]>>,
    /// Of the alternatives of those chunks that have some.
    alternatives: HashMap<usize, Vec<Box<[u32]>>>,
}

impl Questions {
    /// Adds the terms of the next chunk, whose position is `at`.
    pub(super) fn push(&mut self, at: usize, question: Vec<u32>, alternatives: Vec<Vec<u32>>) {
        self.first.push(distinct(question));
        if !alternatives.is_empty() {
            self.alternatives.insert(at, alternatives.into_iter().map(distinct).collect());
        }
    }

    /// Returns the terms of a chunk's question and of its alternatives.
    pub(super) fn of(&self, at: usize) -> impl Iterator<Item = &[u32]> {
        self.first.get(at).into_iter().chain(self.alternatives.get(&at).into_iter().flatten()).map(AsRef::as_ref)
    }

    /// Returns an estimate of its memory use in bytes.
    pub(super) fn bytes(&self) -> usize {
        let all = self.first.iter().chain(self.alternatives.values().flatten());
        all.map(|terms| terms.len() * 4 + 24).sum::<usize>() + self.alternatives.len() * 48
    }
}

fn distinct(mut terms: Vec<u32>) -> Box<[u32]> {
    terms.sort_unstable();
    terms.dedup();
    terms.into_boxed_slice()
}

/// Returns how many times more often each term occurs in one of the alternatives than in the question.
pub(super) fn more(question: &[u32], alternatives: &[Vec<u32>]) -> HashMap<u32, usize> {
    let mut most: HashMap<u32, usize> = HashMap::new();
    for alternative in alternatives {
        for (term, times) in times(alternative) {
            let most = most.entry(term).or_default();
            *most = times.max(*most);
        }
    }
    if !most.is_empty() {
        let asked = times(question);
        most.retain(|term, times| {
            *times = times.saturating_sub(asked.get(term).copied().unwrap_or_default());
            *times > 0
        });
    }
    most
}

fn times(terms: &[u32]) -> HashMap<u32, usize> {
    let mut times = HashMap::new();
    for &term in terms {
        *times.entry(term).or_default() += 1;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_question_has_less_of_is_more() {
        assert_eq!(more(&[1, 2], &[vec![2, 3, 3], vec![3, 2, 2]]), HashMap::from([(2, 1), (3, 2)]));
        assert_eq!(more(&[1, 2], &[]), HashMap::new());
    }
}
