//! What a transaction tells the policies of PostgreSQL: through which door it came, for which
//! company, and whether it is about login names. SQLite has no policies and is told nothing.

use diesel::connection::SimpleConnection as _;
use tenancy::{CompanyCode, StoreError};

use crate::{conn::Db, error::IntoStoreError as _};

/// Which door a transaction went through.
#[derive(Clone, Copy)]
pub(crate) enum Door {
    /// That of one company.
    Company(CompanyCode),
    /// Nobody is known yet.
    Lobby,
    /// The installation's.
    Platform,
}

impl Door {
    /// The settings of a transaction, to be sent with its `BEGIN`. They end with it. A company code
    /// is capitals and digits, so it needs no quoting.
    pub(crate) fn settings(self) -> String {
        match self {
            Self::Company(code) => format!("SET LOCAL app.door = 'company'; SET LOCAL app.company = '{code}'"),
            Self::Lobby => "SET LOCAL app.door = 'lobby'".to_owned(),
            Self::Platform => "SET LOCAL app.door = 'platform'".to_owned(),
        }
    }
}

/// Names the company that the statements which follow are for.
pub(crate) fn enter(conn: &mut Db, company: CompanyCode) -> Result<(), StoreError> {
    set(conn, &format!("SET LOCAL app.company = '{company}'"))
}

/// Runs statements about login names, which are unique over all companies: whether one is taken
/// anywhere, making an account that is nobody's yet and giving it to somebody, deleting one that is
/// nobody's any more. Every account can be seen meanwhile, so the statements read no more than ids.
pub(crate) fn with_logins<T, E: From<StoreError>>(
    conn: &mut Db,
    run: impl FnOnce(&mut Db) -> Result<T, E>,
) -> Result<T, E> {
    set(conn, "SET LOCAL app.logins = 'on'")?;
    let done = run(conn);
    let closed = set(conn, "SET LOCAL app.logins = 'off'");
    // After an error of the database nothing works any more, so that error goes first.
    let done = done?;
    closed?;
    Ok(done)
}

/// Lets the owner of the tables write rows from here on, which FORCE forbids it otherwise. For any
/// other role this changes nothing.
pub(crate) fn migrating(conn: &mut diesel::PgConnection) -> diesel::QueryResult<()> {
    conn.batch_execute("SET app.door = 'migration'")
}

fn set(conn: &mut Db, setting: &str) -> Result<(), StoreError> {
    if conn.is_postgres() { conn.batch_execute(setting).into_store_error() } else { Ok(()) }
}
