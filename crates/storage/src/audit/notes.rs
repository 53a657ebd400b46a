//! The entries that one transaction will append.

use std::collections::BTreeMap;

use tenancy::{
    CompanyCode, UserId,
    audit::{Action, AuditActor, Object},
};

/// The entries that one transaction notes, by chain.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(super) chains: BTreeMap<CompanyCode, Vec<Note>>,
    entered: Vec<CompanyCode>,
}

/// An entry that is not appended yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note {
    pub(super) by: AuditActor,
    pub(super) action: Action,
    pub(super) object: Object,
    pub(super) reason: Option<Action>,
}

impl Notes {
    /// Notes an entry in a chain.
    pub(crate) fn add(&mut self, chain: CompanyCode, by: AuditActor, action: Action, object: Object) {
        self.chains.entry(chain).or_default().push(Note { by, action, object, reason: None });
    }

    /// Notes that the platform's transaction entered a company.
    pub(crate) fn entered(&mut self, company: CompanyCode) {
        if !self.entered.contains(&company) {
            self.entered.push(company);
        }
    }

    /// Adds the entries that make a superadmin's write visible wherever it reached: one in the chain of each
    /// company that was entered, with the purpose as its reason, and one per entered company in the
    /// installation's chain, or a single one if none was entered. An entry that the use case has noted itself
    /// is not added again.
    pub(crate) fn on_behalf_of(&mut self, superadmin: UserId, purpose: Action) {
        let (by, home) = (AuditActor::Superadmin(superadmin), CompanyCode::shared_library());
        for company in std::mem::take(&mut self.entered) {
            if company != home {
                if !self.chains.contains_key(&company) {
                    self.add(company, by, Action::CompanyEntered, Object::Company(company));
                }
                let object = Object::Company(company);
                let is_noted = self
                    .chains
                    .get(&home)
                    .is_some_and(|notes| notes.iter().any(|note| note.action == purpose && note.object == object));
                if !is_noted {
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
