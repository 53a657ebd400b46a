//! Everybody who calls.

use api_tests::prelude::*;

use crate::words::View;

/// Who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    /// Without a token.
    Nobody,
    /// With a token that is none.
    Garbage,
    /// With a token whose time is over.
    Expired,
    /// A visitor, who knows the id of the session that the call is about.
    Visitor,
    /// A visitor who has a session of the own company and knows every other id of the object.
    OtherVisitor,
    /// The agent of the own company whom `Mine` is about.
    Assigned,
    /// Another agent of the own company.
    Colleague,
    /// An agent of the other company.
    Foreigner,
    Admin,
    /// The other company's admin.
    ForeignAdmin,
    /// An agent of the own company whose account was switched off after the sign-in.
    Deactivated,
    Superadmin,
}
use Who::{
    Admin, Assigned, Colleague, Deactivated, Expired, ForeignAdmin, Foreigner, Garbage, Nobody, OtherVisitor,
    Superadmin, Visitor,
};

/// A person's company.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Home {
    /// Whom no company admits.
    None,
    Own,
    Foreign,
    /// The superadmin's.
    All,
}

impl Who {
    pub(crate) const EVERYBODY: [Self; 12] = [
        Nobody,
        Garbage,
        Expired,
        Visitor,
        OtherVisitor,
        Deactivated,
        Assigned,
        Colleague,
        Admin,
        Foreigner,
        ForeignAdmin,
        Superadmin,
    ];

    /// The column of the table.
    pub(crate) fn column(self) -> usize {
        match self {
            Nobody | Garbage | Expired | Visitor | OtherVisitor | Deactivated => 0,
            Assigned | Colleague | Foreigner => 1,
            Admin | ForeignAdmin => 2,
            Superadmin => 3,
        }
    }

    pub(crate) fn role(self) -> &'static str {
        ["ANON", "AGENT", "ADMIN", "SUPERADMIN"].get(self.column()).copied().unwrap_or_default()
    }

    pub(crate) fn home(self) -> Home {
        match self {
            Nobody | Garbage | Expired | Visitor | OtherVisitor | Deactivated => Home::None,
            Assigned | Colleague | Admin => Home::Own,
            Foreigner | ForeignAdmin => Home::Foreign,
            Superadmin => Home::All,
        }
    }

    /// From where this caller sees the objects.
    pub(crate) fn view(self) -> View {
        match self {
            Colleague => View::Colleague,
            Foreigner | ForeignAdmin => View::Abroad,
            _ => View::Home,
        }
    }

    /// Asserts the answer to a caller whom the endpoint is not for.
    #[track_caller]
    pub(crate) fn refused(self, at: &str, reply: &Reply) {
        let unknown = "Given token not valid for any token type";
        match self {
            Nobody | Visitor | OtherVisitor => {
                assert_eq!(reply.status, 401, "{at}: {reply:?}");
                reply.asks_for_a_token();
            }
            Garbage | Expired => {
                assert_eq!(reply.status, 401, "{at}: {reply:?}");
                reply.detail(401, "token_not_valid", unknown);
            }
            Deactivated => {
                assert_eq!(reply.status, 401, "{at}: {reply:?}");
                reply.detail(401, "user_inactive", "User is inactive");
            }
            _ => {
                assert_eq!(reply.status, 403, "{at}: {reply:?}");
                reply.refuses_the_role();
            }
        }
    }
}

/// Somebody with a connection.
pub(crate) struct Caller {
    pub(crate) who: Who,
    pub(crate) client: Client,
}
