//! Bringing a database up to this version of the program.

use diesel::{Connection as _, RunQueryDsl, migration::MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::{
    conn::{Db, Purpose, open},
    scope,
    target::Target,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Any number that only this program locks with.
const LOCK: i64 = 0x5357_4954_4348;

/// Why the schema is not as this program needs it.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error("the database cannot be reached")]
    Unreachable(#[source] diesel::ConnectionError),
    /// A migration, or the statements around it, failed.
    #[error("migrating the database failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database is older than the program, and this role may not change it.
    #[error(
        "the database is older than this program (migrations missing: {0}); `switchboard migrate` brings it up to date"
    )]
    Pending(usize),
    /// The database was migrated by a newer program.
    #[error("the database is newer than this program")]
    Newer,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Applies what is missing. On PostgreSQL `owner` is the role that owns the
/// tables, and `runtime` the one that gets to use them.
///
/// # Errors
/// [`MigrateError`]; nothing of a failed migration stays.
pub(crate) fn run(owner: &Target, runtime: &Target) -> Result<(), MigrateError> {
    let mut conn = open(owner, Purpose::Write).map_err(MigrateError::Unreachable)?;
    match &mut conn {
        Db::Sqlite(conn) => {
            conn.run_pending_migrations(SQLITE).map_err(MigrateError::Failed)?;
        }
        Db::Pg(conn) => {
            let locked = |conn: &mut diesel::PgConnection| -> Result<(), Failure> {
                // Held until the connection closes, so that two starting servers take turns.
                diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(conn)?;
                scope::migrating(conn)?;
                conn.run_pending_migrations(POSTGRES)?;
                diesel::sql_query(ADOPT).execute(conn)?;
                if let (Target::Postgres(owner), Target::Postgres(runtime)) = (owner, runtime)
                    && owner.role() != runtime.role()
                {
                    grant(conn, runtime.role())?;
                }
                Ok(())
            };
            locked(conn).map_err(MigrateError::Failed)?;
        }
    }
    check(owner)
}

/// The owner's own policies name it, and a database may have been restored by another owner.
const ADOPT: &str = "DO $$ DECLARE guarded RECORD; BEGIN
    FOR guarded IN SELECT tablename FROM pg_policies
        WHERE schemaname = 'public' AND policyname = 'may_migrate' AND roles <> ARRAY[current_user] LOOP
        EXECUTE format('ALTER POLICY may_migrate ON %I TO CURRENT_USER', guarded.tablename);
    END LOOP;
END $$";

/// Lets the runtime role work with the tables, and with nothing else, whatever it had before. In one
/// transaction, so that a running server never goes without.
fn grant(conn: &mut diesel::PgConnection, role: &str) -> Result<(), Failure> {
    let role = role.replace('"', "\"\"");
    conn.transaction(|conn| {
        for statement in [
            format!("GRANT USAGE ON SCHEMA public TO \"{role}\""),
            format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM \"{role}\""),
            format!("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM \"{role}\""),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \"{role}\""),
            format!("REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM \"{role}\""),
            // The audit log is appended to and nothing else.
            format!("REVOKE UPDATE, DELETE ON audit_entries FROM \"{role}\""),
            format!("REVOKE DELETE ON audit_heads FROM \"{role}\""),
        ] {
            diesel::sql_query(statement).execute(conn)?;
        }
        Ok(())
    })
}

/// Looks whether the database is at this program's version.
///
/// # Errors
/// [`MigrateError::Pending`], [`MigrateError::Newer`], or no connection.
pub(crate) fn check(target: &Target) -> Result<(), MigrateError> {
    let mut conn = open(target, Purpose::Read).map_err(MigrateError::Unreachable)?;
    let (known, applied) = match &mut conn {
        Db::Sqlite(conn) => (names::<diesel::sqlite::Sqlite>(&SQLITE)?, applied(conn.applied_migrations())),
        Db::Pg(conn) => (names::<diesel::pg::Pg>(&POSTGRES)?, recorded(conn)),
    };
    let missing = known.iter().filter(|version| !applied.contains(version)).count();
    if missing > 0 {
        return Err(MigrateError::Pending(missing));
    }
    if applied.iter().any(|version| !known.contains(version)) { Err(MigrateError::Newer) } else { Ok(()) }
}

fn names<DB: diesel::backend::Backend>(source: &dyn MigrationSource<DB>) -> Result<Vec<String>, MigrateError> {
    let migrations = source.migrations().map_err(MigrateError::Failed)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// A database without the table of versions has none applied.
fn applied(versions: diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'static>>>) -> Vec<String> {
    versions.map_or_else(|_| Vec::new(), |versions| versions.iter().map(ToString::to_string).collect())
}

#[derive(diesel::QueryableByName)]
struct Recorded {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// Read without Diesel's own way, which begins with a CREATE TABLE that the runtime role may not.
fn recorded(conn: &mut diesel::PgConnection) -> Vec<String> {
    let rows = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load::<Recorded>(conn);
    rows.unwrap_or_default().into_iter().map(|row| row.version).collect()
}

/// A number that changes when the PostgreSQL schema does.
#[cfg(feature = "testing")]
pub(crate) fn fingerprint() -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    let mut hasher = DefaultHasher::new();
    names::<diesel::pg::Pg>(&POSTGRES).unwrap_or_default().hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-23-000000_initial/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-23-100000_tickets/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-23-200000_sign_in_addresses/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-23-300000_counts/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-23-500000_row_security/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-23-600000_audit/up.sql").hash(&mut hasher);
    hasher.finish()
}
