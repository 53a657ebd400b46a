//! Whom an event concerns.

use chatbot::Side;
use handoff::{Event, EventKind, event_name::EventName};

use super::relay::{AtDesk, Change, Poke};

/// Whether a visitor can see that this happened.
pub(super) fn is_visible(kind: &EventKind) -> bool {
    match kind {
        EventKind::Message(_)
        | EventKind::Escalated { .. }
        | EventKind::Assigned { .. }
        | EventKind::Transferred { .. }
        | EventKind::Resolved { .. }
        | EventKind::ProfileSaved
        | EventKind::Read { side: Side::Staff, .. }
        | EventKind::Erased => true,
        // The visitor knows what it has read, and a file is shown with the message that carries it.
        EventKind::Read { side: Side::Visitor, .. }
        | EventKind::FileShared(_)
        | EventKind::Prioritised
        | EventKind::NoteAdded(_) => false,
    }
}

/// Whether this may be told to staff only. Nobody else learns that something has happened.
pub(super) fn is_private(kind: &EventKind) -> bool {
    matches!(kind, EventKind::NoteAdded(_))
}

/// Whether what the staff of a company see has changed, and those who follow the company may learn that something has
/// happened.
pub(super) fn concerns_desk(kind: &EventKind) -> bool {
    match kind {
        EventKind::Message(_)
        | EventKind::Escalated { .. }
        | EventKind::Assigned { .. }
        | EventKind::Transferred { .. }
        | EventKind::Resolved { .. }
        | EventKind::Prioritised
        | EventKind::Erased => true,
        EventKind::ProfileSaved | EventKind::FileShared(_) | EventKind::Read { .. } | EventKind::NoteAdded(_) => false,
    }
}

/// Whether a handoff entered the queue or left it. A place in the queue does not depend on priorities.
pub(super) fn moves_queue(kind: &EventKind) -> bool {
    match kind {
        EventKind::Escalated { .. }
        | EventKind::Assigned { .. }
        | EventKind::Resolved { agent: None, .. }
        | EventKind::Erased => true,
        EventKind::Message(_)
        | EventKind::Transferred { .. }
        | EventKind::Prioritised
        | EventKind::Resolved { agent: Some(_), .. }
        | EventKind::ProfileSaved
        | EventKind::FileShared(_)
        | EventKind::NoteAdded(_)
        | EventKind::Read { .. } => false,
    }
}

/// Returns the pokes about an event for the other processes, as far as it may concern their callers.
pub(super) fn pokes(event: &Event) -> impl Iterator<Item = Poke> + use<> {
    let session = event.session;
    let name = EventName::of(&event.kind);
    let change = match &event.kind {
        EventKind::NoteAdded(note) => Some(Poke::Note(session, *note)),
        // Nobody is shown that the visitor has read, and a file is no change of its session.
        EventKind::Read { side: Side::Visitor, .. } | EventKind::FileShared(_) => None,
        kind => {
            let head = if let EventKind::Message(message) = kind { Some(message.seq) } else { None };
            let desk = match name {
                _ if !concerns_desk(kind) => AtDesk::Nothing,
                Some(_) => AtDesk::Event,
                None => AtDesk::Reload,
            };
            Some(Poke::Session(session, Change { head, moves_queue: moves_queue(kind), desk }))
        }
    };
    change.into_iter().chain(name.map(|name| Poke::Event(session, name)))
}
