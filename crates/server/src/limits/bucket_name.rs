//! Names of buckets, and how many calls each takes.

use std::{num::NonZeroU32, time::Duration};

use identity::Origin;
use tenancy::{CompanyCode, SessionId, UserId};

use crate::config::Limits;

/// A number of calls in any window of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// The number of calls.
    pub(crate) calls: u32,
    /// The length of the window.
    pub(crate) window: Duration,
}

/// The name of a bucket: which limit it belongs to, and whose calls it counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum BucketName {
    /// Public endpoints that have no limit of their own.
    Public(Origin),
    /// Staff calls.
    Staff(UserId),
    /// Exchanges of refresh tokens.
    Refresh(Origin),
    /// Chat.
    Chat(Origin),
    /// Chat in one session.
    ChatSession(SessionId),
    /// Chat that creates a session.
    NewSession(Origin),
    /// Uploads.
    Upload(Origin),
    /// Uploads to one session.
    UploadSession(SessionId),
    /// What visitors do with their conversation.
    Conversation(Origin),
    /// What the visitor of one session does with its conversation.
    ConversationSession(SessionId),
    /// Calls that name a session which does not exist.
    UnknownSession(Origin),
    /// Handshakes of sockets.
    Socket(Origin),
    /// Chat of one company's visitors: the company's chat budget.
    ChatCompany(CompanyCode),
    /// Uploads to one company's sessions: the company's upload budget.
    UploadCompany(CompanyCode),
    /// Failed sign-ins from one origin.
    SignIn(Origin),
    /// Failed sign-ins at one account, from an origin that has signed in to it before.
    SignInKnown(UserId, Origin),
    /// Failed sign-ins at one account, from all other origins together.
    SignInElsewhere(Subject),
}

/// The account that a sign-in names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// An account, by username or e-mail.
    Account(UserId),
    /// A login that no account has, normalised and shortened.
    Unknown(String),
}

/// Longest login that is kept, in characters. No account has a longer one.
const LONGEST_LOGIN: usize = 254;

const MINUTE: Duration = Duration::from_mins(1);

/// The window of budgets. It is short because budgets protect other companies, which a minute's worth
/// of calls at once would slow down.
const BUDGET_WINDOW: Duration = Duration::from_secs(10);

impl Subject {
    /// Names a login that no account has. As for accounts, case matters in usernames and not in
    /// e-mail addresses.
    pub(crate) fn unknown(login: &str) -> Self {
        let cut: String = login.trim().chars().take(LONGEST_LOGIN).collect();
        Self::Unknown(if cut.contains('@') { identity::Email::fold(&cut) } else { cut })
    }
}

impl BucketName {
    /// Returns whether the bucket counts failed sign-ins.
    pub(super) fn is_sign_in(&self) -> bool {
        matches!(self, Self::SignIn(_) | Self::SignInKnown(..) | Self::SignInElsewhere(_))
    }

    /// Returns whether the bucket is a company's budget. Its level tells a visitor about other visitors.
    pub(super) fn is_budget(&self) -> bool {
        matches!(self, Self::ChatCompany(_) | Self::UploadCompany(_))
    }

    /// Returns how many calls the bucket takes; `None` if any number.
    pub(super) fn quota(&self, limits: &Limits) -> Option<Quota> {
        let per_minute = |calls| Quota { calls, window: MINUTE };
        let sign_ins = |calls| Quota { calls, window: limits.sign_in_window };
        let budget = |calls: Option<NonZeroU32>| Some(Quota { calls: calls?.get(), window: BUDGET_WINDOW });
        Some(match self {
            Self::Public(_) => per_minute(limits.public),
            Self::Staff(_) => per_minute(limits.staff),
            Self::Refresh(_) => per_minute(limits.refresh),
            Self::Chat(_) => per_minute(limits.chat),
            Self::ChatSession(_) => per_minute(limits.chat_session),
            Self::NewSession(_) => per_minute(limits.new_sessions),
            Self::Upload(_) => per_minute(limits.upload),
            Self::UploadSession(_) => per_minute(limits.upload_session),
            Self::Conversation(_) => per_minute(limits.conversation),
            Self::ConversationSession(_) => per_minute(limits.conversation_session),
            Self::UnknownSession(_) => per_minute(limits.public),
            Self::Socket(_) => per_minute(limits.sockets),
            Self::ChatCompany(_) => return budget(limits.chat_company),
            Self::UploadCompany(_) => return budget(limits.upload_company),
            Self::SignIn(_) => sign_ins(limits.sign_in),
            Self::SignInKnown(..) | Self::SignInElsewhere(_) => sign_ins(limits.sign_in_account),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_an_unknown_login_share_a_bucket() {
        assert_eq!(Subject::unknown(" Ann@T.com"), Subject::unknown("ann@t.com"));
        assert_ne!(Subject::unknown("ann"), Subject::unknown("bob"));
        assert_ne!(Subject::unknown("ann"), Subject::unknown("ANN"));
        let Subject::Unknown(long) = Subject::unknown(&"x".repeat(1 << 20)) else { panic!("an account") };
        assert_eq!(long.len(), LONGEST_LOGIN);
    }
}
