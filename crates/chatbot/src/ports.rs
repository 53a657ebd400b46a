//! What the chatbot asks of a store. Every method works on the store's company.

use std::{net::IpAddr, sync::Arc};

use tenancy::{CompanyCode, Date, MessageId, ProfileId, SessionId, SessionRowId, StoreError, Timestamp};

use crate::{BotSettings, Message, NewMessage, NewProfile, Profile, Session, SessionStatus};

/// Everything that planning stands on, read in one statement.
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

/// What a conditional write compares with the rows as they are then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedVersions {
    /// The session's revision; 0 to store a fresh session.
    pub revision: i64,
    /// The company's settings and knowledge versions, where the write depends on them.
    pub versions: Option<(i64, i64)>,
}

impl Snapshot {
    /// The basis of a write that was planned on this snapshot.
    pub fn expected_versions(&self) -> ExpectedVersions {
        ExpectedVersions {
            revision: self.session.revision,
            versions: Some((self.settings_version, self.knowledge_version)),
        }
    }
}

/// Sessions of the store's company.
pub trait Sessions {
    /// The company's code, for ids of new sessions.
    fn company(&self) -> CompanyCode;

    /// Reads what a turn needs. Without a key the session is a fresh one, made
    /// with `now`. `None` if the key is not of this company.
    fn snapshot(&mut self, key: Option<SessionRowId>, now: Timestamp) -> Result<Option<Snapshot>, StoreError>;

    /// As [`Sessions::snapshot`] for a stored session, and keeps everybody else
    /// from writing to the session until the transaction ends.
    fn lock(&mut self, key: SessionRowId) -> Result<Option<Snapshot>, StoreError>;

    /// A session by its public id.
    fn session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Stores the session as given and appends the messages, if the rows are
    /// still as `basis` says; else changes nothing and returns `None`.
    ///
    /// A session with revision 0 is inserted. Status, step, collected data,
    /// profile link, flags, `bot_epoch`, `last_used` and `updated_at` are written
    /// as they stand in `session`; `revision` rises by one and `last_seq` by the
    /// number of messages, which get the positions in between. Returns the session's
    /// key and the ids of the messages in order.
    fn append(
        &mut self,
        session: &Session,
        basis: ExpectedVersions,
        messages: &[NewMessage],
        now: Timestamp,
    ) -> Result<Option<(SessionRowId, Vec<MessageId>)>, StoreError>;
}

/// The bot settings of the store's company.
pub trait SettingsRecord {
    /// The settings as they are, with defaults where the company has said nothing.
    fn settings(&mut self) -> Result<BotSettings, StoreError>;

    /// As [`SettingsRecord::settings`], and keeps everybody else from changing them
    /// until the transaction ends.
    fn lock_settings(&mut self) -> Result<BotSettings, StoreError>;

    /// Stores settings and raises their version, so that turns in flight plan again.
    /// What equals its default is not kept: a better default reaches the company later.
    fn put_settings(&mut self, settings: &BotSettings) -> Result<(), StoreError>;
}

/// Messages of the store's company.
pub trait Messages {
    /// All messages of a session with their files, by `seq`.
    fn messages(&mut self, session: SessionRowId) -> Result<Vec<Message>, StoreError>;

    /// The newest `limit` messages of a session with their files, by `seq`.
    fn newest_messages(&mut self, session: SessionRowId, limit: i64) -> Result<Vec<Message>, StoreError>;

    /// The messages at these positions, by `seq`.
    fn messages_at(&mut self, session: SessionRowId, seqs: &[i64]) -> Result<Vec<Message>, StoreError>;
}

/// The side of a session that an idempotency key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The visitor.
    Visitor,
    /// The company's people.
    Staff,
}

impl Side {
    /// The word in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Staff => "staff",
        }
    }
}

/// How far the request behind a key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// The first message is stored, the answer is being composed.
    Running {
        /// From then on a repeat may finish the work.
        lease_until: Timestamp,
    },
    /// Answered. The position of the bot's row, if there is one.
    Done {
        /// Position of the bot's message.
        reply_seq: Option<i64>,
        /// The session's highest position when it was answered.
        last_seq: i64,
    },
}

/// An idempotency key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyClaim {
    /// SHA-256 over the parts of the body that a repeat must not change.
    pub body_hash: [u8; 32],
    /// Position of the message that the first request stored.
    pub seq: i64,
    /// How far it has come.
    pub state: ClaimState,
}

/// Idempotency keys of the store's company. They last as long as their session.
pub trait IdempotencyKeys {
    /// The claim of a key, if it was used.
    fn claim(&mut self, session: SessionRowId, side: Side, key: &str) -> Result<Option<IdempotencyClaim>, StoreError>;

    /// Stores a claim; `false` if the key is taken, and then nothing changes.
    fn insert_claim(
        &mut self,
        session: SessionRowId,
        side: Side,
        key: &str,
        claim: &IdempotencyClaim,
    ) -> Result<bool, StoreError>;

    /// Changes the state of a stored claim.
    fn update_claim(
        &mut self,
        session: SessionRowId,
        side: Side,
        key: &str,
        state: ClaimState,
    ) -> Result<(), StoreError>;

    /// The session that a request with this key from this address made since then.
    fn opened(&mut self, ip: IpAddr, key: &str, since: Timestamp) -> Result<Option<SessionRowId>, StoreError>;

    /// Notes that a request with this key from this address made the session, in
    /// place of a note older than `since`. `false`, and no change, if there is a
    /// younger one.
    fn note_opened(
        &mut self,
        ip: IpAddr,
        key: &str,
        session: SessionRowId,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Which profiles a list shows; every part narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileFilter {
    /// Part of name, phone or e-mail, case ignored.
    pub search: Option<String>,
    /// Exactly this country code.
    pub country_code: Option<String>,
    /// Made on this day or later.
    pub created_from: Option<Date>,
    /// Made on this day or earlier.
    pub created_to: Option<Date>,
}

/// A profile in a list, with its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileListing {
    /// The profile.
    pub profile: Profile,
    /// The session's status.
    pub status: SessionStatus,
    /// Whether its intake is complete.
    pub profile_completed: bool,
    /// When the session was made.
    pub session_created_at: Timestamp,
}

/// Numbers over profiles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct ProfileStats {
    pub total: i64,
    pub today: i64,
    pub this_week: i64,
    pub this_month: i64,
    /// Country code and number of profiles, by code.
    pub by_country: Vec<(String, i64)>,
    pub with_email: i64,
    /// Those with an open handoff, with a profile or without.
    pub escalated_sessions: i64,
    pub favorites: i64,
    /// Used within 7 days.
    pub active: i64,
    /// Used within 24 hours.
    pub used_today: i64,
}

/// Visitor profiles of the store's company.
pub trait Profiles {
    /// The profile of a session.
    fn profile_of(&mut self, session: SessionRowId) -> Result<Option<Profile>, StoreError>;

    /// A profile by its id.
    fn profile(&mut self, id: ProfileId) -> Result<Option<Profile>, StoreError>;

    /// Stores a session's profile, or changes the one it has. The caller holds
    /// the session's lock and links the profile to it.
    fn put_profile(
        &mut self,
        session: SessionRowId,
        profile: &NewProfile,
        now: Timestamp,
    ) -> Result<Profile, StoreError>;

    /// How many profiles a filter lets through, and of these, newest first, the
    /// rows from `offset` on, at most `limit`.
    fn page_of_profiles(
        &mut self,
        filter: &ProfileFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<ProfileListing>), StoreError>;

    /// Numbers over the profiles, relative to `now`.
    fn profile_stats(&mut self, now: Timestamp) -> Result<ProfileStats, StoreError>;
}

/// Visitor profiles of every company that is not closed, for the platform door.
pub trait AllProfiles {
    /// As [`Profiles::page_of_profiles`].
    fn page_of_all_profiles(
        &mut self,
        filter: &ProfileFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<ProfileListing>), StoreError>;

    /// As [`Profiles::profile_stats`].
    fn all_profile_stats(&mut self, now: Timestamp) -> Result<ProfileStats, StoreError>;
}
