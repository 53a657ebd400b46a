//! The result of looking up one text in the knowledge.

use knowledge::{Answer, Index, Lookup, answer};

use crate::{BotSettings, phrase};

/// The button that lists the topics, normalized.
const BROWSE_TOPICS: &str = "browse topics";

/// Maximum number of topics, or of questions of a topic, in one reply.
const OFFERED: usize = 8;

/// What a company's knowledge contains for a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found(pub(crate) Finding);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    /// The text asks for the topics, which are the titles of the sections.
    Topics(Vec<String>),
    /// The text is the title of a section.
    Section { title: String, questions: Vec<String> },
    /// An answer at or above the company's threshold.
    Answer(Answer),
    /// None of these.
    Nothing,
}

impl Found {
    /// Looks a text up in the company's own knowledge and, if the company has switched it on, in
    /// the shared library.
    ///
    /// Sections of the library are used only if no section of the company's own knowledge fits.
    pub fn look_up(own: &Index, shared: Option<&Index>, text: &str, settings: &BotSettings) -> Self {
        let shared = shared.filter(|_| settings.use_shared_library);
        let normalized = phrase::normalize(text);
        if normalized == BROWSE_TOPICS {
            let topics = Some(titles(own)).filter(|titles| !titles.is_empty());
            return Self(Finding::Topics(topics.or_else(|| shared.map(titles)).unwrap_or_default()));
        }
        let section = own.section(&normalized).or_else(|| shared?.section(&normalized));
        Self(match section {
            Some(section) => Finding::Section {
                title: section.title().to_owned(),
                questions: section.questions().take(OFFERED).map(str::to_owned).collect(),
            },
            None => match answer::answer(own, shared, text, settings.confidence_threshold) {
                Lookup::Hit(answer) => Finding::Answer(answer),
                Lookup::Miss { .. } => Finding::Nothing,
            },
        })
    }
}

fn titles(index: &Index) -> Vec<String> {
    index.sections().take(OFFERED).map(|section| section.title().to_owned()).collect()
}
