//! What a search found for a labelled question.

use knowledge::{
    confidence::{MeaningFeatures, WordFeatures},
    index::{Evidence, Ranking},
};

use crate::data::Question;

pub(crate) const CUTOFF: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Meaning,
    Words,
}

pub(crate) struct Outcome {
    pub(crate) in_scope: bool,
    pub(crate) is_exact: bool,
    /// The rank of the first right entry, from 1.
    pub(crate) rank: Option<usize>,
    evidence: Option<Evidence>,
}

impl Outcome {
    pub(crate) fn of(ranking: Option<Ranking>, question: &Question) -> Self {
        let evidence = ranking.as_ref().map(Ranking::evidence);
        let passages = ranking.map(Ranking::into_passages).unwrap_or_default();
        let place = passages.iter().position(|passage| question.entries.contains(&passage.chunk.chunk_id));
        Self {
            in_scope: !question.entries.is_empty(),
            is_exact: evidence == Some(Evidence::Exact),
            rank: place.map(|at| at + 1),
            evidence,
        }
    }

    pub(crate) fn is_right(&self) -> bool {
        self.rank == Some(1)
    }

    pub(crate) fn meaning(&self) -> Option<MeaningFeatures> {
        match self.evidence? {
            Evidence::Meaning(features) => Some(features),
            Evidence::Exact | Evidence::Words(_) => None,
        }
    }

    pub(crate) fn words(&self) -> Option<WordFeatures> {
        match self.evidence? {
            Evidence::Words(features) => Some(features),
            Evidence::Exact | Evidence::Meaning(_) => None,
        }
    }
}
