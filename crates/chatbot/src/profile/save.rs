//! Saving a visitor's profile.

use std::borrow::Cow;

use knowledge::markup;
use tenancy::{Fault, SessionRowId, StoreError, Timestamp};

use super::{NewProfile, Profile, Profiles};
use crate::{ExpectedVersions, Sessions};

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

/// Stores the profile of a session, or changes the one it has, and ends the session's intake.
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
    locked.set_profile(&stored);
    locked.end_intake();
    (locked.last_used, locked.updated_at) = (now, now);
    // Nothing here depends on settings or knowledge.
    let expected = ExpectedVersions { revision: locked.revision, versions: None };
    match store.append(&locked, expected, &[], now)? {
        Some(_) => Ok(Profile { last_used: now, ..stored }),
        None => Err(StoreError::new(Fault::Broken, "a locked session moved").into()),
    }
}

#[cfg(test)]
mod tests {
    use tenancy::{CompanyCode, MessageId, ProfileId, SessionId};

    use super::*;
    use crate::{
        Collected, EarlierSession, NewMessage, ProfileFilter, ProfileListing, ProfileStats, Session, Snapshot, Step,
        fixtures::{NOW, fresh},
        profile::persistent_user_id,
    };

    const ROW: SessionRowId = SessionRowId::new(4);

    /// A store with one session and its profile.
    struct OneSession {
        snapshot: Snapshot,
        profile: Option<Profile>,
    }

    impl OneSession {
        fn new() -> Self {
            let mut snapshot = fresh(crate::BotSettings::default());
            let session = &mut snapshot.session;
            (session.key, session.revision, session.last_seq) = (ROW, 5, 2);
            session.step = Step::Phone;
            session.collected.name = crate::Field::Given("Ann".to_owned());
            Self { snapshot, profile: None }
        }
    }

    impl Sessions for OneSession {
        fn company(&self) -> CompanyCode {
            CompanyCode::parse("TES001").unwrap()
        }

        fn snapshot(&mut self, _: Option<SessionRowId>, _: Timestamp) -> Result<Option<Snapshot>, StoreError> {
            unreachable!("saving locks")
        }

        fn lock(&mut self, session: SessionRowId) -> Result<Option<Snapshot>, StoreError> {
            Ok(Some(self.snapshot.clone()).filter(|snapshot| snapshot.session.key == session))
        }

        fn session(&mut self, _: SessionId) -> Result<Option<Session>, StoreError> {
            unreachable!("saving locks")
        }

        fn append(
            &mut self,
            session: &Session,
            expected: ExpectedVersions,
            messages: &[NewMessage],
            _: Timestamp,
        ) -> Result<Option<(SessionRowId, Vec<MessageId>)>, StoreError> {
            assert!(messages.is_empty());
            assert_eq!(expected, ExpectedVersions { revision: 5, versions: None });
            self.snapshot.session = session.clone();
            Ok(Some((ROW, Vec::new())))
        }

        fn raise_read_seq(&mut self, _: SessionRowId, _: crate::Side, _: i64) -> Result<(), StoreError> {
            unreachable!("saving reads no messages")
        }
    }

    impl Profiles for OneSession {
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

        fn visitor_id(&mut self, _: SessionRowId, _: &str) -> Result<String, StoreError> {
            unreachable!("saving shows nothing")
        }

        fn earlier_sessions(&mut self, _: &Profile, _: i64) -> Result<Vec<EarlierSession>, StoreError> {
            unreachable!("saving lists nothing")
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
        let mut store = OneSession::new();
        let profile = save(&mut store, ROW, ann("Ann <b>Ray"), NOW).unwrap();
        assert_eq!(profile.name, "Ann < b>Ray");
        let session = store.snapshot.session;
        assert_eq!((session.step, session.collected), (Step::Complete, Collected::default()));
        assert_eq!(session.profile, Some((profile.id, profile.name)));
        assert_eq!((session.last_seq, session.updated_at), (2, NOW));
    }

    #[test]
    fn a_session_that_is_not_there_gets_no_profile() {
        let mut store = OneSession::new();
        let refused = save(&mut store, SessionRowId::new(5), ann("Ann"), NOW);
        assert!(matches!(refused, Err(SaveProfileError::SessionNotFound)));
        assert_eq!(store.profile, None);
    }
}
