//! The result of looking up one text in the knowledge.

use knowledge::Answer;

use crate::act::MissingInput;

/// Maximum number of topics, or of questions of a topic, in one reply.
pub(crate) const OFFERED: usize = 8;

/// The confidence from which on an answer has precedence over small talk.
const CERTAIN: f64 = 0.9;

/// Maximum length of a question that is kept for the next one, in Unicode scalar values.
const READ: usize = 300;

/// What a company's knowledge contains for the texts of a turn: a message, or a question that was asked before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    all: Vec<Entry>,
}

/// What was found for one text.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    text: String,
    read_as: String,
    finding: Finding,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    /// The text asks for the topics, which are the titles of the sections.
    Topics(Vec<String>),
    /// The text is the title of a section.
    Section { title: String, questions: Vec<String> },
    /// An answer at or above the company's threshold. Never empty: a text with several questions has several.
    Answers(Vec<Answer>),
    /// None of these.
    Nothing {
        /// Stored questions that are near to the text, best first.
        near: Vec<String>,
    },
}

impl Found {
    pub(crate) fn new(text: &str, read_as: &str, finding: Finding) -> Self {
        let read_as = read_as.chars().take(READ).collect();
        Self { all: vec![Entry { text: text.to_owned(), read_as, finding }] }
    }

    /// Adds what was found before for other texts of the same turn.
    pub fn after(mut self, earlier: Option<Self>) -> Self {
        self.all.extend(earlier.into_iter().flat_map(|earlier| earlier.all));
        self
    }

    /// Returns what is offered for a text without an answer: stored questions that come near, the topics if it asks for
    /// them, or the questions of the topic that it names.
    pub fn offered(&self, text: &str) -> &[String] {
        match Self::of(Some(self), text) {
            Ok(
                Finding::Topics(texts) | Finding::Section { questions: texts, .. } | Finding::Nothing { near: texts },
            ) => texts,
            Ok(Finding::Answers(_)) | Err(_) => &[],
        }
    }

    /// Returns a question as it was understood: the text, or the question before it and the text. `None` if the text was
    /// not looked up, or asks for topics.
    pub(crate) fn question(&self, text: &str) -> Option<&str> {
        let entry = self.all.iter().find(|entry| entry.text == text)?;
        match entry.finding {
            Finding::Answers(_) | Finding::Nothing { .. } => Some(&entry.read_as),
            Finding::Topics(_) | Finding::Section { .. } => None,
        }
    }

    /// Whether the knowledge surely answers a text by itself. The answer may be to the question before it: `why do you
    /// need this?` goes on from any.
    ///
    /// # Errors
    /// As [`Found::of`].
    pub(crate) fn is_entry(found: Option<&Self>, text: &str) -> Result<bool, MissingInput> {
        let is_certain = Self::of(found, text)?.is_certain();
        let read_as = found.and_then(|found| found.question(text));
        Ok(is_certain && read_as.is_some_and(|read_as| text.starts_with(read_as)))
    }

    /// Returns the finding for a text.
    ///
    /// # Errors
    /// [`MissingInput::Knowledge`] if this text was not looked up.
    pub(crate) fn of<'f>(found: Option<&'f Self>, text: &str) -> Result<&'f Finding, MissingInput> {
        let entry = found.and_then(|found| found.all.iter().find(|entry| entry.text == text));
        entry.map(|entry| &entry.finding).ok_or_else(|| MissingInput::Knowledge(text.to_owned()))
    }
}

impl Finding {
    /// Returns the stored questions that come near, if nothing fits.
    pub(crate) fn near(&self) -> &[String] {
        match self {
            Self::Nothing { near } => near,
            Self::Topics(_) | Self::Section { .. } | Self::Answers(_) => &[],
        }
    }

    /// Whether there are answers.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self, Self::Answers(_))
    }

    /// Whether the answers are sure enough to have precedence over small talk.
    pub(crate) fn is_certain(&self) -> bool {
        match self {
            Self::Answers(answers) => answers.iter().all(|answer| answer.confidence >= CERTAIN),
            Self::Topics(_) | Self::Section { .. } | Self::Nothing { .. } => false,
        }
    }

    /// Whether the text is the title of a section.
    pub(crate) const fn is_section(&self) -> bool {
        matches!(self, Self::Section { .. })
    }
}
