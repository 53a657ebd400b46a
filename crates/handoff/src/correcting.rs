//! Staff correct what a visitor said of itself.

use chatbot::{Collected, NewProfile, Profiles, Sessions, intake::phone};
use tenancy::{
    SessionId, StoreError, Timestamp,
    access::{ActingAs, Desk},
    audit::{Action, Audit, Object},
};

use crate::{EventKind, Handoffs, Outbox, locked, reading::in_sight};

/// Values that replace those of a profile. A missing one changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// Display name, already made safe for clients that render it as markup.
    pub name: Option<String>,
    /// Phone number as typed.
    pub phone: Option<String>,
    /// Calling code with its plus.
    pub country_code: Option<String>,
    /// E-mail address; an empty one removes it.
    pub email: Option<String>,
    /// Postal address; an empty one removes it.
    pub address: Option<String>,
}

/// Why a profile was not corrected.
#[derive(Debug, thiserror::Error)]
pub enum CorrectError {
    /// The company has no such session, or the caller may not see it.
    #[error("session not found")]
    SessionNotFound,
    /// There is no profile yet, and this value of a new one is missing.
    #[error("a new profile needs a {0}")]
    Incomplete(&'static str),
    /// The store failed.
    #[error("the profile could not be stored")]
    Store(#[from] StoreError),
}

/// Corrects the profile of a session that the caller may see, as for [`history`](crate::reading::history).
///
/// A phone number is read as that of a client that sends a profile. Without a profile one is made from what the intake
/// has and what the caller adds, and the intake ends. The correction is recorded in the audit log. When the visitor was last
/// there stays.
///
/// # Errors
/// [`CorrectError`].
pub fn correct<S>(store: &mut S, session: SessionId, correction: Correction, now: Timestamp) -> Result<(), CorrectError>
where
    S: Sessions + Profiles + Handoffs + Outbox + Audit + ActingAs<Desk> + ?Sized,
{
    let seen = in_sight(store, session)?.ok_or(CorrectError::SessionNotFound)?;
    let snapshot = store.lock(seen.key)?.ok_or(CorrectError::SessionNotFound)?;
    let (mut session, code) = (snapshot.session, &snapshot.settings.default_country_code);
    let before = store.profile_of(session.key)?.map(chatbot::Profile::data);
    let profile = correction.of(before.clone().unwrap_or_else(|| collected(&session.collected, code)));
    if before.as_ref() == Some(&profile) {
        return Ok(());
    }
    if profile.name.is_empty() {
        return Err(CorrectError::Incomplete("name"));
    }
    if before.is_none() {
        if profile.phone.is_empty() {
            return Err(CorrectError::Incomplete("phone"));
        }
        session.end_intake();
    }
    let stored = store.put_profile(session.key, &profile, now)?;
    session.set_profile(&stored);
    session.updated_at = now;
    locked::write(store, &session, now)?;
    store.emit(session.id, EventKind::ProfileSaved);
    store.record(Action::ProfileCorrected, Object::Profile(stored.id));
    Ok(())
}

/// Returns what the intake has as a profile. Missing values are empty, and a missing country is the company's.
fn collected(collected: &Collected, default_code: &str) -> NewProfile {
    let value = |field: &chatbot::Field| field.value().map(str::to_owned);
    NewProfile {
        name: value(&collected.name).unwrap_or_default(),
        phone: value(&collected.phone).unwrap_or_default(),
        email: value(&collected.email),
        address: value(&collected.address),
        country_code: value(&collected.country_code).unwrap_or_else(|| default_code.to_owned()),
    }
}

impl Correction {
    /// Returns a profile with the corrections.
    fn of(self, profile: NewProfile) -> NewProfile {
        let code = self.country_code.filter(|code| !code.is_empty()).unwrap_or(profile.country_code);
        let (phone, country_code) = match self.phone {
            Some(typed) => phone::normalise(&typed, &code),
            None => (profile.phone, code),
        };
        // An empty text removes what was there.
        let replaced = |new: Option<String>, old: Option<String>| match new {
            Some(text) => Some(text).filter(|text| !text.is_empty()),
            None => old,
        };
        NewProfile {
            name: self.name.unwrap_or(profile.name),
            phone,
            email: replaced(self.email, profile.email),
            address: replaced(self.address, profile.address),
            country_code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> NewProfile {
        NewProfile {
            name: "Ann".to_owned(),
            phone: "+977-9841234567".to_owned(),
            email: Some("ann@example.com".to_owned()),
            address: None,
            country_code: "+977".to_owned(),
        }
    }

    #[test]
    fn what_is_missing_stays_and_an_empty_text_removes() {
        assert_eq!(Correction::default().of(ann()), ann());
        let correction =
            Correction { email: Some(String::new()), address: Some("Kathmandu".to_owned()), ..Correction::default() };
        assert_eq!(correction.of(ann()), NewProfile { email: None, address: Some("Kathmandu".to_owned()), ..ann() });
    }

    #[test]
    fn a_number_with_a_calling_code_decides_the_country() {
        let phone = |typed: &str| Correction { phone: Some(typed.to_owned()), ..Correction::default() }.of(ann());
        let one = phone("9801234567");
        assert_eq!((one.phone.as_str(), one.country_code.as_str()), ("+977-9801234567", "+977"));
        let other = phone("+44 20 7946 0958");
        assert_eq!((other.phone.as_str(), other.country_code.as_str()), ("+44-2079460958", "+44"));
    }
}
