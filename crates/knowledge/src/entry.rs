//! One entry of an FAQ, and its limits.

use std::collections::HashSet;

use uuid::Uuid;

use crate::{Chunk, Extent, markup, plain, text::normal_form};

/// Maximum length of a question and of an alternative question, in Unicode scalar values.
pub const MAX_QUESTION: usize = 1_000;
/// Maximum length of an answer, in Unicode scalar values.
pub const MAX_ANSWER: usize = 10_000;
/// Maximum length of a section's title, in Unicode scalar values.
pub const MAX_SECTION: usize = 100;
/// Maximum length of a document's title, in Unicode scalar values.
pub const MAX_DOCUMENT: usize = 200;
/// Maximum length of an id, in Unicode scalar values.
pub const MAX_CHUNK_ID: usize = 100;
/// Maximum number of alternative questions of an entry. Each has a vector of its own.
pub const MAX_ALTERNATIVES: usize = 20;
/// The largest page: the largest integer that is exact in every client, 2^53 - 1.
pub const MAX_PAGE: i64 = (1 << 53) - 1;

/// A checked entry with its defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Title of the document it belongs to.
    pub document: String,
    /// The id from the FAQ, or a new UUID; unique within a load.
    pub chunk_id: String,
    /// The topic it is listed under.
    pub section: String,
    /// The question.
    pub question: String,
    /// Other ways to ask the question, each in one line.
    pub alternatives: Vec<String>,
    /// The answer.
    pub answer: String,
    /// The page of the source, 0 if unknown.
    pub page: i64,
}

impl Entry {
    /// Returns how much of a company's knowledge it is.
    pub(crate) fn extent(&self) -> Extent {
        Extent::of(&self.question, &self.alternatives, &self.answer)
    }
}

impl From<Chunk> for Entry {
    fn from(chunk: Chunk) -> Self {
        let Chunk { document, chunk_id, section, question, alternatives, answer, page, .. } = chunk;
        Self { document: document.title, chunk_id, section, question, alternatives, answer, page }
    }
}

/// An entry before its texts are made safe. They are within the limits of this module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Title of the document.
    pub document: String,
    /// The id; without one the entry gets a new UUID.
    pub chunk_id: Option<String>,
    /// The topic it is listed under.
    pub section: String,
    /// The question.
    pub question: String,
    /// Other ways to ask the question.
    pub alternatives: Vec<String>,
    /// The answer.
    pub answer: String,
    /// The page of the source.
    pub page: i64,
}

impl Draft {
    /// Turns HTML in the texts into plain text.
    #[must_use]
    pub fn in_plain_text(self) -> Self {
        Self {
            document: plain_line(&self.document),
            section: plain_line(&self.section),
            question: plain_line(&self.question),
            alternatives: self.alternatives.iter().map(|text| plain_line(text)).collect(),
            answer: plain_answer(&self.answer),
            ..self
        }
    }

    /// Makes the texts safe by [`markup`], and drops alternatives that ask what another one asks.
    pub fn into_entry(self) -> Entry {
        let question = markup::neutralise(&self.question).into_owned();
        Entry {
            alternatives: other_questions(&question, &self.alternatives),
            document: markup::neutralise(&self.document).into_owned(),
            chunk_id: self.chunk_id.unwrap_or_else(|| Uuid::new_v4().to_string()),
            section: markup::neutralise(&self.section).into_owned(),
            answer: markup::neutralise_keeping_breaks(&self.answer).into_owned(),
            page: self.page,
            question,
        }
    }
}

/// Returns alternatives of a question, each in one line and safe, without those that ask what it or another one asks.
pub(crate) fn other_questions(question: &str, alternatives: &[String]) -> Vec<String> {
    let mut seen = HashSet::from([normal_form(question), String::new()]);
    let in_one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let others = alternatives.iter().map(in_one_line).filter(|text| seen.insert(normal_form(text)));
    others.map(|text| markup::neutralise(&text).into_owned()).collect()
}

fn plain_line(text: &str) -> String {
    plain::line(text).trim().to_owned()
}

fn plain_answer(text: &str) -> String {
    plain::answer(text).trim().to_owned()
}

/// The changes to an entry. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryChange {
    /// Title of the document. In another document, the entry is the last one.
    pub document: Option<String>,
    /// The topic it is listed under.
    pub section: Option<String>,
    /// The question.
    pub question: Option<String>,
    /// All alternative questions.
    pub alternatives: Option<Vec<String>>,
    /// The answer.
    pub answer: Option<String>,
    /// The page of the source.
    pub page: Option<i64>,
}

impl EntryChange {
    /// Returns the entry as it is after the change. HTML becomes plain text. A text that is sent back as it is stays, even
    /// if it could be read as HTML.
    pub fn of(self, before: Entry) -> Entry {
        let changed = |sent: Option<String>, before: String, plain: fn(&str) -> String| match sent {
            Some(sent) if sent != before => plain(&sent),
            _ => before,
        };
        let alternatives = match self.alternatives {
            Some(sent) => {
                let line = |text: String| if before.alternatives.contains(&text) { text } else { plain_line(&text) };
                sent.into_iter().map(line).collect()
            }
            None => before.alternatives,
        };
        let after = Draft {
            document: changed(self.document, before.document, plain_line),
            chunk_id: Some(before.chunk_id),
            section: changed(self.section, before.section, plain_line),
            question: changed(self.question, before.question, plain_line),
            alternatives,
            answer: changed(self.answer, before.answer, plain_answer),
            page: self.page.unwrap_or(before.page),
        };
        after.into_entry()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            document: "D".to_owned(),
            chunk_id: Some("1".to_owned()),
            section: "S".to_owned(),
            question: "When are you open?".to_owned(),
            alternatives: Vec::new(),
            answer: "At nine.".to_owned(),
            page: 0,
        }
    }

    #[test]
    fn alternatives_are_lines_that_each_ask_something_else() {
        let texts = ["opening\n  hours", "When are you open", "Opening hours!", " ?", "<b>hours"].map(str::to_owned);
        let entry = Draft { alternatives: texts.into(), ..draft() }.into_entry();
        assert_eq!(entry.alternatives, ["opening hours", "< b>hours"]);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let before = draft().into_entry();
        let change = EntryChange { answer: Some("At <i>ten</i>.<br>".to_owned()), ..EntryChange::default() };
        assert_eq!(change.of(before.clone()), Entry { answer: "At ten.".to_owned(), ..before.clone() });
        assert_eq!(EntryChange::default().of(before.clone()), before);
    }

    #[test]
    fn texts_are_read_as_html_unless_they_are_sent_back() {
        let html = |text: &str| text.to_owned();
        let sent = Draft {
            document: html("A &amp; B"),
            section: html("<i>S</i>"),
            question: html("<b> Is &amp;lt; less?</b>"),
            alternatives: vec![html("<p>What is &amp;lt;</p>")],
            answer: html("<p>Yes.</p><p>&amp;lt;br&gt; &lt;script&gt;</p>"),
            ..draft()
        };
        let entry = sent.in_plain_text().into_entry();
        let expected = Entry {
            document: "A & B".to_owned(),
            question: "Is &lt; less?".to_owned(),
            alternatives: vec!["What is &lt;".to_owned()],
            answer: "Yes.<br><br>&lt;br> < script>".to_owned(),
            ..draft().into_entry()
        };
        assert_eq!(entry, expected);
        let back = EntryChange {
            question: Some(entry.question.clone()),
            alternatives: Some(vec![entry.alternatives[0].clone(), "More &gt;?".to_owned()]),
            answer: Some(entry.answer.clone()),
            ..EntryChange::default()
        };
        let alternatives = vec![entry.alternatives[0].clone(), "More >?".to_owned()];
        assert_eq!(back.of(entry.clone()), Entry { alternatives, ..entry });
    }
}
