//! What verification of the log can find.

use std::fmt;

use tenancy::UserId;

/// How much was verified, and how much of it is broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// Chains that were read, plus those that are missing.
    pub chains: u64,
    /// Rows that were intact.
    pub entries: u64,
    /// Chains with a flaw.
    pub broken: u64,
}

/// The first flaw of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The company's code, or the reserved code of the installation.
    pub chain: String,
    /// The position of the row, if the flaw concerns one.
    pub seq: Option<i64>,
    /// The flaw.
    pub flaw: Flaw,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A row is missing.
    #[error("the row is missing")]
    Missing,
    /// A row has a position before the first one.
    #[error("the row has a position that no row can have")]
    Unexpected,
    /// A row, or something before it, was changed.
    #[error("the row is not as it was written")]
    Altered,
    /// There are more rows than the head counts.
    #[error("the row is beyond the end that the head knows")]
    Uncounted,
    /// The rows are intact, but the head is not.
    #[error("the head is not as it was written")]
    Head,
    /// There are rows but no head.
    #[error("the chain has no head")]
    Headless,
    /// The company exists, but its opening was not recorded.
    #[error("the installation's chain does not say that the company was opened")]
    Unopened,
    /// The chain exists, but its beginning was not recorded.
    #[error("the installation's chain does not say that it was begun")]
    Unbegun,
    /// The beginning of the chain was recorded twice.
    #[error("the installation's chain says that it was begun twice")]
    BegunTwice,
    /// The chain ends before a row that was noted.
    #[error("the installation's chain has noted this row, and it is missing")]
    Cut,
    /// The row at a noted position is another one.
    #[error("the row is not the one that the installation's chain has noted")]
    Exchanged,
    /// A row was not noted although it should have been.
    #[error("the installation's chain has not noted this row")]
    Unnoted,
    /// A row was noted twice, so it was written twice.
    #[error("the installation's chain has noted this row twice")]
    NotedTwice,
    /// The account is a superadmin, but that was not recorded.
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

/// The log could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The connection failed.
    #[error("the database cannot be reached")]
    Unreachable(#[from] diesel::ConnectionError),
    /// A query failed.
    #[error("the audit log cannot be read")]
    Query(#[from] diesel::result::Error),
}
