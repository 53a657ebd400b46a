//! Golden questions: a company's test set of questions, each with what is to come of it.

mod outcome;
mod proposal;
mod publishing;
mod report;
mod threshold;

use sha2::{Digest as _, Sha256};
use tenancy::{
    GoldenId, StoreError, Timestamp,
    access::{ActingAs, Caller as _, Office},
    audit::{Action, Audit, Object},
};

pub use outcome::{Holdings, Outcome, Quoted, Said, judged};
pub use proposal::Proposal;
pub use publishing::{Comparison, MOST_ENCODED, MOST_LOST, PublishError, publish};
pub use report::{Report, Row};
pub use threshold::{Calibrated, CalibrationError, FEWEST_ANSWERABLE, Ladder, calibrate};

use crate::{EntryList, KnowledgeBase, entry, text::normal_form};

/// Maximum length of a golden question, in Unicode scalar values.
pub const MAX_QUESTION: usize = entry::MAX_QUESTION;

/// Maximum number of golden questions of a company.
pub const MOST_GOLDEN: usize = 500;

/// The word for [`Expect::Clarify`] in the place of an entry's id. An entry with this id cannot be expected.
pub const CLARIFY: &str = "clarify";

/// What is to come of a golden question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The answer of the entry with this id.
    Entry(String),
    /// No answer: the bot asks back.
    Clarify,
}

impl Expect {
    /// Reads the id of an entry, or [`CLARIFY`].
    pub fn of(text: String) -> Self {
        if text == CLARIFY { Self::Clarify } else { Self::Entry(text) }
    }

    /// Returns the id of the entry, or [`CLARIFY`].
    pub fn as_str(&self) -> &str {
        self.entry().unwrap_or(CLARIFY)
    }

    /// Returns the id of the entry that is expected.
    pub fn entry(&self) -> Option<&str> {
        match self {
            Self::Entry(chunk_id) => Some(chunk_id),
            Self::Clarify => None,
        }
    }
}

/// A golden question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Golden {
    /// Id. Ids rise in the order in which questions are added.
    pub id: GoldenId,
    /// The question, not blank.
    pub question: String,
    /// What is to come of it.
    pub expect: Expect,
    /// When it was added.
    pub created_at: Timestamp,
}

/// The key by which golden questions are the same.
///
/// As where a visitor's question equals a stored one, case, accents,
/// punctuation and spacing do not matter. A text without letters and digits equals only itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionKey([u8; 32]);

impl QuestionKey {
    /// Computes the key of a question.
    pub fn of(question: &str) -> Self {
        let form = normal_form(question);
        let form = if form.is_empty() { question.trim() } else { &form };
        Self(Sha256::digest(form).into())
    }

    /// Returns the bytes in rows.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The golden questions of the company the store is bound to.
pub trait GoldenQuestions {
    /// Returns up to `limit` questions with a greater id, by id.
    fn golden_after(&mut self, after: Option<GoldenId>, limit: usize) -> Result<Vec<Golden>, StoreError>;

    /// Returns the number of questions.
    fn count_golden(&mut self) -> Result<usize, StoreError>;

    /// Adds a question. `None` if there is one with the same key.
    fn insert_golden(
        &mut self,
        question: &str,
        key: QuestionKey,
        expect: &Expect,
        now: Timestamp,
    ) -> Result<Option<GoldenId>, StoreError>;

    /// Returns the question with this id.
    fn golden(&mut self, id: GoldenId) -> Result<Option<Golden>, StoreError>;

    /// Stores what is asked and expected now of the question with this id. False if there is none, or if another
    /// question has the key.
    fn update_golden(&mut self, golden: &Golden, key: QuestionKey) -> Result<bool, StoreError>;

    /// Removes a question; false if there is none with this id.
    fn delete_golden(&mut self, id: GoldenId) -> Result<bool, StoreError>;
}

/// Why a golden question is not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// There is one already that is equal to it as questions of visitors are: but for case, accents and punctuation.
    #[error("the question is a golden question already")]
    Twice,
    /// There is no entry with the id that is expected.
    #[error("there is no such entry")]
    NoEntry,
    /// There are [`MOST_GOLDEN`] questions.
    #[error("there are too many golden questions")]
    TooMany,
    /// The store failed.
    #[error("the golden question could not be stored")]
    Store(#[from] StoreError),
}

/// Why a golden question is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such question.
    #[error("there is no such golden question")]
    NotFound,
    /// Another golden question is equal to it; see [`AddError::Twice`].
    #[error("the question is a golden question already")]
    Twice,
    /// There is no entry with the id that is expected.
    #[error("there is no such entry")]
    NoEntry,
    /// The store failed.
    #[error("the golden question could not be changed")]
    Store(#[from] StoreError),
}

/// Why a golden question is not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no such question.
    #[error("there is no such golden question")]
    NotFound,
    /// The store failed.
    #[error("the golden question could not be removed")]
    Store(#[from] StoreError),
}

/// Returns all golden questions, by id.
///
/// # Errors
/// Only when the store fails.
pub fn all<S: GoldenQuestions + ?Sized>(store: &mut S) -> Result<Vec<Golden>, StoreError> {
    store.golden_after(None, MOST_GOLDEN)
}

/// Adds a golden question. `is_shared` tells whether the company uses the shared library and an entry there has the id that
/// is expected.
///
/// # Errors
/// [`AddError`]. Then nothing has changed.
pub fn add<S>(
    store: &mut S,
    question: String,
    expect: Expect,
    is_shared: bool,
    now: Timestamp,
) -> Result<Golden, AddError>
where
    S: GoldenQuestions + KnowledgeBase + EntryList + Audit + ActingAs<Office> + ?Sized,
{
    // Two calls at the same time must not both be the last one that there is room for.
    store.lock_faq()?;
    if !is_shared && !is_known(store, &expect)? {
        return Err(AddError::NoEntry);
    }
    if store.count_golden()? >= MOST_GOLDEN {
        return Err(AddError::TooMany);
    }
    let id = store.insert_golden(&question, QuestionKey::of(&question), &expect, now)?.ok_or(AddError::Twice)?;
    record(store, Action::GoldenAdded);
    Ok(Golden { id, question, expect, created_at: now })
}

/// Changes what a golden question asks, or what is expected of it.
///
/// What is `None` stays as it is, and so does an entry that is expected and was removed. `is_shared` is that of [`add`], for
/// what is expected.
///
/// A change that changes nothing is not recorded.
///
/// # Errors
/// [`ChangeError`]. Then nothing has changed.
pub fn change<S>(
    store: &mut S,
    id: GoldenId,
    question: Option<String>,
    expect: Option<Expect>,
    is_shared: bool,
) -> Result<Golden, ChangeError>
where
    S: GoldenQuestions + KnowledgeBase + EntryList + Audit + ActingAs<Office> + ?Sized,
{
    // As in `add`, so that two calls cannot make two questions equal.
    store.lock_faq()?;
    let before = store.golden(id)?.ok_or(ChangeError::NotFound)?;
    let after = Golden {
        question: question.unwrap_or_else(|| before.question.clone()),
        expect: expect.unwrap_or_else(|| before.expect.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok(after);
    }
    if after.expect != before.expect && !is_shared && !is_known(store, &after.expect)? {
        return Err(ChangeError::NoEntry);
    }
    if !store.update_golden(&after, QuestionKey::of(&after.question))? {
        return Err(ChangeError::Twice);
    }
    record(store, Action::GoldenChanged);
    Ok(after)
}

/// Whether the company has the entry that is expected, if one is.
fn is_known<S: EntryList + ?Sized>(store: &mut S, expect: &Expect) -> Result<bool, StoreError> {
    expect.entry().map_or(Ok(true), |chunk_id| Ok(store.entry(chunk_id)?.is_some()))
}

/// Removes a golden question.
///
/// # Errors
/// [`RemoveError`]. Then nothing has changed.
pub fn remove<S>(store: &mut S, id: GoldenId) -> Result<(), RemoveError>
where
    S: GoldenQuestions + Audit + ActingAs<Office> + ?Sized,
{
    if !store.delete_golden(id)? {
        return Err(RemoveError::NotFound);
    }
    record(store, Action::GoldenRemoved);
    Ok(())
}

fn record<S: Audit + ActingAs<Office> + ?Sized>(store: &mut S, action: Action) {
    let company = store.caller().scope().company();
    store.record(action, Object::Company(company));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_the_same_as_for_a_search() {
        let key = QuestionKey::of;
        assert_eq!(key("When do you open?"), key("  WHEN do you \u{f6}pen "));
        assert_ne!(key("When do you open?"), key("When do you close?"));
        assert_ne!(key("?"), key("!"));
    }

    #[test]
    fn what_is_expected_is_an_id_or_the_word_for_asking_back() {
        assert_eq!(Expect::of("clarify".to_owned()), Expect::Clarify);
        let entry = Expect::of("c1".to_owned());
        assert_eq!((entry.as_str(), entry.entry()), ("c1", Some("c1")));
        assert_eq!((Expect::Clarify.as_str(), Expect::Clarify.entry()), (CLARIFY, None));
    }
}
