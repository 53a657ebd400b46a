//! What a visitor asked the bot, as it is told from the messages.

use chatbot::{
    Detail, Message, Reply, Step, kind,
    understanding::{self, Awaited, Intent},
};
use serde::{Deserialize, Serialize};

use crate::Feedback;

/// Maximum number of questions in a summary; the newest count.
const MOST_QUESTIONS: usize = 20;

/// How much of a text is read to tell what it wants to say, in Unicode scalar values.
const LONGEST_READ: usize = 500;

/// What a visitor asked the bot, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// The questions.
    pub asked: Vec<Question>,
    /// The bot's answers.
    pub answered: Vec<BotAnswer>,
    /// The questions that the bot had no answer for, or whose answer did not help.
    pub unanswered: Vec<Question>,
}

/// A message of the visitor that the bot looked up in the knowledge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its position.
    pub seq: i64,
    /// Its text.
    pub text: String,
}

/// An answer of the bot from the knowledge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BotAnswer {
    /// Its position.
    pub seq: i64,
    /// The probability that it is right, 0 to 1.
    pub confidence: f64,
}

impl Summary {
    /// Summarises messages, oldest first, with what the visitor said of the bot's.
    pub(crate) fn of(messages: &[Message], opinions: &[Feedback]) -> Self {
        let mut summing = Summing::default();
        for message in messages {
            match &message.detail {
                Detail::User { .. } => summing.ask(message),
                Detail::Bot { reply } => {
                    let is_unhelpful = |opinion: &Feedback| opinion.seq == message.seq && !opinion.helpful;
                    summing.answer(message.seq, reply, opinions.iter().any(is_unhelpful));
                }
                Detail::Agent { .. } | Detail::Admin { .. } => summing.last = None,
            }
        }
        let mut summary = summing.summary;
        keep_newest(&mut summary.asked);
        keep_newest(&mut summary.answered);
        keep_newest(&mut summary.unanswered);
        summary
    }
}

/// A summary in the making.
#[derive(Default)]
struct Summing {
    summary: Summary,
    /// The visitor's last message, if nobody else has written since but the bot.
    last: Option<Question>,
    /// Whether the bot has not answered it yet.
    is_open: bool,
    /// The position of the first question that the bot noted during the intake.
    noted: Option<i64>,
    /// The step that the bot's last message asks for.
    step: Option<Step>,
}

impl Summing {
    fn ask(&mut self, message: &Message) {
        self.last = message.content.clone().map(|text| Question { seq: message.seq, text });
        self.is_open = true;
    }

    fn answer(&mut self, seq: i64, reply: &Reply, is_unhelpful: bool) {
        let step = std::mem::replace(&mut self.step, reply.collecting);
        if let Some(answered) = &reply.answered {
            self.summary.answered.push(BotAnswer { seq, confidence: answered.confidence });
        }
        let mut has_answer = reply.answered.is_some();
        if has_answer && reply.kind == kind::PROFILE_COMPLETE && self.noted.is_some() {
            // The end of the intake answers the question that was noted first, and not the last message.
            let noted = self.noted.take();
            self.summary.unanswered.retain(|question| Some(question.seq) != noted);
            has_answer = false;
        }
        let Some(question) = &self.last else { return };
        let is_intake = matches!(reply.kind.as_str(), kind::PROFILE_COLLECTION | kind::PROFILE_COMPLETE);
        if std::mem::take(&mut self.is_open) {
            let is_noted = is_intake && !has_answer && intent(&question.text, step) == Intent::Question;
            let is_missed = is_noted
                || reply.kind == kind::CLARIFICATION_NEEDED
                || reply.kind == kind::ESCALATED && !calls_a_person(intent(&question.text, step));
            if has_answer || is_missed {
                self.summary.asked.push(question.clone());
            }
            if is_missed {
                self.summary.unanswered.push(question.clone());
            }
            if is_noted {
                self.noted.get_or_insert(question.seq);
            }
        }
        // What visitors say to the questions of the intake are no questions of theirs.
        if is_unhelpful && !is_intake && !self.summary.unanswered.contains(question) {
            self.summary.unanswered.push(question.clone());
        }
    }
}

/// Returns what a visitor wants to say with a text, where the bot has asked for a step. Only the beginning is read: a
/// summary is made in the transaction that opens a handoff, and many long texts would hold it up.
fn intent(text: &str, step: Option<Step>) -> Intent {
    let text = text.char_indices().nth(LONGEST_READ).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    understanding::read(text, &Awaited { step, calling_code: "+1", person_phrases: &[] }).intent
}

/// Whether a text by itself calls a person. Otherwise a person was called because the bot had no answer to it.
const fn calls_a_person(intent: Intent) -> bool {
    matches!(intent, Intent::Person | Intent::Agreement | Intent::Frustration | Intent::Abuse)
}

fn keep_newest<T>(rows: &mut Vec<T>) {
    rows.drain(..rows.len().saturating_sub(MOST_QUESTIONS));
}
