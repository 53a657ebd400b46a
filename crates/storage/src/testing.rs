//! Databases for the duration of one test.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use diesel::{RunQueryDsl as _, connection::SimpleConnection as _};
use tempfile::TempDir;
use tenancy::{Clock, Timestamp};

use crate::{
    audit::Recorder,
    channel::APPLICATION,
    conn::{Db, Purpose, each_db, open},
    database::{Database, Options},
    target::{Durability, PostgresUrl, SqliteTarget, Target},
};

/// The environment variable with the URL of a PostgreSQL server for tests, as a role that may create databases and
/// roles.
pub const POSTGRES_VARIABLE: &str = "SWITCHBOARD_TEST_DATABASE_URL";

/// The role that owns the tables of test databases.
const OWNER: &str = "switchboard_test_owner";
/// The runtime role of test servers.
const RUNTIME: &str = "switchboard_test_runtime";
/// The password of both roles, which exist on test servers only.
pub const PASSWORD: &str = "switchboard-test";
/// The number of the advisory lock around the template; any number that nothing else uses.
const LOCK: i64 = 0x5445_5354;

/// A database for one test, deleted when this is dropped.
pub struct Scratch {
    /// How to open it, as often as the test needs.
    pub options: Options,
    storage: Storage,
}

/// What has to be deleted.
enum Storage {
    Folder(#[expect(dead_code, reason = "held for its drop")] TempDir),
    Server { admin: PostgresUrl, name: String },
}

impl Scratch {
    /// Creates a SQLite file in a temporary folder, without syncing to the disk.
    pub fn sqlite() -> Self {
        Self::sqlite_with(Durability::Off)
    }

    /// Creates a SQLite file in a temporary folder.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its folder")]
    pub fn sqlite_with(durability: Durability) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = Target::Sqlite(SqliteTarget { path: folder.path().join("test.db"), durability });
        Self { options: options(target), storage: Storage::Folder(folder) }
    }

    /// Creates a migrated PostgreSQL database, cloned from a template that the first test creates. Without a
    /// server it returns `None` and prints that the test was skipped.
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    pub fn postgres() -> Option<Self> {
        let Ok(url) = std::env::var(POSTGRES_VARIABLE) else {
            eprintln!("skipped on PostgreSQL: {POSTGRES_VARIABLE} is not set");
            return None;
        };
        let Ok(Target::Postgres(admin)) = Target::parse(&url) else {
            panic!("{POSTGRES_VARIABLE} is not a PostgreSQL URL")
        };
        let template = template(&admin);
        let name = format!("switchboard_test_{}", uuid::Uuid::new_v4().simple());
        let mut conn = connect(&admin);
        run(&mut conn, &format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}"));
        let here = admin.with_database(&name);
        let mut options = options(Target::Postgres(here.with_role(RUNTIME, PASSWORD)));
        options.owner = Some(Target::Postgres(here.with_role(OWNER, PASSWORD)));
        Some(Self { options, storage: Storage::Server { admin, name } })
    }

    /// Creates one database of each kind: SQLite, and PostgreSQL if there is a server.
    pub fn each() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }

    /// Runs statements without going through a door; on PostgreSQL as the owner, with the setting for migrations.
    ///
    /// # Errors
    /// The message of the database.
    pub fn execute(&self, sql: &str) -> Result<(), String> {
        self.past_the_doors().batch_execute(sql).map_err(|error| error.to_string())
    }

    /// Runs a query with one text column, named `line`, in the same way.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        load(&mut self.past_the_doors(), sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs such a query as the server's role, in a transaction that names no door.
    ///
    /// # Errors
    /// The message of the database.
    pub fn lines_without_a_door(&self, sql: &str) -> Result<Vec<String>, String> {
        self.lines_as_the_server("", sql)
    }

    /// Runs such a query as the server's role, after other statements in the same transaction, which is rolled
    /// back.
    ///
    /// # Errors
    /// The message of the database.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    pub fn lines_as_the_server(&self, before: &str, sql: &str) -> Result<Vec<String>, String> {
        let mut conn = open(&self.options.target, Purpose::Write).expect("the database opens");
        let lines = conn.batch_execute(&format!("BEGIN; {before}")).and_then(|()| load(&mut conn, sql));
        lines.map_err(|error| error.to_string())
    }

    /// Returns this database as the role that created it, which no policy restricts. `None` for SQLite.
    pub fn superuser(&self) -> Option<Target> {
        match &self.storage {
            Storage::Folder(_) => None,
            Storage::Server { admin, name } => Some(Target::Postgres(admin.with_database(name))),
        }
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    fn past_the_doors(&self) -> Db {
        let owner = self.options.owner.as_ref().unwrap_or(&self.options.target);
        let mut conn = open(owner, Purpose::Write).expect("the database opens");
        if let Db::Pg(conn) = &mut conn {
            crate::scope::migrating(conn).expect("the owner's door opens");
        }
        conn
    }

    /// Returns the URLs of the runtime role and of the owner, for another process.
    pub fn urls(&self) -> (String, Option<String>) {
        let text = |target: &Target| match target {
            Target::Sqlite(sqlite) => format!("sqlite:{}", sqlite.path.display()),
            Target::Postgres(url) => url.as_str().to_owned(),
        };
        (text(&self.options.target), self.options.owner.as_ref().map(text))
    }

    /// Runs statements as the role that created the database.
    ///
    /// # Errors
    /// The message of the database.
    pub fn execute_as_superuser(&self, sql: &str) -> Result<(), String> {
        let Storage::Server { admin, name } = &self.storage else { return Ok(()) };
        connect(&admin.with_database(name)).batch_execute(sql).map_err(|error| error.to_string())
    }

    /// Returns this database as another role, with the password of the roles of test servers. `None` for SQLite.
    pub fn as_role(&self, role: &str) -> Option<Target> {
        match &self.storage {
            Storage::Folder(_) => None,
            Storage::Server { admin, name } => {
                Some(Target::Postgres(admin.with_database(name).with_role(role, PASSWORD)))
            }
        }
    }

    /// Ends every connection and refuses new ones, as if the server were down. On SQLite it does nothing,
    /// because a file has no such failure.
    pub fn lock_out(&self) {
        if let Storage::Server { admin, name } = &self.storage {
            let mut conn = connect(admin);
            run(&mut conn, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
            run(
                &mut conn,
                &format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"),
            );
        }
    }

    /// Ends the connections on which processes tell each other of changes, and returns how many there were. A file has
    /// none.
    pub fn end_channels(&self) -> usize {
        let Storage::Server { admin, name } = &self.storage else { return 0 };
        let ended = load(
            &mut connect(admin),
            &format!(
                "SELECT CAST(pg_terminate_backend(pid, 5000) AS TEXT) AS line FROM pg_stat_activity \
                 WHERE datname = '{name}' AND application_name = '{APPLICATION}'"
            ),
        );
        ended.unwrap_or_else(|error| panic!("connections were not ended: {error}")).len()
    }

    /// Holds a lock that no write gets past, until the returned value is dropped.
    ///
    /// # Panics
    /// If the lock cannot be taken.
    pub fn hold_writes(&self) -> HeldLock {
        let mut conn = self.past_the_doors();
        let lock = match &conn {
            Db::Sqlite(_) => "BEGIN IMMEDIATE",
            Db::Pg(_) => "BEGIN; LOCK TABLE sessions, messages IN SHARE MODE",
        };
        run(&mut conn, lock);
        HeldLock(conn)
    }

    /// Allows connections again.
    pub fn let_in(&self) {
        if let Storage::Server { admin, name } = &self.storage {
            run(&mut connect(admin), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
        }
    }

    /// Opens the database.
    #[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
    pub fn open(&self) -> Database {
        Database::open(&self.options).expect("the database opens")
    }
}

/// A lock in the database, released on drop.
pub struct HeldLock(#[expect(dead_code, reason = "held for its drop")] Db);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Storage::Server { admin, name } = &self.storage {
            run(&mut connect(admin), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The secret that the audit log of every scratch database is sealed with.
pub const SECRET: &[u8] = b"a secret of tests, of 32 bytes or so";

/// A clock that always returns the same moment.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000)
    }
}

/// Returns options that let jobs wait longer than a server does, because tests queue more of them than a busy machine
/// runs in a few seconds.
fn options(target: Target) -> Options {
    Options { wait: Duration::from_mins(1), ..Options::new(target, recorder()) }
}

fn recorder() -> Recorder {
    Recorder::new(SECRET, Arc::new(Stopped))
}

/// Returns the name of the migrated template, which is created once per version of the schema. A lock makes
/// sure that only one process creates it.
fn template(admin: &PostgresUrl) -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("switchboard_template_{:08x}", crate::migrations::fingerprint());
        let mut conn = connect(admin);
        run(&mut conn, &format!("SELECT pg_advisory_lock({LOCK})"));
        for role in [OWNER, RUNTIME] {
            run(
                &mut conn,
                &format!(
                    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN \
                     CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' NOSUPERUSER NOBYPASSRLS; END IF; END $$"
                ),
            );
        }
        if !exists(&mut conn, &name) {
            // It has another name until it is complete, so that no test clones half of it.
            let unfinished = format!("{name}_unfinished");
            run(&mut conn, &format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"));
            run(&mut conn, &format!("CREATE DATABASE {unfinished} OWNER {OWNER}"));
            run(&mut connect(&admin.with_database(&unfinished)), &format!("ALTER SCHEMA public OWNER TO {OWNER}"));
            let here = admin.with_database(&unfinished);
            let runtime = Target::Postgres(here.with_role(RUNTIME, PASSWORD));
            let owner = Target::Postgres(here.with_role(OWNER, PASSWORD));
            Database::migrate(&runtime, Some(&owner))
                .unwrap_or_else(|error| panic!("the template migrates: {error:?}"));
            run(&mut conn, &format!("ALTER DATABASE {unfinished} RENAME TO {name}"));
        }
        run(&mut conn, &format!("SELECT pg_advisory_unlock({LOCK})"));
        name
    })
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    found: bool,
}

fn load(conn: &mut Db, sql: &str) -> diesel::QueryResult<Vec<String>> {
    let query = diesel::sql_query(sql);
    let rows = each_db!(conn, conn => query.load::<TextRow>(conn))?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}

fn exists(conn: &mut Db, name: &str) -> bool {
    let query = format!("SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') AS found");
    match conn {
        Db::Pg(conn) => diesel::sql_query(query).get_result::<Found>(conn).is_ok_and(|row| row.found),
        Db::Sqlite(_) => false,
    }
}

#[expect(clippy::expect_used, reason = "a test cannot go on without the server that it was given")]
fn connect(url: &PostgresUrl) -> Db {
    open(&Target::Postgres(url.clone()), Purpose::Write).expect("the named PostgreSQL server answers")
}

fn run(conn: &mut Db, sql: &str) {
    conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}
