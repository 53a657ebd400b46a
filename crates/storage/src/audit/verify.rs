//! Verifying every chain against its head, and the installation's chain against everything it announces.

use std::collections::BTreeSet;

use diesel::{dsl::min, prelude::*};
use tenancy::CompanyCode;

use super::{
    announced::Announced,
    flaw::{AuditError, Broken, Flaw, Verified},
    recorder::Recorder,
    seal::{SealKey, Sealed},
};
use crate::{
    conn::{Db, Purpose, open},
    schema::{audit_entries, audit_heads},
    scope::Door,
    target::Target,
    types::At,
};

/// How many rows are read at a time.
const PAGE: i64 = 1_000;

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
struct EntryRow {
    seq: i64,
    at: At,
    actor_kind: String,
    actor_user: Option<i64>,
    action: String,
    object_kind: String,
    object_id: Option<String>,
    reason: Option<String>,
    mac: Vec<u8>,
}

/// Walks all chains in one read-only transaction, with one page of rows in memory at a time. Reports the
/// first flaw of each broken chain, and every superadmin whose creation is not in the log.
pub(crate) fn verify(
    target: &Target,
    recorder: &Recorder,
    report: &mut dyn FnMut(&Broken),
) -> Result<Verified, AuditError> {
    let (conn, announced) = (snapshot(target)?, Announced::default());
    let mut walk = Walk { conn, key: &recorder.key, entries: 0, announced };
    let (mut chains, mut broken) = (BTreeSet::new(), BTreeSet::new());
    let (mut after, home) = (String::new(), CompanyCode::shared_library().to_string());
    while let Some(chain) = walk.next_chain(&after)? {
        if let Some(flaw) = walk.chain(&chain)? {
            report(&flaw);
            broken.insert(chain.clone());
        }
        chains.insert(chain.clone());
        after = chain;
    }
    let Walk { mut conn, entries, announced, .. } = walk;
    let mut unmatched = announced.compare(&mut conn, !broken.contains(&home))?;
    // If the installation's chain is missing, that explains every missing announcement, so it comes first.
    if !unmatched.is_empty() && !chains.contains(&home) {
        unmatched.insert(0, Broken { chain: home.clone(), seq: Some(1), flaw: Flaw::Missing });
    }
    unmatched.retain(|flaw| !broken.contains(&flaw.chain));
    for flaw in unmatched {
        report(&flaw);
        broken.insert(flaw.chain);
    }
    let count = |chains: usize| u64::try_from(chains).unwrap_or(u64::MAX);
    Ok(Verified { chains: count(chains.union(&broken).count()), entries, broken: count(broken.len()) })
}

/// Returns whether the head of the installation's chain was sealed with this recorder's key. An empty log
/// matches any key.
pub(crate) fn fits(target: &Target, recorder: &Recorder) -> Result<bool, AuditError> {
    let mut conn = snapshot(target)?;
    let home = CompanyCode::shared_library();
    let chain = home.as_str();
    let head: Option<(i64, Vec<u8>)> =
        audit_heads::table.find(chain).select((audit_heads::entries, audit_heads::mac)).first(&mut conn).optional()?;
    let Some((count, seal)) = head else { return Ok(true) };
    let mac: Option<Vec<u8>> =
        audit_entries::table.find((chain, count)).select(audit_entries::mac).first(&mut conn).optional()?;
    Ok(mac.is_some_and(|mac| recorder.key.seal(chain, count, &mac) == seal))
}

/// Opens a connection in a read-only transaction, which ends when the connection is dropped.
fn snapshot(target: &Target) -> Result<Db, AuditError> {
    let mut conn = open(target, Purpose::Read)?;
    conn.begin(&match target {
        Target::Sqlite(_) => "BEGIN".to_owned(),
        Target::Postgres(_) => {
            format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}", Door::Platform.settings())
        }
    })?;
    Ok(conn)
}

struct Walk<'k> {
    conn: Db,
    key: &'k SealKey,
    /// How many rows were intact.
    entries: u64,
    announced: Announced,
}

impl Walk<'_> {
    /// Returns the next chain in order of names, whether or not it has a head.
    fn next_chain(&mut self, after: &str) -> QueryResult<Option<String>> {
        let head: Option<String> = audit_heads::table
            .filter(audit_heads::company_id.gt(after))
            .select(min(audit_heads::company_id))
            .first(&mut self.conn)?;
        let rows: Option<String> = audit_entries::table
            .filter(audit_entries::company_id.gt(after))
            .select(min(audit_entries::company_id))
            .first(&mut self.conn)?;
        Ok([head, rows].into_iter().flatten().min())
    }

    /// Verifies one chain and returns its first flaw.
    fn chain(&mut self, chain: &str) -> QueryResult<Option<Broken>> {
        let broken = |seq, flaw| Ok(Some(Broken { chain: chain.to_owned(), seq: Some(seq), flaw }));
        let is_home = chain == CompanyCode::shared_library().as_str();
        let head: Option<(i64, Vec<u8>)> = audit_heads::table
            .find(chain)
            .select((audit_heads::entries, audit_heads::mac))
            .first(&mut self.conn)
            .optional()?;
        let (mut next, mut seal, mut last) = (1, self.key.seal(chain, 0, &[]), i64::MIN);
        loop {
            let rows = self.page(chain, last)?;
            let Some(end) = rows.last().map(|row| row.seq) else { break };
            for row in &rows {
                let Some((count, _)) = &head else { return broken(row.seq, Flaw::Headless) };
                if row.seq != next {
                    return if row.seq < next {
                        broken(row.seq, Flaw::Unexpected)
                    } else {
                        broken(next, Flaw::Missing)
                    };
                }
                if row.mac != self.key.mac(&seal, &row.sealed(chain)) {
                    return broken(next, Flaw::Altered);
                }
                if next > *count {
                    return broken(next, Flaw::Uncounted);
                }
                if let (true, Some(object)) = (is_home, &row.object_id) {
                    self.announced.read(&mut self.conn, &row.action, object)?;
                }
                seal = self.key.seal(chain, next, &row.mac);
                next += 1;
                self.entries += 1;
            }
            if end == i64::MAX {
                break;
            }
            last = end;
        }
        match head {
            Some((count, _)) if count >= next => broken(next, Flaw::Missing),
            Some((count, mac)) if count < next - 1 || mac != seal => broken(next - 1, Flaw::Head),
            Some(_) => Ok(None),
            None => broken(1, Flaw::Headless),
        }
    }

    fn page(&mut self, chain: &str, after: i64) -> QueryResult<Vec<EntryRow>> {
        let rows = audit_entries::table.filter(audit_entries::company_id.eq(chain));
        // The first page starts at the smallest possible position, since a row may have been inserted there.
        let from = if after == i64::MIN { after } else { after + 1 };
        rows.filter(audit_entries::seq.ge(from))
            .order(audit_entries::seq)
            .limit(PAGE)
            .select(EntryRow::as_select())
            .load(&mut self.conn)
    }
}

impl EntryRow {
    fn sealed<'r>(&'r self, chain: &'r str) -> Sealed<'r> {
        let At(at) = self.at;
        Sealed {
            chain,
            seq: self.seq,
            at_micros: at.micros(),
            actor_kind: &self.actor_kind,
            actor_user: self.actor_user,
            action: &self.action,
            object_kind: &self.object_kind,
            object_id: self.object_id.as_deref(),
            reason: self.reason.as_deref(),
        }
    }
}
