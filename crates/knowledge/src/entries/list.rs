//! Lists entries page by page, and searches them.

use std::collections::BTreeSet;

use tenancy::{DocumentId, StoreError, text::folded};

use crate::{Chunk, EntryList, EntryPosition, ListedEntry};

/// Maximum number of entries that one page of a search looks at.
pub const MAX_EXAMINED: usize = 2_000;

/// Entries that are read at a time.
const BATCH: usize = 250;

/// Maximum number of different words in a search. More match nothing: each is looked for in each entry, and a search for
/// some of them would find entries without the others.
const MAX_WORDS: usize = 50;

/// The words of a search. An entry matches if its id, section, question, alternatives and answer have each of them,
/// in any order, and in any case and spelling with or without accents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(BTreeSet<String>);

impl Words {
    /// Reads the words of a text; `None` if it has none, so that nothing is searched.
    pub fn of(text: &str) -> Option<Self> {
        let words: BTreeSet<_> = folded(text).split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    fn are_in(&self, chunk: &Chunk) -> bool {
        let texts: Vec<&str> =
            [chunk.chunk_id.as_str(), &chunk.section, &chunk.answer].into_iter().chain(chunk.questions()).collect();
        let text = folded(&texts.join("\n"));
        self.0.len() <= MAX_WORDS && self.0.iter().all(|word| text.contains(word.as_str()))
    }
}

/// Which entries are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Only those with these words.
    pub words: Option<Words>,
    /// Only those of the document with exactly this title.
    pub document: Option<String>,
}

/// Some entries, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPage {
    /// The entries.
    pub rows: Vec<ListedEntry>,
    /// Where the next page begins: after this place. `None` on the last page.
    pub next: Option<EntryPosition>,
}

/// Returns up to `limit` entries after a place, by document and position.
///
/// A search looks at [`MAX_EXAMINED`] entries at most, so its page can have fewer rows, or none, and still a next one.
///
/// # Errors
/// Only when the store fails.
pub fn page<S>(
    store: &mut S,
    filter: &EntryFilter,
    after: Option<EntryPosition>,
    limit: usize,
) -> Result<EntryPage, StoreError>
where
    S: EntryList + ?Sized,
{
    let document = match &filter.document {
        None => None,
        Some(title) => match store.document_titled(title)? {
            None => return Ok(EntryPage::default()),
            found => found,
        },
    };
    let (mut rows, mut examined, mut place) = (Vec::new(), 0, after);
    // One more entry than the page shows tells whether there is a next page.
    while rows.len() <= limit {
        if examined >= MAX_EXAMINED {
            return Ok(EntryPage { rows, next: place });
        }
        let batch = if filter.words.is_some() { BATCH } else { limit + 1 };
        let read = store.entries_after(document, place, batch)?;
        let is_last = read.len() < batch;
        examined += read.len();
        place = read.last().map(ListedEntry::position).or(place);
        rows.extend(read.into_iter().filter(|row| filter.words.as_ref().is_none_or(|words| words.are_in(&row.chunk))));
        if is_last {
            break;
        }
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(ListedEntry::position);
    Ok(EntryPage { rows, next })
}

/// Returns all entries, by document and position.
///
/// # Errors
/// Only when the store fails.
pub fn all<S: EntryList + ?Sized>(store: &mut S) -> Result<Vec<ListedEntry>, StoreError> {
    store.entries_after(None::<DocumentId>, None, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::tests::{asked_as, snapshot};

    #[test]
    fn every_word_is_found_in_any_spelling_and_place() {
        let items = [("Caf\u{e9}", "When do you open?", "At nine.<br>Always.")];
        let chunk = asked_as(snapshot(&items), 0, &["Opening hours"]).chunks.remove(0);
        for found in ["OPEN", "hours nine", "cafe always", "c0", "\u{ff4f}pen", &"open ".repeat(51)] {
            assert!(Words::of(found).unwrap().are_in(&chunk), "{found}");
        }
        let words: Vec<String> = (0..=MAX_WORDS).map(|number| format!("w{number}.")).collect();
        let of_many = Chunk { answer: words.join(" "), ..chunk.clone() };
        assert!(Words::of(&words[1..].join(" ")).unwrap().are_in(&of_many));
        assert!(!Words::of(&words.join(" ")).unwrap().are_in(&of_many));
        for absent in ["ten", "open ten"] {
            assert!(!Words::of(absent).unwrap().are_in(&chunk), "{absent}");
        }
        assert_eq!(Words::of(" \u{301} "), None);
    }
}
