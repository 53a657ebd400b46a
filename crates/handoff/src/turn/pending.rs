//! A turn between the read step and the write step.

use std::sync::Arc;

use attachments::Attachment;
use chatbot::{Found, Message, MissingInput, Plan, Sessions, Snapshot, plan};
use tenancy::Timestamp;

use super::{ask::Ask, error::TurnError};
use crate::locked;

/// A turn whose rows were read. It is planned, unless it needs a knowledge search first.
#[derive(Debug)]
pub struct Pending {
    pub(super) ask: Arc<Ask>,
    /// The hash of the body; `None` without an idempotency key.
    pub(super) body_hash: Option<[u8; 32]>,
    pub(super) files: Vec<Attachment>,
    pub(super) snapshot: Snapshot,
    found: Option<Found>,
    pub(super) plan: Option<Plan>,
    /// The text to look up before the turn can be planned.
    wanted: Option<String>,
    /// The visitor's message, if an earlier request stored it and never answered it.
    pub(super) unanswered: Option<Message>,
    now: Timestamp,
}

impl Pending {
    pub(super) fn new(
        ask: Arc<Ask>,
        body_hash: Option<[u8; 32]>,
        files: Vec<Attachment>,
        snapshot: Snapshot,
        unanswered: Option<Message>,
        now: Timestamp,
    ) -> Self {
        let mut pending =
            Self { ask, body_hash, files, snapshot, found: None, plan: None, wanted: None, unanswered, now };
        pending.replan();
        pending
    }

    /// Returns what the caller must look up before it commits the turn.
    ///
    /// The parts are the text, the version of the company's knowledge, and whether to
    /// search the shared library too. `None` if no search is needed.
    pub fn wants_knowledge(&self) -> Option<(&str, i64, bool)> {
        Some((self.wanted.as_deref()?, self.snapshot.knowledge_version, self.snapshot.settings.use_shared_library))
    }

    /// Returns the settings for the search.
    pub fn settings(&self) -> &chatbot::BotSettings {
        &self.snapshot.settings
    }

    /// Returns what the visitor asked before, for the search.
    pub fn previous_question(&self) -> Option<&str> {
        self.snapshot.session.dialogue.asked.as_deref()
    }

    /// Adds the result of the search that [`Pending::wants_knowledge`] asked for.
    pub fn supply(&mut self, found: Found) {
        self.found = Some(found.after(self.found.take()));
        self.replan();
    }

    /// Plans from the snapshot and the search result. Leaves no plan if a search is needed first.
    fn replan(&mut self) {
        (self.plan, self.wanted) = match plan(&self.snapshot, &self.ask.input(), self.found.as_ref(), self.now) {
            Ok(plan) => (Some(plan), None),
            Err(MissingInput::Knowledge(text)) => (None, Some(text)),
        };
    }

    /// Reads the rows again, a stored session under its lock, and plans from them.
    ///
    /// The search result is kept if settings and knowledge have not changed.
    pub(super) fn refresh<S>(&mut self, store: &mut S, now: Timestamp) -> Result<(), TurnError>
    where
        S: Sessions + ?Sized,
    {
        let session = &self.snapshot.session;
        let snapshot = if session.is_stored() {
            store.lock(session.key)?.ok_or(TurnError::Raced)?
        } else {
            store.snapshot(None, now)?.ok_or_else(|| locked::broken("no snapshot for a fresh session"))?
        };
        if snapshot.expected_versions().versions != self.snapshot.expected_versions().versions {
            self.found = None;
        }
        self.snapshot = snapshot;
        self.now = now;
        self.replan();
        Ok(())
    }
}
