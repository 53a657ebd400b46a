//! Which data the intake asks for, and when.

use serde::{Deserialize, Serialize};

use crate::Step;

tenancy::word_enum! {
    /// Whether a step of the intake is asked.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Requirement {
        /// It is asked, and a first refusal is answered with the reason for asking.
        Required => "required",
        /// It is asked and can be skipped.
        Optional => "optional",
        /// It is not asked.
        Off => "off",
    }
}

tenancy::word_enum! {
    /// When the intake asks for the visitor's data.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum ProfileWhen {
        /// Before anything else.
        First => "first",
        /// When a person is wanted, after the handoff is open.
        Handoff => "handoff",
        /// Never.
        Never => "never",
    }
}

/// Whether each step of the intake is asked. The country belongs to the phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileSteps {
    /// The name.
    pub name: Requirement,
    /// The phone number and its country.
    pub phone: Requirement,
    /// The e-mail address.
    pub email: Requirement,
    /// The postal address.
    pub address: Requirement,
}

impl Default for ProfileSteps {
    fn default() -> Self {
        Self {
            name: Requirement::Required,
            phone: Requirement::Required,
            email: Requirement::Optional,
            address: Requirement::Optional,
        }
    }
}

impl ProfileSteps {
    /// Whether each step is asked; [`Step::Complete`] never is.
    pub const fn of(&self, step: Step) -> Requirement {
        match step {
            Step::Name => self.name,
            Step::CountryCode | Step::Phone => self.phone,
            Step::Email => self.email,
            Step::Address => self.address,
            Step::Complete => Requirement::Off,
        }
    }

    /// Whether the steps fit together: nothing is required of visitors who are not asked for their name.
    pub fn fit(&self) -> bool {
        self.name != Requirement::Off
            || [self.phone, self.email, self.address].iter().all(|&one| one != Requirement::Required)
    }
}
