//! Appending entries to chains, in the last statements of a transaction.

use std::{fmt, sync::Arc};

use diesel::prelude::*;
use tenancy::{
    Clock, CompanyCode, Fault, StoreError, Timestamp,
    audit::{Action, AuditActor, ChainEnd, Object},
};

use super::{
    notes::{Note, Notes},
    seal::{SealKey, Sealed},
};
use crate::{
    conn::{Db, each_db},
    dual_backend::dual_backend,
    error::IntoStoreError as _,
    schema::{audit_entries, audit_heads},
    scope,
    types::At,
};

/// The installation's chain notes every row of a company's chain whose position is a multiple of this. The
/// rows after the last noted one, fewer than this, can be cut off unnoticed by someone who kept the head that
/// matched the shorter chain.
pub(super) const NOTED_EVERY: i64 = 8;

/// Writes and verifies the audit log: a seal key and a clock.
#[derive(Clone)]
pub struct Recorder {
    pub(super) key: Arc<SealKey>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// The head that this transaction has just made is missing.
#[derive(Debug, thiserror::Error)]
#[error("the audit chain of {0} has no head")]
struct NoHead(CompanyCode);

/// The head of a chain: its length and its seal.
type Head = (i64, Vec<u8>);

/// What the installation's chain has to note about a company's chain that grew.
#[derive(Default)]
struct Growth {
    /// Whether the chain began with these entries.
    is_new: bool,
    /// The new rows that have to be noted.
    noted: Vec<ChainEnd>,
}

impl Recorder {
    /// Derives the seal key from the installation's secret. Without the secret, appending to a chain, changing
    /// it or shortening it is detected.
    pub fn new(secret: &[u8], clock: Arc<dyn Clock>) -> Self {
        Self { key: Arc::new(SealKey::derive(secret)), clock }
    }

    /// Appends the noted entries. The caller locks nothing after this.
    pub(crate) fn settle(&self, conn: &mut Db, mut notes: Notes) -> Result<(), StoreError> {
        if notes.chains.is_empty() {
            return Ok(());
        }
        let (now, home) = (self.clock.now(), CompanyCode::shared_library());
        let mut installation = notes.chains.remove(&home).unwrap_or_default();
        for (company, noted) in notes.chains {
            let by = noted.first().map_or(AuditActor::Anonymous, |note| note.by);
            let growth = self.append(conn, company, &noted, now)?;
            // With these, verification detects a chain that has vanished or was rolled back far.
            let begun = growth.is_new.then_some((Action::ChainBegun, Object::Company(company)));
            let noted = growth.noted.into_iter().map(|end| (Action::ChainNoted, Object::Chain(end)));
            installation.extend(begun.into_iter().chain(noted).map(|(action, object)| Note {
                by,
                action,
                object,
                reason: None,
            }));
        }
        if !installation.is_empty() {
            self.append(conn, home, &installation, now)?;
        }
        Ok(())
    }

    /// Appends entries to one chain.
    fn append(
        &self,
        conn: &mut Db,
        company: CompanyCode,
        notes: &[Note],
        now: Timestamp,
    ) -> Result<Growth, StoreError> {
        scope::enter(conn, company)?;
        let chain = company.as_str();
        let mut growth = Growth::default();
        let mut head = lock(conn, chain)?;
        if head.is_none() {
            growth.is_new = self.begin(conn, chain)?;
            head = lock(conn, chain)?;
        }
        let (mut count, mut seal) = head.ok_or_else(|| StoreError::new(Fault::Broken, NoHead(company)))?;
        for note in notes {
            count += 1;
            let object_id = note.object.id();
            let row = Sealed {
                chain,
                seq: count,
                at_micros: now.micros(),
                actor_kind: note.by.kind(),
                actor_user: note.by.user().map(tenancy::UserId::get),
                action: note.action.as_str(),
                object_kind: note.object.kind(),
                object_id: object_id.as_deref(),
                reason: note.reason.map(Action::as_str),
            };
            let mac = self.key.mac(&seal, &row);
            insert(conn, &row, now, &mac)?;
            seal = self.key.seal(chain, count, &mac);
            if count % NOTED_EVERY == 0 {
                growth.noted.push(ChainEnd { company, entries: count, mac });
            }
        }
        diesel::update(audit_heads::table.find(chain))
            .set((audit_heads::entries.eq(count), audit_heads::mac.eq(seal)))
            .execute(conn)
            .into_store_error()?;
        Ok(growth)
    }

    /// Inserts the head of an empty chain. Returns false if another transaction has just done so.
    fn begin(&self, conn: &mut Db, chain: &str) -> Result<bool, StoreError> {
        let head = dual_backend(
            diesel::insert_into(audit_heads::table)
                .values((
                    audit_heads::company_id.eq(chain),
                    audit_heads::entries.eq(0_i64),
                    audit_heads::mac.eq(self.key.seal(chain, 0, &[])),
                ))
                .on_conflict_do_nothing(),
        );
        Ok(head.execute(conn).into_store_error()? > 0)
    }
}

/// Locks the head of a chain until the transaction ends. SQLite has only one writer, so nothing is locked there.
fn lock(conn: &mut Db, chain: &str) -> Result<Option<Head>, StoreError> {
    let head = audit_heads::table.find(chain).select((audit_heads::entries, audit_heads::mac));
    match conn {
        Db::Pg(conn) => head.for_no_key_update().first(conn),
        Db::Sqlite(conn) => head.first(conn),
    }
    .optional()
    .into_store_error()
}

fn insert(conn: &mut Db, row: &Sealed<'_>, now: Timestamp, mac: &[u8]) -> Result<(), StoreError> {
    let insert = diesel::insert_into(audit_entries::table).values((
        audit_entries::company_id.eq(row.chain),
        audit_entries::seq.eq(row.seq),
        audit_entries::at.eq(At(now)),
        audit_entries::actor_kind.eq(row.actor_kind),
        audit_entries::actor_user.eq(row.actor_user),
        audit_entries::action.eq(row.action),
        audit_entries::object_kind.eq(row.object_kind),
        audit_entries::object_id.eq(row.object_id),
        audit_entries::reason.eq(row.reason),
        audit_entries::mac.eq(mac),
    ));
    each_db!(conn, conn => insert.execute(conn)).into_store_error()?;
    Ok(())
}
