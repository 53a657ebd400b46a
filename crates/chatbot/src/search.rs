//! Looks texts up in the knowledge.

mod clauses;
mod golden;

use knowledge::{Answer, Index, Lookup, Meanings, Origin, answer, goes_on, in_context, index::Ranking};

use crate::{
    BotSettings, Found,
    found::{Finding, OFFERED},
    phrase, understanding,
};

/// The button that lists the topics, normalized.
pub(crate) const BROWSE_TOPICS: &str = "browse topics";

/// Maximum number of questions in one message that are answered.
const QUESTIONS: usize = 4;

/// The signs that end a question.
const MARKS: [char; 3] = ['?', '\u{ff1f}', '\u{61f}'];

/// A company's knowledge as a conversation searches it.
#[derive(Debug, Clone, Copy)]
pub struct Search<'s> {
    own: &'s Index,
    /// The shared library, if the company uses it.
    shared: Option<&'s Index>,
    threshold: f64,
    /// What the visitor asked before.
    previous: Option<&'s str>,
}

impl<'s> Search<'s> {
    /// Searches the company's own knowledge and, if the company has switched it on, the shared library.
    ///
    /// `previous` is what the visitor asked before: a text that makes no sense alone is read together with it.
    pub fn new(own: &'s Index, shared: Option<&'s Index>, settings: &BotSettings, previous: Option<&'s str>) -> Self {
        let shared = shared.filter(|_| settings.use_shared_library);
        Self { own, shared, threshold: settings.confidence_threshold, previous }
    }

    /// Whether [`Search::find`] would compare what the text means.
    pub fn compares_meaning(&self, text: &str) -> bool {
        let compares = |part: &str| self.indexes().any(|index| index.compares_meaning(part));
        // One question is the usual case, and it is not taken apart for this.
        self.section(&phrase::normalize(text)).is_none() && compares(text)
            || self.asked(text).iter().any(|part| compares(part))
    }

    /// Returns the texts whose vectors [`Search::find`] needs, each once. `meanings` has the speller.
    pub fn readings(&self, text: &str, meanings: &Meanings) -> Vec<String> {
        let mut readings: Vec<String> = Vec::new();
        for part in self.asked(text) {
            for reading in self.indexes().flat_map(|index| index.readings(&part, meanings)) {
                if !readings.contains(&reading) {
                    readings.push(reading);
                }
            }
        }
        readings
    }

    /// Looks a text up. `meanings` has the vectors of [`Search::readings`]; without them, words alone are compared.
    ///
    /// Sections of the library are used only if no section of the company's own knowledge fits.
    pub fn find(&self, text: &str, meanings: &Meanings) -> Found {
        let normalized = phrase::normalize(text);
        if normalized == BROWSE_TOPICS {
            let topics = Some(titles(self.own)).filter(|titles| !titles.is_empty());
            let topics = topics.or_else(|| self.shared.map(titles)).unwrap_or_default();
            return Found::new(text, text, Finding::Topics(topics));
        }
        if let Some(section) = self.section(&normalized) {
            let questions = section.questions().take(OFFERED).map(str::to_owned).collect();
            return Found::new(text, text, Finding::Section { title: section.title().to_owned(), questions });
        }
        let ask = |text: &str| answer::answer(self.own, self.shared, text, meanings, self.threshold);
        // A sentence is taken apart only if at least two of its clauses have answers of their own.
        let by_clause = clauses::of(text);
        let of_clauses = answers(by_clause.iter().map(|clause| clause.ask(ask)));
        if of_clauses.len() > 1 {
            return Found::new(text, text, Finding::Answers(of_clauses));
        }
        let several = answers(questions(text).into_iter().map(ask));
        if !several.is_empty() {
            return Found::new(text, text, Finding::Answers(several));
        }
        let near = match ask(text) {
            Lookup::Hit(answer) => return Found::new(text, text, Finding::Answers(vec![answer])),
            Lookup::Miss { near, .. } => near,
        };
        // The question before counts only where the text alone has no answer.
        let Some(in_context) = in_context(text, self.previous) else {
            return Found::new(text, text, Finding::Nothing { near });
        };
        let is_said = |answer: &Answer| {
            let said = self.commented_on(text).map(ask);
            matches!(said, Some(Lookup::Hit(said)) if said.text() == answer.text())
        };
        let finding = match ask(&in_context) {
            Lookup::Hit(answer) if is_said(&answer) => Finding::Nothing { near },
            Lookup::Hit(answer) => Finding::Answers(vec![answer]),
            Lookup::Miss { near: others, .. } => Finding::Nothing { near: if near.is_empty() { others } else { near } },
        };
        Found::new(text, &in_context, finding)
    }

    /// Returns the question before a text that asks nothing itself. Its answer was given and is not repeated.
    fn commented_on(&self, text: &str) -> Option<&'s str> {
        self.previous.filter(|_| !goes_on(text) && !understanding::asks(text))
    }

    /// Returns the entries that come nearest to a text, for each knowledge that is searched, at most `limit` of each. The
    /// order is the one that [`Search::find`] answers from.
    pub fn rankings(&self, text: &str, meanings: &Meanings, limit: usize) -> Vec<(Origin, Ranking)> {
        let indexes = [(Origin::Company, Some(self.own)), (Origin::Shared, self.shared)];
        let search = |(origin, index): (Origin, Option<&Index>)| Some((origin, index?.search(text, meanings, limit)?));
        indexes.into_iter().filter_map(search).collect()
    }

    fn indexes(&self) -> impl Iterator<Item = &'s Index> + use<'s> {
        [Some(self.own), self.shared].into_iter().flatten()
    }

    fn section(&self, normalized: &str) -> Option<knowledge::index::Section<'s>> {
        self.own.section(normalized).or_else(|| self.shared?.section(normalized))
    }

    /// Returns the questions that are looked up for a text: its parts if it has several, itself, itself in context, and the
    /// question that it comments on. None if it asks for the topics or for one of them.
    fn asked(&self, text: &str) -> Vec<String> {
        let normalized = phrase::normalize(text);
        if normalized == BROWSE_TOPICS || self.section(&normalized).is_some() {
            return Vec::new();
        }
        let clauses = clauses::of(text);
        let clauses = clauses.iter().flat_map(|clause| [Some(clause.text), clause.in_context.as_deref()]).flatten();
        let parts = questions(text).into_iter().chain([text]).chain(clauses).map(str::to_owned);
        let parts: Vec<_> = parts.collect();
        let Some(in_context) = in_context(text, self.previous) else { return parts };
        parts.into_iter().chain([in_context]).chain(self.commented_on(text).map(str::to_owned)).collect()
    }
}

/// Returns the questions of a text that holds more than one, at most [`QUESTIONS`] of them; else none.
fn questions(text: &str) -> Vec<&str> {
    let parts: Vec<_> = parts(text).take(QUESTIONS).collect();
    if parts.len() > 1 { parts } else { Vec::new() }
}

/// Whether a text has more questions than are looked up.
pub(crate) fn has_more_questions(text: &str) -> bool {
    parts(text).filter(|part| part.ends_with(MARKS)).nth(QUESTIONS).is_some()
}

/// Returns the parts of a text up to each question mark, and the rest.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(MARKS).map(str::trim).filter(|part| part.contains(char::is_alphanumeric))
}

/// Returns the answers that were found, each once.
fn answers(found: impl Iterator<Item = Lookup>) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for lookup in found {
        if let Lookup::Hit(answer) = lookup
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
