//! Databases that live as long as one test.

use std::sync::{Arc, OnceLock};

use diesel::{RunQueryDsl as _, connection::SimpleConnection as _};
use tempfile::TempDir;
use tenancy::{Clock, Timestamp};

use crate::{
    audit::Recorder,
    conn::{Db, Purpose, each_db, open},
    database::{Database, Options},
    target::{Durability, PostgresUrl, SqliteTarget, Target},
};

/// Where tests find a PostgreSQL server, as a role that may create databases and roles.
pub const POSTGRES_VARIABLE: &str = "SWITCHBOARD_TEST_DATABASE_URL";

/// The role that owns the tables of test databases.
const OWNER: &str = "switchboard_test_owner";
/// The role that test servers run as.
const RUNTIME: &str = "switchboard_test_runtime";
/// DualBackend roles' password; they exist on test servers only.
const PASSWORD: &str = "switchboard-test";
/// Any number that only these functions lock with.
const LOCK: i64 = 0x5445_5354;

/// A database of its own, gone when this is dropped.
pub struct Scratch {
    /// How to open it; as many times as the test likes.
    pub options: Options,
    kept: Kept,
}

enum Kept {
    Folder(#[expect(dead_code, reason = "held for its drop")] TempDir),
    Server { admin: PostgresUrl, name: String },
}

impl Scratch {
    /// A SQLite file in a temporary folder, not synced to disk.
    pub fn sqlite() -> Self {
        Self::sqlite_with(Durability::Off)
    }

    /// A SQLite file in a temporary folder.
    #[expect(clippy::expect_used, reason = "a test without a folder cannot go on")]
    pub fn sqlite_with(durability: Durability) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = Target::Sqlite(SqliteTarget { path: folder.path().join("test.db"), durability });
        Self { options: Options::new(target, recorder()), kept: Kept::Folder(folder) }
    }

    /// A migrated PostgreSQL database, cloned from a template that the first test
    /// makes. `None`, with a line saying so, if no server is named.
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    pub fn postgres() -> Option<Self> {
        let Ok(url) = std::env::var(POSTGRES_VARIABLE) else {
            eprintln!("skipped on PostgreSQL: {POSTGRES_VARIABLE} is not set");
            return None;
        };
        let Ok(Target::Postgres(admin)) = Target::parse(&url) else {
            panic!("{POSTGRES_VARIABLE} is no PostgreSQL url")
        };
        let template = template(&admin);
        let name = format!("switchboard_test_{}", uuid::Uuid::new_v4().simple());
        let mut conn = connect(&admin);
        run(&mut conn, &format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}"));
        let here = admin.with_database(&name);
        let mut options = Options::new(Target::Postgres(here.with_role(RUNTIME, PASSWORD)), recorder());
        options.owner = Some(Target::Postgres(here.with_role(OWNER, PASSWORD)));
        Some(Self { options, kept: Kept::Server { admin, name } })
    }

    /// Every database there is on this machine: SQLite, and PostgreSQL if named.
    pub fn each() -> Vec<Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres()).collect()
    }

    /// Runs statements past the doors, on PostgreSQL as the owner through the door of migrations.
    ///
    /// # Errors
    /// What the database said.
    pub fn execute(&self, sql: &str) -> Result<(), String> {
        self.past_the_doors().batch_execute(sql).map_err(|error| error.to_string())
    }

    /// Runs a query of one text column, named `line`, past the doors.
    pub fn lines(&self, sql: &str) -> Vec<String> {
        load(&mut self.past_the_doors(), sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The same as the server's role, in a transaction that came through no door.
    ///
    /// # Errors
    /// What the database said.
    pub fn lines_without_a_door(&self, sql: &str) -> Result<Vec<String>, String> {
        self.lines_as_the_server("", sql)
    }

    /// The same as the server's role, after other statements; in one transaction, which is undone.
    ///
    /// # Errors
    /// What the database said.
    #[expect(clippy::expect_used, reason = "a test without a database cannot go on")]
    pub fn lines_as_the_server(&self, before: &str, sql: &str) -> Result<Vec<String>, String> {
        let mut conn = open(&self.options.target, Purpose::Write).expect("the database opens");
        let done = conn.batch_execute(&format!("BEGIN; {before}")).and_then(|()| load(&mut conn, sql));
        done.map_err(|error| error.to_string())
    }

    /// This database as the role that made it, which no policy binds; SQLite has none.
    pub fn superuser(&self) -> Option<Target> {
        match &self.kept {
            Kept::Folder(_) => None,
            Kept::Server { admin, name } => Some(Target::Postgres(admin.with_database(name))),
        }
    }

    #[expect(clippy::expect_used, reason = "a test without a database cannot go on")]
    fn past_the_doors(&self) -> Db {
        let owner = self.options.owner.as_ref().unwrap_or(&self.options.target);
        let mut conn = open(owner, Purpose::Write).expect("the database opens");
        if let Db::Pg(conn) = &mut conn {
            crate::scope::migrating(conn).expect("the owner's door opens");
        }
        conn
    }

    /// The URLs of the runtime role and of the owner, for another process.
    pub fn urls(&self) -> (String, Option<String>) {
        let text = |target: &Target| match target {
            Target::Sqlite(sqlite) => format!("sqlite:{}", sqlite.path.display()),
            Target::Postgres(url) => url.as_str().to_owned(),
        };
        (text(&self.options.target), self.options.owner.as_ref().map(text))
    }

    /// Ends every connection and lets nobody in, as a server that is gone would. On
    /// SQLite nothing happens: a file cannot be gone like that.
    pub fn lock_out(&self) {
        if let Kept::Server { admin, name } = &self.kept {
            let mut conn = connect(admin);
            run(&mut conn, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
            run(
                &mut conn,
                &format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"),
            );
        }
    }

    /// Lets everybody in again.
    pub fn let_in(&self) {
        if let Kept::Server { admin, name } = &self.kept {
            run(&mut connect(admin), &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
        }
    }

    /// Opens it.
    #[expect(clippy::expect_used, reason = "a test without a database cannot go on")]
    pub fn open(&self) -> Database {
        Database::open(&self.options).expect("the database opens")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Kept::Server { admin, name } = &self.kept {
            run(&mut connect(admin), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The secret of every scratch database's audit log.
pub const SECRET: &[u8] = b"a secret of tests, of 32 bytes or so";

/// A clock that stands still.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000)
    }
}

fn recorder() -> Recorder {
    Recorder::new(SECRET, Arc::new(Stopped))
}

/// The name of the migrated template, made once for each version of the schema.
/// Processes that need it at once take turns.
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
            // Under another name until it is whole, so that nobody clones half of it.
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
struct FairnessKey {
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
    let rows = each_db!(conn, conn => query.load::<FairnessKey>(conn))?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}

fn exists(conn: &mut Db, name: &str) -> bool {
    let query = format!("SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') AS found");
    match conn {
        Db::Pg(conn) => diesel::sql_query(query).get_result::<Found>(conn).is_ok_and(|row| row.found),
        Db::Sqlite(_) => false,
    }
}

#[expect(clippy::expect_used, reason = "a test that names a server needs it")]
fn connect(url: &PostgresUrl) -> Db {
    open(&Target::Postgres(url.clone()), Purpose::Write).expect("the named PostgreSQL server answers")
}

fn run(conn: &mut Db, sql: &str) {
    conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}
