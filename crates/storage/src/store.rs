//! The stores behind the doors.
//!
//! A store is a borrowed connection inside a transaction, bound to whoever opened
//! the door. Its ports are implemented in `stores`, one file for each table or
//! close group of tables.

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

/// What may be seen before anybody is known: accounts, refresh families, and
/// where companies and sessions are.
pub struct LobbyStore<'t> {
    pub(crate) conn: &'t mut Db,
    pub(crate) notes: &'t mut Notes,
}

/// The installation's own rows, lists over all companies, and the way into each.
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

    /// Writes the counts of what this transaction changed, and what it has to say to the audit log;
    /// the last thing that it does.
    pub(crate) fn settle(self, recorder: &Recorder) -> Result<(), StoreError> {
        self.counts.settle(self.conn, self.caller.scope().company())?;
        recorder.settle(self.conn, std::mem::take(self.notes))
    }

    /// The company that every query of this store is confined to.
    pub(crate) fn code(&self) -> CompanyCode {
        self.caller.scope().company()
    }

    /// The same rows, for the same caller in another capacity: an office's store at the
    /// desk, for instance.
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

    /// As [`CompanyStore::settle`]; nothing is counted in the lobby.
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

    /// As [`CompanyStore::settle`], of every company that was entered, and for what.
    pub(crate) fn settle(self, recorder: &Recorder, purpose: Action) -> Result<(), StoreError> {
        for company in self.counts.companies() {
            scope::enter(self.conn, company)?;
            self.counts.settle(self.conn, company)?;
        }
        self.notes.on_behalf_of(self.caller.user(), purpose);
        recorder.settle(self.conn, std::mem::take(self.notes))
    }

    /// The lobby's view, in this transaction.
    pub(crate) fn lobby(&mut self) -> LobbyStore<'_> {
        LobbyStore { conn: self.conn, notes: self.notes }
    }

    /// Enters a company, in this transaction.
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
