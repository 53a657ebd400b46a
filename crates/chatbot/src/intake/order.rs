//! Which step of the intake comes next.

use crate::{
    BotSettings, Collected, Field, Session, SessionStatus, Step,
    settings::{ProfileSteps, ProfileWhen, Requirement},
    understanding::Values,
};

/// The steps in the order in which they are asked.
pub(super) const STEPS: [Step; 5] = [Step::Name, Step::CountryCode, Step::Phone, Step::Email, Step::Address];

/// Returns the step that the session waits for; `None` if the intake is complete or not due.
pub fn collecting(session: &Session, settings: &BotSettings) -> Option<Step> {
    let is_due = match settings.profile_when {
        // After the intake only the name can be asked again, and only at a handoff.
        _ if session.profile.is_some() => session.status.is_escalated(),
        ProfileWhen::First => true,
        ProfileWhen::Handoff => session.status.is_escalated(),
        ProfileWhen::Never => false,
    };
    let is_silenced = match session.status {
        SessionStatus::Active | SessionStatus::Resolved => false,
        SessionStatus::Escalated => session.person_acted || !session.bot_answers() && !goes_on(session, settings),
        SessionStatus::Assigned => true,
    };
    if session.step == Step::Complete || !is_due || is_silenced {
        return None;
    }
    Some(next(&session.collected, &settings.profile_steps)).filter(|&step| step != Step::Complete)
}

/// Whether the intake goes on while the handoff waits: staff opened it, or the company asks for data at a handoff, or
/// the name was not understood before.
fn goes_on(session: &Session, settings: &BotSettings) -> bool {
    session.dialogue.outcome.is_none()
        || settings.profile_when == ProfileWhen::Handoff
        || session.dialogue.name_again && session.collected.name.is_open()
}

/// Asks again for a name that was not understood, also after the intake.
pub(crate) fn ask_name_again(session: &mut Session) {
    if !session.dialogue.name_again {
        return;
    }
    if session.step == Step::Complete {
        for step in STEPS {
            session.collected.set(step, Field::Skipped);
        }
        session.step = Step::Name;
    }
    if session.collected.name == Field::Skipped {
        session.collected.name = Field::Open;
    }
}

/// Returns the first step that is asked and has no answer.
pub(super) fn next(collected: &Collected, steps: &ProfileSteps) -> Step {
    let is_open = |&step: &Step| {
        // Without a phone number its country is not needed, and a number brings its country.
        let is_pointless = step == Step::CountryCode && !collected.phone.is_open();
        steps.of(step) != Requirement::Off && !is_pointless && collected.field(step).is_some_and(Field::is_open)
    };
    STEPS.into_iter().find(is_open).unwrap_or(Step::Complete)
}

/// The steps whose answers a message gave or replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gains {
    /// Answers to steps that had none.
    pub(crate) new: Vec<Step>,
    /// Answers that replace others.
    pub(crate) changed: Vec<Step>,
    /// Whether it gave a number that waits for its country, and that was not given before.
    pub(crate) has_number: bool,
}

impl Gains {
    pub(crate) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.changed.is_empty()
    }
}

/// Keeps the values that a message holds.
pub(crate) fn take(collected: &mut Collected, values: &Values) -> Gains {
    let mut gains = Gains::default();
    let mut keep = |collected: &mut Collected, step: Step, value: &str| {
        let before = collected.field(step).and_then(Field::value);
        if before == Some(value) {
            return;
        }
        if before.is_some() { &mut gains.changed } else { &mut gains.new }.push(step);
        collected.set(step, Field::Given(value.to_owned()));
    };
    if let Some(name) = &values.name {
        let name = collected.name.value().map_or_else(|| name.clone(), |before| super::name::corrected(before, name));
        keep(collected, Step::Name, &name);
    }
    match values.phone.as_ref().and_then(|check| Some((check, check.stored.as_deref()?))) {
        Some((check, stored)) => {
            keep(collected, Step::CountryCode, &check.country_code);
            keep(collected, Step::Phone, stored);
        }
        None => {
            if let Some(code) = &values.country_code {
                keep(collected, Step::CountryCode, code);
                move_phone(collected, code);
            }
        }
    }
    if let Some(email) = &values.email {
        keep(collected, Step::Email, email);
    }
    if let Some(address) = &values.address {
        keep(collected, Step::Address, address);
    }
    gains
}

/// Keeps the values that a message holds, and its number until the country is known.
pub(crate) fn take_all(session: &mut Session, values: &Values) -> Gains {
    let mut gains = take(&mut session.collected, values);
    if !session.collected.phone.is_open() {
        session.dialogue.number = None;
        return gains;
    }
    if values.number.is_some() {
        gains.has_number = session.dialogue.number != values.number;
        session.dialogue.number.clone_from(&values.number);
    }
    if let Some(code) = session.collected.country_code.value()
        && let Some(number) = session.dialogue.number.take()
        && let Some(stored) = super::phone::check(&number, code).stored
    {
        gains.new.push(Step::Phone);
        session.collected.set(Step::Phone, Field::Given(stored));
    }
    gains
}

/// Whether a name is the one that was given, with more words.
pub(crate) fn is_fuller_name(collected: &Collected, name: &str) -> bool {
    let begins = |before: &str| {
        name.to_lowercase().strip_prefix(&before.to_lowercase()).is_some_and(|rest| rest.starts_with(' '))
    };
    collected.name.value().is_some_and(begins)
}

/// Reads the phone number again after its country has changed. It is asked again if it does not fit.
fn move_phone(collected: &mut Collected, code: &str) {
    let Some((old, national)) = collected.phone.value().and_then(|phone| phone.split_once('-')) else { return };
    if old != code {
        let moved = super::phone::check(national, code);
        collected.phone = moved.stored.filter(|_| moved.is_certain).map_or(Field::Open, Field::Given);
    }
}
