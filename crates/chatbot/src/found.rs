//! What one look into knowledge gives for one text.

use knowledge::{Answer, Index, Lookup, answer};

use crate::{BotSettings, phrase};

/// The key of the button that lists the topics.
const BROWSE_TOPICS: &str = "browse topics";

/// A reply offers so many topics, or questions of a topic.
const OFFERED: usize = 8;

/// What a company's knowledge says to a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Found(pub(crate) Finding);

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    /// The text asks for the topics: titles of sections.
    Topics(Vec<String>),
    /// The text is the title of a section.
    Section { title: String, questions: Vec<String> },
    /// There is an answer at or above the company's threshold.
    Answer(Answer),
    /// There is nothing.
    Nothing,
}

impl Found {
    /// Looks into the company's own knowledge and, if the company switched it
    /// on, into the shared library. The library's sections count where the
    /// company's own knowledge has none that fits.
    pub fn look_up(own: &Index, shared: Option<&Index>, text: &str, settings: &BotSettings) -> Self {
        let shared = shared.filter(|_| settings.use_shared_library);
        let key = phrase::normalize(text);
        if key == BROWSE_TOPICS {
            let topics = Some(titles(own)).filter(|titles| !titles.is_empty());
            return Self(Finding::Topics(topics.or_else(|| shared.map(titles)).unwrap_or_default()));
        }
        let section = own.section(&key).or_else(|| shared?.section(&key));
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
