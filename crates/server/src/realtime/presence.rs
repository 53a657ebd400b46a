//! Who is connected to a session.

use std::collections::BTreeSet;

use tenancy::UserId;

/// Who has a place in the topic of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sitter {
    /// The visitor.
    Visitor,
    /// An agent or admin of the company.
    Staff {
        /// The account.
        user: UserId,
        /// The name that colleagues know.
        name: String,
    },
    /// A superadmin, who has no name among the company's staff.
    Superadmin,
}

/// Who is connected to a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Present {
    /// Whether the visitor is.
    pub(crate) visitor: bool,
    /// The names of staff in alphabetical order, each person once. Superadmins are not named.
    pub(crate) staff: Vec<String>,
}

impl<'a> FromIterator<&'a Sitter> for Present {
    fn from_iter<T: IntoIterator<Item = &'a Sitter>>(sitters: T) -> Self {
        let (mut visitor, mut staff) = (false, BTreeSet::new());
        for sitter in sitters {
            match sitter {
                Sitter::Visitor => visitor = true,
                Sitter::Staff { user, name } => {
                    staff.insert((name, user));
                }
                Sitter::Superadmin => {}
            }
        }
        Self { visitor, staff: staff.into_iter().map(|(name, _)| name.clone()).collect() }
    }
}
