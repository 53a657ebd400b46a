//! The store's side of this crate: traits that a store implements.

use tenancy::{AttachmentId, SessionId, SessionRowId, StoreError};

use crate::{Attachment, BlobKey, Download, NewAttachment};

/// The files of the store's company.
pub trait Attachments {
    /// Stores a file of a session.
    ///
    /// Returns `None` and stores nothing if the company does not have the session.
    fn insert(&mut self, file: &NewAttachment) -> Result<Option<Attachment>, StoreError>;

    /// Returns the session's files with these ids, in any order.
    ///
    /// Ids of other sessions' files and unknown ids are left out.
    fn of_session(&mut self, session: SessionRowId, ids: &[AttachmentId]) -> Result<Vec<Attachment>, StoreError>;

    /// Returns all files of the session, oldest first.
    fn all_of_session(&mut self, session: SessionRowId) -> Result<Vec<Attachment>, StoreError>;

    /// Returns the company's file with this blob key and the public id of its session, `None` if
    /// there is no such file.
    fn by_key(&mut self, key: &BlobKey) -> Result<Option<(Attachment, SessionId)>, StoreError>;
}

/// The files of all companies, for the lobby.
///
/// A signed link does not tell who its holder is. So the lobby only gets what the
/// server needs to serve the file.
pub trait AttachmentDirectory {
    /// Returns what the server needs to serve the file with this blob key, `None` if there is no such
    /// file.
    fn by_key(&mut self, key: &BlobKey) -> Result<Option<Download>, StoreError>;
}
