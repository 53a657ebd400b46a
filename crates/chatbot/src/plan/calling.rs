//! Planning that a person is called.

use tenancy::Timestamp;

use crate::{
    Outcome, Reply, Session, Snapshot, answers::LEAVE_EMAIL, escalation::Escalation, intake, kind, settings::filled,
};

/// The button that lists the topics.
const BROWSE_TOPICS: &str = "Browse topics";

/// Plans the escalation of a session whose status is set already.
pub(super) fn call(
    session: &mut Session,
    snapshot: &Snapshot,
    text: &str,
    was_open: bool,
    now: Timestamp,
) -> Escalation {
    let settings = &*snapshot.settings;
    let filled =
        |text: &str, session: &Session| filled(text, &settings.names(session, &snapshot.company_name)).into_owned();
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
        intake::ask_below(session, settings, reply)
    };
    let queued = said(Outcome::Queued, filled(&settings.escalation_text, session), Vec::new(), session);
    let mut away = filled(&settings.offline_text, session);
    if let Some(when) = settings.hours.as_ref().filter(|_| !within_hours).and_then(|hours| hours.next_opening(now)) {
        away = format!("{away}<br><br>We are back {when}.");
    }
    let lacks_contact = match session.profile_completed() {
        true => session.dialogue.unreachable,
        false => session.collected.email.value().is_none() && session.collected.phone.value().is_none(),
    };
    let contact = lacks_contact.then_some(LEAVE_EMAIL);
    let suggestions = contact.into_iter().chain([BROWSE_TOPICS]).map(str::to_owned).collect();
    let offline = said(Outcome::Offline, away, suggestions, session);
    Escalation { reason, was_open, within_hours, queued, offline }
}
