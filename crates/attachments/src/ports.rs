//! What this crate wants of a store.

use tenancy::{AttachmentId, SessionId, SessionRowId, StoreError};

use crate::{Attachment, BlobKey, Download, NewAttachment};

/// The files of the store's company.
pub trait Attachments {
    /// Stores a file of a session. `None`, and nothing stored, if the company
    /// has no such session (any more).
    fn insert(&mut self, file: &NewAttachment) -> Result<Option<Attachment>, StoreError>;

    /// Those of the named files that belong to the session, in any order; a
    /// file of another session is left out like one that does not exist.
    fn of_session(&mut self, session: SessionRowId, ids: &[AttachmentId]) -> Result<Vec<Attachment>, StoreError>;

    /// The file at a key and its session's public id, `None` if the company has
    /// none there.
    fn by_key(&mut self, key: &BlobKey) -> Result<Option<(Attachment, SessionId)>, StoreError>;
}

/// The files of all companies, for the lobby.
///
/// A valid signature opens a link and says nothing of its holder; so this tells
/// no more than serving takes.
pub trait AttachmentDirectory {
    /// How to serve the file at a key, `None` if there is none.
    fn by_key(&mut self, key: &BlobKey) -> Result<Option<Download>, StoreError>;
}
