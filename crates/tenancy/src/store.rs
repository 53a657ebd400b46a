//! The one opaque error of every port.

use std::{error::Error, fmt};

/// What kind of trouble a store is in, as far as a caller can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The database cannot be reached or is full of work: the same call may
    /// succeed in a moment.
    Unavailable,
    /// Anything else: a bug, a broken row, a full disk.
    Broken,
}

/// A failure of the machinery below the ports, opaque to the domain.
pub struct StoreError {
    fault: Fault,
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// Wraps what went wrong below.
    pub fn new(fault: Fault, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { fault, source: source.into() }
    }

    /// Whether trying again may help.
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
