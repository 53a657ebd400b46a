//! Migrates a database to this version of the program.

use diesel::{Connection as _, RunQueryDsl, connection::SimpleConnection as _, migration::MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::{
    conn::{Db, Purpose, open},
    scope,
    stores::fill_keys,
    target::Target,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The number of the advisory lock around migrations; any number that nothing else uses.
const LOCK: i64 = 0x5357_4954_4348;

/// The schema is not at this program's version, or could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The connection failed.
    #[error("the database cannot be reached")]
    Unreachable(#[source] diesel::ConnectionError),
    /// A migration or a statement around it failed.
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

/// Applies the missing migrations. On PostgreSQL `owner` is the role that owns the tables, and `runtime` the
/// role that is granted their use.
///
/// # Errors
/// [`MigrateError`]. A failed migration leaves nothing behind.
pub(crate) fn run(owner: &Target, runtime: &Target) -> Result<(), MigrateError> {
    let mut conn = open(owner, Purpose::Write).map_err(MigrateError::Unreachable)?;
    match &mut conn {
        Db::Sqlite(conn) => {
            conn.run_pending_migrations(SQLITE).map_err(MigrateError::Failed)?;
        }
        Db::Pg(conn) => {
            let locked = |conn: &mut diesel::PgConnection| -> Result<(), Failure> {
                // Held until the connection closes, so that two starting servers migrate one after the other.
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
    fill_keys(&mut conn).map_err(|error| MigrateError::Failed(Box::new(error)))?;
    check(owner)
}

/// Updates the policies for migrations. They name the owner, and another owner may have restored the database.
const ADOPT: &str = "DO $$ DECLARE guarded RECORD; BEGIN
    FOR guarded IN SELECT tablename FROM pg_policies
        WHERE schemaname = 'public' AND policyname = 'may_migrate' AND roles <> ARRAY[current_user] LOOP
        EXECUTE format('ALTER POLICY may_migrate ON %I TO CURRENT_USER', guarded.tablename);
    END LOOP;
END $$";

/// Grants the runtime role the use of the tables, and revokes all its other rights. It does so in one
/// transaction, so that a running server is never without its rights.
fn grant(conn: &mut diesel::PgConnection, role: &str) -> Result<(), Failure> {
    let role = role.replace('"', "\"\"");
    conn.transaction(|conn| {
        for statement in [
            format!("GRANT USAGE ON SCHEMA public TO \"{role}\""),
            format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM \"{role}\""),
            format!("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM \"{role}\""),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \"{role}\""),
            format!("REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM \"{role}\""),
            // The server only appends to the audit log.
            format!("REVOKE UPDATE, DELETE ON audit_entries FROM \"{role}\""),
            format!("REVOKE DELETE ON audit_heads FROM \"{role}\""),
        ] {
            diesel::sql_query(statement).execute(conn)?;
        }
        Ok(())
    })
}

/// Checks that the database is at this program's version.
///
/// # Errors
/// [`MigrateError::Pending`], [`MigrateError::Newer`] or [`MigrateError::Unreachable`].
pub(crate) fn check(target: &Target) -> Result<(), MigrateError> {
    let mut conn = open(target, Purpose::Read).map_err(MigrateError::Unreachable)?;
    let (known, applied) = match &mut conn {
        Db::Sqlite(conn) => (names::<diesel::sqlite::Sqlite>(&SQLITE)?, applied(conn.applied_migrations())),
        Db::Pg(conn) => {
            // Readiness depends on this, and must not wait for a migration that runs meanwhile.
            conn.batch_execute("SET lock_timeout = 1000; SET statement_timeout = 5000")
                .map_err(|error| MigrateError::Failed(error.into()))?;
            (names::<diesel::pg::Pg>(&POSTGRES)?, recorded(conn))
        }
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

/// Returns the applied versions. A database without the table of versions has none.
fn applied(versions: diesel::migration::Result<Vec<diesel::migration::MigrationVersion<'static>>>) -> Vec<String> {
    versions.map_or_else(|_| Vec::new(), |versions| versions.iter().map(ToString::to_string).collect())
}

#[derive(diesel::QueryableByName)]
struct Recorded {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// Reads the applied versions without Diesel's function, which first runs a CREATE TABLE that the runtime role
/// has no right to.
fn recorded(conn: &mut diesel::PgConnection) -> Vec<String> {
    let rows = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").load::<Recorded>(conn);
    rows.unwrap_or_default().into_iter().map(|row| row.version).collect()
}

/// Returns a number that changes with the PostgreSQL schema.
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
    include_str!("../../../migrations/postgres/2026-11-28-170000_search/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-28-180000_persons/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-100000_dialogue/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-110000_passwords/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-120000_visitor_side/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-130000_desk_lists/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-300000_jobs/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-400000_entries/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-405000_notes/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-410000_saved_replies/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-420000_misses/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-29-430000_assignment/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-30-440000_golden/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-30-450000_note_keys/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-30-460000_opening_packets/up.sql").hash(&mut hasher);
    include_str!("../../../migrations/postgres/2026-11-30-470000_presence/up.sql").hash(&mut hasher);
    hasher.finish()
}
