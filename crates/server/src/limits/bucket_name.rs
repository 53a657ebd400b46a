//! What calls are counted by.

use std::{num::NonZeroU32, time::Duration};

use identity::Origin;
use tenancy::{CompanyCode, SessionId, UserId};

use crate::config::Limits;

/// So many calls in any span of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Calls.
    pub(crate) calls: u32,
    /// The span.
    pub(crate) window: Duration,
}

/// The name of a bucket: which limit, and whose calls.
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
    /// Chat that makes a session.
    NewSession(Origin),
    /// Uploads.
    Upload(Origin),
    /// Uploads to one session.
    UploadSession(SessionId),
    /// Chat of one company's visitors.
    ChatCompany(CompanyCode),
    /// Uploads to one company's sessions.
    UploadCompany(CompanyCode),
    /// Failed sign-ins from one origin.
    SignIn(Origin),
    /// Failed sign-ins at one account, from an origin that is known to it.
    SignInKnown(UserId, Origin),
    /// Failed sign-ins at one account, from everywhere else.
    SignInElsewhere(Subject),
}

/// Whose password is guessed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// An account, however it was named.
    Account(UserId),
    /// A login that no account has, folded and cut.
    Nobody(String),
}

/// Longer logins are told apart by their first characters only; no account has one.
const LONGEST_LOGIN: usize = 254;

const MINUTE: Duration = Duration::from_mins(1);

/// The span of budgets. They are there for the neighbours, whom a minute's worth at once would hurt.
const MOMENT: Duration = Duration::from_secs(10);

impl Subject {
    /// A login that no account has. Its spellings are told apart as those of an account are: case
    /// counts in names and not in addresses.
    pub(crate) fn nobody(login: &str) -> Self {
        let cut: String = login.trim().chars().take(LONGEST_LOGIN).collect();
        Self::Nobody(if cut.contains('@') { identity::Email::fold(&cut) } else { cut })
    }
}

impl BucketName {
    /// Whether it counts failed sign-ins.
    pub(super) fn is_sign_in(&self) -> bool {
        matches!(self, Self::SignIn(_) | Self::SignInKnown(..) | Self::SignInElsewhere(_))
    }

    /// Whether it is a company's budget, so that how it stands tells one visitor of the others.
    pub(super) fn is_budget(&self) -> bool {
        matches!(self, Self::ChatCompany(_) | Self::UploadCompany(_))
    }

    /// How many calls the bucket takes; `None` if as many as come.
    pub(super) fn quota(&self, limits: &Limits) -> Option<Quota> {
        let a_minute = |calls| Quota { calls, window: MINUTE };
        let sign_ins = |calls| Quota { calls, window: limits.sign_in_window };
        let budget = |calls: Option<NonZeroU32>| Some(Quota { calls: calls?.get(), window: MOMENT });
        Some(match self {
            Self::Public(_) => a_minute(limits.public),
            Self::Staff(_) => a_minute(limits.staff),
            Self::Refresh(_) => a_minute(limits.refresh),
            Self::Chat(_) => a_minute(limits.chat),
            Self::ChatSession(_) => a_minute(limits.chat_session),
            Self::NewSession(_) => a_minute(limits.new_sessions),
            Self::Upload(_) => a_minute(limits.upload),
            Self::UploadSession(_) => a_minute(limits.upload_session),
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
        assert_eq!(Subject::nobody(" Ann@T.com"), Subject::nobody("ann@t.com"));
        assert_ne!(Subject::nobody("ann"), Subject::nobody("bob"));
        assert_ne!(Subject::nobody("ann"), Subject::nobody("ANN"));
        let Subject::Nobody(long) = Subject::nobody(&"x".repeat(1 << 20)) else { panic!("an account") };
        assert_eq!(long.len(), LONGEST_LOGIN);
    }
}
