//! Noting audit entries, and reading a company's chain.

use diesel::prelude::*;
use tenancy::{
    CompanyCode, StoreError, UserId,
    access::{ActingAs as _, Actor, Caller, Desk, Housekeeper, Office, Supervisor},
    audit::{Action, Audit, AuditActor, AuditEntry, AuditLog, Object, Register},
};

use crate::{
    error::IntoStoreError as _,
    schema::audit_entries,
    store::{CompanyStore, LobbyStore, PlatformStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
struct AuditEntryRow {
    seq: i64,
    at: At,
    actor_kind: String,
    actor_user: Option<i64>,
    action: String,
    object_kind: String,
    object_id: Option<String>,
    reason: Option<String>,
}

impl From<AuditEntryRow> for AuditEntry {
    fn from(row: AuditEntryRow) -> Self {
        let At(at) = row.at;
        Self {
            seq: row.seq,
            at,
            actor_kind: row.actor_kind,
            actor_user: row.actor_user.map(UserId::new),
            action: row.action,
            object_kind: row.object_kind,
            object_id: row.object_id,
            reason: row.reason,
        }
    }
}

impl Audit for CompanyStore<'_, Office> {
    fn record(&mut self, action: Action, object: Object) {
        let by = match self.caller().supervisor() {
            Supervisor::Admin(admin) => AuditActor::Admin(admin.user()),
            Supervisor::Superadmin(superadmin) => AuditActor::Superadmin(superadmin.user()),
        };
        self.note(by, action, object);
    }
}

impl Audit for CompanyStore<'_, Desk> {
    fn record(&mut self, action: Action, object: Object) {
        let account = self.caller().account();
        let by = match self.caller().actor() {
            Actor::Agent { .. } => AuditActor::Agent(account),
            Actor::Admin { .. } => AuditActor::Admin(account),
            Actor::Superadmin { .. } => AuditActor::Superadmin(account),
        };
        self.note(by, action, object);
    }
}

/// The housekeeper writes to a company on behalf of the operator.
impl Audit for CompanyStore<'_, Housekeeper> {
    fn record(&mut self, action: Action, object: Object) {
        self.note(AuditActor::Operator, action, object);
    }
}

impl Audit for PlatformStore<'_> {
    fn record(&mut self, action: Action, object: Object) {
        let by = AuditActor::Superadmin(self.caller().user());
        self.notes.add(CompanyCode::shared_library(), by, action, object);
    }
}

impl Register for LobbyStore<'_> {
    fn register(&mut self, chain: Option<CompanyCode>, by: AuditActor, action: Action, object: Object) {
        self.notes.add(chain.unwrap_or_else(CompanyCode::shared_library), by, action, object);
    }
}

impl<C: Caller> CompanyStore<'_, C> {
    fn note(&mut self, by: AuditActor, action: Action, object: Object) {
        let company = self.code();
        self.notes.add(company, by, action, object);
    }
}

impl AuditLog for CompanyStore<'_, Office> {
    fn audit_entries(&mut self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
        let rows: Vec<AuditEntryRow> = audit_entries::table
            .filter(audit_entries::company_id.eq(self.code().to_string()))
            .filter(audit_entries::seq.lt(before.unwrap_or(i64::MAX)))
            .order(audit_entries::seq.desc())
            .limit(limit)
            .select(AuditEntryRow::as_select())
            .load(self.conn)
            .into_store_error()?;
        Ok(rows.into_iter().map(AuditEntry::from).collect())
    }
}
