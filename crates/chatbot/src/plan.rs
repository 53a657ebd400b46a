//! What the bot does about a message: one pure decision.

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

/// A visitor's message, as planning sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input<'a> {
    /// The trimmed text; `None` if it is blank.
    pub text: Option<&'a str>,
    /// Whether files come with it.
    pub attachments: bool,
}

/// What planning lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingInput {
    /// What knowledge says to the text: plan again with a [`Found`].
    Knowledge,
}

/// A planned turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The session as it is to be stored; the profile, if one comes with it, is
    /// still to be linked.
    pub session: Session,
    /// The profile that the intake completed.
    pub profile: Option<NewProfile>,
    /// What the bot does.
    pub act: Act,
}

/// What the bot does about a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Nothing: a person handles the session.
    Silent,
    /// It answers.
    Say(Reply),
    /// It answers and calls a person.
    Escalate {
        /// What it says.
        reply: Reply,
        /// Why: the visitor's text.
        reason: String,
    },
    /// A model is to word the answer.
    Compose(Composition),
}

/// Plans a turn: what becomes of the session, and what the bot does.
///
/// # Errors
/// [`MissingInput::Knowledge`] if the answer depends on what knowledge says to the text
/// and `found` is `None`; never with a `found`.
pub fn plan(
    snapshot: &Snapshot,
    input: &Input<'_>,
    found: Option<&Found>,
    now: Timestamp,
) -> Result<Plan, MissingInput> {
    let before = &snapshot.session;
    // A person who takes a session over early ends the questions; an escalation alone does not.
    let taken =
        before.status == SessionStatus::Assigned || before.status == SessionStatus::Escalated && before.person_acted;
    if !before.profile_completed() && !taken {
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

/// The session after a message of its visitor, whatever the bot does about it.
fn touched(session: &Session, now: Timestamp) -> Session {
    let mut session = session.clone();
    session.last_used = now;
    if session.status == SessionStatus::Resolved {
        session.status = SessionStatus::Active;
        session.person_acted = false;
    }
    session
}

/// A company's bot, talking to one visitor whose profile is known.
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
        let key = phrase::normalize(text);
        if let Some(quick) = self.quick_reply(&key) {
            return Ok(Act::Say(self.reply(&quick.kind, &quick.reply, &quick.suggestions)));
        }
        // Topics come before the call for a person, so that a section may be called "Customer service".
        let Found(finding) = found.ok_or(MissingInput::Knowledge)?;
        match finding {
            Finding::Topics(titles) => return Ok(Act::Say(topics(titles))),
            Finding::Section { title, questions } => return Ok(Act::Say(questions_of(title, questions))),
            Finding::Answer(_) | Finding::Nothing => {}
        }
        if settings.escalation_phrases.iter().any(|phrase| phrase::contains(&key, phrase)) {
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

    /// The quick reply to a text with this key.
    fn quick_reply(&self, key: &str) -> Option<&'s QuickReply> {
        let matches = |text: &String| phrase::equals(key, &filled(text, &self.names));
        self.settings.quick_replies.iter().find(|quick| quick.matches.iter().any(matches))
    }

    fn reply(&self, kind: &str, text: &str, suggestions: &[String]) -> Reply {
        Reply::new(kind, filled(text, &self.names), self.fill(suggestions))
    }

    fn fill(&self, suggestions: &[String]) -> Vec<String> {
        suggestions.iter().map(|text| filled(text, &self.names).into_owned()).collect()
    }
}

/// The list of topics; the button below it works even without any.
fn topics(titles: &[String]) -> Reply {
    let text = match titles {
        [] => "There are no topics to browse yet. You can ask me, or talk to a person.",
        _ => "Here are the topics I can help you with.",
    };
    let buttons = titles.iter().cloned().chain([TALK_TO_A_PERSON.to_owned()]);
    Reply::new(kind::TOPIC_SELECTION, text, buttons.collect())
}

fn questions_of(title: &str, questions: &[String]) -> Reply {
    // Stored titles are plain text, and this text is an HTML fragment.
    let title = markup::neutralise(title);
    Reply::new(kind::TOPIC_SELECTION, format!("What would you like to know about {title}?"), questions.to_vec())
}

#[cfg(test)]
mod tests;
