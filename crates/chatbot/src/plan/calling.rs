//! Planning that a person is called.

use tenancy::Timestamp;

use crate::{Outcome, Reply, Session, Snapshot, escalation::Escalation, intake, kind, settings::Texts};

/// Plans the escalation of a session whose status is set already.
pub(super) fn call(
    session: &mut Session,
    snapshot: &Snapshot,
    text: &str,
    was_open: bool,
    now: Timestamp,
) -> Escalation {
    let settings = &*snapshot.settings;
    let within_hours = settings.hours.as_ref().is_none_or(|hours| hours.are_open(now));
    // A handoff keeps the reason with which it was opened, and the end of the intake looks the question up again.
    let is_last_use = !was_open && session.profile_completed();
    let question = if is_last_use { session.dialogue.question.take() } else { session.dialogue.question.clone() };
    let reason = match question.filter(|question| question != text) {
        Some(question) => format!("{text}\n\nAsked before: {question}"),
        None => text.to_owned(),
    };
    let said = |outcome: Outcome, text: String, suggestions: Vec<String>, session: &mut Session| {
        session.dialogue.outcome = Some(outcome);
        let reply = Reply { escalated: true, outcome: Some(outcome), ..Reply::new(kind::ESCALATED, text, suggestions) };
        intake::ask_below(session, snapshot, reply)
    };
    let queued_text = Texts::new(settings, session, &snapshot.company_name).say(&settings.escalation_text);
    let queued = said(Outcome::Queued, queued_text, Vec::new(), session);
    let texts = Texts::new(settings, session, &snapshot.company_name);
    let mut away = texts.say(&settings.offline_text);
    if let Some(opening) = settings.hours.as_ref().filter(|_| !within_hours).and_then(|hours| hours.next_opening(now)) {
        away = format!("{away}<br><br>{}", texts.back(&opening));
    }
    let lacks_contact = match session.profile_completed() {
        true => session.dialogue.unreachable,
        false => session.collected.email.value().is_none() && session.collected.phone.value().is_none(),
    };
    let contact = lacks_contact.then_some(&settings.leave_email_suggestion);
    let suggestions = contact.into_iter().chain([&settings.topics_suggestion]);
    let suggestions = suggestions.map(|button| texts.say(button)).collect();
    let offline = said(Outcome::Offline, away, suggestions, session);
    Escalation { reason, was_open, within_hours, queued, offline }
}
