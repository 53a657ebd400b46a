//! The sections of a company's knowledge, which visitors can browse as topics.

use std::{collections::HashMap, sync::Arc};

use crate::{Chunk, text::normalize};

/// A section and the questions in it.
#[derive(Debug, Clone, Copy)]
pub struct Section<'i> {
    title: &'i str,
    members: &'i [u32],
    chunks: &'i [Arc<Chunk>],
}

impl<'i> Section<'i> {
    /// Returns the title, as the first chunk of the section writes it.
    pub fn title(&self) -> &'i str {
        self.title
    }

    /// Returns its questions in the order of the chunks.
    pub fn questions(&self) -> impl Iterator<Item = &'i str> + use<'i> {
        let chunks = self.chunks;
        let members = self.members.iter().filter_map(|&at| chunks.get(usize::try_from(at).ok()?));
        members.map(|chunk| chunk.question.as_str())
    }
}

#[derive(Debug)]
pub(super) struct Sections {
    /// Title and chunks of each section, in the order of the chunks.
    all: Vec<(Box<str>, Vec<u32>)>,
    by_key: HashMap<Box<str>, usize>,
}

impl Sections {
    /// Builds the sections. Titles with the same normalised form are one section, and a title whose
    /// form is empty is ignored.
    pub(super) fn build(chunks: &[Chunk]) -> Self {
        let mut all: Vec<(Box<str>, Vec<u32>)> = Vec::new();
        let mut by_key: HashMap<Box<str>, usize> = HashMap::new();
        for (chunk, at) in chunks.iter().zip(0..) {
            let key = normalize(&chunk.section);
            if key.is_empty() {
                continue;
            }
            let place = *by_key.entry(key.into_boxed_str()).or_insert(all.len());
            match all.get_mut(place) {
                Some((_, members)) => members.push(at),
                None => all.push((chunk.section.as_str().into(), vec![at])),
            }
        }
        Self { all, by_key }
    }

    pub(super) fn all<'i>(&'i self, chunks: &'i [Arc<Chunk>]) -> impl Iterator<Item = Section<'i>> {
        self.all.iter().map(|(title, members)| Section { title, members, chunks })
    }

    pub(super) fn find<'i>(&'i self, key: &str, chunks: &'i [Arc<Chunk>]) -> Option<Section<'i>> {
        let (title, members) = self.all.get(*self.by_key.get(key)?)?;
        Some(Section { title, members, chunks })
    }

    pub(super) fn bytes(&self) -> usize {
        self.all.iter().map(|(title, members)| title.len() * 2 + members.len() * 4 + 120).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::index::tests::bakery;

    #[test]
    fn sections_keep_their_order_and_list_their_questions() {
        let index = bakery();
        let titles: Vec<_> = index.sections().map(|section| section.title()).collect();
        assert_eq!(titles, ["Orders", "Opening", "Allergies", "Payment"]);
        let orders = index.section(&crate::text::normalize("\u{1f382} orders")).unwrap();
        let questions: Vec<_> = orders.questions().collect();
        assert_eq!(questions, ["How do I order a birthday cake?", "Can I change my order?"]);
        assert!(index.section("order").is_none());
    }
}
