//! The stores behind the doors.
//!
//! A store is a borrowed connection inside a transaction, bound to whoever opened
//! the door. Its ports are implemented in `stores`, one file for each table or
//! close group of tables.

use handoff::{Event, EventKind, Outbox};
use tenancy::{
    CompanyCode, SessionId, StoreError,
    access::{ActingAs, Caller, Office, Refused, Superadmin},
};

use crate::conn::Db;

/// The rows of one company, for a caller of kind `C`.
pub struct CompanyStore<'t, C> {
    pub(crate) conn: &'t mut Db,
    caller: C,
    events: &'t mut Vec<Event>,
}

/// What may be seen before anybody is known: accounts, refresh families, and
/// where companies and sessions are.
pub struct LobbyStore<'t> {
    pub(crate) conn: &'t mut Db,
}

/// The installation's own rows, lists over all companies, and the way into each.
pub struct PlatformStore<'t> {
    pub(crate) conn: &'t mut Db,
    caller: Superadmin,
    events: &'t mut Vec<Event>,
}

impl<'t, C: Caller> CompanyStore<'t, C> {
    pub(crate) fn new(conn: &'t mut Db, caller: C, events: &'t mut Vec<Event>) -> Self {
        Self { conn, caller, events }
    }

    /// The company that every query of this store is confined to.
    pub(crate) fn code(&self) -> CompanyCode {
        self.caller.scope().company()
    }

    /// The same rows, for the same caller in another capacity: an office's store at the
    /// desk, for instance.
    pub fn acting<D: Caller + From<C>>(&mut self) -> CompanyStore<'_, D> {
        CompanyStore { conn: self.conn, caller: D::from(self.caller.clone()), events: self.events }
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
    pub(crate) fn new(conn: &'t mut Db) -> Self {
        Self { conn }
    }
}

impl<'t> PlatformStore<'t> {
    pub(crate) fn new(conn: &'t mut Db, caller: Superadmin, events: &'t mut Vec<Event>) -> Self {
        Self { conn, caller, events }
    }

    /// The lobby's view, in this transaction.
    pub(crate) fn lobby(&mut self) -> LobbyStore<'_> {
        LobbyStore { conn: self.conn }
    }

    /// Enters a company, in this transaction.
    ///
    /// # Errors
    /// [`Refused::CompanyNotFound`] for a code that was never issued.
    pub fn office(&mut self, company: CompanyCode) -> Result<CompanyStore<'_, Office>, Refused> {
        let office = self.caller.clone().enter(&mut self.lobby(), company)?;
        self.enter_scope(company)?;
        Ok(CompanyStore { conn: self.conn, caller: office, events: self.events })
    }

    /// Tells PostgreSQL which company the statements that follow are for.
    fn enter_scope(&mut self, company: CompanyCode) -> Result<(), StoreError> {
        use diesel::connection::SimpleConnection as _;

        use crate::error::Stored as _;
        if self.conn.is_postgres() {
            self.conn.batch_execute(&format!("SET LOCAL app.company = '{company}'")).stored()?;
        }
        Ok(())
    }
}

impl ActingAs<Superadmin> for PlatformStore<'_> {
    fn caller(&self) -> &Superadmin {
        &self.caller
    }
}
