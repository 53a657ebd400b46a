//! Who is connected to a session.

use std::collections::BTreeSet;

use tenancy::UserId;

/// Who has a seat in the topic of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Occupant {
    /// The visitor.
    Visitor,
    /// An agent or admin of the company.
    Staff {
        /// The account.
        user: UserId,
        /// The name that colleagues know.
        name: String,
    },
    /// A superadmin, whom the company's staff are not shown.
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

impl<'a> FromIterator<&'a Occupant> for Present {
    fn from_iter<T: IntoIterator<Item = &'a Occupant>>(occupants: T) -> Self {
        let (mut visitor, mut staff) = (false, BTreeSet::new());
        for occupant in occupants {
            match occupant {
                Occupant::Visitor => visitor = true,
                Occupant::Staff { user, name } => {
                    staff.insert((name, user));
                }
                Occupant::Superadmin => {}
            }
        }
        Self { visitor, staff: staff.into_iter().map(|(name, _)| name.clone()).collect() }
    }
}
