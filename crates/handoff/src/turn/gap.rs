//! What a turn shows that the knowledge lacks.

use chatbot::{Act, Plan, Session};
use knowledge::unanswered::{Cause, Misses};
use tenancy::{SessionRowId, StoreError, Timestamp};

/// A question without an answer, or a person who is called after one.
pub(super) struct Gap {
    missed: Option<String>,
    is_escalated: bool,
    /// Whether questions before had no answer.
    follows_misses: bool,
}

impl Gap {
    /// Reads what the plan, made from the session as it was, leaves unanswered.
    pub(super) fn of(before: &Session, plan: &Plan) -> Self {
        Self {
            missed: plan.missed.clone(),
            is_escalated: matches!(plan.act, Act::Escalate(_)),
            follows_misses: before.dialogue.misses > 0 || before.dialogue.question.is_some(),
        }
    }

    /// Stores it, once the bot's message is stored.
    pub(super) fn note<S: Misses + ?Sized>(
        self,
        store: &mut S,
        session: SessionRowId,
        reply_seq: Option<i64>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match (self.missed, reply_seq) {
            (Some(question), Some(seq)) => {
                let cause = if self.is_escalated { Cause::Escalated } else { Cause::Low };
                store.note_miss(session, seq, cause, &question, now)
            }
            (None, _) if self.is_escalated && self.follows_misses => store.escalate_miss(session),
            (Some(_) | None, _) => Ok(()),
        }
    }
}
