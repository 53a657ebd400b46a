//! The database and its doors.

use std::{fmt, sync::Arc};

use handoff::Event;
use tenancy::{
    CompanyCode, StoreError,
    access::{Caller, Superadmin},
};

use crate::{
    conn::{Db, Purpose},
    job::{self, Sink, Ticket},
    lane::Lane,
    migrations::{self, MigrateError},
    store::{CompanyStore, LobbyStore, PlatformStore},
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
}

impl Options {
    /// The usual sizes, and nobody listening.
    pub fn new(target: Target) -> Self {
        Self { target, owner: None, queue: 10_000, sink: Arc::new(Nobody) }
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
}

/// SQLite readers; more gain nothing on few cores.
const SQLITE_READERS: u32 = 4;
/// PostgreSQL connections in each of the two lanes.
const POSTGRES_POOL: u32 = 8;

/// Which door a transaction went through, as PostgreSQL's policies will see it.
#[derive(Clone, Copy)]
enum Door {
    Company(CompanyCode),
    Lobby,
    Platform,
}

impl Database {
    /// Migrates as far as it may, checks the schema and starts the lanes.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let Options { target, owner, queue, sink } = options;
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
                (
                    Lane::pooled("postgres-read", target, Purpose::Read, POSTGRES_POOL, *queue, sink)?,
                    Lane::pooled("postgres-write", target, Purpose::Write, POSTGRES_POOL, *queue, sink)?,
                )
            }
        };
        Ok(Self { inner: Arc::new(Inner { target: target.clone(), readers, writers }) })
    }

    /// Brings the schema up to date without opening the lanes.
    ///
    /// # Errors
    /// [`MigrateError`].
    pub fn migrate(options: &Options) -> Result<(), MigrateError> {
        migrations::run(options.owner.as_ref().unwrap_or(&options.target), &options.target)
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
        let begin = self.begin(Door::Company(caller.scope().company()), Purpose::Write);
        submit(&self.inner.writers, begin, move |conn, events| job(&mut CompanyStore::new(conn, caller, events)))
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
        let begin = self.begin(Door::Company(caller.scope().company()), Purpose::Read);
        submit(&self.inner.readers, begin, move |conn, events| job(&mut CompanyStore::new(conn, caller, events)))
    }

    /// One read before it is known who calls.
    pub fn lobby<T, E>(&self, job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Lobby, Purpose::Read);
        submit(&self.inner.readers, begin, move |conn, _| job(&mut LobbyStore::new(conn)))
    }

    /// One write of credentials and tokens.
    pub fn lobby_write<T, E>(
        &self,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Lobby, Purpose::Write);
        submit(&self.inner.writers, begin, move |conn, _| job(&mut LobbyStore::new(conn)))
    }

    /// One write for the installation.
    pub fn platform<T, E>(
        &self,
        caller: Superadmin,
        job: impl FnOnce(&mut PlatformStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Ticket<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let begin = self.begin(Door::Platform, Purpose::Write);
        submit(&self.inner.writers, begin, move |conn, events| job(&mut PlatformStore::new(conn, caller, events)))
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
        submit(&self.inner.readers, begin, move |conn, events| job(&mut PlatformStore::new(conn, caller, events)))
    }

    /// The statement that begins a transaction. On PostgreSQL it also says which
    /// door was used, for this transaction only; a company code is capitals and
    /// digits, so it needs no quoting.
    fn begin(&self, door: Door, purpose: Purpose) -> String {
        match (&self.inner.target, purpose) {
            (Target::Sqlite(_), _) => "BEGIN".to_owned(),
            (Target::Postgres(_), purpose) => {
                let begin = match purpose {
                    Purpose::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    // Locking and reading again sees what others committed meanwhile.
                    Purpose::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
                };
                match door {
                    Door::Company(code) => {
                        format!("{begin}; SET LOCAL app.door = 'company'; SET LOCAL app.company = '{code}'")
                    }
                    Door::Lobby => format!("{begin}; SET LOCAL app.door = 'lobby'"),
                    Door::Platform => format!("{begin}; SET LOCAL app.door = 'platform'"),
                }
            }
        }
    }
}

fn submit<T, E>(
    lane: &Lane,
    begin: String,
    run: impl FnOnce(&mut Db, &mut Vec<Event>) -> Result<T, E> + Send + 'static,
) -> Ticket<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (job, ticket) = job::work(begin, run);
    lane.submit(job);
    ticket
}
