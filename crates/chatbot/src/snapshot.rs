//! Reading a session for a turn, and storing the outcome if nothing has changed since.

use std::sync::Arc;

use tenancy::{CompanyCode, MessageId, SessionId, SessionRowId, StoreError, Timestamp};

use crate::{BotSettings, NewMessage, Session, Side};

/// Everything that planning a turn depends on, read in one statement.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The session, stored or fresh.
    pub session: Session,
    /// The company's display name.
    pub company_name: String,
    /// The company's bot settings; shared, since most companies have the defaults.
    pub settings: Arc<BotSettings>,
    /// Rises with every change of the settings.
    pub settings_version: i64,
    /// Rises with every change of the knowledge.
    pub knowledge_version: i64,
}

/// The versions that the rows must still have for a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedVersions {
    /// The session's revision; 0 to store a fresh session.
    pub revision: i64,
    /// The versions of the company's settings and knowledge, if the write depends on them.
    pub versions: Option<(i64, i64)>,
}

impl Snapshot {
    /// The expected versions of a write that was planned on this snapshot.
    pub fn expected_versions(&self) -> ExpectedVersions {
        ExpectedVersions {
            revision: self.session.revision,
            versions: Some((self.settings_version, self.knowledge_version)),
        }
    }
}

/// Sessions of the store's company.
pub trait Sessions {
    /// The company's code, for the ids of new sessions.
    fn company(&self) -> CompanyCode;

    /// Reads what a turn needs. Without a row id the session is a fresh one, created at `now`.
    /// Returns `None` if the row id is not of this company.
    fn snapshot(&mut self, session: Option<SessionRowId>, now: Timestamp) -> Result<Option<Snapshot>, StoreError>;

    /// Reads as [`Sessions::snapshot`] does for a stored session and locks it, so that no other
    /// transaction writes to it before this one ends.
    fn lock(&mut self, session: SessionRowId) -> Result<Option<Snapshot>, StoreError>;

    /// Returns a session by its public id.
    fn session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Stores the session and appends the messages if the rows still have the expected versions.
    /// Otherwise changes nothing and returns `None`.
    ///
    /// A session with revision 0 is inserted. Status, step, collected data, profile link, flags,
    /// `bot_epoch`, `left_at`, `last_used` and `updated_at` are taken from `session`. `revision` rises by
    /// one. `last_seq` rises by the number of messages, which get the positions in between.
    /// Returns the session's row id and the ids of the messages in order.
    fn append(
        &mut self,
        session: &Session,
        expected: ExpectedVersions,
        messages: &[NewMessage],
        now: Timestamp,
    ) -> Result<Option<(SessionRowId, Vec<MessageId>)>, StoreError>;

    /// Raises how far a side has read, unless it has read as far. The revision stays.
    fn raise_read_seq(&mut self, session: SessionRowId, side: Side, seq: i64) -> Result<(), StoreError>;
}
