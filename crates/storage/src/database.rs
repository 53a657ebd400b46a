//! The database and its doors.

use std::{
    fmt,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use handoff::Event;
use tenancy::{
    CompanyCode, StoreError,
    access::{Caller, Superadmin},
    audit::Action,
};

use crate::{
    audit::{self, AuditError, Broken, Notes, Recorder, Verified},
    conn::{Db, Purpose},
    job::{self, Sink, Ticket},
    lane::{Bounds, Lane},
    migrations::{self, MigrateError},
    probe,
    queue::{FairnessKey, LOBBY_KEYS},
    scope::Door,
    selftest::{self, Isolation, IsolationError},
    store::{CompanyStore, LobbyStore, PlatformStore},
    stores::{counts::Changes, settings},
    target::Target,
};

/// How to open a database.
#[derive(Clone)]
pub struct Options {
    /// Where the database is. On PostgreSQL, as the runtime role.
    pub target: Target,
    /// On PostgreSQL, the same database as the role that owns the tables. Without it the schema is checked but not
    /// migrated. Not used for SQLite.
    pub owner: Option<Target>,
    /// How many jobs may wait in each queue before more are refused.
    pub queue: usize,
    /// How long a job may wait for its turn and for locks before it is refused.
    pub wait: Duration,
    /// Receives the events of committed jobs.
    pub sink: Arc<dyn Sink>,
    /// Writes the audit log.
    pub recorder: Recorder,
}

impl Options {
    /// The usual time that a job may wait.
    pub const WAIT: Duration = Duration::from_secs(5);

    /// Returns options with the usual limits and a sink that discards events.
    pub fn new(target: Target, recorder: Recorder) -> Self {
        Self { target, owner: None, queue: 10_000, wait: Self::WAIT, sink: Arc::new(Discard), recorder }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("target", &self.target).field("queue", &self.queue).finish_non_exhaustive()
    }
}

struct Discard;

impl Sink for Discard {
    fn publish(&self, _: Vec<Event>) {}
}

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The schema is not at this program's version, or could not be migrated.
    #[error("the database is not ready")]
    Schema(#[from] MigrateError),
    /// On PostgreSQL, the policies do not keep companies apart.
    #[error("companies are not kept apart")]
    Isolation(#[from] IsolationError),
    /// The threads of the lanes could not be started.
    #[error("the database threads could not be started")]
    Threads(#[from] std::io::Error),
}

/// An open database. Clones share it, and it closes when the last one is dropped.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    readers: Lane,
    writers: Lane,
    recorder: Recorder,
    is_damaged: Arc<AtomicBool>,
    /// Hashes claims. Random, so that a caller cannot choose with whom its claim shares a fairness key.
    claims: RandomState,
}

/// Threads that read SQLite. More gain nothing on few cores.
const SQLITE_READERS: u32 = 4;
/// Threads, each with a connection, in each of the two PostgreSQL lanes.
const POSTGRES_POOL: u32 = 8;

impl Database {
    /// Migrates the schema if it may, checks it, on PostgreSQL also tests that companies are kept apart, and
    /// starts the lanes.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let Options { target, owner, queue, wait, sink, recorder } = options;
        let is_damaged = Arc::new(AtomicBool::new(false));
        let bounds = &Bounds { queue: *queue, wait: *wait, is_damaged: Arc::clone(&is_damaged) };
        let (readers, writers) = match target {
            Target::Sqlite(_) => {
                migrations::run(target, target)?;
                (
                    Lane::pooled("sqlite-read", target, Purpose::Read, SQLITE_READERS, bounds, sink)?,
                    Lane::batched("sqlite-write", target, bounds, sink)?,
                )
            }
            Target::Postgres(_) => {
                if let Some(owner) = owner {
                    migrations::run(owner, target)?;
                }
                migrations::check(target)?;
                selftest::run(target)?;
                (
                    Lane::pooled("postgres-read", target, Purpose::Read, POSTGRES_POOL, bounds, sink)?,
                    Lane::pooled("postgres-write", target, Purpose::Write, POSTGRES_POOL, bounds, sink)?,
                )
            }
        };
        let (target, recorder) = (target.clone(), recorder.clone());
        let claims = RandomState::new();
        Ok(Self { inner: Arc::new(Inner { target, readers, writers, recorder, is_damaged, claims }) })
    }

    /// Migrates the schema without starting the lanes. On PostgreSQL `owner` is the role that owns the tables,
    /// if it is another one.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn migrate(target: &Target, owner: Option<&Target>) -> Result<(), MigrateError> {
        migrations::run(owner.unwrap_or(target), target)
    }

    /// Tests everything that keeps companies apart. The database need not be open, and nothing is changed.
    ///
    /// # Errors
    /// [`IsolationError`] if the test cannot be run. Gaps are part of the result.
    pub fn inspect_isolation(target: &Target) -> Result<Isolation, IsolationError> {
        selftest::inspect(target)
    }

    /// Verifies the audit log and reports the first flaw of each broken chain. The database need not be open.
    ///
    /// # Errors
    /// [`AuditError`] if the log cannot be read. A broken chain is not an error.
    pub fn verify_audit(
        target: &Target,
        recorder: &Recorder,
        mut report: impl FnMut(&Broken),
    ) -> Result<Verified, AuditError> {
        audit::verify(target, recorder, &mut report)
    }

    /// Checks that the schema is at this program's version. The database need not be open.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn check_schema(target: &Target) -> Result<(), MigrateError> {
        migrations::check(target)
    }

    /// Checks that the schema is at this program's version.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn check(&self) -> Result<(), MigrateError> {
        migrations::check(&self.inner.target)
    }

    /// Returns whether the database has reported a damaged file since it was opened.
    pub fn is_damaged(&self) -> bool {
        self.inner.is_damaged.load(Ordering::Relaxed)
    }

    /// Tests whether writing works, without writing: takes the locks that writes need, and releases them. It is
    /// refused if that takes longer than `wait`.
    pub fn probe_writing(&self, wait: Duration) -> Ticket<(), StoreError> {
        let begin = self.begin(Door::Platform, Purpose::Write);
        let (job, ticket) = job::work(begin, |conn, _| probe::lock_tables(conn));
        self.inner.writers.submit_until(FairnessKey::Platform, job, Instant::now() + wait);
        ticket
    }

    /// Returns whether the head of the installation's audit chain was sealed with the secret of this recorder. An
    /// empty log matches any secret.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn fits_audit(target: &Target, recorder: &Recorder) -> Result<bool, AuditError> {
        audit::fits(target, recorder)
    }

    /// Returns the codes of the companies, except closed ones, whose answers a model is to compose. The database
    /// need not be open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn companies_with_model(target: &Target) -> Result<Vec<String>, StoreError> {
        settings::companies_with_model(target)
    }

    /// Runs a job that writes for one company, in one transaction.
    pub fn write<C, T, E>(
        &self,
        caller: C,
        job: impl FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        C: Caller,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let company = caller.scope().company();
        let (begin, recorder) = (self.begin(Door::Company(company), Purpose::Write), self.inner.recorder.clone());
        submit(&self.inner.writers, FairnessKey::Company(company), begin, move |conn, events| {
            let (mut counts, mut notes) = (Changes::default(), Notes::default());
            let mut store = CompanyStore::new(conn, caller, events, &mut counts, &mut notes);
            let output = job(&mut store)?;
            store.settle(&recorder)?;
            Ok(output)
        })
    }

    /// Runs a job that reads for one company, in one read-only transaction.
    pub fn read<C, T, E>(
        &self,
        caller: C,
        job: impl FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        C: Caller,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let company = caller.scope().company();
        self.read_for(company, caller, job)
    }

    /// As [`Database::read`], with the fairness key of another company: for rows that all companies read, on
    /// behalf of one of them.
    pub fn read_for<C, T, E>(
        &self,
        asking: CompanyCode,
        caller: C,
        job: impl FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        C: Caller,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Company(caller.scope().company()), Purpose::Read);
        submit(&self.inner.readers, FairnessKey::Company(asking), begin, move |conn, events| {
            job(&mut CompanyStore::new(conn, caller, events, &mut Changes::default(), &mut Notes::default()))
        })
    }

    /// Returns the fairness key for a caller that is not known yet, by what it claims: an account, a company, a
    /// login, an address. The same claim always has the same of 64 keys.
    pub fn fairness_key(&self, claim: &impl Hash) -> FairnessKey {
        let number = self.inner.claims.hash_one(claim) % u64::from(LOBBY_KEYS);
        FairnessKey::Lobby(u8::try_from(number).unwrap_or(0))
    }

    /// Runs a job that reads before a caller is known, with the installation's fairness key. This is for the
    /// operator. To serve callers, use [`Database::lobby_in`].
    pub fn lobby<T, E>(&self, job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.lobby_in(FairnessKey::Platform, job)
    }

    /// As [`Database::lobby`], with the fairness key of the caller that the job is for.
    pub fn lobby_in<T, E>(
        &self,
        key: FairnessKey,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Lobby, Purpose::Read);
        submit(&self.inner.readers, key, begin, move |conn, _| job(&mut LobbyStore::new(conn, &mut Notes::default())))
    }

    /// Runs a job that writes credentials and tokens, with the installation's fairness key. This is for the
    /// operator. To serve callers, use [`Database::lobby_write_in`].
    pub fn lobby_write<T, E>(
        &self,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.lobby_write_in(FairnessKey::Platform, job)
    }

    /// As [`Database::lobby_write`], with the fairness key of the caller that the job is for.
    pub fn lobby_write_in<T, E>(
        &self,
        key: FairnessKey,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Lobby, Purpose::Write);
        let recorder = self.inner.recorder.clone();
        submit(&self.inner.writers, key, begin, move |conn, _| {
            let mut notes = Notes::default();
            let mut store = LobbyStore::new(conn, &mut notes);
            let output = job(&mut store)?;
            store.settle(&recorder)?;
            Ok(output)
        })
    }

    /// Runs a job that writes for the installation. Its purpose is recorded in the installation's audit chain
    /// and in the chain of every company that the job enters.
    pub fn platform<T, E>(
        &self,
        caller: Superadmin,
        purpose: Action,
        job: impl FnOnce(&mut PlatformStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (begin, recorder) = (self.begin(Door::Platform, Purpose::Write), self.inner.recorder.clone());
        submit(&self.inner.writers, FairnessKey::Platform, begin, move |conn, events| {
            let (mut counts, mut notes) = (Changes::default(), Notes::default());
            let mut store = PlatformStore::new(conn, caller, events, &mut counts, &mut notes);
            let output = job(&mut store)?;
            store.settle(&recorder, purpose)?;
            Ok(output)
        })
    }

    /// Runs a job that reads across all companies.
    pub fn platform_read<T, E>(
        &self,
        caller: Superadmin,
        job: impl FnOnce(&mut PlatformStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Platform, Purpose::Read);
        submit(&self.inner.readers, FairnessKey::Platform, begin, move |conn, events| {
            job(&mut PlatformStore::new(conn, caller, events, &mut Changes::default(), &mut Notes::default()))
        })
    }

    /// Returns the statement that begins a transaction. On PostgreSQL it also names the door, for this transaction
    /// only.
    fn begin(&self, door: Door, purpose: Purpose) -> String {
        match (&self.inner.target, purpose) {
            (Target::Sqlite(_), _) => "BEGIN".to_owned(),
            (Target::Postgres(_), purpose) => {
                let begin = match purpose {
                    Purpose::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    // A read after a lock sees what other transactions have committed meanwhile.
                    Purpose::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
                };
                format!("{begin}; {}", door.settings())
            }
        }
    }
}

fn submit<T, E>(
    lane: &Lane,
    key: FairnessKey,
    begin: String,
    run: impl FnOnce(&mut Db, &mut Vec<Event>) -> Result<T, E> + Send + 'static,
) -> Ticket<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (job, ticket) = job::work(begin, run);
    lane.submit(key, job);
    ticket
}
