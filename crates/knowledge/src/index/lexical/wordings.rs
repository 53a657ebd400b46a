//! What the single questions add to the scores of chunks that have several.

use std::{collections::HashMap, ops::Range};

use super::place;

/// How often a question of a chunk with alternatives contains a term.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording {
    pub(super) term: u32,
    pub(super) chunk: u32,
    /// The number of the question among all questions of such chunks.
    pub(super) row: u32,
    /// The weighted count in the question.
    pub(super) weight: f32,
    /// The weighted count in the rest of the chunk.
    pub(super) elsewhere: f32,
}

/// The questions of the chunks with alternatives, counted.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The chunk of each row.
    chunks: Vec<u32>,
    counts: Vec<Wording>,
}

impl Asked {
    /// Adds the terms of a question, given what the rest of its chunk contains. Questions of one chunk follow each other.
    pub(super) fn push(&mut self, chunk: u32, terms: &[u32], weight: f32, rest: &HashMap<u32, f32>) {
        let row = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        self.chunks.push(chunk);
        let mut terms = terms.to_vec();
        terms.sort_unstable();
        self.counts.extend(terms.chunk_by(|a, b| a == b).filter_map(|same| {
            let &term = same.first()?;
            let weight = same.iter().map(|_| weight).sum();
            Some(Wording { term, chunk, row, weight, elsewhere: rest.get(&term).copied().unwrap_or_default() })
        }));
    }
}

/// A question that contains a term.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    row: u32,
    /// What the term adds to the score of the rest of the chunk.
    pub(super) more: f32,
    /// Whether the rest of the chunk does not contain the term.
    pub(super) is_new: bool,
}

/// The questions of the chunks with alternatives.
#[derive(Debug, Default)]
pub(super) struct Wordings {
    /// The chunk of each row.
    chunks: Vec<u32>,
    terms: HashMap<u32, Range<usize>>,
    /// Sorted by term, then by row.
    postings: Vec<Posting>,
}

impl Wordings {
    /// Builds the postings, given what each term of a question adds to the score.
    pub(super) fn build(asked: Asked, more: impl Fn(&Wording) -> f32) -> Self {
        let Asked { chunks, mut counts } = asked;
        counts.sort_unstable_by_key(|wording| (wording.term, wording.row));
        let mut built = Self { chunks, ..Self::default() };
        for same in counts.chunk_by(|a, b| a.term == b.term) {
            let start = built.postings.len();
            built.postings.extend(same.iter().map(|wording| Posting {
                row: wording.row,
                more: more(wording),
                is_new: wording.elsewhere <= 0.0,
            }));
            if let Some(first) = same.first() {
                built.terms.insert(first.term, start..built.postings.len());
            }
        }
        built
    }

    /// Adds to each chunk the most that the terms are worth in one of its questions.
    pub(super) fn add_best(&self, terms: &[(u32, f32)], totals: &mut [f32], worth: impl Fn(&Posting, f32) -> f32) {
        if self.chunks.is_empty() {
            return;
        }
        let mut sums = vec![0.0_f32; self.chunks.len()];
        for (term, idf) in terms {
            let postings = self.terms.get(term).and_then(|range| self.postings.get(range.clone()));
            for posting in postings.unwrap_or_default() {
                if let Some(sum) = sums.get_mut(place(posting.row)) {
                    *sum += worth(posting, *idf);
                }
            }
        }
        let mut rows = self.chunks.iter().zip(sums).peekable();
        while let Some((&chunk, mut best)) = rows.next() {
            while let Some((_, sum)) = rows.next_if(|&(&next, _)| next == chunk) {
                best = best.max(sum);
            }
            if let Some(total) = totals.get_mut(place(chunk)) {
                *total += best;
            }
        }
    }

    /// Returns an estimate of its memory use in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.chunks.len() * 4 + self.postings.len() * size_of::<Posting>() + self.terms.len() * 40
    }
}
