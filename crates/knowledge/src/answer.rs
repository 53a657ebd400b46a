//! Answers a question from a company's own knowledge or the shared library.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tenancy::DocumentId;

use crate::{Chunk, Index, Meanings, Passage};

/// Maximum number of passages in an answer.
const PASSAGES: usize = 4;

/// A passage is dropped if its score is below this fraction of the best score.
const RELEVANT: f32 = 0.5;

/// Maximum length of a snippet, in Unicode scalar values. Long texts are cut at a word boundary.
const SNIPPET: usize = 200;

/// Maximum number of questions that come near.
const NEAR: usize = 3;

/// From this confidence on, up to a company's threshold, the stored questions are shown that may have been meant.
pub const NEAR_ENOUGH: f64 = 0.1;

tenancy::word_enum! {
    /// The knowledge that an answer comes from.
    pub enum Origin {
        /// The company's own.
        Company => "company_faq",
        /// The shared library.
        Shared => "general_faq",
    }
}

tenancy::word_enum! {
    /// How the text of an answer is made.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Mode {
        /// It is the stored answer of the best passage.
        Extractive => "extractive",
        /// A model composes it from all passages.
        Llm => "llm",
    }
}

/// The result of asking a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// There is an answer at or above the threshold.
    Hit(Answer),
    /// There is none.
    Miss {
        /// The best confidence that was found, below the threshold.
        confidence: f64,
        /// The questions of the company's own entries that come nearest, best first, if any is near enough to ask
        /// whether it was meant.
        near: Vec<String>,
    },
}

/// An answer and the passages it is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The knowledge it comes from.
    pub origin: Origin,
    /// The probability that the best passage answers the question.
    pub confidence: f64,
    best: Arc<Chunk>,
    passages: Vec<Passage>,
}

impl Answer {
    /// Returns the stored answer of the best passage, verbatim.
    pub fn text(&self) -> &str {
        &self.best.answer
    }

    /// Returns the id of the best passage.
    pub fn chunk_id(&self) -> &str {
        &self.best.chunk_id
    }

    /// Returns the passages that an answer may be composed from, best first, never empty.
    pub fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Returns the sources of the text, best first, never empty.
    ///
    /// An extractive answer has one source, the passage that it quotes. The sources of
    /// a composed answer are all passages that the model was given.
    pub fn citations(&self, mode: Mode) -> Vec<Citation> {
        match mode {
            Mode::Extractive => vec![Citation::of(&self.best)],
            Mode::Llm => self.passages.iter().map(|passage| Citation::of(&passage.chunk)).collect(),
        }
    }
}

/// A source of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The document.
    pub document_id: DocumentId,
    /// The document's title.
    pub title: String,
    /// The FAQ entry.
    pub chunk_id: String,
    /// The start of the span in the stored answer, in Unicode scalar values.
    pub start: usize,
    /// The end of the span, exclusive.
    pub end: usize,
    /// Exactly the text of the span, so that clients can highlight it: the whole
    /// answer or, if that is long, its beginning up to a word boundary.
    pub snippet: String,
}

impl Citation {
    fn of(chunk: &Chunk) -> Self {
        let snippet = beginning(&chunk.answer);
        Self {
            document_id: chunk.document.id,
            title: chunk.document.title.clone(),
            chunk_id: chunk.chunk_id.clone(),
            start: 0,
            end: snippet.chars().count(),
            snippet: snippet.to_owned(),
        }
    }
}

/// Asks the company's own knowledge first and the shared library second.
///
/// The shared library is asked only if the company's own knowledge has no
/// answer at or above the threshold.
pub fn answer(own: &Index, shared: Option<&Index>, question: &str, meanings: &Meanings, threshold: f64) -> Lookup {
    let mut missed = 0.0_f64;
    let mut near = Vec::new();
    for (origin, index) in [(Origin::Company, Some(own)), (Origin::Shared, shared)] {
        let Some(ranking) = index.and_then(|index| index.search(question, meanings, PASSAGES)) else {
            continue;
        };
        let confidence = ranking.confidence();
        let mut passages = ranking.into_passages();
        let Some(best) = passages.first() else { continue };
        if confidence < threshold {
            missed = missed.max(confidence);
            if origin == Origin::Company && confidence >= NEAR_ENOUGH {
                near = passages.iter().take(NEAR).map(|passage| passage.chunk.question.clone()).collect();
            }
            continue;
        }
        let minimum = best.score * RELEVANT;
        let best = Arc::clone(&best.chunk);
        passages.retain(|passage| passage.score >= minimum);
        return Lookup::Hit(Answer { origin, confidence, best, passages });
    }
    Lookup::Miss { confidence: missed, near }
}

/// Returns a short text as it is, and the beginning of a long one, cut at white space.
fn beginning(text: &str) -> &str {
    let Some((limit, _)) = text.char_indices().nth(SNIPPET) else {
        return text;
    };
    let head = text.get(..limit).unwrap_or(text);
    let at_boundary = text.get(limit..).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let cut = match head.rfind(char::is_whitespace) {
        Some(space) if !at_boundary && space > limit / 2 => space,
        _ => limit,
    };
    head.get(..cut).unwrap_or(head).trim_end()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::tests::{bakery, snapshot};

    fn hit(lookup: Lookup) -> Answer {
        match lookup {
            Lookup::Hit(answer) => answer,
            Lookup::Miss { confidence, .. } => panic!("missed with {confidence}"),
        }
    }

    fn library() -> Index {
        Index::build(snapshot(&[
            ("General", "How do I reset my password?", "Use the link on the sign-in page."),
            ("General", "When are you open?", "Around the clock."),
        ]))
    }

    #[test]
    fn own_knowledge_is_asked_before_the_shared_library() {
        let (own, shared) = (bakery(), library());
        let opening = hit(answer(&own, Some(&shared), "when are you open", &Meanings::default(), 0.35));
        assert_eq!((opening.origin, opening.text()), (Origin::Company, "Tuesday to Sunday, 7 to 18 h."));
        let password = hit(answer(&own, Some(&shared), "reset my password", &Meanings::default(), 0.35));
        assert_eq!((password.origin.as_str(), password.text()), ("general_faq", "Use the link on the sign-in page."));
        assert!(matches!(
            answer(&own, None, "how do I reset my password?", &Meanings::default(), 0.35),
            Lookup::Miss { .. }
        ));
    }

    #[test]
    fn below_the_threshold_is_a_miss_with_its_confidence() {
        let Lookup::Miss { confidence, .. } =
            answer(&bakery(), None, "order of the phoenix", &Meanings::default(), 0.99)
        else {
            panic!("no miss");
        };
        assert!(confidence > 0.0 && confidence < 0.99);
        assert_eq!(
            answer(&bakery(), None, "zzz", &Meanings::default(), 0.0),
            Lookup::Miss { confidence: 0.0, near: Vec::new() }
        );
    }

    #[test]
    fn an_extractive_answer_cites_the_passage_it_quotes() {
        let answer = hit(answer(&bakery(), None, "can I change my order", &Meanings::default(), 0.35));
        let citations = answer.citations(Mode::Extractive);
        assert_eq!(citations.len(), 1);
        let citation = &citations[0];
        assert_eq!((citation.document_id, citation.title.as_str()), (DocumentId::new(7), "Guide"));
        assert_eq!((citation.chunk_id.as_str(), citation.start), ("c1", 0));
        assert_eq!(citation.snippet, answer.text());
        assert_eq!(citation.end, answer.text().chars().count());
        assert_eq!(answer.citations(Mode::Llm)[0], *citation);
    }

    proptest! {
        #[test]
        fn a_snippet_is_the_text_of_its_span(text in "([a-z\u{e9}\u{1f382}]{1,30}[ \n]){0,30}[a-z]{0,300}") {
            let index = Index::build(snapshot(&[("S", "Question", &text)]));
            let answer = hit(answer(&index, None, "question", &Meanings::default(), 0.0));
            let citation = &answer.citations(Mode::Extractive)[0];
            let span: String = text.chars().skip(citation.start).take(citation.end - citation.start).collect();
            prop_assert_eq!(&citation.snippet, &span);
            prop_assert!(citation.end <= SNIPPET);
            prop_assert!(text.chars().count() > SNIPPET || citation.snippet == text);
        }
    }
}
