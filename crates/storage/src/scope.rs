//! The settings that a transaction makes for the policies of PostgreSQL: its door, its company, and whether login
//! names are enabled. SQLite has no policies and needs no settings.

use diesel::connection::SimpleConnection as _;
use tenancy::{CompanyCode, StoreError};

use crate::{conn::Db, error::IntoStoreError as _};

/// The door that a transaction came through.
#[derive(Clone, Copy)]
pub(crate) enum Door {
    /// The door of one company, for reads and writes.
    Company(CompanyCode),
    /// The lobby, where the caller is not known yet.
    Lobby,
    /// The platform, for the installation and all companies.
    Platform,
}

impl Door {
    /// Returns the settings to send with the `BEGIN` of a transaction. They end with it. A company code
    /// consists of capitals and digits, so it needs no quoting.
    pub(crate) fn settings(self) -> String {
        match self {
            Self::Company(code) => format!("SET LOCAL app.door = 'company'; SET LOCAL app.company = '{code}'"),
            Self::Lobby => "SET LOCAL app.door = 'lobby'".to_owned(),
            Self::Platform => "SET LOCAL app.door = 'platform'".to_owned(),
        }
    }
}

/// Sets the company for the statements that follow.
pub(crate) fn enter(conn: &mut Db, company: CompanyCode) -> Result<(), StoreError> {
    set(conn, &format!("SET LOCAL app.company = '{company}'"))
}

/// Runs statements with login names enabled. Login names are unique across all companies, so some statements
/// concern accounts that belong to no row of the company: checking whether a login name is taken, inserting an
/// account before its owner's row, and deleting it after that row. Meanwhile all accounts are visible, so the
/// statements must read nothing but ids.
pub(crate) fn with_logins<T, E: From<StoreError>>(
    conn: &mut Db,
    run: impl FnOnce(&mut Db) -> Result<T, E>,
) -> Result<T, E> {
    set(conn, "SET LOCAL app.logins = 'on'")?;
    let result = run(conn);
    let disabled = set(conn, "SET LOCAL app.logins = 'off'");
    // After a database error every further statement of the transaction fails, so the first error is reported.
    let output = result?;
    disabled?;
    Ok(output)
}

/// Lets the owner of the tables write rows on this connection, which FORCE forbids it otherwise. It has no
/// effect for other roles.
pub(crate) fn migrating(conn: &mut diesel::PgConnection) -> diesel::QueryResult<()> {
    conn.batch_execute("SET app.door = 'migration'")
}

fn set(conn: &mut Db, setting: &str) -> Result<(), StoreError> {
    if conn.is_postgres() { conn.batch_execute(setting).into_store_error() } else { Ok(()) }
}
