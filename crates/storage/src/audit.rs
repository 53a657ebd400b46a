//! The audit log: what a transaction notes, how it is chained, how a chain is verified.
//!
//! Stores note entries while the work runs; the door appends them as the very last statements of
//! the transaction. So a chain's head is locked last of all, in one order for all transactions
//! (companies by their code, the installation after them), and no two of them wait for each other
//! there.

mod announced;
mod append;
mod flaw;
mod seal;
mod verify;

use std::{collections::BTreeMap, fmt, sync::Arc};

use tenancy::{
    Clock, CompanyCode, UserId,
    audit::{Action, AuditActor, Object},
};

pub use flaw::{AuditError, Broken, Flaw, Verified};
use seal::SealKey;
pub(crate) use verify::{fits, verify};

/// The installation's chain notes every row of a company's chain whose position this divides. So that
/// many rows, less one, can be cut off a company's chain unnoticed by who kept its head of then.
const NOTED_EVERY: i64 = 8;

/// Writes and verifies the audit log: a key and a clock.
#[derive(Clone)]
pub struct Recorder {
    key: Arc<SealKey>,
    clock: Arc<dyn Clock>,
}

impl Recorder {
    /// Derives the key from the installation's secret. Who does not have that can neither append to
    /// a chain nor change or shorten one without being found out.
    pub fn new(secret: &[u8], clock: Arc<dyn Clock>) -> Self {
        Self { key: Arc::new(SealKey::derive(secret)), clock }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// What one transaction has to say.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    chains: BTreeMap<CompanyCode, Vec<Note>>,
    entered: Vec<CompanyCode>,
}

/// One entry to be.
#[derive(Debug, Clone, Copy)]
struct Note {
    by: AuditActor,
    action: Action,
    object: Object,
    reason: Option<Action>,
}

impl Notes {
    /// Notes an entry in a chain.
    pub(crate) fn add(&mut self, chain: CompanyCode, by: AuditActor, action: Action, object: Object) {
        self.chains.entry(chain).or_default().push(Note { by, action, object, reason: None });
    }

    /// Notes that the platform's transaction went into a company.
    pub(crate) fn entered(&mut self, company: CompanyCode) {
        if !self.entered.contains(&company) {
            self.entered.push(company);
        }
    }

    /// Completes what a superadmin's write has noted, so that none goes by unseen: each company that
    /// was entered has an entry of its own, with the purpose as reason, and the installation's chain
    /// has one for each company, or a single one where none was entered. What the use case itself has
    /// said is not said again.
    pub(crate) fn on_behalf_of(&mut self, superadmin: UserId, purpose: Action) {
        let (by, home) = (AuditActor::Superadmin(superadmin), CompanyCode::shared_library());
        for company in std::mem::take(&mut self.entered) {
            if company != home {
                if !self.chains.contains_key(&company) {
                    self.add(company, by, Action::CompanyEntered, Object::Company(company));
                }
                let object = Object::Company(company);
                let said = self
                    .chains
                    .get(&home)
                    .is_some_and(|notes| notes.iter().any(|note| note.action == purpose && note.object == object));
                if !said {
                    self.add(home, by, purpose, object);
                }
            }
        }
        if !self.chains.contains_key(&home) {
            self.add(home, by, purpose, Object::Installation);
        }
        for (chain, notes) in &mut self.chains {
            if *chain != home {
                notes.iter_mut().for_each(|note| note.reason = Some(purpose));
            }
        }
    }
}
