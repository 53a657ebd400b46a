//! The intake: asking a visitor for name, country, phone number, e-mail address and postal address.

mod advance;
pub mod country;
pub(crate) mod digits;
pub(crate) mod name;
mod order;
pub mod phone;
mod prompts;

pub(crate) use advance::{Advance, Heard, advance, finish};
pub use order::collecting;
pub(crate) use order::{Gains, ask_name_again, is_fuller_name, take, take_all};

use crate::{
    BotSettings, Collected, Reply, Session, Snapshot, Step,
    settings::{ProfileWhen, Texts},
};

/// Whether a session has answers for everything that the settings ask for, but its intake is not complete.
pub(crate) fn is_finished(session: &Session, settings: &BotSettings) -> bool {
    settings.profile_when == ProfileWhen::First
        && !session.profile_completed()
        && session.collected != Collected::default()
        && order::next(&session.collected, &settings.profile_steps) == Step::Complete
}

/// Adds the question of the intake to a reply to an open handoff.
///
/// The question follows in the text if a form is due because of the handoff. If the intake was under way, the reply
/// only names the step, so that the company's text stands alone.
pub(crate) fn ask_below(session: &mut Session, snapshot: &Snapshot, reply: Reply) -> Reply {
    let settings = &*snapshot.settings;
    let Some(step) = collecting(session, settings) else { return reply };
    session.step = step;
    let is_asked = settings.profile_when == ProfileWhen::Handoff || session.dialogue.name_again && step == Step::Name;
    let asked = is_asked.then(|| {
        let texts = Texts::new(settings, session, &snapshot.company_name);
        let text = format!("{}<br><br>{}", reply.response, prompts::question(step, &texts));
        (text, prompts::suggestions(step, &texts))
    });
    let (response, suggestions) = asked.unwrap_or((reply.response, reply.suggestions));
    Reply { response, suggestions, collecting: Some(step), temp_data: session.temp_data(), ..reply }
}

#[cfg(test)]
mod tests;
