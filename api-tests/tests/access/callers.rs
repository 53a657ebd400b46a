//! The callers of the matrix.

use api_tests::prelude::*;

use crate::rights::View;

/// A kind of caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    /// A caller without a token.
    Anonymous,
    /// A caller with a malformed token.
    Garbage,
    /// A caller with an expired token.
    Expired,
    /// A visitor who knows the id of the session that the call is about.
    Visitor,
    /// A visitor of the own company who has another session but knows all other ids of the object.
    OtherVisitor,
    /// The agent of the own company to whom `Mine` refers.
    Assigned,
    /// Another agent of the own company, to whom `Colleagues` refers.
    Colleague,
    /// An agent of the other company.
    Foreigner,
    /// The own company's admin.
    Admin,
    /// The other company's admin.
    ForeignAdmin,
    /// An agent of the own company whose account was deactivated after the sign-in.
    Deactivated,
    Superadmin,
}
use Who::{
    Admin, Anonymous, Assigned, Colleague, Deactivated, Expired, ForeignAdmin, Foreigner, Garbage, OtherVisitor,
    Superadmin, Visitor,
};

/// The company that a caller belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Home {
    /// The caller is not staff.
    None,
    Own,
    Foreign,
    /// The superadmin belongs to every company.
    All,
}

impl Who {
    pub(crate) const ALL: [Self; 12] = [
        Anonymous,
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

    /// Returns the column of the table.
    pub(crate) fn column(self) -> usize {
        match self {
            Anonymous | Garbage | Expired | Visitor | OtherVisitor | Deactivated => 0,
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
            Anonymous | Garbage | Expired | Visitor | OtherVisitor | Deactivated => Home::None,
            Assigned | Colleague | Admin => Home::Own,
            Foreigner | ForeignAdmin => Home::Foreign,
            Superadmin => Home::All,
        }
    }

    /// Returns the point of view from which this caller sees the objects.
    pub(crate) fn view(self) -> View {
        match self {
            Colleague => View::Colleague,
            Foreigner | ForeignAdmin => View::Abroad,
            _ => View::Home,
        }
    }

    /// Asserts the refusal of a caller without the right to use the endpoint.
    #[track_caller]
    pub(crate) fn refused(self, at: &str, reply: &Reply) {
        let unknown = "Given token not valid for any token type";
        match self {
            Anonymous | Visitor | OtherVisitor => {
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

/// A caller with a client.
pub(crate) struct Caller {
    pub(crate) who: Who,
    pub(crate) client: Client,
}
