//! Which profiles belong to the same person: those of one company with the same phone or e-mail address.

use std::collections::BTreeSet;

use chatbot::{EarlierSession, NewProfile, Profile, SessionStatus, profile::phone_key};
use diesel::{
    prelude::*,
    sql_types::{Bool, Text},
};
use sha2::{Digest as _, Sha256};
use tenancy::{CompanyCode, SessionId, SessionRowId, StoreError};

use crate::{
    conn::{AnyBackend, Db},
    error::{IntoStoreError as _, decode_enum},
    schema::{companies, profiles, sessions},
    types::At,
};

/// Returns the folded address that identifies a person, empty without one.
pub(super) fn email_key(email: Option<&str>) -> String {
    email.map(|email| email.trim().to_lowercase()).unwrap_or_default()
}

/// Returns the persistent user id for a profile that is about to be stored.
pub(super) fn id_for(
    conn: &mut Db,
    company: CompanyCode,
    session: SessionRowId,
    new: &NewProfile,
) -> Result<String, StoreError> {
    lock(conn, company)?;
    let (phone, email) = (phone_key(&new.phone), email_key(new.email.as_deref()));
    let own: Option<(String, String, String)> = profiles::table
        .filter(profiles::company_id.eq(company.as_str()).and(profiles::session_key.eq(session.get())))
        .select((profiles::persistent_user_id, profiles::phone_key, profiles::email_key))
        .first(conn)
        .optional()
        .into_store_error()?;
    if let Some((id, own_phone, own_email)) = &own
        && *own_phone == phone
        && *own_email == email
    {
        return Ok(id.clone());
    }
    let others = || {
        profiles::table
            .filter(profiles::company_id.eq(company.as_str()).and(profiles::session_key.ne(session.get())))
            .order(profiles::id)
            .select(profiles::persistent_user_id)
    };
    if !phone.is_empty() {
        let known = others().filter(profiles::phone_key.eq(&phone)).first(conn).optional().into_store_error()?;
        if let Some(id) = known {
            return Ok(id);
        }
    }
    if !email.is_empty() {
        let known = others().filter(profiles::email_key.eq(&email)).first(conn).optional().into_store_error()?;
        if let Some(id) = known {
            return Ok(id);
        }
    }
    match own {
        Some((id, own_phone, own_email))
            if !phone.is_empty() && own_phone == phone || !email.is_empty() && own_email == email =>
        {
            Ok(id)
        }
        _ => new_id(conn, company, session, &phone),
    }
}

/// Returns the persistent user id of a new person: always the same for one phone in one company. Without a phone
/// it is the session's own.
pub(super) fn new_id(
    conn: &mut Db,
    company: CompanyCode,
    session: SessionRowId,
    phone_key: &str,
) -> Result<String, StoreError> {
    let salt: String =
        companies::table.find(company.as_str()).select(companies::visitor_salt).first(conn).into_store_error()?;
    let of = if phone_key.is_empty() { format!("session {}", session.get()) } else { phone_key.to_owned() };
    let digest = Sha256::digest(format!("{salt}\n{company}\n{of}").as_bytes());
    let digits: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("user_{digits}"))
}

/// A condition by which a profile is the same person's.
type Same = Box<dyn BoxableExpression<profiles::table, AnyBackend, SqlType = Bool>>;

/// Returns the earlier sessions of the person of a profile, newest first.
pub(super) fn earlier_sessions(
    conn: &mut Db,
    company: CompanyCode,
    profile: &Profile,
    limit: i64,
) -> Result<Vec<EarlierSession>, StoreError> {
    let (phone, email) = (phone_key(&profile.phone), email_key(profile.email.as_deref()));
    let mut same: Vec<Same> = vec![Box::new(profiles::persistent_user_id.eq(profile.persistent_user_id.clone()))];
    if !phone.is_empty() {
        same.push(Box::new(profiles::phone_key.eq(phone)));
    }
    if !email.is_empty() {
        same.push(Box::new(profiles::email_key.eq(email)));
    }
    let mut keys = BTreeSet::new();
    // A query for each, because each has an index of its own. SQLite would not use them for all three together.
    for same in same {
        let found: Vec<i64> = profiles::table
            .filter(profiles::company_id.eq(company.as_str()).and(profiles::session_key.lt(profile.session.get())))
            .filter(same)
            .order(profiles::session_key.desc())
            .limit(limit)
            .select(profiles::session_key)
            .load(conn)
            .into_store_error()?;
        keys.extend(found);
    }
    let newest = keys.into_iter().rev().take(usize::try_from(limit).unwrap_or_default());
    let keys: Vec<i64> = newest.collect();
    let rows: Vec<(String, String, At)> = sessions::table
        .filter(sessions::company_id.eq(company.as_str()).and(sessions::key.eq_any(keys)))
        .order(sessions::key.desc())
        .select((sessions::id, sessions::status, sessions::created_at))
        .load(conn)
        .into_store_error()?;
    rows.into_iter()
        .map(|(id, status, created_at)| {
            Ok(EarlierSession {
                session_id: decode_enum(SessionId::parse(&id).ok(), "session id")?,
                status: decode_enum(SessionStatus::parse(&status), "session status")?,
                created_at: created_at.0,
            })
        })
        .collect()
}

/// Locks the storing of profiles of one company on PostgreSQL until the transaction ends.
///
/// So two new profiles of one person see each other. SQLite has one writer.
fn lock(conn: &mut Db, company: CompanyCode) -> Result<(), StoreError> {
    match conn {
        Db::Sqlite(_) => Ok(()),
        Db::Pg(conn) => {
            let lock = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtext('profiles'), hashtext($1))");
            lock.bind::<Text, _>(company.to_string()).execute(conn).map(drop).into_store_error()
        }
    }
}
