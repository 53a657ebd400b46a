//! The audit log: who did what to what, for each company and for the installation.
//!
//! Use cases record what they did through [`Audit`], or through [`Register`] in the lobby, where the
//! store does not know the caller. Entries are stored in the same transaction as the change they
//! describe. The store adds the time and the chaining. Entries hold ids and words of this module
//! only, never a name, an address or any other text that a user wrote.
//!
//! Each company has its own chain. The installation's chain is stored under the reserved company
//! ([`CompanyCode::shared_library`]).

use std::fmt;

use crate::{
    AgentId, AssignmentId, CompanyCode, PlanId, ProfileId, StoreError, Timestamp, UserId,
    access::{Role, Staff},
};

crate::word_enum! {
    /// What was done.
    #[derive(Hash)]
    pub enum Action {
        /// A sign-in succeeded.
        SignedIn => "signed_in",
        /// A sign-in gave the right password, which is a temporary one that must be replaced first.
        FirstLoginRequired => "first_login_required",
        /// A sign-in failed. The actor is anonymous.
        SignInFailed => "sign_in_failed",
        /// A spent refresh token was used again, and its family was revoked. The actor is anonymous.
        RefreshReused => "refresh_reused",
        /// The owner of an account ended all its tokens.
        SignedOutEverywhere => "signed_out_everywhere",
        /// The owner of an account replaced a temporary password.
        PasswordReplaced => "password_replaced",
        /// The owner of an account changed its password while signed in.
        PasswordChanged => "password_changed",
        /// An admin's or agent's password was replaced with a generated one.
        PasswordReset => "password_reset",
        /// The operator set a password.
        PasswordSet => "password_set",
        /// The operator created a superadmin.
        SuperadminCreated => "superadmin_created",
        /// A company was opened.
        CompanyOpened => "company_opened",
        /// A company was activated again.
        CompanyActivated => "company_activated",
        /// A company was suspended.
        CompanySuspended => "company_suspended",
        /// A company was closed.
        CompanyClosed => "company_closed",
        /// A superadmin entered a company to write.
        CompanyEntered => "company_entered",
        /// An admin was created.
        AdminCreated => "admin_created",
        /// An admin was changed.
        AdminUpdated => "admin_updated",
        /// An admin was deleted.
        AdminDeleted => "admin_deleted",
        /// An agent was created.
        AgentCreated => "agent_created",
        /// An agent was changed.
        AgentUpdated => "agent_updated",
        /// An agent was activated again.
        AgentActivated => "agent_activated",
        /// An agent was deactivated.
        AgentDeactivated => "agent_deactivated",
        /// An agent was deleted.
        AgentDeleted => "agent_deleted",
        /// A plan was created.
        PlanCreated => "plan_created",
        /// A subscription was started.
        SubscriptionStarted => "subscription_started",
        /// A subscription was cancelled.
        SubscriptionCancelled => "subscription_cancelled",
        /// A subscription was renewed.
        SubscriptionRenewed => "subscription_renewed",
        /// A subscription was moved to another plan.
        SubscriptionUpgraded => "subscription_upgraded",
        /// The bot's settings were changed.
        SettingsChanged => "settings_changed",
        /// A FAQ was loaded.
        KnowledgeLoaded => "knowledge_loaded",
        /// An entry of the knowledge was added.
        EntryCreated => "entry_created",
        /// An entry of the knowledge was changed.
        EntryUpdated => "entry_updated",
        /// An entry of the knowledge was removed.
        EntryDeleted => "entry_deleted",
        /// Unanswered questions were closed.
        QuestionsClosed => "questions_closed",
        /// A golden question was added.
        GoldenAdded => "golden_added",
        /// A golden question was changed.
        GoldenChanged => "golden_changed",
        /// A golden question was removed.
        GoldenRemoved => "golden_removed",
        /// A visitor's profile was deleted, with everything that belonged to it.
        ProfileDeleted => "profile_deleted",
        /// A visitor's profile was corrected by staff.
        ProfileCorrected => "profile_corrected",
        /// A session was assigned to an agent.
        HandoffAssigned => "handoff_assigned",
        /// A session was put into the queue.
        HandoffEscalated => "handoff_escalated",
        /// A handoff was resolved.
        HandoffResolved => "handoff_resolved",
        /// A session was put back into the queue.
        HandoffReleased => "handoff_released",
        /// A session was passed on to another agent.
        HandoffTransferred => "handoff_transferred",
        /// A closed handoff was opened again.
        HandoffReopened => "handoff_reopened",
        /// A session was returned to the bot.
        HandoffReturned => "handoff_returned",
        /// The priority of a handoff was changed.
        HandoffPrioritised => "handoff_prioritised",
        /// A private note about a session was written.
        NoteWritten => "note_written",
        /// A company's chain was started. Recorded in the installation's chain.
        ChainBegun => "chain_begun",
        /// A company's chain reached the given length. Recorded in the installation's chain.
        ChainNoted => "chain_noted",
    }
}

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditActor {
    /// An unknown caller, as in a failed sign-in.
    Anonymous,
    /// The operator, through the command line.
    Operator,
    /// A superadmin.
    Superadmin(UserId),
    /// An admin.
    Admin(UserId),
    /// An agent.
    Agent(UserId),
}

impl AuditActor {
    /// Returns the word in JSON and in rows.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Anonymous => "nobody",
            Self::Operator => "operator",
            Self::Superadmin(_) => "superadmin",
            Self::Admin(_) => "admin",
            Self::Agent(_) => "agent",
        }
    }

    /// Returns the account, if the actor has one.
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::Anonymous | Self::Operator => None,
            Self::Superadmin(user) | Self::Admin(user) | Self::Agent(user) => Some(user),
        }
    }

    /// Returns the actor for an account of this role.
    pub const fn account(user: UserId, role: &Role) -> Self {
        match role {
            Role::Superadmin => Self::Superadmin(user),
            Role::Admin { .. } => Self::Admin(user),
            Role::Agent { .. } => Self::Agent(user),
        }
    }
}

impl From<&Staff> for AuditActor {
    fn from(staff: &Staff) -> Self {
        match staff {
            Staff::Superadmin(_) => Self::Superadmin(staff.user()),
            Staff::Admin(_) => Self::Admin(staff.user()),
            Staff::Agent(_) => Self::Agent(staff.user()),
        }
    }
}

/// What it was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// An account.
    Account(UserId),
    /// A login that no account has. Its text is not kept.
    UnknownLogin,
    /// An agent.
    Agent(AgentId),
    /// A company as a whole.
    Company(CompanyCode),
    /// A row of a subscription's history.
    Assignment(AssignmentId),
    /// A plan.
    Plan(PlanId),
    /// A visitor's profile.
    Profile(ProfileId),
    /// The installation as a whole.
    Installation,
    /// A company's chain up to a given entry.
    Chain(ChainEnd),
}

/// The length of a chain and its last entry at some moment, to compare the chain with later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainEnd {
    /// The company of the chain.
    pub company: CompanyCode,
    /// The number of entries.
    pub entries: i64,
    /// The keyed hash of the last entry.
    pub mac: [u8; 32],
}

impl fmt::Display for ChainEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.company, self.entries)?;
        self.mac.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Object {
    /// Returns the word in JSON and in rows.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::UnknownLogin => "unknown_login",
            Self::Agent(_) => "agent",
            Self::Company(_) => "company",
            Self::Assignment(_) => "assignment",
            Self::Plan(_) => "plan",
            Self::Profile(_) => "profile",
            Self::Installation => "installation",
            Self::Chain(_) => "chain",
        }
    }

    /// Returns the id as text, if the object has one.
    pub fn id(self) -> Option<String> {
        match self {
            Self::Account(id) => Some(id.to_string()),
            Self::Agent(id) => Some(id.to_string()),
            Self::Company(code) => Some(code.to_string()),
            Self::Assignment(id) => Some(id.to_string()),
            Self::Plan(id) => Some(id.to_string()),
            Self::Profile(id) => Some(id.to_string()),
            Self::Chain(end) => Some(end.to_string()),
            Self::UnknownLogin | Self::Installation => None,
        }
    }
}

/// Recording what was done, in stores that know their caller.
///
/// The entry goes to the chain of the store's company. In the platform's store, it goes to the
/// installation's chain.
pub trait Audit {
    /// Records an entry, which is stored at the end of the transaction.
    fn record(&mut self, action: Action, object: Object);
}

/// Recording what was done in the lobby, whose store does not know the caller.
pub trait Register {
    /// Records an entry in a company's chain, or in the installation's chain if `chain` is `None`.
    fn register(&mut self, chain: Option<CompanyCode>, actor: AuditActor, action: Action, object: Object);
}

/// A stored entry. It holds words instead of enums, so that entries written by any version can be
/// read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The position in the chain, from 1 on.
    pub seq: i64,
    /// When it was stored.
    pub at: Timestamp,
    /// [`AuditActor::kind`].
    pub actor_kind: String,
    /// [`AuditActor::user`].
    pub actor_user: Option<UserId>,
    /// [`Action::as_str`].
    pub action: String,
    /// [`Object::kind`].
    pub object_kind: String,
    /// [`Object::id`].
    pub object_id: Option<String>,
    /// The purpose for which a superadmin had entered the company.
    pub reason: Option<String>,
}

/// Reading the chain of the store's company.
pub trait AuditLog {
    /// Returns at most `limit` entries, newest first. If `before` is given, only entries with a lower
    /// `seq` count.
    fn audit_entries(&mut self, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>, StoreError>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_a_word_of_its_own() {
        let words: BTreeSet<_> = Action::WORDS.into_iter().collect();
        assert_eq!(words.len(), Action::ALL.len());
        for word in words {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
        }
    }
}
