//! The result of looking up one text in the knowledge.

use knowledge::{Answer, Index, Lookup, Meanings, answer};

use crate::{BotSettings, act::MissingInput, phrase};

/// The button that lists the topics, normalized.
pub(crate) const BROWSE_TOPICS: &str = "browse topics";

/// Maximum number of topics, or of questions of a topic, in one reply.
const OFFERED: usize = 8;

/// The confidence from which on an answer has precedence over small talk.
const CERTAIN: f64 = 0.9;

/// Maximum number of questions in one message that are answered.
const QUESTIONS: usize = 4;

/// What a company's knowledge contains for a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    text: String,
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
    /// Looks a text up in the company's own knowledge and, if the company has switched it on, in
    /// the shared library.
    ///
    /// Sections of the library are used only if no section of the company's own knowledge fits. `meanings` has the
    /// vectors of [`Found::readings`]; without them, words alone are compared.
    pub fn look_up(
        own: &Index,
        shared: Option<&Index>,
        text: &str,
        settings: &BotSettings,
        meanings: &Meanings,
    ) -> Self {
        Self { text: text.to_owned(), finding: find(own, shared, text, settings, meanings) }
    }

    /// Whether [`Found::look_up`] would compare what the text means.
    pub fn compares_meaning(own: &Index, shared: Option<&Index>, text: &str, settings: &BotSettings) -> bool {
        let indexes = [Some(own), library(shared, settings)];
        let asked = asked(own, library(shared, settings), text);
        asked.into_iter().any(|part| indexes.iter().flatten().any(|index| index.compares_meaning(part)))
    }

    /// Returns the texts whose vectors [`Found::look_up`] needs, each once. `meanings` has the speller.
    pub fn readings(
        own: &Index,
        shared: Option<&Index>,
        text: &str,
        settings: &BotSettings,
        meanings: &Meanings,
    ) -> Vec<String> {
        let indexes = [Some(own), library(shared, settings)];
        let mut readings: Vec<String> = Vec::new();
        for part in asked(own, library(shared, settings), text) {
            for reading in indexes.iter().flatten().flat_map(|index| index.readings(part, meanings)) {
                if !readings.contains(&reading) {
                    readings.push(reading);
                }
            }
        }
        readings
    }

    /// Returns the finding for a text.
    ///
    /// # Errors
    /// [`MissingInput::Knowledge`] if this text was not looked up.
    pub(crate) fn of<'f>(found: Option<&'f Self>, text: &str) -> Result<&'f Finding, MissingInput> {
        match found {
            Some(found) if found.text == text => Ok(&found.finding),
            _ => Err(MissingInput::Knowledge(text.to_owned())),
        }
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

/// Returns the shared library if the company uses it.
fn library<'i>(shared: Option<&'i Index>, settings: &BotSettings) -> Option<&'i Index> {
    shared.filter(|_| settings.use_shared_library)
}

/// Returns the questions that are looked up for a text: itself, and its parts if it has several. None if it asks for the
/// topics or for one of them.
fn asked<'t>(own: &Index, shared: Option<&Index>, text: &'t str) -> Vec<&'t str> {
    let normalized = phrase::normalize(text);
    let section = || own.section(&normalized).or_else(|| shared?.section(&normalized));
    if normalized == BROWSE_TOPICS || section().is_some() {
        return Vec::new();
    }
    let mut asked = questions(text);
    asked.push(text);
    asked
}

fn find(own: &Index, shared: Option<&Index>, text: &str, settings: &BotSettings, meanings: &Meanings) -> Finding {
    let shared = library(shared, settings);
    let normalized = phrase::normalize(text);
    if normalized == BROWSE_TOPICS {
        let topics = Some(titles(own)).filter(|titles| !titles.is_empty());
        return Finding::Topics(topics.or_else(|| shared.map(titles)).unwrap_or_default());
    }
    if let Some(section) = own.section(&normalized).or_else(|| shared?.section(&normalized)) {
        return Finding::Section {
            title: section.title().to_owned(),
            questions: section.questions().take(OFFERED).map(str::to_owned).collect(),
        };
    }
    let ask = |text: &str| answer::answer(own, shared, text, meanings, settings.confidence_threshold);
    let several = answers(questions(text), ask);
    if !several.is_empty() {
        return Finding::Answers(several);
    }
    match ask(text) {
        Lookup::Hit(answer) => Finding::Answers(vec![answer]),
        Lookup::Miss { near, .. } => Finding::Nothing { near },
    }
}

/// Returns the questions of a text that holds more than one, at most [`QUESTIONS`] of them; else none.
fn questions(text: &str) -> Vec<&str> {
    let marks: &[char] = &['?', '\u{ff1f}', '\u{61f}'];
    let parts = text.split_inclusive(marks).map(str::trim).filter(|part| part.contains(char::is_alphanumeric));
    let parts: Vec<_> = parts.take(QUESTIONS).collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

/// Returns the answers to questions, each once.
fn answers(questions: Vec<&str>, ask: impl Fn(&str) -> Lookup) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for question in questions {
        if let Lookup::Hit(answer) = ask(question)
            && answers.iter().all(|other| other.text() != answer.text())
        {
            answers.push(answer);
        }
    }
    answers
}

fn titles(index: &Index) -> Vec<String> {
    index.sections().take(OFFERED).map(|section| section.title().to_owned()).collect()
}
