//! Planning a turn: a pure function from a snapshot and a message to what the bot does.

use knowledge::{Mode, markup};
use tenancy::Timestamp;

use crate::{
    Answered, BotSettings, Composition, Found, NewProfile, QuickReply, Reply, Session, SessionStatus, Snapshot,
    found::Finding,
    intake, is_greeting, kind, phrase,
    settings::{Names, filled},
};

/// The button that calls a person.
const TALK_TO_A_PERSON: &str = "Talk to a person";

/// A visitor's message, as far as planning needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input<'a> {
    /// The trimmed text; `None` if it is blank.
    pub text: Option<&'a str>,
    /// Whether files are sent with it.
    pub attachments: bool,
}

/// The input that planning needs in addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingInput {
    /// The text must be looked up in the knowledge: plan again with a [`Found`].
    Knowledge,
}

/// A planned turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The session to store. It is not linked to `profile` yet.
    pub session: Session,
    /// The profile, if this turn completes the intake.
    pub profile: Option<NewProfile>,
    /// What the bot does.
    pub act: Act,
}

/// What the bot does about a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Nothing: a person handles the session.
    Silent,
    /// The bot answers.
    Say(Reply),
    /// The bot answers and calls a person.
    Escalate {
        /// The answer.
        reply: Reply,
        /// The reason for the handoff, which is the visitor's text.
        reason: String,
    },
    /// A model composes the answer.
    Compose(Composition),
}

/// Plans a turn: the session afterwards, and what the bot does.
///
/// # Errors
/// [`MissingInput::Knowledge`] if the answer depends on the knowledge and `found` is `None`. With a
/// `found` there is always a plan.
pub fn plan(
    snapshot: &Snapshot,
    input: &Input<'_>,
    found: Option<&Found>,
    now: Timestamp,
) -> Result<Plan, MissingInput> {
    let before = &snapshot.session;
    if before.collecting().is_some() {
        let mut session = touched(before, now);
        let (reply, profile) = intake::advance(&mut session, input.text, &snapshot.settings, &snapshot.company_name);
        session.welcomed = true;
        return Ok(Plan { session, profile, act: Act::Say(reply) });
    }
    if before.status.is_escalated() {
        return Ok(Plan { session: touched(before, now), profile: None, act: Act::Silent });
    }
    let act = Bot::of(snapshot).answer(input, found)?;
    let mut session = touched(before, now);
    session.welcomed = true;
    if matches!(act, Act::Escalate { .. }) {
        session.status = SessionStatus::Escalated;
        session.person_acted = false;
    }
    Ok(Plan { session, profile: None, act })
}

/// Returns the session after any message of the visitor.
fn touched(session: &Session, now: Timestamp) -> Session {
    let mut session = session.clone();
    session.last_used = now;
    session.left_at = None;
    if session.status == SessionStatus::Resolved {
        session.status = SessionStatus::Active;
        session.person_acted = false;
    }
    session
}

/// A company's bot in a session whose visitor has a profile.
struct Bot<'s> {
    settings: &'s BotSettings,
    names: Names<'s>,
}

impl<'s> Bot<'s> {
    fn of(snapshot: &'s Snapshot) -> Self {
        let settings = &*snapshot.settings;
        let name = snapshot.session.profile.as_ref().map_or("", |(_, name)| name);
        Self { settings, names: Names { name, bot_name: &settings.bot_name, company_name: &snapshot.company_name } }
    }

    fn answer(&self, input: &Input<'_>, found: Option<&Found>) -> Result<Act, MissingInput> {
        let settings = self.settings;
        let Some(text) = input.text else {
            return Ok(Act::Say(self.reply(
                kind::CLARIFICATION_NEEDED,
                "Thank you, I have received your file. What would you like to know about it?",
                &settings.clarification_suggestions,
            )));
        };
        let normalized = phrase::normalize(text);
        if let Some(quick) = self.quick_reply(&normalized) {
            return Ok(Act::Say(self.reply(&quick.kind, &quick.reply, &quick.suggestions)));
        }
        // Topics are checked before escalation phrases, so that a section may be called "Customer service".
        let Found(finding) = found.ok_or(MissingInput::Knowledge)?;
        match finding {
            Finding::Topics(titles) => return Ok(Act::Say(topics(titles))),
            Finding::Section { title, questions } => return Ok(Act::Say(questions_of(title, questions))),
            Finding::Answer(_) | Finding::Nothing => {}
        }
        if settings.escalation_phrases.iter().any(|phrase| phrase::contains(&normalized, phrase)) {
            let reply = self.reply(kind::ESCALATED, &settings.escalation_text, &[]);
            return Ok(Act::Escalate { reply: Reply { escalated: true, ..reply }, reason: text.to_owned() });
        }
        Ok(match finding {
            Finding::Answer(answer) => {
                let extract = answer.text();
                let mut reply = Reply::new(kind::RAG_RESPONSE, extract, self.fill(&settings.answer_suggestions));
                reply.answered = Some(Answered::new(answer, extract.to_owned(), Mode::Extractive));
                match settings.answer_mode {
                    Mode::Extractive => Act::Say(reply),
                    Mode::Llm => Act::Compose(Composition::new(text, answer, reply)),
                }
            }
            _ if is_greeting(text) => {
                Act::Say(self.reply(kind::GREETING_RESPONSE, &settings.greeting_text, &settings.greeting_suggestions))
            }
            _ => Act::Say(self.reply(
                kind::CLARIFICATION_NEEDED,
                &settings.clarification_text,
                &settings.clarification_suggestions,
            )),
        })
    }

    /// Returns the first quick reply that matches a normalized text.
    fn quick_reply(&self, normalized: &str) -> Option<&'s QuickReply> {
        let matches = |phrase: &String| phrase::equals(normalized, &filled(phrase, &self.names));
        self.settings.quick_replies.iter().find(|quick| quick.matches.iter().any(matches))
    }

    fn reply(&self, kind: &str, text: &str, suggestions: &[String]) -> Reply {
        Reply::new(kind, filled(text, &self.names), self.fill(suggestions))
    }

    fn fill(&self, suggestions: &[String]) -> Vec<String> {
        suggestions.iter().map(|text| filled(text, &self.names).into_owned()).collect()
    }
}

/// Lists the topics. The button below them is there even without topics.
fn topics(titles: &[String]) -> Reply {
    let text = match titles {
        [] => "There are no topics to browse yet. You can ask me, or talk to a person.",
        _ => "Here are the topics I can help you with.",
    };
    let buttons = titles.iter().cloned().chain([TALK_TO_A_PERSON.to_owned()]);
    Reply::new(kind::TOPIC_SELECTION, text, buttons.collect())
}

fn questions_of(title: &str, questions: &[String]) -> Reply {
    // Titles are stored as plain text, and this text is an HTML fragment.
    let title = markup::neutralise(title);
    Reply::new(kind::TOPIC_SELECTION, format!("What would you like to know about {title}?"), questions.to_vec())
}

#[cfg(test)]
mod tests;
