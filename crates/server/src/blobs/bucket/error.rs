//! Failures of a bucket.

use std::{fmt, time::Duration};

use object_store::{Error, path::Path};
use tenancy::{Fault, StoreError};

/// Maximum length of the text of an error, in bytes.
const ERROR_TEXT: usize = 600;

/// A failure of the bucket. It names no object, because a key holds the name of a visitor's file.
#[derive(Debug)]
pub struct BucketError {
    kind: Kind,
    details: String,
}

/// What is wrong, as far as the operator can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The bucket, or an object that was just stored, does not exist.
    Missing,
    /// The key may not do this, or its signature is wrong.
    Denied,
    /// There is an object already.
    Taken,
    /// Anything else, such as no connection.
    Failed,
}

impl BucketError {
    /// Returns the error for a bucket that has not answered in time.
    pub(in crate::blobs) fn silent(waited: Duration) -> Self {
        Self { kind: Kind::Failed, details: format!("no answer in {} s", waited.as_secs()) }
    }

    /// Returns whether the operator has to change something, so that waiting does not help.
    pub(in crate::blobs) fn is_lasting(&self) -> bool {
        matches!(self.kind, Kind::Missing | Kind::Denied)
    }

    pub(super) fn other(details: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, details: details.into() }
    }

    pub(super) fn new(error: &Error, objects: &[&Path]) -> Self {
        let kind = match error {
            Error::NotFound { .. } => Kind::Missing,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Kind::Denied,
            Error::AlreadyExists { .. } | Error::Precondition { .. } => Kind::Taken,
            _ => Kind::Failed,
        };
        // The library repeats the causes in the text.
        let mut details = error.to_string();
        for object in objects {
            details = details.replace(object.as_ref(), "..");
        }
        if let Some((end, _)) = details.char_indices().find(|(at, _)| *at >= ERROR_TEXT) {
            details.truncate(end);
        }
        Self { kind, details }
    }
}

impl fmt::Display for BucketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Missing => "the bucket or an object in it does not exist",
            Kind::Denied => "the bucket refuses the access key",
            Kind::Taken => "there is an object already",
            Kind::Failed => "the bucket does not answer as it should",
        };
        write!(f, "{kind}: {}", self.details)
    }
}

impl std::error::Error for BucketError {}

impl From<BucketError> for StoreError {
    fn from(error: BucketError) -> Self {
        let fault = if error.kind == Kind::Taken { Fault::Broken } else { Fault::Unavailable };
        Self::new(fault, error)
    }
}
