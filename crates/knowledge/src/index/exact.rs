//! Finds the chunk whose question equals the query.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Chunk,
    text::{normal_form, normalize},
};

/// Chunks by the normal form of their question.
#[derive(Debug)]
pub(super) struct Exact {
    forms: HashMap<Box<str>, Vec<u32>>,
}

impl Exact {
    pub(super) fn build(chunks: &[Chunk]) -> Self {
        let mut forms: HashMap<Box<str>, Vec<u32>> = HashMap::with_capacity(chunks.len());
        for (chunk, at) in chunks.iter().zip(0..) {
            let form = normal_form(&chunk.question);
            if !form.is_empty() {
                forms.entry(form.into_boxed_str()).or_default().push(at);
            }
        }
        Self { forms }
    }

    /// Returns the position of the first chunk whose question equals the query.
    ///
    /// If several questions differ only in punctuation (`C++?`, `C#?`), the one with the
    /// query's punctuation wins.
    pub(super) fn find(&self, query: &str, chunks: &[Arc<Chunk>]) -> Option<usize> {
        let positions = self.forms.get(normal_form(query).as_str())?;
        let mut usable = positions.iter().filter_map(|&at| usize::try_from(at).ok());
        if positions.len() > 1 {
            let wanted = normalize(query);
            let same = |&at: &usize| chunks.get(at).is_some_and(|chunk| normalize(&chunk.question) == wanted);
            if let Some(at) = usable.clone().find(same) {
                return Some(at);
            }
        }
        usable.next()
    }

    pub(super) fn bytes(&self) -> usize {
        self.forms.iter().map(|(form, at)| form.len() + at.len() * 4 + 80).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::index::tests::snapshot;

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
