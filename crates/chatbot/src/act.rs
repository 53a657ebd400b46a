//! What a plan leads to: what the bot does, and what is stored or missing.

use crate::{Composition, NewProfile, Reply, escalation::Escalation};

/// The input that planning needs in addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingInput {
    /// This text must be looked up in the knowledge: plan again with a [`Found`](crate::Found) for it.
    Knowledge(String),
}

/// What to store in the visitor's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileWrite {
    /// The profile of a completed intake.
    New(NewProfile),
    /// The values that are not open replace those of the profile.
    Change(ProfileChange),
}

impl ProfileWrite {
    /// Returns the name; `None` if it does not change.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::New(profile) => Some(&profile.name),
            Self::Change(change) => change.name.as_deref(),
        }
    }
}

/// Values that replace those of a profile. A missing one changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Display name.
    pub name: Option<String>,
    /// Calling code with its plus, and phone number in its stored form.
    pub phone: Option<(String, String)>,
    /// E-mail address.
    pub email: Option<String>,
    /// Postal address.
    pub address: Option<String>,
}

impl ProfileChange {
    /// Returns a profile with the changes.
    pub fn of(self, profile: NewProfile) -> NewProfile {
        let (country_code, phone) = self.phone.unwrap_or((profile.country_code, profile.phone));
        NewProfile {
            name: self.name.unwrap_or(profile.name),
            phone,
            email: self.email.or(profile.email),
            address: self.address.or(profile.address),
            country_code,
        }
    }
}

/// What the bot does about a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Nothing: a person handles the session.
    Silent,
    /// The bot answers.
    Say(Reply),
    /// The bot calls a person.
    Escalate(Box<Escalation>),
    /// A model composes the answer.
    Compose(Composition),
}
