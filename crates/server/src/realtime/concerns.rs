//! Whom an event concerns.

use chatbot::Side;
use handoff::{Event, EventKind};

use super::relay::{Change, Poke};

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

/// Returns the poke about an event for the other processes, if it may concern their callers.
pub(super) fn poke(event: &Event) -> Option<Poke> {
    let head = match &event.kind {
        EventKind::Message(message) => Some(message.seq),
        EventKind::NoteAdded(note) => return Some(Poke::Note(event.session, *note)),
        // Nobody is shown these by another process.
        EventKind::Read { side: Side::Visitor, .. } | EventKind::FileShared(_) => return None,
        EventKind::Read { side: Side::Staff, .. }
        | EventKind::Escalated { .. }
        | EventKind::Assigned { .. }
        | EventKind::Transferred { .. }
        | EventKind::Resolved { .. }
        | EventKind::ProfileSaved
        | EventKind::Prioritised
        | EventKind::Erased => None,
    };
    let (moves_queue, concerns_desk) = (moves_queue(&event.kind), concerns_desk(&event.kind));
    Some(Poke::Session(event.session, Change { head, moves_queue, concerns_desk }))
}
