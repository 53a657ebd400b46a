//! What the installation's chain says of other chains, companies and accounts, against what is there.
//!
//! A chain is only proven by its own end. So whatever begins outside of a chain, and could take its
//! chain with it, is said in the installation's: the opening of a company, the beginning of its chain,
//! every so many rows of it, a superadmin. If one of them is there and was not said, the
//! installation's chain was cut or begun anew; if one was said and is not there, it was taken away.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use tenancy::{
    CompanyCode, UserId,
    audit::{Action, ChainEnd, Object},
};

use super::{
    NOTED_EVERY,
    flaw::{Broken, Flaw},
};
use crate::{
    conn::Db,
    schema::{accounts, audit_entries, audit_heads, companies},
};

/// What was said, as far as the chain was read.
#[derive(Default)]
pub(super) struct Announced {
    opened: BTreeSet<String>,
    /// Chains that began, with the last of their rows that was noted.
    begun: BTreeMap<String, i64>,
    superadmins: BTreeSet<String>,
    /// What did not fit already while reading, one of each chain.
    flaws: BTreeMap<String, Broken>,
}

impl Announced {
    /// Takes in a row of the installation's chain that is as it was written.
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
            self.noted(conn, object)?;
        }
        Ok(())
    }

    /// A row that was noted: in its turn, there, and the same.
    fn noted(&mut self, conn: &mut Db, object: &str) -> QueryResult<()> {
        let Some((chain, seq)) = noted(object) else { return Ok(()) };
        // One that was never said to have begun is found for that.
        let Some(last) = self.begun.get_mut(chain.as_str()) else { return Ok(()) };
        let next = *last + NOTED_EVERY;
        *last = seq.max(*last);
        if seq > next {
            self.flaw(chain.as_str(), Some(next), Flaw::Unnoted);
        }
        let mac: Option<Vec<u8>> =
            audit_entries::table.find((chain.as_str(), seq)).select(audit_entries::mac).first(conn).optional()?;
        let there =
            mac.map(|mac| mac.try_into().map(|mac| Object::Chain(ChainEnd { company: chain, entries: seq, mac })));
        match there {
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

    /// Everything that was said and is not there, and, if the chain was read to its end, that is there
    /// and was not said: the first of each company, then all superadmins.
    pub(super) fn compare(mut self, conn: &mut Db, to_the_end: bool) -> QueryResult<Vec<Broken>> {
        let heads: Vec<(String, i64)> =
            audit_heads::table.select((audit_heads::company_id, audit_heads::entries)).load(conn)?;
        let heads: BTreeMap<_, _> = heads.into_iter().collect();
        for chain in self.begun.keys() {
            if heads.get(chain).is_none_or(|entries| *entries < 1) {
                // Says more than that noted rows are missing.
                let gone = Broken { chain: chain.clone(), seq: Some(1), flaw: Flaw::Missing };
                self.flaws.insert(chain.clone(), gone);
            }
        }
        if !to_the_end {
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
        let unmade = superadmins.into_iter().filter(|user| !self.superadmins.contains(&user.to_string()));
        let unmade =
            unmade.map(|user| Broken { chain: home.to_string(), seq: None, flaw: Flaw::Unmade(UserId::new(user)) });
        Ok(self.flaws.into_values().chain(unmade).collect())
    }
}

/// Which row of which chain a note is about.
fn noted(object: &str) -> Option<(CompanyCode, i64)> {
    let mut words = object.split(' ');
    Some((CompanyCode::parse(words.next()?).ok()?, words.next()?.parse().ok()?))
}
