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
