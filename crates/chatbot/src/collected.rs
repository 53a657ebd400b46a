//! The answers of the intake so far.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Session, Step};

/// The answer to one step of the intake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field {
    /// There is none yet.
    #[default]
    Open,
    /// The visitor gives none; `null` in JSON.
    Skipped,
    /// A value.
    Given(String),
}

impl Field {
    /// Whether there is no answer yet.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// Returns the value.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Given(value) => Some(value),
            Self::Open | Self::Skipped => None,
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Self::Skipped, Self::Given))
    }
}

/// The answers that the intake has so far; `temp_data` on the wire. A step without an answer has no key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Collected {
    /// The name.
    #[serde(skip_serializing_if = "Field::is_open")]
    pub name: Field,
    /// The calling code of the country, with its plus.
    #[serde(skip_serializing_if = "Field::is_open")]
    pub country_code: Field,
    /// The phone number, in its stored form.
    #[serde(skip_serializing_if = "Field::is_open")]
    pub phone: Field,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Field::is_open")]
    pub email: Field,
    /// The postal address.
    #[serde(skip_serializing_if = "Field::is_open")]
    pub address: Field,
}

impl Collected {
    /// Returns the answer to a step; `None` for [`Step::Complete`].
    pub const fn field(&self, step: Step) -> Option<&Field> {
        match step {
            Step::Name => Some(&self.name),
            Step::CountryCode => Some(&self.country_code),
            Step::Phone => Some(&self.phone),
            Step::Email => Some(&self.email),
            Step::Address => Some(&self.address),
            Step::Complete => None,
        }
    }

    /// Sets the answer to a step. [`Step::Complete`] has none.
    pub(crate) fn set(&mut self, step: Step, answer: Field) {
        let field = match step {
            Step::Name => &mut self.name,
            Step::CountryCode => &mut self.country_code,
            Step::Phone => &mut self.phone,
            Step::Email => &mut self.email,
            Step::Address => &mut self.address,
            Step::Complete => return,
        };
        *field = answer;
    }
}

impl Session {
    /// Moves the intake to a step, as if the visitor had skipped the steps before it.
    pub fn skip_to(&mut self, step: Step) {
        for skipped in Step::ALL.into_iter().take_while(|&before| before != step) {
            self.collected.set(skipped, Field::Skipped);
        }
        self.step = step;
        if step == Step::Complete {
            self.collected = Collected::default();
        }
    }

    /// Returns the answers that the intake has so far; `None` if there are none. A profile takes their place.
    pub(crate) fn temp_data(&self) -> Option<Collected> {
        let has_any = self.profile.is_none() && self.collected != Collected::default();
        has_any.then(|| self.collected.clone())
    }

    /// Returns the visitor's name: that of the profile, or the one that the intake has so far.
    pub fn visitor_name(&self) -> Option<&str> {
        self.profile.as_ref().map(|(_, name)| name.as_str()).or(self.collected.name.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_answer_is_null_and_an_open_one_is_absent() {
        let mut collected = Collected { name: Field::Given("Ann".into()), ..Collected::default() };
        let open = serde_json::to_string(&collected).unwrap();
        assert_eq!(open, r#"{"name":"Ann"}"#);
        assert_eq!(serde_json::from_str::<Collected>(&open).unwrap(), collected);

        collected.email = Field::Skipped;
        let skipped = serde_json::to_string(&collected).unwrap();
        assert_eq!(skipped, r#"{"name":"Ann","email":null}"#);
        assert_eq!(serde_json::from_str::<Collected>(&skipped).unwrap(), collected);
    }
}
