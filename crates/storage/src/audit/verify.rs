//! Verifying every chain against its head.

use std::fmt;

use diesel::{
    dsl::{exists, min},
    prelude::*,
};
use tenancy::{CompanyCode, audit::Action};

use super::{
    Recorder,
    seal::{Key, Sealed},
};
use crate::{
    conn::{Db, Purpose, open},
    schema::{audit_entries, audit_heads},
    scope::Door,
    target::Target,
    types::At,
};

/// Rows that are read at a time.
const PAGE: i64 = 1_000;

/// What was verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Chains that were looked at.
    pub chains: u64,
    /// Rows of them that were whole.
    pub entries: u64,
    /// Chains that are not whole.
    pub broken: u64,
}

/// The first thing in a chain that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The company, or the reserved one for the installation.
    pub chain: String,
    /// The position.
    pub seq: i64,
    /// What is wrong there.
    pub flaw: Flaw,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A row that should be there is not.
    #[error("the row is missing")]
    Missing,
    /// A row stands where none can.
    #[error("the row has a position that no row can have")]
    Unexpected,
    /// A row is not what was written, or what stood before it is not.
    #[error("the row is not as it was written")]
    Altered,
    /// The head knows fewer rows.
    #[error("the row is beyond the end that the head knows")]
    Uncounted,
    /// The rows are whole, the head is not.
    #[error("the head is not as it was written")]
    Head,
    /// There are rows and no head.
    #[error("the chain has no head")]
    Headless,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row {}: {}", self.chain, self.seq, self.flaw)
    }
}

/// Why the log could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// No connection.
    #[error("the database cannot be reached")]
    Unreachable(#[from] diesel::ConnectionError),
    /// A query failed.
    #[error("the audit log cannot be read")]
    Query(#[from] diesel::result::Error),
}

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

/// Walks all chains in one read-only transaction, a page of rows in memory at a time. Tells of the
/// first flaw of each chain that has one.
pub(crate) fn verify(
    target: &Target,
    recorder: &Recorder,
    tell: &mut dyn FnMut(&Broken),
) -> Result<Verified, AuditError> {
    let mut walk = Walk { conn: snapshot(target)?, key: &recorder.key, verified: Verified::default() };
    let (mut after, home) = (String::new(), CompanyCode::shared_library());
    let mut seen_home = false;
    while let Some(chain) = walk.next_chain(&after)? {
        seen_home |= chain == home.as_str();
        if let Some(broken) = walk.chain(&chain)? {
            walk.verified.broken += 1;
            tell(&broken);
        }
        walk.verified.chains += 1;
        after = chain;
    }
    // Wherever there is a chain, the installation's has noted that it began.
    if !seen_home && walk.verified.chains > 0 {
        walk.verified.broken += 1;
        tell(&Broken { chain: home.to_string(), seq: 1, flaw: Flaw::Missing });
    }
    Ok(walk.verified)
}

/// Whether the installation's chain was written with this recorder's key, as far as its end tells.
/// An empty one fits any.
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

/// A connection in a read-only transaction, which ends with it.
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
    key: &'k Key,
    verified: Verified,
}

impl Walk<'_> {
    /// The next chain in order of names, with a head or without.
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

    /// The first flaw of a chain.
    fn chain(&mut self, chain: &str) -> QueryResult<Option<Broken>> {
        let broken = |seq, flaw| Ok(Some(Broken { chain: chain.to_owned(), seq, flaw }));
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
                if self.key.mac(&seal, &row.sealed(chain)) != row.mac {
                    return broken(next, Flaw::Altered);
                }
                if next > *count {
                    return broken(next, Flaw::Uncounted);
                }
                if let Some(gone) = self.vanished(chain, row)? {
                    return Ok(Some(gone));
                }
                seal = self.key.seal(chain, next, &row.mac);
                next += 1;
                self.verified.entries += 1;
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
        // The first page starts at the smallest number there is.
        let from = if after == i64::MIN { after } else { after + 1 };
        rows.filter(audit_entries::seq.ge(from))
            .order(audit_entries::seq)
            .limit(PAGE)
            .select(EntryRow::as_select())
            .load(&mut self.conn)
    }

    /// A chain whose beginning the installation's chain has noted, and that is not there.
    fn vanished(&mut self, chain: &str, row: &EntryRow) -> QueryResult<Option<Broken>> {
        let begun = match &row.object_id {
            Some(company) if row.action == Action::ChainBegun.as_str() && chain != company => company,
            _ => return Ok(None),
        };
        let head = audit_heads::table.find(begun);
        let rows = audit_entries::table.filter(audit_entries::company_id.eq(begun));
        let there: bool = diesel::select(exists(head)).get_result(&mut self.conn)?;
        let there = there || diesel::select(exists(rows)).get_result(&mut self.conn)?;
        Ok((!there).then(|| Broken { chain: begun.clone(), seq: 1, flaw: Flaw::Missing }))
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
