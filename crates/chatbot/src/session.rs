//! A session: the conversation of one visitor, and the progress of its intake.

use serde::{Deserialize, Serialize};
use tenancy::{CompanyCode, ProfileId, SessionId, SessionRowId, Timestamp};

use crate::{Collected, Dialogue, Outcome};

tenancy::word_enum! {
    /// The side that answers in a session.
    pub enum SessionStatus {
        /// The bot answers.
        Active => "active",
        /// The session waits in the queue for an agent.
        Escalated => "escalated",
        /// An agent answers.
        Assigned => "assigned",
        /// The bot answers again from the visitor's next message on.
        Resolved => "resolved",
    }
}

impl SessionStatus {
    /// Whether a handoff is open.
    pub const fn is_escalated(self) -> bool {
        matches!(self, Self::Escalated | Self::Assigned)
    }
}

tenancy::word_enum! {
    /// The answer that the intake waits for.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Step {
        /// The visitor's name.
        Name => "name",
        /// The country of the phone number.
        CountryCode => "country_code",
        /// The phone number.
        Phone => "phone",
        /// The e-mail address.
        Email => "email",
        /// The postal address.
        Address => "address",
        /// None: the intake is complete.
        Complete => "complete",
    }
}

/// Tells two states of a stored session apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionHead {
    /// See [`Session::revision`].
    pub revision: i64,
    /// See [`Session::staff_read_seq`]. Reading does not change the revision.
    pub staff_read_seq: i64,
    /// See [`Session::last_seq`].
    pub last_seq: i64,
}

/// A stored session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Row id.
    pub key: SessionRowId,
    /// Public id.
    pub id: SessionId,
    /// The side that answers.
    pub status: SessionStatus,
    /// The answer that the intake waits for.
    pub step: Step,
    /// The answers of the intake so far; empty when it is complete.
    pub collected: Collected,
    /// What the bot remembers beyond the messages.
    pub dialogue: Dialogue,
    /// The id and the name of the visitor's profile, if there is one.
    pub profile: Option<(ProfileId, String)>,
    /// Whether the bot has written in this session.
    pub welcomed: bool,
    /// Whether an agent or admin wrote since the last escalation.
    pub person_acted: bool,
    /// The highest `seq` of its messages; 0 without messages.
    pub last_seq: i64,
    /// Rises with every human action; an answer of the bot that was planned before is not sent.
    pub bot_epoch: i64,
    /// Rises with every change of the row except read positions; conditional writes compare it.
    pub revision: i64,
    /// The highest `seq` that the visitor has read.
    pub visitor_read_seq: i64,
    /// The highest `seq` that staff have read.
    pub staff_read_seq: i64,
    /// When the visitor left, if it has not written since.
    pub left_at: Option<Timestamp>,
    /// When the visitor last wrote or sent a profile; also the profile's `last_used`.
    pub last_used: Timestamp,
    /// When the session was created.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}

impl Session {
    /// Creates a session that is not stored yet: row id and revision are 0.
    pub fn fresh(company: CompanyCode, now: Timestamp) -> Self {
        Self {
            key: SessionRowId::new(0),
            id: SessionId::generate(company),
            status: SessionStatus::Active,
            step: Step::Name,
            collected: Collected::default(),
            dialogue: Dialogue::default(),
            profile: None,
            welcomed: false,
            person_acted: false,
            last_seq: 0,
            bot_epoch: 0,
            revision: 0,
            visitor_read_seq: 0,
            staff_read_seq: 0,
            left_at: None,
            last_used: now,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether the row exists.
    pub fn is_stored(&self) -> bool {
        self.revision > 0
    }

    /// Ends the intake, whatever it waits for.
    pub fn end_intake(&mut self) {
        self.step = Step::Complete;
        self.collected = Collected::default();
        self.dialogue.name_again = false;
    }

    /// Returns what tells this state of the session from a later one.
    pub fn head(&self) -> SessionHead {
        SessionHead { revision: self.revision, staff_read_seq: self.staff_read_seq, last_seq: self.last_seq }
    }

    /// Whether the bot answers: no handoff is open, or nobody was there for it and no person has acted since.
    pub fn bot_answers(&self) -> bool {
        match self.status {
            SessionStatus::Active | SessionStatus::Resolved => true,
            SessionStatus::Escalated => !self.person_acted && self.dialogue.outcome == Some(Outcome::Offline),
            SessionStatus::Assigned => false,
        }
    }

    /// Returns where the wish for a person stands; `None` without an open handoff.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.status {
            SessionStatus::Active | SessionStatus::Resolved => None,
            SessionStatus::Assigned => Some(Outcome::Assigned),
            SessionStatus::Escalated if self.bot_answers() => Some(Outcome::Offline),
            SessionStatus::Escalated => Some(Outcome::Queued),
        }
    }

    /// Whether the intake was completed. The name may be asked again later.
    pub fn profile_completed(&self) -> bool {
        self.step == Step::Complete || self.profile.is_some()
    }
}
