//! Planning a turn: a pure function from a snapshot and a message to what the bot does.

mod bot;
mod calling;

use tenancy::Timestamp;

use crate::{
    Found, Reply, Session, SessionStatus, Snapshot, Step,
    act::{Act, MissingInput, ProfileWrite},
    found::Finding,
    intake::{self, Gains, Heard},
    phrase,
    settings::Texts,
    understanding::{self, Awaited, Intent, Language, Reading, Values},
};

/// How many angry messages in a row call a person.
const ANGRY: u8 = 2;

/// A visitor's message, as far as planning needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input<'a> {
    /// The trimmed text; `None` if it is blank.
    pub text: Option<&'a str>,
    /// Whether files are sent with it.
    pub attachments: bool,
    /// Whether the visitor pressed a button for a person. The text is the reason then.
    pub wants_person: bool,
}

/// A planned turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The session to store. It is not linked to `profile` yet.
    pub session: Session,
    /// The profile to store, if this turn completes the intake or changes the profile.
    pub profile: Option<ProfileWrite>,
    /// What the bot does.
    pub act: Act,
    /// The stage that answers.
    pub stage: Stage,
    /// What the text says.
    pub reading: Reading,
    /// The question that the knowledge does not answer, as it was understood.
    pub missed: Option<String>,
}

tenancy::word_enum! {
    /// The stage of the conversation that answers a message, in the order in which they are tried.
    pub enum Stage {
        /// A person handles the session.
        HumanHandling => "human_handling",
        /// A person is called.
        Person => "person",
        /// The intake.
        Intake => "intake",
        /// A quick reply of the company, or a topic.
        QuickReply => "quick_reply",
        /// A file without a text.
        Attachment => "attachment",
        /// Thanks, a goodbye, yes or no alone, a question about the bot, anger.
        SmallTalk => "small_talk",
        /// An answer from knowledge.
        Knowledge => "knowledge",
        /// A greeting.
        Greeting => "greeting",
        /// None of these.
        Clarification => "clarification",
    }
}

/// Plans a turn: the session afterwards, and what the bot does.
///
/// # Errors
/// [`MissingInput::Knowledge`] if the answer depends on the knowledge and `found` does not have the text in the error.
/// A turn needs at most two texts: the message, and a question that was asked before it.
pub fn plan(
    snapshot: &Snapshot,
    input: &Input<'_>,
    found: Option<&Found>,
    now: Timestamp,
) -> Result<Plan, MissingInput> {
    let settings = &*snapshot.settings;
    let mut session = touched(&snapshot.session, now);
    let awaited = intake::collecting(&session, settings);
    // To the button for a person, an open handoff answers its state.
    if (awaited.is_none() || input.wants_person) && !session.bot_answers() {
        let (stage, reading) = (Stage::HumanHandling, Reading::nothing());
        return Ok(Plan { session, profile: None, act: Act::Silent, stage, reading, missed: None });
    }
    let typed = input.text;
    let pressed = typed.and_then(|text| Texts::of(snapshot).pressed(text));
    let worded = pressed.filter(|button| typed.is_some_and(|text| !phrase::equals(&phrase::normalize(text), button)));
    let input = &Input { text: worded.or(typed), ..*input };
    let mut reading = read(&session, snapshot, input, awaited);
    if let Some(text) = input.text
        && reading.values != Values::default()
        && (pressed.is_some() || is_browsing(&session, awaited) && Found::of(found, text)?.is_section())
    {
        // A button is no answer to the question above it.
        reading.values = Values::default();
    }
    if let Some(text) = input.text
        && reading.may_be_a_question()
        && !session.dialogue.resolved_before
        && Found::of(found, text)?.is_answer()
    {
        // A question of the company's own subject, such as `do you make dentures`.
        reading.intent = Intent::Question;
    }
    if reading.intent == Intent::Nothing
        && reading.values == Values::default()
        && awaited.is_some_and(|step| !matches!(step, Step::Name | Step::Address))
    {
        let name = read(&session, snapshot, input, Some(Step::Name)).values.name;
        reading.values.name = name.filter(|name| intake::is_fuller_name(&session.collected, name));
    }
    let gains = match awaited {
        Some(_) => intake::take_all(&mut session, &reading.values),
        None => Gains::default(),
    };
    let is_first = !session.welcomed;
    let turn = Turn { snapshot, input, typed, found, reading: &reading, awaited, now };
    let Planned { mut session, profile, mut act, stage, is_missed } = turn.plan(session, gains)?;
    session.welcomed = true;
    let question = input.text.and_then(|text| found?.question(text));
    // An answer to the intake may have been looked up only because it could have been a topic.
    let is_answer = stage == Stage::Intake && reading.intent == Intent::Nothing && reading.values != Values::default();
    if let Some(question) = question
        && matches!(stage, Stage::Knowledge | Stage::Clarification | Stage::Intake)
        && !is_answer
    {
        session.dialogue.asked = Some(question.to_owned());
    }
    let missed = question.filter(|_| is_missed).map(str::to_owned);
    if let Act::Say(reply) = &mut act
        && stage != Stage::Knowledge
    {
        turn.say_language(&mut session, reply, is_first);
    }
    Ok(Plan { session, profile, act, stage, reading, missed })
}

/// Whether the visitor chooses among topics while a question waits whose answer may be any text.
fn is_browsing(session: &Session, awaited: Option<Step>) -> bool {
    session.dialogue.browsing && matches!(awaited, Some(Step::Name | Step::Address))
}

/// Reads the text of a message as [`plan`] does.
fn read(session: &Session, snapshot: &Snapshot, input: &Input<'_>, awaited: Option<Step>) -> Reading {
    let settings = &*snapshot.settings;
    // The button for a person can carry a reason. It does not answer what the intake asks.
    let Some(text) = input.text.filter(|_| !input.wants_person) else { return Reading::nothing() };
    understanding::read(
        text,
        &Awaited {
            // The first message is rarely an answer: nothing was asked yet.
            step: awaited.filter(|_| session.welcomed),
            calling_code: session.collected.country_code.value().unwrap_or(&settings.default_country_code),
            person_phrases: &settings.escalation_phrases,
        },
    )
}

/// Returns the session after any message of the visitor.
fn touched(session: &Session, now: Timestamp) -> Session {
    let mut session = session.clone();
    session.last_used = now;
    session.left_at = None;
    if session.status == SessionStatus::Resolved {
        session.status = SessionStatus::Active;
        session.person_acted = false;
        session.dialogue.outcome = None;
    }
    session
}

/// A plan without the reading that it was made from.
struct Planned {
    session: Session,
    profile: Option<ProfileWrite>,
    act: Act,
    stage: Stage,
    /// Whether the text is a question that the knowledge does not answer.
    is_missed: bool,
}

/// A message that the bot answers.
struct Turn<'t> {
    snapshot: &'t Snapshot,
    /// The message. A button that the company words in its own way has its default wording here.
    input: &'t Input<'t>,
    /// The text as the visitor sent it.
    typed: Option<&'t str>,
    found: Option<&'t Found>,
    reading: &'t Reading,
    /// The step of the intake that is waited for.
    awaited: Option<Step>,
    now: Timestamp,
}

impl Turn<'_> {
    fn plan(&self, mut session: Session, gains: Gains) -> Result<Planned, MissingInput> {
        let settings = &*self.snapshot.settings;
        let button = Texts::of(self.snapshot).filled(&settings.person_suggestion);
        let text = self.typed.unwrap_or(&button);
        // While a handoff waits for somebody who is there, the intake goes on.
        let wants_person =
            self.input.wants_person || self.reading.intent == Intent::Person && !self.is_section(&session)?;
        let accepts_person = self.snapshot.session.dialogue.person_offered && self.reading.intent == Intent::Agreement;
        if (wants_person || accepts_person) && session.bot_answers() {
            return Ok(self.escalate(session, text));
        }
        let is_angry = matches!(self.reading.intent, Intent::Frustration | Intent::Abuse);
        session.dialogue.frustrations = if is_angry { session.dialogue.frustrations.saturating_add(1) } else { 0 };
        let is_open = session.status.is_escalated();
        let is_enough = session.dialogue.frustrations >= ANGRY || session.dialogue.resolved_before;
        if is_angry && is_enough && settings.handoff_on_frustration && !is_open {
            return Ok(self.escalate(session, text));
        }
        session.dialogue.person_offered = is_angry;
        let Some(awaited) = self.awaited else { return bot::answer(self, session) };
        let may_call = session.dialogue.resolved_before && settings.handoff_after_misses != 0;
        if may_call && self.is_unanswered()? && !is_open {
            return Ok(Planned { is_missed: true, ..self.escalate(session, text) });
        }
        let (text, found) = (self.input.text, self.found);
        let heard = Heard { text, reading: self.reading, gains, awaited, found };
        let intake::Advance { act, profile } = intake::advance(&mut session, &heard, self.snapshot)?;
        // The intake has looked up whatever is a question.
        let is_missed = self.is_unanswered().unwrap_or(false);
        Ok(Planned { session, profile, act, stage: Stage::Intake, is_missed })
    }

    /// Whether a text that asks for a person is the title of a section, which a button offers.
    fn is_section(&self, session: &Session) -> Result<bool, MissingInput> {
        match self.input.text {
            Some(text) if self.awaited.is_none() && session.bot_answers() => {
                Found::of(self.found, text).map(Finding::is_section)
            }
            _ => Ok(false),
        }
    }

    /// Whether a text asks something that the knowledge does not answer.
    fn is_unanswered(&self) -> Result<bool, MissingInput> {
        match self.input.text {
            Some(text) if self.reading.intent == Intent::Question => {
                Found::of(self.found, text).map(|finding| matches!(finding, Finding::Nothing { .. }))
            }
            _ => Ok(false),
        }
    }

    /// Calls a person. Whether somebody is there is known only when the turn is stored.
    fn escalate(&self, mut session: Session, text: &str) -> Planned {
        let was_open = session.status.is_escalated();
        session.status = SessionStatus::Escalated;
        session.person_acted = false;
        session.dialogue.misses = 0;
        session.dialogue.frustrations = 0;
        session.dialogue.person_offered = false;
        session.dialogue.resolved_before = false;
        intake::ask_name_again(&mut session);
        let escalation = calling::call(&mut session, self.snapshot, text, was_open, self.now);
        let act = Act::Escalate(Box::new(escalation));
        Planned { session, profile: None, act, stage: Stage::Person, is_missed: false }
    }

    /// Says once which language the bot answers in, to a visitor who writes in another one.
    fn say_language(&self, session: &mut Session, reply: &mut Reply, is_first: bool) {
        let language = self.reading.language;
        if language == Language::English || session.dialogue.language_said || reply.response.is_empty() {
            return;
        }
        // The first message gets the welcome, which is said as the company wrote it.
        if is_first && self.reading.intent == Intent::Nothing {
            return;
        }
        session.dialogue.language_said = true;
        let said = self.snapshot.settings.language_sentence(session, &self.snapshot.company_name, language);
        reply.response = format!("{said}<br><br>{}", reply.response);
    }
}

#[cfg(test)]
mod tests;
