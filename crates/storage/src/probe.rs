//! Tests whether writing works.

use diesel::{QueryableByName, RunQueryDsl as _, connection::SimpleConnection as _, sql_query, sql_types::Text};
use tenancy::{Fault, StoreError};

use crate::{conn::Db, error::IntoStoreError as _};

/// The database accepts only reads, as a standby server does.
#[derive(Debug, thiserror::Error)]
#[error("the database accepts only reads")]
struct ReadOnly;

/// The tables that this role may write to, and whether the transaction may write.
#[derive(QueryableByName)]
struct Writable {
    #[diesel(sql_type = Text)]
    tables: String,
    #[diesel(sql_type = Text)]
    is_read_only: String,
}

const WRITABLE: &str = "SELECT coalesce(string_agg(oid::regclass::text, ', ' ORDER BY oid), '') AS tables, \
    current_setting('transaction_read_only') AS is_read_only FROM pg_class \
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND has_table_privilege(oid, 'INSERT')";

/// Takes the lock of a write on every table. On SQLite the transaction holds the only write lock already.
pub(crate) fn lock_tables(conn: &mut Db) -> Result<(), StoreError> {
    let Db::Pg(conn) = conn else { return Ok(()) };
    let writable: Writable = sql_query(WRITABLE).get_result(conn).into_store_error()?;
    if writable.is_read_only == "on" {
        return Err(StoreError::new(Fault::Unavailable, ReadOnly));
    }
    if writable.tables.is_empty() {
        return Ok(());
    }
    conn.batch_execute(&format!("LOCK TABLE {} IN ROW EXCLUSIVE MODE", writable.tables)).into_store_error()
}
