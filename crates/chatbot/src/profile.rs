//! A visitor's profile: collected by the intake, or sent by a client.

mod save;
mod spellings;

use tenancy::{CompanyCode, ProfileId, SessionId, SessionRowId, StoreError, Timestamp};
use uuid::Uuid;

use crate::{Session, SessionStatus};

pub use save::{SaveProfileError, save};
pub use spellings::{phone_key, spellings};

/// A stored profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Id.
    pub id: ProfileId,
    /// The company it belongs to.
    pub company: CompanyCode,
    /// The session's row id.
    pub session: SessionRowId,
    /// The session's public id.
    pub session_id: SessionId,
    /// `user_` and 12 hex digits. All profiles of one person have the same one. It is for staff only: see
    /// [`Profiles::visitor_id`].
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
    /// When the profile was created.
    pub created_at: Timestamp,
    /// When the visitor last wrote or sent the profile.
    pub last_used: Timestamp,
    /// Whether staff marked it.
    pub is_favorite: bool,
}

/// The data of a new or changed profile.
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

impl Profile {
    /// Returns the data that a visitor gives.
    pub fn data(self) -> NewProfile {
        let Self { name, phone, email, address, country_code, .. } = self;
        NewProfile { name, phone, email, address, country_code }
    }
}

/// Makes the random text that the ids of a company's visitors are computed with.
pub fn visitor_salt() -> String {
    Uuid::new_v4().simple().to_string()
}

impl Session {
    /// Notes the profile that was stored for the session.
    pub fn set_profile(&mut self, profile: &Profile) {
        self.dialogue.unreachable = profile.phone.is_empty() && profile.email.is_none();
        self.profile = Some((profile.id, profile.name.clone()));
    }
}

/// Another session of the same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierSession {
    /// The session's public id.
    pub session_id: SessionId,
    /// Its status.
    pub status: SessionStatus,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Makes a random persistent user id: `user_` and 12 hex digits.
pub fn persistent_user_id() -> String {
    // The first 48 bits of a version 4 UUID are all random.
    let digits = Uuid::new_v4().simple().to_string();
    format!("user_{}", digits.get(..12).unwrap_or(&digits))
}

/// Which profiles a list contains; every condition that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileFilter {
    /// Parts of the name, phone or e-mail, in any order; case, accents and the spelling of phones are ignored.
    pub search: Option<String>,
    /// Exactly this country code.
    pub country_code: Option<String>,
    /// Created at this moment or later.
    pub created_from: Option<Timestamp>,
    /// Created before this moment.
    pub created_before: Option<Timestamp>,
}

/// A profile in a list, with facts about its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileListing {
    /// The profile.
    pub profile: Profile,
    /// The session's status.
    pub status: SessionStatus,
    /// When the session was created.
    pub session_created_at: Timestamp,
}

/// Counts of profiles. Days, weeks and months are those of the calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileStats {
    /// All profiles.
    pub total: i64,
    /// Created today.
    pub today: i64,
    /// Created this week.
    pub this_week: i64,
    /// Created this month.
    pub this_month: i64,
    /// Country code and number of profiles, by code.
    pub by_country: Vec<(String, i64)>,
    /// With an e-mail address.
    pub with_email: i64,
    /// Sessions with an open handoff, with or without a profile.
    pub escalated_sessions: i64,
    /// Marked by staff.
    pub favorites: i64,
    /// Used within 7 days.
    pub active: i64,
    /// Used within 24 hours.
    pub used_today: i64,
}

/// Visitor profiles of the store's company.
pub trait Profiles {
    /// Returns the profile of a session.
    fn profile_of(&mut self, session: SessionRowId) -> Result<Option<Profile>, StoreError>;

    /// Returns a profile by its id.
    fn profile(&mut self, id: ProfileId) -> Result<Option<Profile>, StoreError>;

    /// Stores the profile of a session, or changes the one it has. The caller holds the session's
    /// lock and links the profile to the session.
    ///
    /// A person with the phone or else the e-mail address of an older profile gets its persistent user id. A
    /// change that leaves both as they are leaves the id as it is.
    fn put_profile(
        &mut self,
        session: SessionRowId,
        profile: &NewProfile,
        now: Timestamp,
    ) -> Result<Profile, StoreError>;

    /// Returns the persistent user id as anonymous callers see it: that of a new person with this phone.
    ///
    /// It depends on the company and the phone only, so it does not tell whether the company knows the phone or an
    /// e-mail address.
    fn visitor_id(&mut self, session: SessionRowId, phone: &str) -> Result<String, StoreError>;

    /// Returns the sessions that the same person had before, newest first, at most `limit` of them.
    ///
    /// They have the profile's persistent user id, phone or e-mail address.
    fn earlier_sessions(&mut self, profile: &Profile, limit: i64) -> Result<Vec<EarlierSession>, StoreError>;

    /// Returns the number of profiles that match, and at most `limit` of them from `offset` on,
    /// newest first.
    fn page_of_profiles(
        &mut self,
        filter: &ProfileFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<ProfileListing>), StoreError>;

    /// Counts the profiles, relative to `now`.
    fn profile_stats(&mut self, now: Timestamp) -> Result<ProfileStats, StoreError>;
}

/// Visitor profiles of all companies that are not closed, for the platform door.
pub trait AllProfiles {
    /// Works as [`Profiles::page_of_profiles`].
    fn page_of_all_profiles(
        &mut self,
        filter: &ProfileFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<ProfileListing>), StoreError>;

    /// Works as [`Profiles::profile_stats`].
    fn all_profile_stats(&mut self, now: Timestamp) -> Result<ProfileStats, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persistent_id_is_twelve_random_hex_digits() {
        let id = persistent_user_id();
        let digits = id.strip_prefix("user_").unwrap();
        assert_eq!(digits.len(), 12);
        assert!(digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(id, persistent_user_id());
    }
}
