//! The companies in which a waiting session can perhaps be assigned to an agent.

use std::{
    collections::HashSet,
    mem,
    sync::{Mutex, PoisonError},
};

use handoff::EventKind;
use tenancy::CompanyCode;
use tokio::sync::Notify;

/// The companies that nobody has looked at since.
#[derive(Default)]
pub(super) struct Assignable {
    companies: Mutex<HashSet<CompanyCode>>,
    added: Notify,
}

impl Assignable {
    pub(super) fn add(&self, company: CompanyCode) {
        self.companies.lock().unwrap_or_else(PoisonError::into_inner).insert(company);
        self.added.notify_one();
    }

    /// Waits until there are some, and forgets them.
    pub(super) async fn next(&self) -> Vec<CompanyCode> {
        loop {
            let found = mem::take(&mut *self.companies.lock().unwrap_or_else(PoisonError::into_inner));
            if !found.is_empty() {
                return found.into_iter().collect();
            }
            self.added.notified().await;
        }
    }
}

/// Whether a session has entered the queue, or an agent has one session less.
pub(super) fn makes_assignable(kind: &EventKind) -> bool {
    match kind {
        EventKind::Escalated { .. }
        | EventKind::Transferred { .. }
        | EventKind::Resolved { .. }
        | EventKind::Erased => true,
        EventKind::Message(_)
        | EventKind::Assigned { .. }
        | EventKind::Prioritised
        | EventKind::ProfileSaved
        | EventKind::FileShared(_)
        | EventKind::NoteAdded(_)
        | EventKind::Read { .. } => false,
    }
}
