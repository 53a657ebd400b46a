//! Checks for side effects: changed rows, and another company's texts in answers or in the log.

use std::{
    collections::BTreeMap,
    io,
    sync::{Mutex, OnceLock},
};

use api_tests::prelude::*;
use tracing_subscriber::EnvFilter;

/// All rows of the database, by company code. Rows that belong to no company have an empty code.
#[derive(PartialEq, Eq)]
pub(crate) struct Record(BTreeMap<String, Vec<String>>);

/// A query that reads all rows of a database.
pub(crate) struct Reader(String);

/// Tables that belong to no company.
const PLATFORM: [&str; 3] = ["plans", "company_numbers", "__diesel_schema_migrations"];

impl Reader {
    /// Builds the query from the schema. Panics if the owner of a table's rows is unknown.
    pub(crate) fn new(world: &World) -> Self {
        let (columns, is_sqlite) = (world.columns(), world.is_sqlite());
        let mut tables: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for column in &columns {
            let (table, column) = column.split_once('.').unwrap_or_else(|| panic!("{column} is not a column"));
            tables.entry(table).or_default().push(column);
        }
        assert!(tables.len() > 20, "only {tables:?}");
        // Servers write all the time that they still run.
        tables.remove("processes");
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

    /// Runs the query, without the doors.
    pub(crate) fn read(&self, world: &World) -> Record {
        let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in world.lines(&self.0) {
            let (owner, row) = line.split_once('|').unwrap_or_else(|| panic!("{line} has no owner"));
            owners.entry(owner.to_owned()).or_default().push(row.to_owned());
        }
        owners.values_mut().for_each(|rows| rows.sort_unstable());
        Record(owners)
    }
}

/// Returns the SQL expression for the company that a row belongs to.
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
        _ => panic!("tests/access/watch.rs does not know the owner of rows of {table}"),
    }
}

impl Record {
    /// Asserts that no row has changed since.
    #[track_caller]
    pub(crate) fn is_still(&self, now: &Self, what: &str) {
        let owners = self.0.keys().chain(now.0.keys());
        owners.for_each(|owner| self.of_one_is_still(now, owner, what));
    }

    /// Asserts that no row of this company has changed since.
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

/// Asserts that neither headers nor body of an answer contain one of these texts.
#[track_caller]
pub(crate) fn holds_none(reply: &Reply, canaries: &[&str], at: &str) {
    for canary in canaries {
        let headers = reply.headers.values().map(reqwest::header::HeaderValue::as_bytes);
        for part in headers.chain([reply.bytes.as_slice()]) {
            assert!(!contains(part, canary), "{at}: another company's {canary} is in {reply:?}, {:?}", reply.headers);
        }
    }
}

/// Asserts that two answers are the same byte for byte, except for values that differ between any two requests.
#[track_caller]
pub(crate) fn are_alike(one: &Reply, other: &Reply, at: &str) {
    assert_eq!(comparable(one), comparable(other), "{at}: {one:?} and {other:?} can be told apart");
}

/// Returns status, headers and body, without the values that differ between any two requests.
fn comparable(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    // `Connection` depends only on whether the server had read the whole body when it answered.
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

/// The log output of the servers in this process.
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

/// Captures the log from now on, with the workspace's own crates at level `trace`.
pub(crate) fn capture_log() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let own = ["server", "storage", "tenancy", "identity", "knowledge", "chatbot", "handoff", "attachments"];
        let filter = own.iter().fold("info".to_owned(), |filter, name| format!("{filter},{name}=trace"));
        tracing_subscriber::fmt().json().with_writer(|| Log).with_env_filter(EnvFilter::new(filter)).init();
    });
}

/// Asserts that the log is not empty and contains none of these texts.
#[track_caller]
pub(crate) fn the_log_holds_none(canaries: &[&str]) {
    let log = LOG.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    assert!(contains(&log, "request finished"), "nothing is logged");
    for canary in canaries {
        let line = log.split(|byte| *byte == b'\n').find(|line| contains(line, canary));
        assert!(line.is_none(), "{canary} is in the log: {}", String::from_utf8_lossy(line.unwrap_or_default()));
    }
}
