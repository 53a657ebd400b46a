//! Compares what the installation's chain announces with the chains, companies and accounts that exist.
//!
//! A chain's own head proves nothing once the chain and its head are gone, or both were put back to an earlier
//! state. So the installation's chain announces what exists elsewhere: each company that was opened, each
//! chain that began, every eighth row of a chain ([`NOTED_EVERY`]), and each superadmin. Something that exists
//! but was not announced shows that the installation's chain was cut or started over. Something that was
//! announced but does not exist was removed.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use tenancy::{
    CompanyCode, UserId,
    audit::{Action, ChainEnd, Object},
};

use super::{
    flaw::{Broken, Flaw},
    recorder::NOTED_EVERY,
};
use crate::{
    conn::Db,
    schema::{accounts, audit_entries, audit_heads, companies},
};

/// What the installation's chain announces, as far as it has been read.
#[derive(Default)]
pub(super) struct Announced {
    opened: BTreeSet<String>,
    /// Chains that began, with the position of the last row that was noted; 0 if none was.
    begun: BTreeMap<String, i64>,
    superadmins: BTreeSet<String>,
    /// Contradictions found while reading, the first of each chain.
    flaws: BTreeMap<String, Broken>,
}

impl Announced {
    /// Takes in a row of the installation's chain whose mac has been verified.
    pub(super) fn read(&mut self, conn: &mut Db, action: &str, object: &str) -> QueryResult<()> {
        if action == Action::CompanyOpened.as_str() {
            self.opened.insert(object.to_owned());
        } else if action == Action::SuperadminCreated.as_str() {
            self.superadmins.insert(object.to_owned());
        } else if action == Action::ChainBegun.as_str() {
            if self.begun.insert(object.to_owned(), 0).is_some() {
                self.flaw(object, None, Flaw::BegunTwice);
            }
        } else if action == Action::ChainNoted.as_str() {
            self.read_note(conn, object)?;
        }
        Ok(())
    }

    /// Checks a note: the row that it names is the next one to note, exists and is unchanged.
    fn read_note(&mut self, conn: &mut Db, object: &str) -> QueryResult<()> {
        let Some((chain, seq)) = noted_row(object) else { return Ok(()) };
        // A chain whose beginning was not announced is reported for that, by `compare`.
        let Some(last) = self.begun.get_mut(chain.as_str()) else { return Ok(()) };
        let next = *last + NOTED_EVERY;
        *last = seq.max(*last);
        if seq > next {
            self.flaw(chain.as_str(), Some(next), Flaw::Unnoted);
        }
        let mac: Option<Vec<u8>> =
            audit_entries::table.find((chain.as_str(), seq)).select(audit_entries::mac).first(conn).optional()?;
        let found =
            mac.map(|mac| mac.try_into().map(|mac| Object::Chain(ChainEnd { company: chain, entries: seq, mac })));
        match found {
            None => self.flaw(chain.as_str(), Some(seq), Flaw::Cut),
            Some(Ok(end)) if end.id().as_deref() == Some(object) => {}
            Some(_) => self.flaw(chain.as_str(), Some(seq), Flaw::Exchanged),
        }
        if seq < next {
            self.flaw(chain.as_str(), Some(seq), Flaw::NotedTwice);
        }
        Ok(())
    }

    fn flaw(&mut self, chain: &str, seq: Option<i64>, flaw: Flaw) {
        self.flaws.entry(chain.to_owned()).or_insert_with(|| Broken { chain: chain.to_owned(), seq, flaw });
    }

    /// Returns what was announced but does not exist. If the installation's chain could be read to its end
    /// (`is_complete`), also what exists but was not announced. There is one flaw per chain, and then one for
    /// each superadmin.
    pub(super) fn compare(mut self, conn: &mut Db, is_complete: bool) -> QueryResult<Vec<Broken>> {
        let heads: Vec<(String, i64)> =
            audit_heads::table.select((audit_heads::company_id, audit_heads::entries)).load(conn)?;
        let heads: BTreeMap<_, _> = heads.into_iter().collect();
        for chain in self.begun.keys() {
            if heads.get(chain).is_none_or(|entries| *entries < 1) {
                // This replaces a flaw that only says that a noted row is missing.
                let gone = Broken { chain: chain.clone(), seq: Some(1), flaw: Flaw::Missing };
                self.flaws.insert(chain.clone(), gone);
            }
        }
        if !is_complete {
            return Ok(self.flaws.into_values().collect());
        }
        let home = CompanyCode::shared_library();
        for (chain, entries) in heads.iter().filter(|(chain, _)| *chain != home.as_str()) {
            match self.begun.get(chain).copied() {
                None => self.flaw(chain, None, Flaw::Unbegun),
                Some(last) if last + NOTED_EVERY <= *entries => {
                    self.flaw(chain, Some(last + NOTED_EVERY), Flaw::Unnoted);
                }
                Some(_) => {}
            }
        }
        let codes: Vec<String> =
            companies::table.filter(companies::code.ne(home.as_str())).select(companies::code).load(conn)?;
        for code in codes {
            if !self.opened.contains(&code) {
                self.flaw(&code, None, Flaw::Unopened);
            }
        }
        let superadmins: Vec<i64> = accounts::table
            .filter(accounts::role.eq("SUPERADMIN"))
            .select(accounts::id)
            .order(accounts::id)
            .load(conn)?;
        let unannounced = superadmins.into_iter().filter(|user| !self.superadmins.contains(&user.to_string()));
        let unmade = unannounced.map(|user| Broken {
            chain: home.to_string(),
            seq: None,
            flaw: Flaw::Unmade(UserId::new(user)),
        });
        Ok(self.flaws.into_values().chain(unmade).collect())
    }
}

/// Parses which row of which chain a note is about.
fn noted_row(object: &str) -> Option<(CompanyCode, i64)> {
    let mut parts = object.split(' ');
    Some((CompanyCode::parse(parts.next()?).ok()?, parts.next()?.parse().ok()?))
}
