//! The stores behind the doors.
//!
//! A store is a borrowed connection inside a transaction, bound to the caller that opened the door. The module
//! `stores` implements the ports for it, in one file per table or small group of tables.

use handoff::{Event, EventKind, Outbox};
use tenancy::{
    CompanyCode, SessionId, StoreError,
    access::{ActingAs, Caller, Office, Refused, Superadmin},
    audit::Action,
};

use crate::{
    audit::{Notes, Recorder},
    conn::Db,
    scope,
    stores::counts::Changes,
};

/// The rows of one company, for a caller of kind `C`.
pub struct CompanyStore<'t, C> {
    pub(crate) conn: &'t mut Db,
    caller: C,
    events: &'t mut Vec<Event>,
    pub(crate) counts: &'t mut Changes,
    pub(crate) notes: &'t mut Notes,
}

/// The rows that may be read before a caller is known: accounts, refresh token families, companies, and which
/// company a session belongs to.
pub struct LobbyStore<'t> {
    pub(crate) conn: &'t mut Db,
    pub(crate) notes: &'t mut Notes,
}

/// The installation's rows and lists across all companies, and the way into each company's office.
pub struct PlatformStore<'t> {
    pub(crate) conn: &'t mut Db,
    caller: Superadmin,
    events: &'t mut Vec<Event>,
    counts: &'t mut Changes,
    pub(crate) notes: &'t mut Notes,
}

impl<'t, C: Caller> CompanyStore<'t, C> {
    pub(crate) fn new(
        conn: &'t mut Db,
        caller: C,
        events: &'t mut Vec<Event>,
        counts: &'t mut Changes,
        notes: &'t mut Notes,
    ) -> Self {
        Self { conn, caller, events, counts, notes }
    }

    /// Writes the counts that this transaction changed and its audit entries. These must be its last statements.
    pub(crate) fn settle(self, recorder: &Recorder) -> Result<(), StoreError> {
        self.counts.settle(self.conn, self.caller.scope().company())?;
        recorder.settle(self.conn, std::mem::take(self.notes))
    }

    /// Returns the company that every query of this store is restricted to.
    pub(crate) fn code(&self) -> CompanyCode {
        self.caller.scope().company()
    }

    /// Returns a store of the same rows for the same caller in another capacity, for instance an office's store
    /// as a desk's.
    pub fn acting<D: Caller + From<C>>(&mut self) -> CompanyStore<'_, D> {
        CompanyStore {
            conn: self.conn,
            caller: D::from(self.caller.clone()),
            events: self.events,
            counts: self.counts,
            notes: self.notes,
        }
    }
}

impl<C: Caller> ActingAs<C> for CompanyStore<'_, C> {
    fn caller(&self) -> &C {
        &self.caller
    }
}

impl<C: Caller> Outbox for CompanyStore<'_, C> {
    fn emit(&mut self, session: SessionId, kind: EventKind) {
        let company = self.code();
        self.events.push(Event { company, session, kind });
    }
}

impl<'t> LobbyStore<'t> {
    pub(crate) fn new(conn: &'t mut Db, notes: &'t mut Notes) -> Self {
        Self { conn, notes }
    }

    /// Writes the audit entries. The lobby has no counts.
    pub(crate) fn settle(self, recorder: &Recorder) -> Result<(), StoreError> {
        recorder.settle(self.conn, std::mem::take(self.notes))
    }
}

impl<'t> PlatformStore<'t> {
    pub(crate) fn new(
        conn: &'t mut Db,
        caller: Superadmin,
        events: &'t mut Vec<Event>,
        counts: &'t mut Changes,
        notes: &'t mut Notes,
    ) -> Self {
        Self { conn, caller, events, counts, notes }
    }

    /// Writes the counts of every company that was entered, and the audit entries, with the purpose of the write.
    pub(crate) fn settle(self, recorder: &Recorder, purpose: Action) -> Result<(), StoreError> {
        for company in self.counts.companies() {
            scope::enter(self.conn, company)?;
            self.counts.settle(self.conn, company)?;
        }
        self.notes.on_behalf_of(self.caller.user(), purpose);
        recorder.settle(self.conn, std::mem::take(self.notes))
    }

    /// Returns the lobby's store in this transaction.
    pub(crate) fn lobby(&mut self) -> LobbyStore<'_> {
        LobbyStore { conn: self.conn, notes: self.notes }
    }

    /// Returns the store of a company's office in this transaction.
    ///
    /// # Errors
    /// [`Refused::CompanyNotFound`] for a code that was never issued.
    pub fn office(&mut self, company: CompanyCode) -> Result<CompanyStore<'_, Office>, Refused> {
        let office = self.caller.clone().enter(&mut self.lobby(), company)?;
        scope::enter(self.conn, company)?;
        self.notes.entered(company);
        Ok(CompanyStore {
            conn: self.conn,
            caller: office,
            events: self.events,
            counts: self.counts,
            notes: self.notes,
        })
    }
}

impl ActingAs<Superadmin> for PlatformStore<'_> {
    fn caller(&self) -> &Superadmin {
        &self.caller
    }
}
