//! One message in the intake.

use knowledge::markup;

use super::{
    country,
    order::{self, Gains},
    prompts,
};
use crate::{
    Answered, Field, Found, NewProfile, Reply, Session, Snapshot, Step,
    act::{Act, MissingInput, ProfileChange, ProfileWrite},
    answers,
    found::Finding,
    kind, phrase,
    search::BROWSE_TOPICS,
    settings::{BotSettings, Requirement, Texts},
    understanding::{Intent, Reading},
};

/// How many rejections in a row lead on to the next step.
const REJECTIONS: u8 = 3;

/// How many refusals of a required step lead on to the next step.
const REFUSALS: u8 = 2;

/// What the intake does about a message.
pub(crate) struct Advance {
    pub(crate) act: Act,
    /// The profile, if this message completes the intake.
    pub(crate) profile: Option<ProfileWrite>,
}

/// A message in the intake. The values in it are kept already.
pub(crate) struct Heard<'a> {
    /// The trimmed text; `None` if it is blank.
    pub(crate) text: Option<&'a str>,
    pub(crate) reading: &'a Reading,
    pub(crate) gains: Gains,
    /// The step that was waited for.
    pub(crate) awaited: Step,
    pub(crate) found: Option<&'a Found>,
}

/// Answers a message and moves the session to the next step.
///
/// # Errors
/// [`MissingInput`] if the answer depends on the knowledge. The session is to be dropped then.
pub(crate) fn advance(session: &mut Session, heard: &Heard<'_>, snapshot: &Snapshot) -> Result<Advance, MissingInput> {
    // Only rejections in a row count, so whatever else is said ends the row.
    let rejections = std::mem::take(&mut session.dialogue.rejections);
    Turn { session, heard, snapshot, rejections }.answer()
}

struct Turn<'t> {
    session: &'t mut Session,
    heard: &'t Heard<'t>,
    snapshot: &'t Snapshot,
    /// How many answers to the step were rejected right before.
    rejections: u8,
}

/// The part of a reply before the question.
#[derive(Default)]
struct Lead {
    text: String,
    /// Whether the question starts a new paragraph.
    is_block: bool,
    /// The type of the reply; that of the intake if there is none.
    kind: Option<&'static str>,
    answered: Option<Answered>,
    /// The buttons in place of the question's own.
    suggestions: Option<Vec<String>>,
}

impl Lead {
    fn inline(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    fn block(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_block: true, ..Self::default() }
    }
}

impl Turn<'_> {
    fn texts(&self) -> Texts<'_> {
        Texts::new(&self.snapshot.settings, self.session, &self.snapshot.company_name)
    }

    fn answer(mut self) -> Result<Advance, MissingInput> {
        self.move_on();
        let is_first = !self.session.welcomed;
        let Some(text) = self.heard.text else {
            return Ok(if is_first {
                self.say(self.welcome())
            } else {
                self.ask_after(|settings| &settings.file_received_text)?
            });
        };
        let normalized = phrase::normalize(text);
        if let Some(Reply { response, suggestions, .. }) = answers::ask_email(&normalized, &self.texts()) {
            return Ok(self.say(prompts::waiting(self.session, kind::PROFILE_COLLECTION, response, suggestions)));
        }
        let is_about_topics = normalized == BROWSE_TOPICS || self.session.dialogue.browsing;
        let intent = self.heard.reading.intent;
        // What a visitor begins to tell of is what it wants help with.
        let is_concern =
            is_first && intent == Intent::Nothing && self.heard.gains.is_empty() && self.heard.reading.tells;
        let is_question = is_about_topics || intent == Intent::Question || is_concern;
        // As outside the intake, a company may have an entry for `Why do you need my number?`.
        let is_entry = matches!(intent, Intent::Why | Intent::AboutBot) && Found::is_entry(self.heard.found, text)?;
        if (is_question || is_entry)
            && let Some(advance) = self.look_up(text)?
        {
            return Ok(advance);
        }
        if is_first && !self.names_the_visitor() {
            return self.first(text, is_question && !is_about_topics);
        }
        if !self.heard.gains.is_empty() {
            let noted = (is_question && !is_about_topics).then(|| self.remember(text));
            let said = self.acknowledgement();
            return self.ask(match noted {
                Some(noted) if said.is_empty() => Lead::block(noted),
                Some(noted) => Lead::block(format!("{said}<br><br>{noted}")),
                None => Lead::inline(said),
            });
        }
        self.without_value(text)
    }

    /// Goes to the next open step. Counts of rejections and refusals belong to one step.
    fn move_on(&mut self) {
        let next = order::next(&self.session.collected, &self.snapshot.settings.profile_steps);
        if next != self.heard.awaited {
            (self.session.dialogue.rejections, self.session.dialogue.refusals, self.rejections) = (0, 0, 0);
            self.session.dialogue.browsing = false;
        }
        self.session.step = next;
    }

    fn names_the_visitor(&self) -> bool {
        self.heard.gains.new.contains(&Step::Name)
    }

    fn welcome(&self) -> Reply {
        prompts::welcome(self.session, &self.texts())
    }

    /// Says what the message gave, and what is known about its phone number.
    fn acknowledgement(&self) -> String {
        let (heard, texts) = (self.heard, self.texts());
        let said = prompts::acknowledgement(&heard.gains, Some(heard.awaited), &self.session.collected, &texts);
        match heard.reading.values.phone.as_ref().map(|phone| phone.message.as_str()) {
            None | Some("") => said,
            Some(message) => {
                let network = texts.with(&texts.settings.phone_noted_text, &[("message", message)]);
                let space = if said.is_empty() { "" } else { " " };
                format!("{network}{space}{said}")
            }
        }
    }

    /// Answers the first message of a session, which does not name the visitor.
    fn first(mut self, text: &str, is_question: bool) -> Result<Advance, MissingInput> {
        match self.heard.reading.intent {
            _ if is_question => {
                let noted = self.remember(text);
                let welcome = self.welcome();
                let response = format!("{noted}<br><br>{}", welcome.response);
                Ok(self.say(Reply { response, ..welcome }))
            }
            Intent::Goodbye | Intent::AboutBot | Intent::Frustration | Intent::Abuse => self.without_value(text),
            _ => Ok(self.say(self.welcome())),
        }
    }

    /// Answers a text that holds no value for any step.
    fn without_value(mut self, text: &str) -> Result<Advance, MissingInput> {
        let settings = &self.snapshot.settings;
        let step = self.session.step;
        match self.heard.reading.intent {
            Intent::Question => {
                let noted = self.remember(text);
                self.ask(Lead::block(noted))
            }
            Intent::Refusal => self.refuse(),
            Intent::Why => {
                let reason = self.texts().say(&settings.profile_reason_text);
                let suggestions = Some(self.with_person());
                self.ask(Lead { suggestions, ..Lead::inline(reason) })
            }
            Intent::Greeting if step == Step::Name => Ok(self.say(self.welcome())),
            Intent::Greeting => self.ask_after(|settings| &settings.greeting_again_text),
            Intent::Person => self.ask_after(|settings| &settings.person_noted_text),
            // Who leaves is not asked again; an answer still counts.
            Intent::Goodbye => {
                let text = self.texts().say(&settings.goodbye_text);
                Ok(self.say(prompts::waiting(self.session, kind::SMALL_TALK, text, Vec::new())))
            }
            intent @ (Intent::Thanks | Intent::AboutBot | Intent::Frustration | Intent::Abuse) => {
                let small_talk = answers::small_talk(intent, settings).map(|text| self.texts().say(text));
                let is_angry = matches!(intent, Intent::Frustration | Intent::Abuse);
                let suggestions = is_angry.then(|| self.with_person());
                let kind = Some(kind::SMALL_TALK);
                self.ask(Lead { kind, suggestions, ..Lead::block(small_talk.unwrap_or_default()) })
            }
            Intent::Agreement => self.ask(Lead::default()),
            Intent::Nothing if step == Step::CountryCode && country::wants_more(text) => {
                let (text, suggestions) = prompts::more_countries(&self.texts());
                Ok(self.say(prompts::waiting(self.session, kind::PROFILE_COLLECTION, text, suggestions)))
            }
            // The country is asked for after the name.
            Intent::Nothing if self.heard.gains.has_number => {
                let field = [prompts::field(Step::Phone, &self.texts())];
                let texts = self.texts();
                let noted = texts.with(&settings.fields_noted_text, &[("fields", &texts.joined(&field))]);
                self.ask(Lead::inline(noted))
            }
            Intent::Nothing => self.reject(text),
        }
    }

    fn refuse(mut self) -> Result<Advance, MissingInput> {
        let settings = &self.snapshot.settings;
        let step = self.session.step;
        let named = self.heard.reading.names.filter(|&named| named != step && self.is_open(named));
        if let Some(named) = named
            && !(named == Step::Phone && step == Step::CountryCode)
        {
            return self.refuse_another(named);
        }
        let refusals = self.session.dialogue.refusals + 1;
        if settings.profile_steps.of(step) == Requirement::Required && refusals < REFUSALS {
            self.session.dialogue.refusals = refusals;
            let reason = self.texts().say(&settings.profile_reason_text);
            let suggestions = Some(prompts::way_out(&self.texts()));
            return self.ask(Lead { suggestions, ..Lead::inline(reason) });
        }
        self.session.collected.set(step, Field::Skipped);
        if let Some(named) = named {
            // Without a number its country is not needed.
            self.session.collected.set(named, Field::Skipped);
        }
        self.session.dialogue.name_again &= step != Step::Name;
        self.move_on();
        self.ask_after(|settings| &settings.skipped_text)
    }

    /// Whether a step will be asked.
    fn is_open(&self, step: Step) -> bool {
        let is_open = self.session.collected.field(step).is_some_and(Field::is_open);
        is_open && self.snapshot.settings.profile_steps.of(step) != Requirement::Off
    }

    /// Answers a refusal of another step than the one that is asked, and asks that one again.
    fn refuse_another(self, step: Step) -> Result<Advance, MissingInput> {
        if self.snapshot.settings.profile_steps.of(step) == Requirement::Required {
            return self.ask_after(|settings| &settings.profile_reason_text);
        }
        self.session.collected.set(step, Field::Skipped);
        self.ask_after(|settings| &settings.skipped_text)
    }

    fn reject(mut self, text: &str) -> Result<Advance, MissingInput> {
        let settings = &self.snapshot.settings;
        let step = self.session.step;
        self.session.dialogue.rejections = self.rejections + 1;
        if self.session.dialogue.rejections >= REJECTIONS {
            self.session.collected.set(step, Field::Skipped);
            self.session.dialogue.name_again |= step == Step::Name;
            self.move_on();
            return self.ask_after(|settings| &settings.given_up_text);
        }
        let code = self.session.collected.country_code.value().unwrap_or(&settings.default_country_code);
        // A text that looks like no address is asked about once, and then taken at its word.
        if step == Step::Address && self.session.dialogue.rejections > 1 && text.contains(char::is_alphanumeric) {
            self.session.collected.set(step, Field::Given(text.to_owned()));
            self.move_on();
            return self.ask(Lead::default());
        }
        // A visitor who tells of a problem is not told what an answer looks like.
        let is_country = || step == Step::CountryCode && matches!(country::read(text), country::Reading::Unsure(_));
        if self.heard.reading.tells && step != Step::Address && !is_country() {
            let noted = self.remember(text);
            return self.ask(Lead::block(noted));
        }
        let texts = self.texts();
        let why = prompts::rejection(step, text, code, &texts);
        let question = prompts::question_again(step, &texts);
        let suggestions = if step == Step::Name { Vec::new() } else { prompts::suggestions(step, &texts) };
        let text = format!("{why} {question}");
        Ok(self.say(prompts::waiting(self.session, kind::PROFILE_COLLECTION, text, suggestions)))
    }

    /// Answers a text from the knowledge; `None` if the knowledge does not answer it.
    fn look_up(&mut self, text: &str) -> Result<Option<Advance>, MissingInput> {
        let heard = self.heard;
        let texts = self.texts();
        let (lead, answers) = match Found::of(heard.found, text)? {
            Finding::Topics(titles) => (answers::topics(titles, &texts), None),
            Finding::Section { title, questions } => (answers::questions_of(title, questions, &texts), None),
            Finding::Answers(answers) => (answers::extract(text, answers, Vec::new(), &texts), Some(answers)),
            Finding::Nothing { .. } => return Ok(None),
        };
        self.session.dialogue.browsing = answers.is_none();
        let suggestions = answers.is_none().then(|| lead.suggestions.clone());
        let lead = Lead {
            kind: Some(if answers.is_some() { kind::RAG_RESPONSE } else { kind::TOPIC_SELECTION }),
            answered: lead.answered,
            suggestions,
            ..Lead::block(lead.response)
        };
        let mut advance = Turn { session: self.session, heard, snapshot: self.snapshot, rejections: 0 }.ask(lead)?;
        if let (Some(answers), Act::Say(reply)) = (answers, &advance.act) {
            advance.act = answers::worded(text, answers, reply.clone(), self.snapshot.settings.answer_mode);
        }
        Ok(Some(advance))
    }

    /// Keeps the visitor's first question without an answer. Returns a word about it.
    fn remember(&mut self, text: &str) -> String {
        self.session.dialogue.question.get_or_insert_with(|| text.to_owned());
        self.texts().say(&self.snapshot.settings.question_noted_text)
    }

    /// Says a text of the company in front of the next question.
    fn ask_after(self, text: impl Fn(&BotSettings) -> &String) -> Result<Advance, MissingInput> {
        let said = self.texts().say(text(&self.snapshot.settings));
        self.ask(Lead::inline(said))
    }

    /// Returns the buttons of the step, and the one for a person.
    fn with_person(&self) -> Vec<String> {
        let texts = self.texts();
        let mut suggestions = prompts::suggestions(self.session.step, &texts);
        suggestions.push(texts.say(&texts.settings.person_suggestion));
        suggestions
    }

    /// Asks for the next step, or completes the intake.
    fn ask(self, lead: Lead) -> Result<Advance, MissingInput> {
        if self.session.step == Step::Complete {
            return self.complete(&lead);
        }
        let texts = self.texts();
        let question = prompts::question(self.session.step, &texts);
        let text = match (lead.text.is_empty(), lead.is_block) {
            (true, _) => question,
            (false, true) => format!("{}<br><br>{question}", lead.text),
            (false, false) => format!("{} {question}", lead.text),
        };
        let suggestions = lead.suggestions.unwrap_or_else(|| prompts::suggestions(self.session.step, &texts));
        let kind = lead.kind.unwrap_or(kind::PROFILE_COLLECTION);
        let reply = prompts::waiting(self.session, kind, text, suggestions);
        Ok(self.say(Reply { answered: lead.answered, ..reply }))
    }

    fn say(&self, reply: Reply) -> Advance {
        Advance { act: Act::Say(reply), profile: None }
    }

    /// Completes the intake, and answers the question that the visitor asked during it.
    fn complete(self, lead: &Lead) -> Result<Advance, MissingInput> {
        let settings = &*self.snapshot.settings;
        let question = self.session.dialogue.question.clone();
        let finding = question.as_deref().map(|question| Found::of(self.heard.found, question)).transpose()?;
        let profile = finish(self.session, settings);
        let texts = Texts::new(settings, self.session, &self.snapshot.company_name);
        let texts = profile.name().map_or(texts, |name| texts.with_name(name));
        let mut text = texts.say(&settings.profile_done_text);
        if lead.is_block && !lead.text.is_empty() {
            text = format!("{}<br><br>{text}", lead.text);
        }
        let suggestions = texts.buttons(&settings.profile_suggestions);
        let mut answered = lead.answered.clone();
        if let (Some(question), Some(finding)) = (question, finding) {
            let excerpt = prompts::excerpt(&question);
            let with_question = |text: &str| texts.with(text, &[("question", &excerpt)]);
            let is_escalated = self.session.status.is_escalated();
            if let Finding::Answers(answers) = finding {
                let reply = answers::extract(&question, answers, Vec::new(), &texts);
                let lead = with_question(&settings.question_answered_text);
                text = format!("{text}<br><br>{lead}<br>{}", reply.response);
                answered = reply.answered;
            } else {
                let said = if is_escalated { &settings.question_with_team_text } else { &settings.question_open_text };
                text = format!("{text}<br><br>{}", with_question(said));
            }
            let is_answered = finding.is_answer();
            self.session.dialogue.person_offered |= !is_answered && !is_escalated;
            if is_answered || is_escalated {
                self.session.dialogue.question = None;
            }
        }
        let reply = Reply { answered, ..Reply::new(kind::PROFILE_COMPLETE, text, suggestions) };
        Ok(Advance { act: Act::Say(reply), profile: Some(profile) })
    }
}

/// Ends the intake of a session. Returns the profile, or its changes if there was one.
pub(crate) fn finish(session: &mut Session, settings: &BotSettings) -> ProfileWrite {
    let collected = std::mem::take(&mut session.collected);
    session.step = Step::Complete;
    (session.dialogue.rejections, session.dialogue.refusals) = (0, 0);
    session.dialogue.browsing = false;
    session.dialogue.name_again &= collected.name.value().is_none();
    let text = |field: &Field| field.value().map(str::to_owned);
    let number = collected.country_code.value().zip(collected.phone.value());
    let number = number.map(|(code, phone)| (code.to_owned(), phone.to_owned()));
    let is_reachable = number.is_some() || collected.email.value().is_some();
    if session.profile.is_some() {
        session.dialogue.unreachable &= !is_reachable;
        let (name, email, address) = (text(&collected.name), text(&collected.email), text(&collected.address));
        return ProfileWrite::Change(ProfileChange { name, phone: number, email, address });
    }
    session.dialogue.unreachable = !is_reachable;
    let (country_code, phone) = number.unwrap_or_else(|| (settings.default_country_code.clone(), String::new()));
    ProfileWrite::New(NewProfile {
        name: text(&collected.name).unwrap_or_else(|| markup::neutralise(&settings.unknown_name).into_owned()),
        phone,
        email: text(&collected.email),
        address: text(&collected.address),
        country_code,
    })
}
