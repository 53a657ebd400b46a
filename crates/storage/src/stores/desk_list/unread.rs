//! Visitors' messages that staff have not read.

use std::collections::HashMap;

use diesel::{
    dsl::{count_star, exists, sql},
    prelude::*,
    sql_types::Bool,
};
use tenancy::{CompanyCode, StoreError};

use crate::{
    conn::Db,
    error::IntoStoreError as _,
    schema::{messages, sessions},
};

/// How many of a session's newest messages are looked at.
const LOOKED_AT: i64 = 100;

/// The condition for a message of the visitor. Both databases read the document the same way.
fn by_visitor() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>("messages.detail ->> 'by' = 'user'")
}

/// Counts the unread messages of each session that has any.
pub(super) fn messages(conn: &mut Db, company: CompanyCode, keys: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
    let counted: Vec<(i64, i64)> = messages::table
        .inner_join(
            sessions::table
                .on(sessions::company_id.eq(messages::company_id).and(sessions::key.eq(messages::session_key))),
        )
        .filter(sessions::company_id.eq(company.as_str()).and(sessions::key.eq_any(keys)))
        // The form of the second condition keeps SQLite from using it for the range instead of the first one.
        .filter(messages::seq.gt(sessions::last_seq - LOOKED_AT))
        .filter((messages::seq - sessions::staff_read_seq).gt(0))
        .filter(by_visitor())
        .group_by(messages::session_key)
        .select((messages::session_key, count_star()))
        .load(conn)
        .into_store_error()?;
    Ok(counted.into_iter().collect())
}

/// Counts the sessions that have an unread message.
pub(super) fn sessions(conn: &mut Db, company: CompanyCode, keys: &[i64]) -> Result<i64, StoreError> {
    let unread = messages::table
        .filter(messages::company_id.eq(sessions::company_id).and(messages::session_key.eq(sessions::key)))
        .filter(messages::seq.gt(sessions::staff_read_seq))
        .filter(by_visitor());
    sessions::table
        .filter(sessions::company_id.eq(company.as_str()).and(sessions::key.eq_any(keys)))
        .filter(exists(unread))
        .select(count_star())
        .first(conn)
        .into_store_error()
}
