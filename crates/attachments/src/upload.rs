//! From received bytes to a stored attachment.
//!
//! The steps are: inspect the bytes and write the blob while they arrive, call
//! [`accept`], commit the blob under [`Upload::key`], call [`register`]. If
//! registering fails, the caller deletes the blob. So a row without its bytes never
//! exists.

use tenancy::{
    StoreError, Timestamp,
    access::{ActingAs, SessionAccess, Visitor},
};

use crate::{
    Attachment, Attachments, BlobKey, NewAttachment, Uploader,
    detect::Detected,
    name,
    policy::{self, UploadRefusal},
};

/// A file that was accepted and may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    session: SessionAccess,
    file: NewAttachment,
}

impl Upload {
    /// Returns the key under which the blob must be committed before [`register`].
    pub fn key(&self) -> &BlobKey {
        &self.file.key
    }

    /// Returns the session it was accepted for.
    pub fn session(&self) -> SessionAccess {
        self.session
    }

    /// Returns the row to store. Staff do not use [`register`], because their right to a session
    /// depends on its handoff.
    pub fn file(&self) -> &NewAttachment {
        &self.file
    }
}

/// Why an accepted file could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The session is not the caller's, or was deleted meanwhile.
    #[error("session not found")]
    SessionNotFound,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Checks a whole file against the policy and makes its blob key.
///
/// `sent_name` is the file name as the client sent it.
///
/// # Errors
/// The first [`UploadRefusal`] that applies.
pub fn accept(
    session: &SessionAccess,
    sent_name: &str,
    content: &Detected,
    uploader: Uploader,
    now: Timestamp,
) -> Result<Upload, UploadRefusal> {
    let original_name = name::original(sent_name);
    let kind = policy::judge(&original_name, content)?;
    let key = BlobKey::generate(session.scope().company(), session.id(), &original_name, now);
    let content_type = content.served_as(&name::extension(&original_name));
    let file = NewAttachment {
        session: session.row_id(),
        original_name,
        key,
        size: content.size,
        kind,
        content_type,
        uploader,
        uploaded_at: now,
    };
    Ok(Upload { session: *session, file })
}

/// Stores the row of a file whose blob was committed.
///
/// # Errors
/// [`RegisterError`]. Then nothing is stored.
pub fn register<S>(store: &mut S, upload: &Upload) -> Result<Attachment, RegisterError>
where
    S: Attachments + ActingAs<Visitor> + ?Sized,
{
    if store.caller().session() != Some(upload.session) {
        return Err(RegisterError::SessionNotFound);
    }
    store.insert(&upload.file)?.ok_or(RegisterError::SessionNotFound)
}

#[cfg(test)]
mod tests {
    use tenancy::{
        AgentId, AttachmentId, CompanyCode, CompanyStatus, FamilyId, SessionId, SessionRowId, UserId,
        access::{self, AccountState, Directory, SessionLocation},
    };

    use super::*;
    use crate::{FileKind, detect};

    /// A company with the sessions 1 to 9, as the visitor of one of them sees it.
    struct Desk {
        visitor: Visitor,
        erased: bool,
        stored: Vec<Attachment>,
    }

    struct Lobby;

    fn company() -> CompanyCode {
        CompanyCode::parse("TES001").unwrap()
    }

    impl Directory for Lobby {
        fn account_state(&mut self, _: UserId, _: Option<FamilyId>) -> Result<Option<AccountState>, StoreError> {
            Ok(None)
        }

        fn company(&mut self, _: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError> {
            Ok(None)
        }

        fn session(&mut self, id: SessionId) -> Result<Option<SessionLocation>, StoreError> {
            let key = id.as_str().bytes().next_back().map(|digit| SessionRowId::new(i64::from(digit - b'0')));
            let located = |row_id| SessionLocation {
                company: company(),
                company_name: "T".into(),
                status: CompanyStatus::Active,
                row_id,
            };
            Ok(key.map(located))
        }

        fn agent(&mut self, _: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError> {
            Ok(None)
        }
    }

    fn visitor(session: &str) -> Visitor {
        access::visitor(&mut Lobby, None, SessionId::parse(session).ok()).unwrap()
    }

    impl Desk {
        fn of(session: &str) -> Self {
            Self { visitor: visitor(session), erased: false, stored: Vec::new() }
        }
    }

    impl ActingAs<Visitor> for Desk {
        fn caller(&self) -> &Visitor {
            &self.visitor
        }
    }

    impl Attachments for Desk {
        fn insert(&mut self, file: &NewAttachment) -> Result<Option<Attachment>, StoreError> {
            if self.erased {
                return Ok(None);
            }
            let file = file.clone();
            let stored = Attachment {
                id: AttachmentId::new(3),
                session: file.session,
                profile: None,
                company: company(),
                original_name: file.original_name,
                filename: file.key.file_name().to_owned(),
                key: file.key,
                size: file.size,
                kind: file.kind,
                content_type: file.content_type.to_owned(),
                uploader: file.uploader,
                uploaded_at: file.uploaded_at,
            };
            self.stored.push(stored.clone());
            Ok(Some(stored))
        }

        fn of_session(&mut self, _: SessionRowId, _: &[AttachmentId]) -> Result<Vec<Attachment>, StoreError> {
            Ok(Vec::new())
        }

        fn all_of_session(&mut self, _: SessionRowId) -> Result<Vec<Attachment>, StoreError> {
            Ok(Vec::new())
        }

        fn by_key(&mut self, _: &BlobKey) -> Result<Option<(Attachment, SessionId)>, StoreError> {
            Ok(None)
        }
    }

    fn upload(session: &str, name: &str, bytes: &[u8]) -> Result<Upload, UploadRefusal> {
        let session = visitor(session).session().unwrap();
        let now = Timestamp::parse("2026-11-23T02:52:03Z").unwrap();
        accept(&session, name, &detect::whole(bytes), Uploader::User, now)
    }

    #[test]
    fn an_accepted_file_is_stored_with_what_was_found() {
        let mut desk = Desk::of("TES001_7be419cd-1");
        let upload = upload("TES001_7be419cd-1", "C:\\docs\\transcript.PDF", b"hello").unwrap();
        let file = register(&mut desk, &upload).unwrap();
        assert_eq!((file.original_name.as_str(), file.kind, file.size), ("transcript.PDF", FileKind::Document, 5));
        assert_eq!((file.content_type.as_str(), file.session), ("text/plain", SessionRowId::new(1)));
        assert!(file.key.as_str().starts_with("TES001/7be419cd/TES001_20261123_025203_"), "{}", file.key);
        assert_eq!(&file.key, upload.key());
    }

    #[test]
    fn office_documents_and_tables_have_their_own_types() {
        let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and the rest\0";
        for (name, bytes, wanted) in [
            ("a.csv", &b"name,phone\nAnn,1\n"[..], "text/csv"),
            ("a.txt", b"name,phone\nAnn,1\n", "text/plain"),
            ("a.DOC", ole, "application/msword"),
            ("a.xls", ole, "application/vnd.ms-excel"),
            ("a.doc", b"a\0b", "application/octet-stream"),
            ("a.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ("a.xlsx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("a.pptx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
            ("a.ods", b"PK\x03\x04", "application/vnd.oasis.opendocument.spreadsheet"),
            ("a.zip", b"PK\x03\x04", "application/zip"),
            ("a.docx", b"plain", "text/plain"),
        ] {
            let upload = upload("TES001_7be419cd-1", name, bytes).unwrap();
            assert_eq!(upload.file().content_type, wanted, "{name}");
        }
    }

    #[test]
    fn a_refused_file_has_no_key() {
        assert_eq!(upload("TES001_7be419cd-1", "a.pdf", b"MZ\x90").unwrap_err(), UploadRefusal::Executable);
    }

    #[test]
    fn a_file_of_another_session_or_of_an_erased_one_is_not_stored() {
        let mut other = Desk::of("TES001_7be419cd-2");
        let upload = upload("TES001_7be419cd-1", "a.txt", b"hello").unwrap();
        assert!(matches!(register(&mut other, &upload), Err(RegisterError::SessionNotFound)));
        assert!(other.stored.is_empty());
        let mut erased = Desk { erased: true, ..Desk::of("TES001_7be419cd-1") };
        assert!(matches!(register(&mut erased, &upload), Err(RegisterError::SessionNotFound)));
    }
}
