//! The opaque error that every port returns.

use std::{error::Error, fmt};

/// The kind of a store failure, as far as a caller can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The database cannot be reached or its queues are full. A retry may succeed.
    Unavailable,
    /// Any other failure, such as a bug, an invalid row or a full disk. A retry will not help.
    Broken,
}

/// A failure of the infrastructure below the ports, opaque to the domain.
pub struct StoreError {
    fault: Fault,
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// Wraps the underlying error.
    pub fn new(fault: Fault, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { fault, source: source.into() }
    }

    /// Returns the kind of failure, which tells whether a retry may help.
    pub fn fault(&self) -> Fault {
        self.fault
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError").field("fault", &self.fault).field("source", &self.source).finish()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            Fault::Unavailable => "the store is unavailable",
            Fault::Broken => "the store failed",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}
