//! Compares an upload with what is stored, and applies it.

use std::collections::{HashMap, HashSet, VecDeque};

use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

use super::content::{Content, Place, Problem, Uploaded, most_important};
use crate::{
    Chunk, Entry, Extent, KnowledgeBase, Version,
    entry::other_questions,
    load::{self, MAX_EXTENT},
    text::normal_form,
};

tenancy::word_enum! {
    /// What an upload does to an entry.
    pub enum Change {
        /// It is new.
        Added => "added",
        /// It is there already and becomes another one.
        Changed => "changed",
        /// Its document is in the upload, and it is not.
        Removed => "removed",
        /// It is there already, as it is in the upload.
        Unchanged => "unchanged",
    }
}

/// What becomes of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The place in the upload, if the entry is in it.
    pub place: Option<Place>,
    /// What becomes of it.
    pub change: Change,
    /// The entry: as it will be, and as it was if it is removed.
    pub entry: Entry,
    /// Whether the id is a new one, made for this comparison.
    pub has_new_id: bool,
}

/// What an upload does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// The version of the knowledge that the upload was compared with.
    version: Version,
    /// The entries of the upload in its order, then those that are removed. If entries of the upload cannot be loaded,
    /// none is removed: it could be one of them.
    pub outcomes: Vec<Outcome>,
    /// What is wrong or strange, by line. At most a hundred, errors before notes.
    pub problems: Vec<Problem>,
    /// Whether the upload cannot be loaded.
    pub has_errors: bool,
}

/// Why an upload is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Some of these problems are errors. They are those that [`compare`] reports.
    #[error("there are entries that cannot be loaded")]
    Refused(Vec<Problem>),
    /// The store failed.
    #[error("the entries could not be stored")]
    Store(#[from] StoreError),
}

impl Diff {
    /// Returns how many entries it does this to.
    pub fn count(&self, change: Change) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.change == change).count()
    }

    fn is_empty(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.change == Change::Unchanged)
    }
}

/// What an upload is compared with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stored {
    version: Version,
    chunks: Vec<Chunk>,
}

impl Stored {
    /// Takes what was read before: all entries of a version, by document, then by position.
    pub const fn new(version: Version, chunks: Vec<Chunk>) -> Self {
        Self { version, chunks }
    }
}

/// Reads what an upload is compared with.
///
/// # Errors
/// Only when the store fails.
pub fn stored<S: KnowledgeBase + ?Sized>(store: &mut S) -> Result<Stored, StoreError> {
    Ok(Stored::new(store.version()?, store.chunks()?))
}

/// Compares an upload with all entries that are stored. The upload is the whole content of each document that it
/// names, and does not touch others.
///
/// An entry without an id is the one with the same question in its document, if there is one. If no entry of the upload
/// has alternatives, the stored ones keep theirs. An id of an entry in a document that the upload does not name is an
/// error, and so is more than [`MAX_EXTENT`], unless it becomes less.
pub fn compare(content: Content, stored: Stored) -> Diff {
    let Content { entries: uploaded, mut problems, mut has_errors } = content;
    let Stored { version, chunks } = stored;
    let stored: Vec<Entry> = chunks.into_iter().map(Entry::from).collect();
    let documents: HashSet<String> = uploaded.iter().map(|it| it.entry.document.clone()).collect();
    let by_id: HashMap<&str, &Entry> = stored.iter().map(|entry| (entry.chunk_id.as_str(), entry)).collect();
    let mut by_question = by_question(&uploaded, &stored, &documents);
    let keeps_alternatives = uploaded.iter().all(|it| it.entry.alternatives.is_empty());
    let mut outcomes = Vec::with_capacity(uploaded.len());
    let mut kept: HashSet<String> = HashSet::new();
    for Uploaded { place, mut entry, has_id } in uploaded {
        let before = if has_id {
            by_id.get(entry.chunk_id.as_str()).copied()
        } else {
            by_question.get_mut(&asked(&entry)).and_then(VecDeque::pop_front)
        };
        if let Some(other) = before.filter(|before| !documents.contains(&before.document)) {
            problems.push(elsewhere(place, other));
            has_errors = true;
            continue;
        }
        if let Some(before) = before {
            entry.chunk_id.clone_from(&before.chunk_id);
            if keeps_alternatives {
                entry.alternatives = other_questions(&entry.question, &before.alternatives);
            }
        }
        kept.insert(entry.chunk_id.clone());
        let change = match before {
            None => Change::Added,
            Some(before) if *before == entry => Change::Unchanged,
            Some(_) => Change::Changed,
        };
        outcomes.push(Outcome { place: Some(place), change, entry, has_new_id: before.is_none() && !has_id });
    }
    if !has_errors {
        let before = extent(&stored);
        let stays = |it: &&Entry| !documents.contains(&it.document) && !kept.contains(&it.chunk_id);
        let after = extent(stored.iter().filter(stays).chain(outcomes.iter().map(|outcome| &outcome.entry)));
        let removed = stored.into_iter().filter(|it| documents.contains(&it.document) && !kept.contains(&it.chunk_id));
        let removed = removed.map(|entry| Outcome { place: None, change: Change::Removed, entry, has_new_id: false });
        outcomes.extend(removed);
        if !after.is_within(MAX_EXTENT) && !after.is_within(before) {
            problems.push(too_much());
            has_errors = true;
        }
    }
    Diff { version, outcomes, problems: most_important(problems), has_errors }
}

/// Returns the stored entries that an entry without an id can be: those of the documents of the upload whose id no entry
/// of it has.
fn by_question<'s>(
    uploaded: &[Uploaded],
    stored: &'s [Entry],
    documents: &HashSet<String>,
) -> HashMap<(String, String), VecDeque<&'s Entry>> {
    let claimed: HashSet<&str> = uploaded.iter().filter(|it| it.has_id).map(|it| it.entry.chunk_id.as_str()).collect();
    let mut found: HashMap<_, VecDeque<_>> = HashMap::new();
    for entry in stored.iter().filter(|it| documents.contains(&it.document) && !claimed.contains(it.chunk_id.as_str()))
    {
        found.entry(asked(entry)).or_default().push_back(entry);
    }
    found
}

fn extent<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Extent {
    entries.into_iter().map(Entry::extent).fold(Extent { questions: 0, characters: 0 }, Extent::plus)
}

/// The error of an entry whose id is that of an entry in a document that the upload does not name. A table with ids from
/// 1 must not take entries out of another such table.
fn elsewhere(place: Place, other: &Entry) -> Problem {
    let Entry { chunk_id, document, .. } = other;
    let message = format!(
        "chunk_id: {chunk_id} is the id of an entry in the document \"{document}\", which is not in the upload."
    );
    Problem { place, message, is_error: true }
}

fn too_much() -> Problem {
    Problem { place: Place { line: 1, row: None }, message: load::too_much(), is_error: true }
}

/// Returns the document and the question by which an entry without an id is found.
fn asked(entry: &Entry) -> (String, String) {
    (entry.document.clone(), normal_form(&entry.question))
}

/// Makes an upload the content of the documents that it names, as a comparison of it says.
///
/// If the knowledge has changed since, the upload is compared again. An upload that changes nothing leaves the version of the knowledge as it is.
///
/// # Errors
/// [`ApplyError`]. Then nothing has changed, unless the store failed.
pub fn apply<S>(store: &mut S, content: Content, diff: Diff, now: Timestamp) -> Result<Diff, ApplyError>
where
    S: KnowledgeBase + Audit + ActingAs<Office> + ?Sized,
{
    store.lock_faq()?;
    let diff = if store.version()? == diff.version { diff } else { compare(content, stored(store)?) };
    if diff.has_errors {
        return Err(ApplyError::Refused(diff.problems));
    }
    if diff.is_empty() {
        return Ok(diff);
    }
    let company = store.caller().scope().company();
    store.record(Action::KnowledgeLoaded, Object::Company(company));
    let (removed, put): (Vec<_>, Vec<_>) = diff.outcomes.iter().partition(|outcome| outcome.change == Change::Removed);
    let removed: Vec<&str> = removed.into_iter().map(|outcome| outcome.entry.chunk_id.as_str()).collect();
    let put: Vec<&Entry> = put.into_iter().map(|outcome| &outcome.entry).collect();
    store.replace_documents(&removed, &put, now)?;
    Ok(diff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Draft,
        index::tests::{asked_as, snapshot},
    };

    fn place(line: usize) -> Place {
        Place { line, row: Some(line - 1) }
    }

    fn uploaded(line: usize, chunk_id: Option<&str>, question: &str, answer: &str) -> Uploaded {
        let draft = Draft {
            document: "Guide".to_owned(),
            chunk_id: chunk_id.map(str::to_owned),
            section: "S".to_owned(),
            question: question.to_owned(),
            alternatives: Vec::new(),
            answer: answer.to_owned(),
            page: 0,
        };
        Uploaded { place: place(line), has_id: draft.chunk_id.is_some(), entry: draft.into_entry() }
    }

    /// Two entries of the document Guide, `c0` and `c1`; the first has an alternative.
    fn stored() -> Vec<Chunk> {
        asked_as(snapshot(&[("S", "When?", "Now."), ("S", "Who?", "Me.")]), 0, &["At what time"]).chunks
    }

    fn compare(entries: impl Into<Vec<Uploaded>>, chunks: Vec<Chunk>) -> Diff {
        let content = Content { entries: entries.into(), ..Content::default() };
        super::compare(content, Stored { chunks, ..Stored::default() })
    }

    fn changes(diff: &Diff) -> Vec<(Option<usize>, &str, &str)> {
        diff.outcomes
            .iter()
            .map(|it| (it.place.map(|at| at.line), it.change.as_str(), it.entry.chunk_id.as_str()))
            .collect()
    }

    #[test]
    fn entries_are_found_by_their_id_or_question() {
        let diff = compare([uploaded(2, None, "WHEN", "Now."), uploaded(3, Some("c1"), "Who?", "You.")], stored());
        assert_eq!(changes(&diff), [(Some(2), "changed", "c0"), (Some(3), "changed", "c1")]);
        let diff = compare([uploaded(2, None, "When?", "Now."), uploaded(3, None, "Who?", "Me.")], stored());
        assert_eq!(changes(&diff), [(Some(2), "unchanged", "c0"), (Some(3), "unchanged", "c1")]);
        assert!(diff.is_empty());
    }

    #[test]
    fn what_a_named_document_has_no_more_is_removed() {
        let diff = compare([uploaded(2, None, "Why?", "So.")], stored());
        assert_eq!((diff.count(Change::Added), diff.count(Change::Removed)), (1, 2));
        assert!(diff.outcomes[0].has_new_id);
        let mut elsewhere = uploaded(2, None, "Why?", "So.");
        elsewhere.entry.document = "Other".to_owned();
        assert_eq!(compare([elsewhere], stored()).count(Change::Removed), 0);
    }

    #[test]
    fn an_id_takes_no_entry_out_of_a_document_that_is_not_named() {
        let in_other = |line, id, question| {
            let mut uploaded = uploaded(line, id, question, "So.");
            uploaded.entry.document = "Other".to_owned();
            uploaded
        };
        let diff = compare([in_other(2, Some("c0"), "Why?"), in_other(3, None, "How?")], stored());
        let message = "chunk_id: c0 is the id of an entry in the document \"Guide\", which is not in the upload.";
        assert_eq!(diff.problems, [Problem { place: place(2), message: message.to_owned(), is_error: true }]);
        assert!(diff.has_errors);
        assert_eq!((diff.outcomes.len(), diff.count(Change::Added)), (1, 1));
        // The refused entry could be one of those that would be removed.
        let mut chunks = stored();
        chunks.push(Chunk { chunk_id: "c9".to_owned(), ..chunks[0].clone() });
        chunks[2].document.title = "Third".to_owned();
        let diff = compare([uploaded(2, Some("c9"), "Why?", "So."), uploaded(3, Some("x"), "What?", "That.")], chunks);
        assert_eq!(changes(&diff), [(Some(3), "added", "x")]);
        assert!(diff.has_errors);
        // A document that is named gives its entries away.
        let diff = compare([in_other(2, Some("c0"), "Why?"), uploaded(3, None, "Who?", "Me.")], stored());
        assert_eq!(changes(&diff), [(Some(2), "changed", "c0"), (Some(3), "unchanged", "c1")]);
        assert!(!diff.has_errors);
    }

    #[test]
    fn what_could_not_be_read_is_not_removed() {
        let content =
            Content { entries: vec![uploaded(2, None, "Why?", "So.")], has_errors: true, ..Content::default() };
        let diff = super::compare(content, Stored { chunks: stored(), ..Stored::default() });
        assert_eq!((diff.count(Change::Added), diff.count(Change::Removed), diff.has_errors), (1, 0, true));
    }

    #[test]
    fn more_than_a_company_may_know_is_an_error_unless_it_becomes_less() {
        let long = |line, chars| uploaded(line, None, "When?", &"\u{e9}".repeat(chars));
        let most = usize::try_from(MAX_EXTENT.characters).unwrap() - "When?".len();
        assert!(!compare([long(2, most)], Vec::new()).has_errors);
        let diff = compare([long(2, most + 1)], Vec::new());
        let message = "There may be no more than 20000 questions and 10485760 characters altogether.";
        assert_eq!(
            diff.problems,
            [Problem { place: Place { line: 1, row: None }, message: message.to_owned(), is_error: true }]
        );
        let mut stored = stored();
        stored[0].answer = "a".repeat(most + 2);
        assert!(!compare([long(2, most + 1)], stored).has_errors);
        let mut asked = uploaded(2, None, "When?", "Now.");
        asked.entry.alternatives = (1..20_000).map(|n| n.to_string()).collect();
        assert!(!compare([asked.clone()], Vec::new()).has_errors);
        assert!(compare([asked, uploaded(3, None, "Who?", "Me.")], Vec::new()).has_errors);
    }

    #[test]
    fn alternatives_stay_unless_the_upload_has_some() {
        let mut asked = uploaded(3, None, "Who?", "Me.");
        asked.entry.alternatives = vec!["Which person".to_owned()];
        let diff = compare([uploaded(2, None, "When?", "Now."), asked], stored());
        assert_eq!(changes(&diff), [(Some(2), "changed", "c0"), (Some(3), "changed", "c1")]);
        assert!(diff.outcomes[0].entry.alternatives.is_empty());
    }

    #[test]
    fn kept_alternatives_ask_something_else_than_a_new_question() {
        let diff = compare([uploaded(2, Some("c0"), "At what time?", "Now.")], stored());
        let Outcome { entry, change, .. } = &diff.outcomes[0];
        assert_eq!((entry.alternatives.len(), *change), (0, Change::Changed));
    }

    #[test]
    fn one_question_twice_is_two_entries() {
        let twice = [uploaded(2, None, "When?", "Now."), uploaded(3, None, "When?", "Later.")];
        let first = compare(twice, stored());
        assert_eq!(
            (first.count(Change::Unchanged), first.count(Change::Added), first.count(Change::Removed)),
            (1, 1, 1)
        );
    }
}
