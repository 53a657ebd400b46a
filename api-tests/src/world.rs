//! A running server with its own database.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use identity::Password;
use llm_client::scripted::Scripted;
use secrecy::SecretSlice;
use server::{
    Extras, Running,
    config::{BlobPlace, Config, Limits, TrustedProxies},
};
use storage::testing::Scratch;
use tempfile::TempDir;
use tenancy::{Clock as _, CompanyCode, CompanyStatus, access};

use crate::{
    Client, Company, RawReply, Superadmin, TestClock, bucket, bulk, raw,
    staff::{PASSWORD, SUPERADMIN},
};

/// The secret with which the servers sign tokens, for tests that forge tokens.
pub const SECRET: &[u8] = b"a secret that only these tests use";
/// The lowest bcrypt cost.
const COST: u32 = 4;

/// One server on one database, for one test. It stops with the test.
pub struct World {
    /// The server's clock.
    pub clock: Arc<TestClock>,
    /// The model behind `answer_mode` `llm`.
    pub model: Arc<Scripted>,
    address: SocketAddr,
    client: Client,
    setup: Setup,
    bucket: Option<BlobPlace>,
    // Dropped in this order: the server before its database and its files.
    _running: Running,
    database: Scratch,
    _files: TempDir,
}

/// Another server on the database of a world. It stops when this is dropped.
pub struct AnotherServer {
    client: Client,
    _running: Running,
    _files: TempDir,
}

impl AnotherServer {
    /// Returns a client without a token.
    pub fn anybody(&self) -> Client {
        self.client.clone()
    }
}

/// The settings of a world's server that differ between tests.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The rate limits; `None` for none.
    pub limits: Option<Limits>,
    /// The proxies whose `X-Forwarded-For` the server trusts.
    pub trusted_proxies: TrustedProxies,
    /// Whether new admins must replace their first password.
    pub require_first_login: bool,
    /// Whether texts are turned into vectors. Most tests do not need them.
    pub encoder: bool,
}

/// Runs a test on SQLite.
///
/// # Panics
/// If the test panics or the server cannot be started.
pub fn on_sqlite(test: impl AsyncFnOnce(&World)) {
    on_sqlite_with(Setup::default(), test);
}

/// As [`on_sqlite`], with this setup of the server.
///
/// # Panics
/// As [`on_sqlite`].
pub fn on_sqlite_with(setup: Setup, test: impl AsyncFnOnce(&World)) {
    run(Scratch::sqlite(), setup, test);
}

/// Runs a test on PostgreSQL, if `SWITCHBOARD_TEST_DATABASE_URL` names a server.
///
/// # Panics
/// If the test panics or the server cannot be started.
pub fn on_postgres(test: impl AsyncFnOnce(&World)) {
    on_postgres_with(Setup::default(), test);
}

/// As [`on_postgres`], with this setup of the server.
///
/// # Panics
/// As [`on_postgres`].
pub fn on_postgres_with(setup: Setup, test: impl AsyncFnOnce(&World)) {
    if let Some(database) = Scratch::postgres() {
        run(database, setup, test);
    }
}

fn run(database: Scratch, setup: Setup, test: impl AsyncFnOnce(&World)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = World::start(database, setup);
    runtime.block_on(test(&world));
}

/// Starts a server on a database, with a folder for its files unless there is a bucket for them. Returns it with its
/// address.
fn serve(
    database: &Scratch,
    folder: &Path,
    setup: &Setup,
    bucket: Option<BlobPlace>,
    clock: Arc<TestClock>,
    model: Arc<Scripted>,
) -> (Running, SocketAddr) {
    let options = &database.options;
    let config = Config {
        listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
        database: options.target.clone(),
        owner_database: options.owner.clone(),
        data_dir: folder.to_owned(),
        blobs: bucket.unwrap_or_else(|| BlobPlace::Folder(folder.join("uploads"))),
        redis: None,
        database_wait: storage::Options::WAIT,
        write_wait: Duration::from_secs(30),
        secret: SecretSlice::from(SECRET.to_vec()),
        public_url: Some("https://chat.example.com".to_owned()),
        allowed_hosts: Vec::new(),
        bcrypt_cost: COST,
        access_life: Duration::from_mins(15),
        refresh_life: Duration::from_hours(7 * 24),
        sign_in_life: Duration::from_hours(90 * 24),
        temporary_password_life: Duration::from_hours(7 * 24),
        require_first_login: setup.require_first_login,
        index_cache: 1 << 20,
        encoder: setup.encoder,
        model_dir: None,
        llm: None,
        limits: setup.limits,
        trusted_proxies: setup.trusted_proxies.clone(),
    };
    let extras = Extras { clock, model: Some(model) };
    let running = server::start(&config, extras).unwrap_or_else(|error| panic!("the server did not start: {error:?}"));
    let address = *running.addresses().first().expect("an address");
    (running, address)
}

/// Creates the superadmin, without a server.
pub(crate) fn ensure_superadmin(options: &storage::Options) {
    let password = Password::new(PASSWORD);
    server::accounts::ensure_superadmin(options, COST, SUPERADMIN, "root@switchboard.example", &password)
        .unwrap_or_else(|error| panic!("no superadmin was created: {error:?}"));
}

impl World {
    fn start(mut database: Scratch, setup: Setup) -> Self {
        let files = tempfile::tempdir().expect("a temporary folder");
        let (clock, model) = (Arc::new(TestClock::default()), Arc::new(Scripted::default()));
        database.options.recorder = storage::Recorder::new(SECRET, clock.clone());
        let options = &database.options;
        storage::Database::migrate(&options.target, options.owner.as_ref())
            .unwrap_or_else(|error| panic!("the database was not migrated: {error:?}"));
        ensure_superadmin(options);
        let bucket = bucket::make();
        let (running, address) = serve(&database, files.path(), &setup, bucket.clone(), clock.clone(), model.clone());
        let client = Client::new(&format!("http://{address}"));
        Self { clock, model, address, client, setup, bucket, _running: running, database, _files: files }
    }

    /// Starts another server on the same database, as a second process. SQLite does not allow that.
    pub fn another_server(&self) -> AnotherServer {
        let files = tempfile::tempdir().expect("a temporary folder");
        let (clock, model) = (self.clock.clone(), self.model.clone());
        let (running, address) = serve(&self.database, files.path(), &self.setup, self.bucket.clone(), clock, model);
        AnotherServer { client: Client::new(&format!("http://{address}")), _running: running, _files: files }
    }

    /// Returns a client without a token.
    pub fn anybody(&self) -> Client {
        self.client.clone()
    }

    /// Signs the superadmin in.
    pub async fn superadmin(&self) -> Superadmin {
        Superadmin::sign_in(&self.client).await
    }

    /// Opens a company with ten seats; its owner is signed in.
    pub async fn company(&self, name: &str) -> Company {
        self.company_with_seats(name, 10).await
    }

    /// Opens a company whose plan has this many seats for agents.
    pub async fn company_with_seats(&self, name: &str, seats: i64) -> Company {
        Company::open(&self.superadmin().await, name, seats).await
    }

    /// Returns the time of the server's clock, in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// Sets a company's status like `switchboard admin company CODE --status STATUS`.
    pub fn set_status(&self, company: &str, status: CompanyStatus) {
        let code = CompanyCode::parse(company).expect("a company code");
        let set = || -> Result<(), Box<dyn std::error::Error>> {
            let db = storage::Database::open(&self.database.options)?;
            let keeper = db.lobby(move |lobby| access::housekeeper(lobby, code)).wait()?;
            db.write(keeper, move |company| tenancy::companies::set_status(company, status)).wait()?;
            Ok(())
        };
        set().unwrap_or_else(|error| panic!("{company} was not set to {status:?}: {error:?}"));
    }

    /// Adds this many sessions to a company with [`bulk::fill`].
    pub fn fill(&self, company: &Company, sessions: u32) {
        bulk::fill(&self.database, &company.id, sessions, self.clock.now());
    }

    /// Runs a statement directly on the database, on PostgreSQL as the owner of the tables.
    pub fn execute(&self, statement: &str) {
        self.database.execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// Runs a query directly on the database. It must have one text column, named `line`.
    pub fn lines(&self, query: &str) -> Vec<String> {
        self.database.lines(query)
    }

    /// Ends the connections on which servers tell each other of changes, and returns how many there were. On SQLite
    /// there are none.
    pub fn end_channels(&self) -> usize {
        self.database.end_channels()
    }

    /// Returns whether the server is on SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.database.options.target, storage::Target::Sqlite(_))
    }

    /// Returns every column of every table, as `table.column`.
    pub fn columns(&self) -> Vec<String> {
        self.lines(if self.is_sqlite() {
            "SELECT m.name || '.' || c.name AS line FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
        } else {
            "SELECT table_name || '.' || column_name AS line FROM information_schema.columns
             WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        })
    }

    /// Returns the flaws that `switchboard check --audit` reports.
    pub fn broken_audit(&self) -> Vec<String> {
        let (options, mut broken) = (&self.database.options, Vec::new());
        let tell = |flaw: &storage::Broken| broken.push(flaw.to_string());
        storage::Database::verify_audit(&options.target, &options.recorder, tell)
            .unwrap_or_else(|error| panic!("the audit log was not verified: {error:?}"));
        broken
    }

    /// Sets a password like `switchboard admin set-password --login LOGIN`.
    pub fn set_password(&self, login: &str, password: &str) {
        server::accounts::set_password(&self.database.options, COST, login, &Password::new(password))
            .unwrap_or_else(|error| panic!("the password of {login} was not set: {error:?}"));
    }

    /// Sends raw bytes. They must ask the server to close the connection.
    pub async fn exchange(&self, bytes: &[u8]) -> RawReply {
        raw::exchange(&self.address.to_string(), bytes).await
    }
}
