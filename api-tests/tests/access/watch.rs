//! What must not happen: rows that change, and another company's texts in what is answered or logged.

use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, OnceLock},
};

use api_tests::prelude::*;
use tracing_subscriber::EnvFilter;

/// Every row of the database, by the company whose it is; those of no company stand under the empty text.
#[derive(PartialEq, Eq)]
pub(crate) struct Record(BTreeMap<String, Vec<String>>);

/// How a database is read whole.
pub(crate) struct Reader(String);

/// Tables that belong to no company.
const PLATFORM: [&str; 3] = ["plans", "company_numbers", "__diesel_schema_migrations"];

impl Reader {
    /// Finds out what tables there are. A table of which nothing says whose its rows are ends the test.
    pub(crate) fn new(world: &World) -> Self {
        let (columns, is_sqlite) = (world.columns(), world.is_sqlite());
        let mut tables: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for column in &columns {
            let (table, column) = column.split_once('.').unwrap_or_else(|| panic!("{column} is no column"));
            tables.entry(table).or_default().push(column);
        }
        assert!(tables.len() > 20, "only {tables:?}");
        let parts = tables.iter().map(|(table, columns)| {
            let row = if is_sqlite {
                columns.iter().map(|column| format!("quote(t.\"{column}\")")).collect::<Vec<_>>().join(" || ',' || ")
            } else {
                "t::text".to_owned()
            };
            format!("SELECT {} || '|{table}|' || {row} AS line FROM {table} t", owner(table, columns))
        });
        Self(parts.collect::<Vec<_>>().join(" UNION ALL "))
    }

    /// Reads it, past the doors.
    pub(crate) fn read(&self, world: &World) -> Record {
        let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in world.lines(&self.0) {
            let (owner, row) = line.split_once('|').unwrap_or_else(|| panic!("{line} names no owner"));
            owners.entry(owner.to_owned()).or_default().push(row.to_owned());
        }
        owners.values_mut().for_each(|rows| rows.sort_unstable());
        Record(owners)
    }
}

/// An expression for the company that a row belongs to.
fn owner(table: &str, columns: &[&str]) -> String {
    let of_account = |account: &str| {
        format!(
            "coalesce((SELECT company_id FROM admins WHERE user_id = {account}), \
             (SELECT company_id FROM agents WHERE user_id = {account}), '')"
        )
    };
    match table {
        "companies" => "t.code".to_owned(),
        "accounts" => of_account("t.id"),
        _ if columns.contains(&"company_id") => "coalesce(t.company_id, '')".to_owned(),
        _ if columns.contains(&"company") => "coalesce(t.company, '')".to_owned(),
        _ if columns.contains(&"user_id") => of_account("t.user_id"),
        _ if PLATFORM.contains(&table) => "''".to_owned(),
        _ => panic!("tests/access/watch.rs does not know whose the rows of {table} are"),
    }
}

impl Record {
    /// Asserts that nothing at all changed since.
    #[track_caller]
    pub(crate) fn is_still(&self, now: &Self, what: &str) {
        let owners = self.0.keys().chain(now.0.keys());
        owners.for_each(|owner| self.of_one_is_still(now, owner, what));
    }

    /// Asserts that no row of this company changed since.
    #[track_caller]
    pub(crate) fn of_one_is_still(&self, now: &Self, owner: &str, what: &str) {
        let none = Vec::new();
        let (before, after) = (self.0.get(owner).unwrap_or(&none), now.0.get(owner).unwrap_or(&none));
        if before != after {
            let lost: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
            let new: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
            panic!("{what} changed rows of {owner:?}: {lost:#?} became {new:#?}");
        }
    }
}

/// Asserts that no answer holds one of these texts, in whatever part of it.
#[track_caller]
pub(crate) fn holds_none(reply: &Reply, canaries: &[&str], at: &str) {
    for canary in canaries {
        let headers = reply.headers.values().map(reqwest::header::HeaderValue::as_bytes);
        for part in headers.chain([reply.bytes.as_slice()]) {
            assert!(!contains(part, canary), "{at}: another company's {canary} is in {reply:?}, {:?}", reply.headers);
        }
    }
}

/// Asserts that two answers cannot be told apart by any byte but those of the request's own name.
#[track_caller]
pub(crate) fn are_alike(one: &Reply, other: &Reply, at: &str) {
    assert_eq!(told(one), told(other), "{at}: {one:?} and {other:?} can be told apart");
}

/// Status, headers and body without what differs between any two requests.
fn told(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    // `Connection` says only whether the body had come whole when the answer left.
    const DIFFER: [&str; 3] = ["x-request-id", "date", "connection"];
    let differs = |name: &str| DIFFER.contains(&name) || name.starts_with("ratelimit");
    let headers = reply.headers.iter().filter(|(name, _)| !differs(name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    let body = String::from_utf8_lossy(&reply.bytes).replace(reply.header("x-request-id"), "");
    (reply.status, headers, body)
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What the servers of this process wrote to their log.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on, with the server's own words at their most talkative.
pub(crate) fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let own = ["server", "storage", "tenancy", "identity", "knowledge", "chatbot", "handoff", "attachments"];
        let filter = own.iter().fold("info".to_owned(), |filter, name| format!("{filter},{name}=trace"));
        tracing_subscriber::fmt().json().with_writer(|| Log).with_env_filter(EnvFilter::new(filter)).init();
    });
}

/// Asserts that the log, which has lines, holds none of these texts.
#[track_caller]
pub(crate) fn the_log_holds_none(canaries: &[&str]) {
    let log = LOG.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    assert!(contains(&log, "request finished"), "nothing is logged");
    for canary in canaries {
        let line = log.split(|byte| *byte == b'\n').find(|line| contains(line, canary));
        assert!(line.is_none(), "{canary} is in the log: {}", String::from_utf8_lossy(line.unwrap_or_default()));
    }
}
