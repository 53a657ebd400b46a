//! A turn between reading and writing.

use std::sync::Arc;

use attachments::Attachment;
use chatbot::{Found, Message, Plan, Sessions, Snapshot, plan};
use tenancy::Timestamp;

use super::{Ask, TurnError};
use crate::locked;

/// A turn that was read and, unless it wants knowledge, planned.
#[derive(Debug)]
pub struct Pending {
    pub(super) ask: Arc<Ask>,
    pub(super) hash: Option<[u8; 32]>,
    pub(super) files: Vec<Attachment>,
    pub(super) snapshot: Snapshot,
    found: Option<Found>,
    pub(super) plan: Option<Plan>,
    /// The visitor's message, where an earlier request stored it and was not heard of again.
    pub(super) stored: Option<Message>,
    now: Timestamp,
}

impl Pending {
    pub(super) fn new(
        ask: Arc<Ask>,
        hash: Option<[u8; 32]>,
        files: Vec<Attachment>,
        snapshot: Snapshot,
        stored: Option<Message>,
        now: Timestamp,
    ) -> Self {
        let mut pending = Self { ask, hash, files, snapshot, found: None, plan: None, stored, now };
        pending.think();
        pending
    }

    /// What has to be looked up before the turn can be committed: the text, the
    /// version of the company's knowledge to look in, and whether the shared
    /// library counts too. `None` if nothing has to be.
    pub fn wants_knowledge(&self) -> Option<(&str, i64, bool)> {
        if self.plan.is_some() {
            return None;
        }
        let text = self.ask.input().text?;
        Some((text, self.snapshot.knowledge_version, self.snapshot.settings.use_shared_library))
    }

    /// The settings to look with.
    pub fn settings(&self) -> &chatbot::BotSettings {
        &self.snapshot.settings
    }

    /// Hands in what [`Pending::wants_knowledge`] asked for.
    pub fn supply(&mut self, found: Found) {
        self.found = Some(found);
        self.think();
    }

    /// Plans on the snapshot, if that is possible without looking anything up.
    pub(super) fn think(&mut self) {
        self.plan = plan(&self.snapshot, &self.ask.input(), self.found.as_ref(), self.now).ok();
    }

    /// Reads the rows again, a stored session under its lock, and plans on them.
    /// What was found still counts if settings and knowledge are as they were.
    pub(super) fn renew<S>(&mut self, store: &mut S, now: Timestamp) -> Result<(), TurnError>
    where
        S: Sessions + ?Sized,
    {
        let session = &self.snapshot.session;
        let snapshot = if session.is_stored() {
            store.lock(session.key)?.ok_or(TurnError::Raced)?
        } else {
            store.snapshot(None, now)?.ok_or_else(|| locked::broken("a fresh session was refused"))?
        };
        if snapshot.expected_versions().versions != self.snapshot.expected_versions().versions {
            self.found = None;
        }
        self.snapshot = snapshot;
        self.now = now;
        self.think();
        Ok(())
    }
}
