//! A visitor's profile: what the intake collected, or a client filled in.

use std::borrow::Cow;

use knowledge::markup;
use tenancy::{CompanyCode, Fault, ProfileId, SessionId, SessionRowId, StoreError, Timestamp};
use uuid::Uuid;

use crate::{Collected, ExpectedVersions, Profiles, Sessions, Step};

/// A stored profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Id.
    pub id: ProfileId,
    /// The company it belongs to.
    pub company: CompanyCode,
    /// The session's internal key.
    pub session: SessionRowId,
    /// The session's public id.
    pub session_id: SessionId,
    /// `user_` and 12 hex digits; stays with the profile.
    pub persistent_user_id: String,
    /// Display name.
    pub name: String,
    /// `<code>-<national digits>`, or as typed.
    pub phone: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Calling code with its plus.
    pub country_code: String,
    /// When the profile was made.
    pub created_at: Timestamp,
    /// When the visitor last wrote or gave the profile.
    pub last_used: Timestamp,
    /// Marked by staff.
    pub is_favorite: bool,
}

/// What a profile is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProfile {
    /// Display name.
    pub name: String,
    /// `<code>-<national digits>`, or as typed.
    pub phone: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Calling code with its plus.
    pub country_code: String,
}

/// Why a profile was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveProfileError {
    /// The company has no such session.
    #[error("session not found")]
    SessionNotFound,
    /// The store failed.
    #[error("the profile could not be stored")]
    Store(#[from] StoreError),
}

/// Gives a session a profile, or changes the one it has, and ends its intake.
///
/// The name passes the markup rule for plain text.
///
/// # Errors
/// [`SaveProfileError::SessionNotFound`] if the company has no such session.
pub fn save<S>(
    store: &mut S,
    session: SessionRowId,
    mut profile: NewProfile,
    now: Timestamp,
) -> Result<Profile, SaveProfileError>
where
    S: Sessions + Profiles + ?Sized,
{
    let mut locked = store.lock(session)?.ok_or(SaveProfileError::SessionNotFound)?.session;
    if let Cow::Owned(safe) = markup::neutralise(&profile.name) {
        profile.name = safe;
    }
    let stored = store.put_profile(session, &profile, now)?;
    locked.step = Step::Complete;
    locked.collected = Collected::default();
    locked.profile = Some((stored.id, stored.name.clone()));
    (locked.last_used, locked.updated_at) = (now, now);
    // The session was read under its lock, so only its revision is there to compare.
    let basis = ExpectedVersions { revision: locked.revision, versions: None };
    match store.append(&locked, basis, &[], now)? {
        Some(_) => Ok(Profile { last_used: now, ..stored }),
        None => Err(StoreError::new(Fault::Broken, "a locked session moved").into()),
    }
}

/// Makes an id that stays with a profile: `user_` and 12 hex digits.
pub fn persistent_user_id() -> String {
    // The first 48 bits of a version 4 UUID are all random.
    let digits = Uuid::new_v4().simple().to_string();
    format!("user_{}", digits.get(..12).unwrap_or(&digits))
}

#[cfg(test)]
mod tests {
    use tenancy::MessageId;

    use super::*;
    use crate::{
        NewMessage, ProfileFilter, ProfileListing, ProfileStats, Session, Snapshot,
        fixtures::{NOW, fresh},
    };

    const KEY: SessionRowId = SessionRowId::new(4);

    /// One session and its profile.
    struct Shelf {
        snapshot: Snapshot,
        profile: Option<Profile>,
    }

    impl Shelf {
        fn new() -> Self {
            let mut snapshot = fresh(crate::BotSettings::default());
            let session = &mut snapshot.session;
            (session.key, session.revision, session.last_seq) = (KEY, 5, 2);
            session.step = Step::Phone;
            session.collected.name = Some("Ann".to_owned());
            Self { snapshot, profile: None }
        }
    }

    impl Sessions for Shelf {
        fn company(&self) -> CompanyCode {
            CompanyCode::parse("TES001").unwrap()
        }

        fn snapshot(&mut self, _: Option<SessionRowId>, _: Timestamp) -> Result<Option<Snapshot>, StoreError> {
            unreachable!("saving locks")
        }

        fn lock(&mut self, key: SessionRowId) -> Result<Option<Snapshot>, StoreError> {
            Ok(Some(self.snapshot.clone()).filter(|snapshot| snapshot.session.key == key))
        }

        fn session(&mut self, _: SessionId) -> Result<Option<Session>, StoreError> {
            unreachable!("saving locks")
        }

        fn append(
            &mut self,
            session: &Session,
            basis: ExpectedVersions,
            messages: &[NewMessage],
            _: Timestamp,
        ) -> Result<Option<(SessionRowId, Vec<MessageId>)>, StoreError> {
            assert!(messages.is_empty());
            assert_eq!(basis, ExpectedVersions { revision: 5, versions: None });
            self.snapshot.session = session.clone();
            Ok(Some((KEY, Vec::new())))
        }
    }

    impl Profiles for Shelf {
        fn profile_of(&mut self, _: SessionRowId) -> Result<Option<Profile>, StoreError> {
            Ok(self.profile.clone())
        }

        fn profile(&mut self, _: ProfileId) -> Result<Option<Profile>, StoreError> {
            Ok(self.profile.clone())
        }

        fn put_profile(
            &mut self,
            session: SessionRowId,
            profile: &NewProfile,
            now: Timestamp,
        ) -> Result<Profile, StoreError> {
            let NewProfile { name, phone, email, address, country_code } = profile.clone();
            let stored = Profile {
                id: ProfileId::new(9),
                company: self.company(),
                session,
                session_id: self.snapshot.session.id,
                persistent_user_id: persistent_user_id(),
                name,
                phone,
                email,
                address,
                country_code,
                created_at: now,
                last_used: now,
                is_favorite: false,
            };
            Ok(self.profile.insert(stored).clone())
        }

        fn page_of_profiles(
            &mut self,
            _: &ProfileFilter,
            _: i64,
            _: i64,
        ) -> Result<(i64, Vec<ProfileListing>), StoreError> {
            unreachable!("saving lists nothing")
        }

        fn profile_stats(&mut self, _: Timestamp) -> Result<ProfileStats, StoreError> {
            unreachable!("saving counts nothing")
        }
    }

    fn ann(name: &str) -> NewProfile {
        NewProfile {
            name: name.to_owned(),
            phone: "+977-9841234567".to_owned(),
            email: None,
            address: None,
            country_code: "+977".to_owned(),
        }
    }

    #[test]
    fn a_saved_profile_ends_the_intake() {
        let mut shelf = Shelf::new();
        let profile = save(&mut shelf, KEY, ann("Ann <b>Ray"), NOW).unwrap();
        assert_eq!(profile.name, "Ann < b>Ray");
        let session = shelf.snapshot.session;
        assert_eq!((session.step, session.collected), (Step::Complete, Collected::default()));
        assert_eq!(session.profile, Some((profile.id, profile.name)));
        assert_eq!((session.last_seq, session.updated_at), (2, NOW));
    }

    #[test]
    fn a_session_that_is_not_there_gets_no_profile() {
        let mut shelf = Shelf::new();
        let refused = save(&mut shelf, SessionRowId::new(5), ann("Ann"), NOW);
        assert!(matches!(refused, Err(SaveProfileError::SessionNotFound)));
        assert_eq!(shelf.profile, None);
    }

    #[test]
    fn a_persistent_id_is_twelve_random_hex_digits() {
        let id = persistent_user_id();
        let digits = id.strip_prefix("user_").unwrap();
        assert_eq!(digits.len(), 12);
        assert!(digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(id, persistent_user_id());
    }
}
