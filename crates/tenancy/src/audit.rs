//! The audit log: who did what to what, for each company and for the installation.
//!
//! Use cases say what they did through [`Audit`] (or [`Register`], in the lobby, where nobody is
//! known yet). What was said is stored with what was done, in the same transaction or not at all;
//! moment and chaining are the store's. Entries hold ids and words of this module, never a name,
//! an address or any other text that somebody wrote.
//!
//! Each company has a chain of its own. The installation's chain stands under the reserved company
//! ([`CompanyCode::shared_library`]).

use std::fmt;

use crate::{
    AgentId, AssignmentId, CompanyCode, PlanId, ProfileId, StoreError, Timestamp, UserId,
    access::{Role, Staff},
};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word in JSON and in rows.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

actions! {
    /// Somebody signed in.
    SignedIn = "signed_in";
    /// A right password was given that must be replaced first.
    FirstLoginRequired = "first_login_required";
    /// A sign-in failed; the actor is nobody.
    SignInFailed = "sign_in_failed";
    /// A spent refresh token was used again, and its family ended.
    RefreshReused = "refresh_reused";
    /// All tokens of an account were ended by its owner.
    SignedOutEverywhere = "signed_out_everywhere";
    /// A handed-out password was replaced by its owner.
    PasswordReplaced = "password_replaced";
    /// A password was made up for somebody else.
    PasswordReset = "password_reset";
    /// The operator set a password.
    PasswordSet = "password_set";
    /// The operator made a superadmin.
    SuperadminCreated = "superadmin_created";
    /// A company was opened.
    CompanyOpened = "company_opened";
    /// A company is served again.
    CompanyActivated = "company_activated";
    /// A company was suspended.
    CompanySuspended = "company_suspended";
    /// A company was closed.
    CompanyClosed = "company_closed";
    /// A superadmin went into a company to write.
    CompanyEntered = "company_entered";
    /// An admin was made.
    AdminCreated = "admin_created";
    /// An admin was changed.
    AdminUpdated = "admin_updated";
    /// An admin was deleted.
    AdminDeleted = "admin_deleted";
    /// An agent was made.
    AgentCreated = "agent_created";
    /// An agent was changed.
    AgentUpdated = "agent_updated";
    /// An agent may work again.
    AgentActivated = "agent_activated";
    /// An agent was deactivated.
    AgentDeactivated = "agent_deactivated";
    /// An agent was deleted.
    AgentDeleted = "agent_deleted";
    /// A plan was made.
    PlanCreated = "plan_created";
    /// A subscription began.
    SubscriptionStarted = "subscription_started";
    /// A subscription was cancelled.
    SubscriptionCancelled = "subscription_cancelled";
    /// A subscription was renewed.
    SubscriptionRenewed = "subscription_renewed";
    /// A subscription was put on another plan.
    SubscriptionUpgraded = "subscription_upgraded";
    /// The bot's settings were changed.
    SettingsChanged = "settings_changed";
    /// A FAQ was loaded.
    KnowledgeLoaded = "knowledge_loaded";
    /// A visitor's profile was deleted, with all that hung on it.
    ProfileDeleted = "profile_deleted";
    /// A session was given to an agent.
    HandoffAssigned = "handoff_assigned";
    /// A session was put into the queue.
    HandoffEscalated = "handoff_escalated";
    /// A handoff was resolved.
    HandoffResolved = "handoff_resolved";
    /// A company's chain began; an entry of the installation's chain.
    ChainBegun = "chain_begun";
    /// A company's chain has come so far; an entry of the installation's chain.
    ChainNoted = "chain_noted";
}

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditActor {
    /// Somebody who is not known: a failed sign-in.
    Nobody,
    /// Whoever has the machine's command line.
    Operator,
    /// A superadmin.
    Superadmin(UserId),
    /// An admin.
    Admin(UserId),
    /// An agent.
    Agent(UserId),
}

impl AuditActor {
    /// The word in JSON and in rows.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Operator => "operator",
            Self::Superadmin(_) => "superadmin",
            Self::Admin(_) => "admin",
            Self::Agent(_) => "agent",
        }
    }

    /// The account, where there is one.
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::Nobody | Self::Operator => None,
            Self::Superadmin(user) | Self::Admin(user) | Self::Agent(user) => Some(user),
        }
    }
}

impl AuditActor {
    /// An account of this role.
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
    /// A login that no account has. What it was is not kept.
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
    /// A company's chain, as far as it has come.
    Chain(ChainEnd),
}

/// How far a chain had come, to be compared with what it is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainEnd {
    /// Whose chain.
    pub company: CompanyCode,
    /// How many entries it had.
    pub entries: i64,
    /// The keyed hash of the last of them.
    pub mac: [u8; 32],
}

impl fmt::Display for ChainEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.company, self.entries)?;
        self.mac.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Object {
    /// The word in JSON and in rows.
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

    /// The id as text, where there is one.
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

/// Saying what was done, in stores that know on whose behalf.
///
/// The entry goes to the chain of the store's company, or of the installation where the store is
/// the platform's.
pub trait Audit {
    /// Notes an entry, to be stored when the work is done.
    fn record(&mut self, action: Action, object: Object);
}

/// Saying what was done where the store knows nobody: the lobby.
pub trait Register {
    /// Notes an entry in a company's chain, or without one in the installation's.
    fn register(&mut self, chain: Option<CompanyCode>, by: AuditActor, action: Action, object: Object);
}

/// An entry as it is stored. Words, not enums: a log is read as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its position in its chain, from 1 on.
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
    /// What a superadmin was in the company for.
    pub reason: Option<String>,
}

/// Reading the chain of the store's company.
pub trait AuditLog {
    /// The newest entries, of those before `before` if that is given: at most `limit`, newest first.
    fn audit_entries(&mut self, before: Option<i64>, limit: i64) -> Result<Vec<Recorded>, StoreError>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_a_word_of_its_own() {
        let words: BTreeSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(words.len(), Action::ALL.len());
        for word in words {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
        }
    }
}
