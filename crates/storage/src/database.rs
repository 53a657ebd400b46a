//! The database and its doors.

use std::{
    fmt,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::Arc,
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
    lane::Lane,
    migrations::{self, MigrateError},
    queue::{FairnessKey, LOBBIES},
    scope::Door,
    selftest::{self, Isolation, IsolationError},
    store::{CompanyStore, LobbyStore, PlatformStore},
    stores::counts::Changes,
    target::Target,
};

/// How to open a database.
#[derive(Clone)]
pub struct Options {
    /// Where it is; on PostgreSQL, as the runtime role.
    pub target: Target,
    /// On PostgreSQL, the same database as the role that owns the tables. Without
    /// it nothing is migrated, only checked. SQLite needs none.
    pub owner: Option<Target>,
    /// How many jobs may wait in each queue before more are refused.
    pub queue: usize,
    /// Who hears of what was committed.
    pub sink: Arc<dyn Sink>,
    /// Writes the audit log.
    pub recorder: Recorder,
}

impl Options {
    /// The usual sizes, and nobody listening.
    pub fn new(target: Target, recorder: Recorder) -> Self {
        Self { target, owner: None, queue: 10_000, sink: Arc::new(Nobody), recorder }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("target", &self.target).field("queue", &self.queue).finish_non_exhaustive()
    }
}

struct Nobody;

impl Sink for Nobody {
    fn publish(&self, _: Vec<Event>) {}
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The schema is not as it must be.
    #[error("the database is not ready")]
    Schema(#[from] MigrateError),
    /// On PostgreSQL, companies might reach each other past the stores.
    #[error("companies are not kept apart")]
    Isolation(#[from] IsolationError),
    /// No threads for the lanes.
    #[error("the database threads could not be started")]
    Threads(#[from] std::io::Error),
}

/// An open database. Clones share it; it closes with the last one.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    readers: Lane,
    writers: Lane,
    recorder: Recorder,
    /// Random, so that nobody can choose whose line a claim shares.
    claims: RandomState,
}

/// SQLite readers; more gain nothing on few cores.
const SQLITE_READERS: u32 = 4;
/// PostgreSQL connections in each of the two lanes.
const POSTGRES_POOL: u32 = 8;

impl Database {
    /// Migrates as far as it may, checks the schema, on PostgreSQL also that it keeps companies
    /// apart, and starts the lanes.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let Options { target, owner, queue, sink, recorder } = options;
        let (readers, writers) = match target {
            Target::Sqlite(_) => {
                migrations::run(target, target)?;
                (
                    Lane::pooled("sqlite-read", target, Purpose::Read, SQLITE_READERS, *queue, sink)?,
                    Lane::batched("sqlite-write", target, *queue, sink)?,
                )
            }
            Target::Postgres(_) => {
                if let Some(owner) = owner {
                    migrations::run(owner, target)?;
                }
                migrations::check(target)?;
                selftest::run(target)?;
                (
                    Lane::pooled("postgres-read", target, Purpose::Read, POSTGRES_POOL, *queue, sink)?,
                    Lane::pooled("postgres-write", target, Purpose::Write, POSTGRES_POOL, *queue, sink)?,
                )
            }
        };
        let (target, recorder) = (target.clone(), recorder.clone());
        Ok(Self { inner: Arc::new(Inner { target, readers, writers, recorder, claims: RandomState::new() }) })
    }

    /// Brings the schema up to date without opening the lanes; on PostgreSQL as the owner of the
    /// tables, if that is another role.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn migrate(target: &Target, owner: Option<&Target>) -> Result<(), MigrateError> {
        migrations::run(owner.unwrap_or(target), target)
    }

    /// Looks at every wall between companies of a database that need not be open, and leaves nothing.
    ///
    /// # Errors
    /// [`IsolationError`] when that cannot be done; gaps are part of the answer.
    pub fn inspect_isolation(target: &Target) -> Result<Isolation, IsolationError> {
        selftest::inspect(target)
    }

    /// Verifies the audit log of a database that need not be open, and tells of the first flaw of
    /// each chain that is not whole.
    ///
    /// # Errors
    /// [`AuditError`]; a broken chain is none.
    pub fn verify_audit(
        target: &Target,
        recorder: &Recorder,
        mut tell: impl FnMut(&Broken),
    ) -> Result<Verified, AuditError> {
        audit::verify(target, recorder, &mut tell)
    }

    /// Looks whether a database that need not be open is at this program's version.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn check_schema(target: &Target) -> Result<(), MigrateError> {
        migrations::check(target)
    }

    /// Looks whether the schema is at this program's version.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn check(&self) -> Result<(), MigrateError> {
        migrations::check(&self.inner.target)
    }

    /// Whether the audit log was written with the secret of this recorder, as far as the end of the
    /// installation's chain tells.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn fits_audit(target: &Target, recorder: &Recorder) -> Result<bool, AuditError> {
        audit::fits(target, recorder)
    }

    /// One write of one company, in one transaction.
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
            let done = job(&mut store)?;
            store.settle(&recorder)?;
            Ok(done)
        })
    }

    /// One read of one company, in one read-only transaction.
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

    /// As [`Database::read`], in another company's turn: for what all read and one asks for.
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

    /// The line of what a caller says of itself before anything of it is known: an account, a
    /// company, a login, an address. The same claim is always in the same of 64 lines.
    pub fn fairness_key(&self, claim: &impl Hash) -> FairnessKey {
        let place = self.inner.claims.hash_one(claim) % u64::from(LOBBIES);
        FairnessKey::Lobby(u8::try_from(place).unwrap_or(0))
    }

    /// One read before it is known who calls, in the installation's own turn: for the operator. Who
    /// serves callers uses [`Database::lobby_in`].
    pub fn lobby<T, E>(&self, job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.lobby_in(FairnessKey::Platform, job)
    }

    /// As [`Database::lobby`], in the turn of whom it is about.
    pub fn lobby_in<T, E>(
        &self,
        line: FairnessKey,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Lobby, Purpose::Read);
        submit(&self.inner.readers, line, begin, move |conn, _| job(&mut LobbyStore::new(conn, &mut Notes::default())))
    }

    /// One write of credentials and tokens, in the installation's own turn: for the operator. Who
    /// serves callers uses [`Database::lobby_write_in`].
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

    /// As [`Database::lobby_write`], in the turn of whom it is about.
    pub fn lobby_write_in<T, E>(
        &self,
        line: FairnessKey,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Lobby, Purpose::Write);
        let recorder = self.inner.recorder.clone();
        submit(&self.inner.writers, line, begin, move |conn, _| {
            let mut notes = Notes::default();
            let mut store = LobbyStore::new(conn, &mut notes);
            let done = job(&mut store)?;
            store.settle(&recorder)?;
            Ok(done)
        })
    }

    /// One write for the installation. Its purpose is recorded, in the installation's chain and in
    /// that of every company that is entered.
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
            let done = job(&mut store)?;
            store.settle(&recorder, purpose)?;
            Ok(done)
        })
    }

    /// One read over all companies.
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

    /// The statement that begins a transaction. On PostgreSQL it also says which
    /// door was used, for this transaction only.
    fn begin(&self, door: Door, purpose: Purpose) -> String {
        match (&self.inner.target, purpose) {
            (Target::Sqlite(_), _) => "BEGIN".to_owned(),
            (Target::Postgres(_), purpose) => {
                let begin = match purpose {
                    Purpose::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    // Locking and reading again sees what others committed meanwhile.
                    Purpose::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
                };
                format!("{begin}; {}", door.settings())
            }
        }
    }
}

fn submit<T, E>(
    lane: &Lane,
    line: FairnessKey,
    begin: String,
    run: impl FnOnce(&mut Db, &mut Vec<Event>) -> Result<T, E> + Send + 'static,
) -> Ticket<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (job, ticket) = job::work(begin, run);
    lane.submit(line, job);
    ticket
}
