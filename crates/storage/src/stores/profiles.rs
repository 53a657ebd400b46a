//! The visitor profiles of one company and of all companies.

use std::{collections::HashMap, time::Duration};

use chatbot::{
    AllProfiles, EarlierSession, NewProfile, Profile, ProfileFilter, ProfileListing, ProfileStats, Profiles,
    SessionStatus, profile::phone_key,
};
use diesel::{
    dsl::{case_when, count, count_star, sql},
    prelude::*,
    sql_types::Bool,
};
use tenancy::{CompanyCode, ProfileId, SessionId, SessionRowId, StoreError, Timestamp, access::Caller};

use super::{
    counts,
    directory::code,
    handoffs,
    page_window::PageWindow,
    persons,
    search::{self, profile_key},
};
use crate::{
    conn::{AnyBackend, Db},
    error::{IntoStoreError as _, decode_enum},
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

/// The columns of a session that a profile shows.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionSide {
    key: i64,
    id: String,
    status: String,
    last_used: At,
    created_at: At,
}

impl ProfileRow {
    fn into_profile(self, session: &SessionSide) -> Result<Profile, StoreError> {
        Ok(Profile {
            id: ProfileId::new(self.id),
            company: code(&self.company_id)?,
            session: SessionRowId::new(self.session_key),
            session_id: decode_enum(SessionId::parse(&session.id).ok(), "session id")?,
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

/// The companies whose profiles a query reads.
#[derive(Clone, Copy)]
enum Scope {
    Company(CompanyCode),
    /// All companies that are not closed.
    AllOpen,
}

impl Scope {
    fn company(self) -> Option<CompanyCode> {
        match self {
            Self::Company(code) => Some(code),
            Self::AllOpen => None,
        }
    }

    /// Selects all profiles in scope. Every query of profiles starts here.
    fn profiles(self) -> profiles::BoxedQuery<'static, AnyBackend> {
        let all = profiles::table.into_boxed();
        match self {
            Self::Company(code) => all.filter(profiles::company_id.eq(code.to_string())),
            // Exclude the few closed companies instead of listing the open ones, so that the planner can use
            // the `_everywhere` index for the order. It is partial, on a condition that is true of every id, so
            // that no other query uses it.
            Self::AllOpen => all.filter(sql::<Bool>("profiles.id > 0")).filter(
                profiles::company_id
                    .ne_all(companies::table.filter(companies::status.eq("closed")).select(companies::code)),
            ),
        }
    }

    fn filtered(self, filter: &ProfileFilter) -> profiles::BoxedQuery<'static, AnyBackend> {
        let mut query = self.profiles();
        if let Some(search) = &filter.search {
            match search::terms(search) {
                Some(terms) => {
                    for term in terms {
                        query = query.filter(matching(term));
                    }
                }
                None => query = query.filter(sql::<Bool>("1 = 0")),
            }
        }
        if let Some(code) = &filter.country_code {
            query = query.filter(profiles::country_code.eq(code.clone()));
        }
        if let Some(from) = filter.created_from {
            query = query.filter(profiles::created_at.ge(At(from)));
        }
        if let Some(before) = filter.created_before {
            query = query.filter(profiles::created_at.lt(At(before)));
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
        let count = match counts::stored_profiles(conn, self.company(), filter)? {
            Some(count) => count,
            None => self.filtered(filter).select(count_star()).first(conn).into_store_error()?,
        };
        let query = self.filtered(filter).select(ProfileRow::as_select());
        let rows: Vec<ProfileRow> = match PageWindow::of(count, offset, limit) {
            PageWindow::Nothing => Vec::new(),
            PageWindow::FromStart { offset, limit } => query
                .order((profiles::created_at.desc(), profiles::id.desc()))
                .offset(offset)
                .limit(limit)
                .load(conn)
                .into_store_error()?,
            PageWindow::FromEnd { offset, limit } => {
                let query = query.order((profiles::created_at.asc(), profiles::id.asc()));
                let mut rows: Vec<ProfileRow> = query.offset(offset).limit(limit).load(conn).into_store_error()?;
                rows.reverse();
                rows
            }
        };
        let keys: Vec<i64> = rows.iter().map(|row| row.session_key).collect();
        let sessions = self.session_sides(conn, &keys)?;
        let listings = rows.into_iter().map(|row| {
            let session = decode_enum(sessions.get(&row.session_key), "session of a profile")?;
            Ok(ProfileListing {
                status: decode_enum(SessionStatus::parse(&session.status), "session status")?,
                session_created_at: session.created_at.0,
                profile: row.into_profile(session)?,
            })
        });
        Ok((count, listings.collect::<Result<_, StoreError>>()?))
    }

    /// Computes the statistics from ranges of an index where there is one, and from one pass over the profiles
    /// and one over their sessions. There is no index on `last_used`, because every turn would have to write
    /// it.
    fn stats(self, conn: &mut Db, now: Timestamp) -> Result<ProfileStats, StoreError> {
        let mut count_since = |since: Timestamp| -> Result<i64, StoreError> {
            let created = self.profiles().filter(profiles::created_at.ge(At(since)));
            created.select(count_star()).first(conn).into_store_error()
        };
        let today = count_since(now.start_of_day())?;
        let this_week = count_since(now.start_of_week())?;
        let this_month = count_since(now.start_of_month())?;
        let (with_email, favorites) = self
            .profiles()
            .select((count(profiles::email), count(case_when(profiles::is_favorite.eq(true), profiles::id))))
            .first(conn)
            .into_store_error()?;
        let by_country = self.by_country(conn)?;
        let escalated_sessions = handoffs::count_open(conn, self.company())?;
        let (active, used_today) = self.used(conn, now)?;
        Ok(ProfileStats {
            total: by_country.iter().map(|(_, count)| count).sum(),
            today,
            this_week,
            this_month,
            by_country,
            with_email,
            escalated_sessions,
            favorites,
            active,
            used_today,
        })
    }

    /// Counts the sessions with a profile that were used in the last 7 days, and in the last 24 hours.
    fn used(self, conn: &mut Db, now: Timestamp) -> Result<(i64, i64), StoreError> {
        let used_since = |days: u64| sessions::last_used.ge(At(now.minus(Duration::from_hours(days * 24))));
        let counted = sessions::table
            .inner_join(
                profiles::table
                    .on(profiles::company_id.eq(sessions::company_id).and(profiles::session_key.eq(sessions::key))),
            )
            .filter(used_since(7))
            .select((count_star(), count(case_when(used_since(1), sessions::key))));
        match self {
            Self::Company(code) => counted.filter(profiles::company_id.eq(code.as_str())).first(conn),
            Self::AllOpen => {
                let closed = companies::table.filter(companies::status.eq("closed")).select(companies::code);
                counted.filter(profiles::company_id.ne_all(closed)).first(conn)
            }
        }
        .into_store_error()
    }

    fn by_country(self, conn: &mut Db) -> Result<Vec<(String, i64)>, StoreError> {
        let counted = profiles::table.group_by(profiles::country_code).select((profiles::country_code, count_star()));
        let mut counted: Vec<(String, i64)> = match self {
            Self::Company(code) => counted.filter(profiles::company_id.eq(code.as_str())).load(conn),
            Self::AllOpen => {
                let closed = companies::table.filter(companies::status.eq("closed")).select(companies::code);
                counted.filter(profiles::company_id.ne_all(closed)).load(conn)
            }
        }
        .into_store_error()?;
        counted.sort();
        Ok(counted)
    }

    /// Returns the one profile that a query of this scope finds.
    fn one(
        self,
        conn: &mut Db,
        query: profiles::BoxedQuery<'static, AnyBackend>,
    ) -> Result<Option<Profile>, StoreError> {
        let row: Option<ProfileRow> =
            query.select(ProfileRow::as_select()).first(conn).optional().into_store_error()?;
        let Some(row) = row else { return Ok(None) };
        let sessions = self.session_sides(conn, &[row.session_key])?;
        let session = decode_enum(sessions.get(&row.session_key), "session of a profile")?;
        row.into_profile(session).map(Some)
    }

    /// Reads the sessions with these row ids.
    fn session_sides(self, conn: &mut Db, keys: &[i64]) -> Result<HashMap<i64, SessionSide>, StoreError> {
        let rows = sessions::table.filter(sessions::key.eq_any(keys)).select(SessionSide::as_select());
        let rows: Vec<SessionSide> = match self {
            Self::Company(code) => rows.filter(sessions::company_id.eq(code.as_str())).load(conn),
            Self::AllOpen => rows.load(conn),
        }
        .into_store_error()?;
        Ok(rows.into_iter().map(|row| (row.key, row)).collect())
    }
}

impl<C: Caller> Profiles for CompanyStore<'_, C> {
    fn profile_of(&mut self, session: SessionRowId) -> Result<Option<Profile>, StoreError> {
        let scope = Scope::Company(self.code());
        scope.one(self.conn, scope.profiles().filter(profiles::session_key.eq(session.get())))
    }

    fn profile(&mut self, id: ProfileId) -> Result<Option<Profile>, StoreError> {
        let scope = Scope::Company(self.code());
        scope.one(self.conn, scope.profiles().filter(profiles::id.eq(id.get())))
    }

    fn put_profile(
        &mut self,
        session: SessionRowId,
        profile: &NewProfile,
        now: Timestamp,
    ) -> Result<Profile, StoreError> {
        let code = self.code();
        let persistent_user_id = persons::id_for(self.conn, code, session, profile)?;
        let values = (
            profiles::persistent_user_id.eq(persistent_user_id),
            profiles::phone_key.eq(phone_key(&profile.phone)),
            profiles::email_key.eq(persons::email_key(profile.email.as_deref())),
            profiles::name.eq(&profile.name),
            profiles::phone.eq(&profile.phone),
            profiles::email.eq(&profile.email),
            profiles::address.eq(&profile.address),
            profiles::country_code.eq(&profile.country_code),
            profiles::search_key.eq(profile_key(&profile.name, &profile.phone, profile.email.as_deref())),
        );
        let row =
            profiles::table.filter(profiles::company_id.eq(code.as_str()).and(profiles::session_key.eq(session.get())));
        if diesel::update(row).set(values.clone()).execute(self.conn).into_store_error()? == 0 {
            diesel::insert_into(profiles::table)
                .values((
                    profiles::company_id.eq(code.as_str()),
                    profiles::session_key.eq(session.get()),
                    profiles::created_at.eq(At(now)),
                    values,
                ))
                .execute(self.conn)
                .into_store_error()?;
            self.counts.profiles(code, 1);
        }
        decode_enum(self.profile_of(session)?, "profile")
    }

    fn visitor_id(&mut self, session: SessionRowId, phone: &str) -> Result<String, StoreError> {
        let code = self.code();
        persons::new_id(self.conn, code, session, &phone_key(phone))
    }

    fn earlier_sessions(&mut self, profile: &Profile, limit: i64) -> Result<Vec<EarlierSession>, StoreError> {
        let code = self.code();
        persons::earlier_sessions(self.conn, code, profile, limit)
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
        Scope::AllOpen.page(self.conn, filter, offset, limit)
    }

    fn all_profile_stats(&mut self, now: Timestamp) -> Result<ProfileStats, StoreError> {
        Scope::AllOpen.stats(self.conn, now)
    }
}

/// A condition on profiles.
type Condition = Box<dyn BoxableExpression<profiles::table, AnyBackend, SqlType = Bool>>;

/// Matches the profiles whose key has at least one of the alternatives of a term.
fn matching(term: search::Term) -> Condition {
    let like = |part: String| -> Condition { Box::new(profiles::search_key.like(search::pattern(&part)).escape('\\')) };
    let all =
        |parts: Vec<String>| parts.into_iter().map(like).reduce(|all, one| -> Condition { Box::new(all.and(one)) });
    let any = term.into_iter().filter_map(all).reduce(|any, one| -> Condition { Box::new(any.or(one)) });
    any.unwrap_or_else(|| Box::new(sql::<Bool>("1 = 0")))
}

/// Number of rows in one transaction of [`fill_keys`].
const BATCH: i64 = 500;

/// Computes the keys of profiles that a migration has emptied. It takes up where an interrupted run has stopped.
pub(crate) fn fill_keys(conn: &mut Db) -> QueryResult<()> {
    loop {
        conn.begin("BEGIN")?;
        let filled = fill_batch(conn);
        match filled {
            Ok(_) => conn.commit()?,
            Err(_) => conn.rollback()?,
        }
        if filled? == 0 {
            return Ok(());
        }
    }
}

fn fill_batch(conn: &mut Db) -> QueryResult<usize> {
    let empty = profiles::table.filter(sql::<Bool>("search_key = ''")).order(profiles::id).limit(BATCH);
    let rows: Vec<(i64, String, String, Option<String>)> =
        empty.select((profiles::id, profiles::name, profiles::phone, profiles::email)).load(conn)?;
    for (id, name, phone, email) in &rows {
        let key = profile_key(name, phone, email.as_deref());
        let keys = (
            profiles::search_key.eq(key),
            profiles::phone_key.eq(phone_key(phone)),
            profiles::email_key.eq(persons::email_key(email.as_deref())),
        );
        diesel::update(profiles::table.find(id)).set(keys).execute(conn)?;
    }
    Ok(rows.len())
}
