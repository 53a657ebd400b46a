//! Calling a person, before it is known whether somebody is there.

use crate::{Outcome, Reply, Session};

/// A person is called, if one is not called already.
///
/// Whether somebody is there is known only when the turn is stored, so there is a reply for both cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    /// Why: the visitor's text, and the question that the bot did not answer before.
    pub reason: String,
    /// Whether the handoff was open before.
    pub was_open: bool,
    /// Whether the turn is within the company's hours.
    pub within_hours: bool,
    /// The reply if an agent is there.
    pub(crate) queued: Reply,
    /// The reply if nobody is there.
    pub(crate) offline: Reply,
}

impl Escalation {
    /// Returns the reply that fits, and notes the outcome in the session.
    pub fn settle(self, session: &mut Session, agent_is_there: bool) -> Reply {
        let (outcome, reply) = match self.within_hours && agent_is_there {
            true => (Outcome::Queued, self.queued),
            false => (Outcome::Offline, self.offline),
        };
        session.dialogue.outcome = Some(outcome);
        if let Some(step) = reply.collecting {
            session.step = step;
        }
        reply
    }
}
