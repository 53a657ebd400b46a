//! What verifying the log can find.

use std::fmt;

use tenancy::UserId;

/// What was verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Chains that were looked at, and those that are missing.
    pub chains: u64,
    /// Rows of them that were whole.
    pub entries: u64,
    /// Chains that are not whole.
    pub broken: u64,
}

/// The first thing in a chain that is not as it was written, or that is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The company, or the reserved one for the installation.
    pub chain: String,
    /// The position, where it is about a row.
    pub seq: Option<i64>,
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
    /// The company is there, its opening was never recorded.
    #[error("the installation's chain does not say that the company was opened")]
    Unopened,
    /// The chain is there, its beginning was never recorded.
    #[error("the installation's chain does not say that it was begun")]
    Unbegun,
    /// The chain began where there was one already.
    #[error("the installation's chain says that it was begun twice")]
    BegunTwice,
    /// The chain ends before a row that it had.
    #[error("the installation's chain has noted this row, and it is missing")]
    Cut,
    /// Another row stands where a noted one was.
    #[error("the row is not the one that the installation's chain has noted")]
    Exchanged,
    /// A row should have been noted.
    #[error("the installation's chain has not noted this row")]
    Unnoted,
    /// A row was written twice.
    #[error("the installation's chain has noted this row twice")]
    NotedTwice,
    /// A superadmin is there, whom nobody made.
    #[error("the chain does not say that account {0} was made a superadmin")]
    Unmade(UserId),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "{} row {seq}: {}", self.chain, self.flaw),
            None => write!(f, "{}: {}", self.chain, self.flaw),
        }
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
