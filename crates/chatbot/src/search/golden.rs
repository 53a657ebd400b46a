//! Asks golden questions.

use knowledge::{
    Answer, Meanings,
    golden::{Ladder, Quoted, Said},
};

use super::Search;
use crate::{Found, found::Finding};

impl Search<'_> {
    /// Returns what is said to a question: what [`Search::find`] finds for it, as [`crate::quoted`] answers.
    pub fn said(&self, question: &str, meanings: &Meanings) -> Said {
        let found = self.find(question, meanings);
        let Ok(Finding::Answers(answers)) = Found::of(Some(&found), question) else {
            let rankings = self.rankings(question, meanings, 1);
            let confidence = rankings.iter().map(|(_, ranking)| ranking.confidence()).fold(0.0, f64::max);
            return Said { quoted: Vec::new(), confidence };
        };
        let quoted = |answer: &Answer| Quoted { origin: answer.origin, chunk_id: answer.chunk_id().to_owned() };
        let confidence = answers.iter().map(|answer| answer.confidence).fold(1.0, f64::min);
        Said { quoted: answers.iter().map(quoted).collect(), confidence }
    }

    /// Returns what is said to a question at every threshold.
    pub fn ladder(&self, question: &str, meanings: &Meanings) -> Ladder {
        let mut confidences = Vec::new();
        for part in self.asked(question) {
            let rankings = self.indexes().filter_map(|index| index.search(&part, meanings, 1));
            confidences.extend(rankings.map(|ranking| ranking.confidence()));
        }
        Ladder::of(confidences, |threshold| Self { threshold, ..*self }.said(question, meanings))
    }
}

#[cfg(test)]
mod tests {
    use knowledge::{Chunk, Document, Index, Origin, Snapshot};
    use proptest::prelude::*;
    use tenancy::DocumentId;

    use super::*;
    use crate::{BotSettings, quoted};

    fn index(items: &[(&str, &str)]) -> Index {
        let document = Document { id: DocumentId::new(1), title: "Guide".to_owned() };
        let chunks = items.iter().zip(0..).map(|((chunk_id, question), position)| Chunk {
            document: document.clone(),
            chunk_id: (*chunk_id).to_owned(),
            section: "Shop".to_owned(),
            question: (*question).to_owned(),
            alternatives: Vec::new(),
            answer: format!("This is {chunk_id}."),
            page: 0,
            position,
        });
        Index::build(Snapshot { chunks: chunks.collect(), ..Snapshot::default() })
    }

    fn own() -> Index {
        index(&[("o1", "Can I change my order?"), ("o2", "When are you open?"), ("o3", "Which cards do you take?")])
    }

    fn library() -> Index {
        index(&[("l1", "Can I change my password?"), ("l2", "How do I pay with a card?")])
    }

    fn settings(confidence_threshold: f64) -> BotSettings {
        BotSettings { confidence_threshold, use_shared_library: true, ..BotSettings::default() }
    }

    const WORDS: [&str; 10] =
        ["change", "order", "open", "cards?", "password", "pay", "when", "take", "zebra", "can I change my order?"];

    fn any_question() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(WORDS.to_vec()), 1..6).prop_map(|words| words.join(" "))
    }

    #[test]
    fn an_answer_names_its_entries_and_their_knowledge() {
        let (own, library, settings) = (own(), library(), settings(0.9));
        let search = Search::new(&own, Some(&library), &settings, None);
        let said = |text| {
            let said = search.said(text, &Meanings::default());
            let quoted = said.quoted.iter().map(|it| (it.origin, it.chunk_id.clone())).collect::<Vec<_>>();
            (quoted, said.confidence)
        };
        let entry = |origin, id: &str| (origin, id.to_owned());
        assert_eq!(said("when are you open"), (vec![entry(Origin::Company, "o2")], 1.0));
        assert_eq!(said("How do I pay with a card?"), (vec![entry(Origin::Shared, "l2")], 1.0));
        let both = vec![entry(Origin::Company, "o2"), entry(Origin::Shared, "l1")];
        assert_eq!(said("When are you open? Can I change my password?"), (both, 1.0));
        let (none, confidence) = said("open zebra");
        assert!(none.is_empty() && confidence > 0.0 && confidence < 0.9, "{confidence}");
        // The title of a section asks for its questions.
        assert_eq!(said("shop").0, []);
    }

    proptest! {
        #[test]
        fn what_is_said_is_what_a_visitor_is_answered(question in any_question(), threshold in 0.0..=1.0_f64) {
            let (own, library, settings) = (own(), library(), settings(threshold));
            let search = Search::new(&own, Some(&library), &settings, None);
            let said = search.said(&question, &Meanings::default());
            let answered = quoted(&search.find(&question, &Meanings::default()), &question);
            let cited = |answered: crate::Answered| answered.citations.into_iter().map(|it| it.chunk_id).collect();
            let cited: Option<Vec<String>> = answered.clone().map(cited);
            prop_assert_eq!(cited.unwrap_or_default(), said.quoted.iter().map(|it| it.chunk_id.clone()).collect::<Vec<_>>());
            prop_assert!(answered.is_none_or(|answered| (answered.confidence - said.confidence).abs() < f64::EPSILON));
        }

        #[test]
        fn a_ladder_says_what_is_said_at_any_threshold(question in any_question(), threshold in 0.0..=1.0_f64) {
            let (own, library, settings) = (own(), library(), settings(threshold));
            let search = Search::new(&own, Some(&library), &settings, None);
            let at = search.ladder(&question, &Meanings::default()).at(threshold);
            prop_assert_eq!(at.quoted, search.said(&question, &Meanings::default()).quoted);
        }
    }
}
