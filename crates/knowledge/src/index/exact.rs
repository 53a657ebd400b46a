//! Finds the chunk whose question, or one of whose alternatives, equals the query.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Chunk,
    text::{normal_form, normalize},
};

/// Chunks by the normal forms of their questions. Those that a form is the question of precede those that it is an
/// alternative of.
#[derive(Debug)]
pub(super) struct Exact {
    forms: HashMap<Box<str>, Vec<u32>>,
}

impl Exact {
    pub(super) fn build(chunks: &[Chunk]) -> Self {
        let mut forms: HashMap<Box<str>, Vec<u32>> = HashMap::with_capacity(chunks.len());
        let mut add = |question: &str, at: u32| {
            let form = normal_form(question);
            if !form.is_empty() {
                forms.entry(form.into_boxed_str()).or_default().push(at);
            }
        };
        for (chunk, at) in chunks.iter().zip(0..) {
            add(&chunk.question, at);
        }
        for (chunk, at) in chunks.iter().zip(0..) {
            chunk.alternatives.iter().for_each(|question| add(question, at));
        }
        Self { forms }
    }

    /// Returns the position of the first chunk whose question equals the query; without one, of the first chunk with an
    /// alternative that does.
    ///
    /// If several questions differ only in punctuation (`C++?`, `C#?`), the one with the
    /// query's punctuation wins.
    pub(super) fn find(&self, query: &str, chunks: &[Arc<Chunk>]) -> Option<usize> {
        let form = normal_form(query);
        let positions = self.forms.get(form.as_str())?;
        let mut usable = positions.iter().filter_map(|&at| usize::try_from(at).ok());
        let first = usable.next()?;
        if positions.len() == 1 {
            return Some(first);
        }
        let wanted = normalize(query);
        let all = || std::iter::once(first).chain(usable.clone()).filter_map(|at| Some((at, chunks.get(at)?)));
        let asked = all().find(|(_, chunk)| normalize(&chunk.question) == wanted);
        let is_question = || chunks.get(first).is_some_and(|chunk| normal_form(&chunk.question) == form);
        let said = || all().find(|(_, chunk)| chunk.alternatives.iter().any(|text| normalize(text) == wanted));
        let found = asked.or_else(|| if is_question() { None } else { said() });
        Some(found.map_or(first, |(at, _)| at))
    }

    pub(super) fn bytes(&self) -> usize {
        self.forms.iter().map(|(form, at)| form.len() + at.len() * 4 + 80).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::index::tests::{asked_as, snapshot};

    #[test]
    fn an_alternative_equals_a_query_unless_a_question_does() {
        let items = [("S", "When do you open?", "1"), ("S", "Opening hours?", "2"), ("S", "Where?", "3")];
        let alternatives = ["opening hours", "At what time do you open?"];
        let index = crate::Index::build(asked_as(snapshot(&items), 0, &alternatives));
        let answer = |query: &str| {
            let ranking = index.search(query, &crate::Meanings::default(), 1).unwrap();
            assert!((ranking.confidence() - 1.0).abs() < f64::EPSILON, "{query}");
            ranking.passages()[0].chunk.answer.clone()
        };
        assert_eq!(answer("at what time do you open"), "1");
        assert_eq!(answer("Opening hours"), "2");
    }

    #[test]
    fn punctuation_decides_between_otherwise_equal_questions() {
        let index = crate::Index::build(snapshot(&[("S", "What is C++?", "1"), ("S", "What is C#?", "2")]));
        let answer =
            |query| index.search(query, &crate::Meanings::default(), 1).unwrap().passages()[0].chunk.answer.clone();
        assert_eq!(answer("what is c#?"), "2");
        assert_eq!(answer("what is c++?"), "1");
        assert_eq!(answer("what is c"), "1");
    }
}
