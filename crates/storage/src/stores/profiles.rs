//! Visitor profiles, of one company and of all.

use std::{collections::HashMap, time::Duration};

use chatbot::{
    AllProfiles, NewProfile, Profile, ProfileFilter, ProfileListing, ProfileStats, Profiles, SessionStatus, Step,
};
use diesel::{
    dsl::{count_star, exists},
    prelude::*,
};
use tenancy::{CompanyCode, Date, ProfileId, SessionId, SessionKey, StoreError, Timestamp, access::Caller};

use super::{
    directory::code,
    search::{contains, folded},
};
use crate::{
    conn::{AnyBackend, Db},
    error::{Stored as _, word},
    schema::{companies, profiles, sessions},
    store::{CompanyStore, PlatformStore},
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = profiles)]
struct ProfileRow {
    id: i64,
    company_id: String,
    session_key: i64,
    persistent_user_id: String,
    name: String,
    phone: String,
    email: Option<String>,
    address: Option<String>,
    country_code: String,
    is_favorite: bool,
    created_at: At,
}

/// What a profile shows of its session.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionSide {
    key: i64,
    id: String,
    status: String,
    step: String,
    last_used: At,
    created_at: At,
}

impl ProfileRow {
    fn into_profile(self, session: &SessionSide) -> Result<Profile, StoreError> {
        Ok(Profile {
            id: ProfileId::new(self.id),
            company: code(&self.company_id)?,
            session: SessionKey::new(self.session_key),
            session_id: word(SessionId::parse(&session.id).ok(), "session id")?,
            persistent_user_id: self.persistent_user_id,
            name: self.name,
            phone: self.phone,
            email: self.email,
            address: self.address,
            country_code: self.country_code,
            created_at: self.created_at.0,
            last_used: session.last_used.0,
            is_favorite: self.is_favorite,
        })
    }
}

/// Whose profiles a query is about.
#[derive(Clone, Copy)]
enum Scope {
    Company(CompanyCode),
    /// Of every company that is not closed.
    Everyone,
}

impl Scope {
    /// Every query of profiles starts here.
    fn profiles(self) -> profiles::BoxedQuery<'static, AnyBackend> {
        let all = profiles::table.into_boxed();
        match self {
            Self::Company(code) => all.filter(profiles::company_id.eq(code.to_string())),
            Self::Everyone => all.filter(
                profiles::company_id
                    .eq_any(companies::table.filter(companies::status.ne("closed")).select(companies::code)),
            ),
        }
    }

    fn filtered(self, filter: &ProfileFilter) -> profiles::BoxedQuery<'static, AnyBackend> {
        let mut query = self.profiles();
        if let Some(part) = &filter.search {
            query = query.filter(profiles::search_key.like(contains(part)).escape('\\'));
        }
        if let Some(code) = &filter.country_code {
            query = query.filter(profiles::country_code.eq(code.clone()));
        }
        if let Some(day) = filter.created_from {
            query = query.filter(profiles::created_at.ge(At(day.start())));
        }
        if let Some(day) = filter.created_to {
            query = query.filter(profiles::created_at.lt(At(end(day))));
        }
        query
    }

    fn page(
        self,
        conn: &mut Db,
        filter: &ProfileFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<ProfileListing>), StoreError> {
        let count = self.filtered(filter).select(count_star()).first(conn).stored()?;
        let rows: Vec<ProfileRow> = self
            .filtered(filter)
            .order((profiles::created_at.desc(), profiles::id.desc()))
            .offset(offset)
            .limit(limit)
            .select(ProfileRow::as_select())
            .load(conn)
            .stored()?;
        let keys: Vec<i64> = rows.iter().map(|row| row.session_key).collect();
        let sessions = self.session_sides(conn, &keys)?;
        let listings = rows.into_iter().map(|row| {
            let session = word(sessions.get(&row.session_key), "session of a profile")?;
            Ok(ProfileListing {
                status: word(SessionStatus::parse(&session.status), "session status")?,
                profile_completed: Step::parse(&session.step) == Some(Step::Complete),
                session_created_at: session.created_at.0,
                profile: row.into_profile(session)?,
            })
        });
        Ok((count, listings.collect::<Result<_, StoreError>>()?))
    }

    fn stats(self, conn: &mut Db, now: Timestamp) -> Result<ProfileStats, StoreError> {
        let made_since = |since: Timestamp| self.profiles().filter(profiles::created_at.ge(At(since)));
        let used_since =
            |since: Timestamp| self.profiles().filter(exists(own_session().filter(sessions::last_used.ge(At(since)))));
        let escalated = own_session().filter(sessions::status.eq_any(["escalated", "assigned"]));
        let mut count = |query: profiles::BoxedQuery<'static, AnyBackend>| -> Result<i64, StoreError> {
            query.select(count_star()).first(conn).stored()
        };
        Ok(ProfileStats {
            total: count(self.profiles())?,
            today: count(made_since(now.start_of_day()))?,
            this_week: count(made_since(now.start_of_week()))?,
            this_month: count(made_since(now.start_of_month()))?,
            with_email: count(self.profiles().filter(profiles::email.is_not_null()))?,
            escalated_sessions: count(self.profiles().filter(exists(escalated)))?,
            favorites: count(self.profiles().filter(profiles::is_favorite.eq(true)))?,
            active: count(used_since(now.minus(Duration::from_hours(7 * 24))))?,
            used_today: count(used_since(now.minus(Duration::from_hours(24))))?,
            by_country: self.by_country(conn)?,
        })
    }

    fn by_country(self, conn: &mut Db) -> Result<Vec<(String, i64)>, StoreError> {
        let counted = profiles::table.group_by(profiles::country_code).select((profiles::country_code, count_star()));
        let mut counted: Vec<(String, i64)> = match self {
            Self::Company(code) => counted.filter(profiles::company_id.eq(code.as_str())).load(conn),
            Self::Everyone => {
                let open = companies::table.filter(companies::status.ne("closed")).select(companies::code);
                counted.filter(profiles::company_id.eq_any(open)).load(conn)
            }
        }
        .stored()?;
        counted.sort();
        Ok(counted)
    }

    /// The one profile that a query of this scope finds.
    fn one(
        self,
        conn: &mut Db,
        query: profiles::BoxedQuery<'static, AnyBackend>,
    ) -> Result<Option<Profile>, StoreError> {
        let row: Option<ProfileRow> = query.select(ProfileRow::as_select()).first(conn).optional().stored()?;
        let Some(row) = row else { return Ok(None) };
        let sessions = self.session_sides(conn, &[row.session_key])?;
        let session = word(sessions.get(&row.session_key), "session of a profile")?;
        row.into_profile(session).map(Some)
    }

    /// The sessions with these keys.
    fn session_sides(self, conn: &mut Db, keys: &[i64]) -> Result<HashMap<i64, SessionSide>, StoreError> {
        let rows = sessions::table.filter(sessions::key.eq_any(keys)).select(SessionSide::as_select());
        let rows: Vec<SessionSide> = match self {
            Self::Company(code) => rows.filter(sessions::company_id.eq(code.as_str())).load(conn),
            Self::Everyone => rows.load(conn),
        }
        .stored()?;
        Ok(rows.into_iter().map(|row| (row.key, row)).collect())
    }
}

impl<C: Caller> Profiles for CompanyStore<'_, C> {
    fn profile_of(&mut self, session: SessionKey) -> Result<Option<Profile>, StoreError> {
        let scope = Scope::Company(self.code());
        scope.one(self.conn, scope.profiles().filter(profiles::session_key.eq(session.get())))
    }

    fn profile(&mut self, id: ProfileId) -> Result<Option<Profile>, StoreError> {
        let scope = Scope::Company(self.code());
        scope.one(self.conn, scope.profiles().filter(profiles::id.eq(id.get())))
    }

    fn put_profile(
        &mut self,
        session: SessionKey,
        profile: &NewProfile,
        now: Timestamp,
    ) -> Result<Profile, StoreError> {
        let code = self.code();
        let values = (
            profiles::name.eq(&profile.name),
            profiles::phone.eq(&profile.phone),
            profiles::email.eq(&profile.email),
            profiles::address.eq(&profile.address),
            profiles::country_code.eq(&profile.country_code),
            profiles::search_key.eq(search_key(profile)),
        );
        let known =
            profiles::table.filter(profiles::company_id.eq(code.as_str()).and(profiles::session_key.eq(session.get())));
        if diesel::update(known).set(values.clone()).execute(self.conn).stored()? == 0 {
            diesel::insert_into(profiles::table)
                .values((
                    profiles::company_id.eq(code.as_str()),
                    profiles::session_key.eq(session.get()),
                    profiles::persistent_user_id.eq(chatbot::profile::persistent_user_id()),
                    profiles::created_at.eq(At(now)),
                    values,
                ))
                .execute(self.conn)
                .stored()?;
        }
        word(self.profile_of(session)?, "profile")
    }

    fn page_of_profiles(
        &mut self,
        filter: &ProfileFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<ProfileListing>), StoreError> {
        Scope::Company(self.code()).page(self.conn, filter, offset, limit)
    }

    fn profile_stats(&mut self, now: Timestamp) -> Result<ProfileStats, StoreError> {
        Scope::Company(self.code()).stats(self.conn, now)
    }
}

impl AllProfiles for PlatformStore<'_> {
    fn page_of_all_profiles(
        &mut self,
        filter: &ProfileFilter,
        offset: i64,
        limit: i64,
    ) -> Result<(i64, Vec<ProfileListing>), StoreError> {
        Scope::Everyone.page(self.conn, filter, offset, limit)
    }

    fn all_profile_stats(&mut self, now: Timestamp) -> Result<ProfileStats, StoreError> {
        Scope::Everyone.stats(self.conn, now)
    }
}

/// The session of a profile, inside a query of profiles.
#[diesel::dsl::auto_type]
fn own_session() -> _ {
    sessions::table
        .filter(sessions::company_id.eq(profiles::company_id))
        .filter(sessions::key.eq(profiles::session_key))
}

/// What a search looks into.
fn search_key(profile: &NewProfile) -> String {
    folded(&format!("{}\n{}\n{}", profile.name, profile.phone, profile.email.as_deref().unwrap_or("")))
}

/// The first moment after a day.
pub(super) fn end(day: Date) -> Timestamp {
    day.start().plus(Duration::from_hours(24))
}
