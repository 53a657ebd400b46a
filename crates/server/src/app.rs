//! Everything a handler works with, wired once at start.

use std::{convert::Infallible, hash::Hash, num::NonZeroUsize, path::PathBuf, sync::Arc, thread};

use attachments::LinkSigner;
use identity::tokens::{Lifetimes, Signer};
use knowledge::{Index, IndexCache, Version};
use llm_client::ChatModel;
use secrecy::ExposeSecret as _;
use storage::{CompanyStore, Database, LobbyStore, Place, PlatformStore};
use tenancy::{
    Clock, CompanyCode, Fault, StoreError, Timestamp,
    access::{self, Caller, Desk, Housekeeper, Office, Refused, Staff, Superadmin, Supervisor},
    audit::Action,
};

use tokio::{sync::Mutex, time::Instant};

use crate::{
    aside::aside,
    blobs::LocalBlobs,
    config::{Config, UPLOADS_FOLDER},
    fair::Places,
    hashing::HashPool,
    http::links::PublicUrl,
    limits::{Limiter, MemoryBuckets, TrustedProxies},
    routes::Document,
};

/// What handlers share. They see the database only through its doors, and every
/// door is awaited here, so that no handler blocks a thread.
pub(crate) struct App {
    db: Database,
    clock: Arc<dyn Clock>,
    indexes: IndexCache,
    builds: Places,
    /// Chat turns under way.
    pub(crate) turns: Places,
    library: Housekeeper,
    readiness: Mutex<Option<(Instant, bool)>>,
    /// Password hashes run here.
    pub(crate) hashes: HashPool,
    /// Signs and verifies tokens.
    pub(crate) signer: Signer,
    /// How long tokens live.
    pub(crate) lifetimes: Lifetimes,
    /// Signs and verifies links to files.
    pub(crate) links: LinkSigner,
    /// Where files are.
    pub(crate) blobs: LocalBlobs,
    /// Composes answers for companies that want it.
    pub(crate) model: Option<Arc<dyn ChatModel>>,
    /// The OpenAPI document.
    pub(crate) document: Document,
    /// What absolute links start with.
    pub(crate) public_url: PublicUrl,
    /// How often callers may call.
    pub(crate) limiter: Limiter,
    /// Whose word on the caller's address counts.
    pub(crate) proxies: TrustedProxies,
}

/// Why the application could not be wired.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The cost of hashes.
    #[error("the password hasher refused its cost")]
    Hasher(#[from] identity::InvalidCost),
    /// The folder for uploads.
    #[error("the upload folder cannot be used")]
    Uploads(#[source] std::io::Error),
    /// The shared library's owner is not in the database.
    #[error("the database has no shared library")]
    Library(#[from] Refused),
}

impl App {
    /// Wires the application around an open database.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) fn new(
        config: &Config,
        db: Database,
        clock: Arc<dyn Clock>,
        model: Option<Arc<dyn ChatModel>>,
    ) -> Result<Self, WireError> {
        let secret = config.secret.expose_secret();
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // Enough to keep every core and the database busy; more would only stand before others.
        let turns = (4 * cores).max(8);
        let library = db.lobby(|lobby| access::housekeeper(lobby, CompanyCode::shared_library())).wait()?;
        Ok(Self {
            db,
            clock,
            indexes: IndexCache::new(config.index_cache),
            builds: Places::new((cores / 2).max(2), 1, 1),
            turns: Places::new(8 * turns, turns, 8 * turns),
            library,
            readiness: Mutex::default(),
            hashes: HashPool::new(config.bcrypt_cost)?,
            signer: Signer::new(secret),
            lifetimes: Lifetimes { access: config.access_life, refresh: config.refresh_life },
            links: LinkSigner::new(secret),
            blobs: LocalBlobs::open(uploads(config)).map_err(WireError::Uploads)?,
            model,
            limiter: Limiter::new(config.limits, MemoryBuckets::new()),
            proxies: config.trusted_proxies.clone(),
            document: Document::default(),
            public_url: PublicUrl::new(config.public_url.as_deref(), config.allowed_hosts.iter().cloned()),
        })
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether the database answers and its schema is this program's.
    ///
    /// Each look opens a connection of its own, beside the doors, so there is one at a time: callers
    /// that waited for one take the answer of the first that began after they came.
    pub(crate) async fn is_ready(&self) -> bool {
        let came = Instant::now();
        let mut looked = self.readiness.lock().await;
        match *looked {
            Some((began, ready)) if began >= came => ready,
            _ => {
                let began = Instant::now();
                let ready = self.look().await;
                *looked = Some((began, ready));
                ready
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "opens a connection of its own, beside the doors")]
    async fn look(&self) -> bool {
        let db = self.db.clone();
        match tokio::task::spawn_blocking(move || db.check()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(error = crate::logging::chain(&error), "not ready");
                false
            }
            Err(_) => false,
        }
    }

    /// One write of one company.
    pub(crate) async fn write<C, T, E>(
        &self,
        caller: C,
        job: impl FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        C: Caller,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.write(caller, job).await
    }

    /// One read of one company.
    pub(crate) async fn read<C, T, E>(
        &self,
        caller: C,
        job: impl FnOnce(&mut CompanyStore<'_, C>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        C: Caller,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.read(caller, job).await
    }

    /// One read before it is known who calls.
    pub(crate) async fn lobby<T, E>(
        &self,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.lobby(job).await
    }

    /// As [`App::lobby`], taking its turn with whatever claims the same: see [`Database::lobby_of`].
    pub(crate) async fn lobby_of<T, E>(
        &self,
        claim: impl Hash,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.lobby_of(&claim, job).await
    }

    /// One write of credentials and tokens.
    pub(crate) async fn lobby_write<T, E>(
        &self,
        job: impl FnOnce(&mut LobbyStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.lobby_write(job).await
    }

    /// One write for the installation, recorded with its purpose.
    pub(crate) async fn platform<T, E>(
        &self,
        caller: Superadmin,
        purpose: Action,
        job: impl FnOnce(&mut PlatformStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.platform(caller, purpose, job).await
    }

    /// One read over all companies.
    pub(crate) async fn platform_read<T, E>(
        &self,
        caller: Superadmin,
        job: impl FnOnce(&mut PlatformStore<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.db.platform_read(caller, job).await
    }

    /// One write at the desk of the company that `place` belongs to: the caller's own,
    /// or for a superadmin whichever it is. `None` if a superadmin named nothing that
    /// exists; for others that is for the job to find out. What a superadmin does is recorded with
    /// its purpose.
    pub(crate) async fn desk_write<T, E>(
        &self,
        staff: Staff,
        place: Place,
        purpose: Action,
        job: impl FnOnce(&mut CompanyStore<'_, Desk>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match desk_of(staff) {
            Ok(desk) => self.write(desk, job).await.map(Some),
            Err(superadmin) => {
                let job = move |office: &mut CompanyStore<'_, Office>| job(&mut office.acting());
                found(self.platform(superadmin, purpose, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// As [`App::desk_write`], reading only.
    pub(crate) async fn desk_read<T, E>(
        &self,
        staff: Staff,
        place: Place,
        job: impl FnOnce(&mut CompanyStore<'_, Desk>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match desk_of(staff) {
            Ok(desk) => self.read(desk, job).await.map(Some),
            Err(superadmin) => {
                let job = move |office: &mut CompanyStore<'_, Office>| job(&mut office.acting());
                found(self.platform_read(superadmin, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// As [`App::desk_write`], for those who run companies.
    pub(crate) async fn office_write<T, E>(
        &self,
        supervisor: Supervisor,
        place: Place,
        purpose: Action,
        job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match supervisor {
            Supervisor::Admin(admin) => self.write(Office::from(admin), job).await.map(Some),
            Supervisor::Superadmin(superadmin) => {
                found(self.platform(superadmin, purpose, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// As [`App::office_write`], reading only.
    pub(crate) async fn office_read<T, E>(
        &self,
        supervisor: Supervisor,
        place: Place,
        job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match supervisor {
            Supervisor::Admin(admin) => self.read(Office::from(admin), job).await.map(Some),
            Supervisor::Superadmin(superadmin) => {
                found(self.platform_read(superadmin, move |platform| enter(platform, place, job)).await)
            }
        }
    }

    /// The index over a company's knowledge at this version or a later one, built if
    /// it is not in memory.
    ///
    /// # Errors
    /// Only when the store fails.
    pub(crate) async fn index(&self, keeper: Housekeeper, version: i64) -> Result<Arc<Index>, StoreError> {
        let (company, version) = (keeper.scope().company(), Version::new(version));
        match self.indexes.peek(company, version) {
            Some(index) => Ok(index),
            None => self.build_index(keeper, company, version).await,
        }
    }

    /// The index over the shared library as it is now. What a company asks of it is its own turn.
    ///
    /// # Errors
    /// Only when the store fails.
    pub(crate) async fn library(&self, asking: CompanyCode) -> Result<Arc<Index>, StoreError> {
        let version = |store: &mut CompanyStore<'_, Housekeeper>| knowledge::KnowledgeBase::version(store);
        let version = self.db.read_for(asking, self.library.clone(), version).await?;
        self.index(self.library.clone(), version.get()).await
    }

    /// Builds it in this company's turn, one at a time; there are at least two places, so that a large
    /// one does not keep every other company waiting. Callers that miss together build once: the others find it
    /// when their turn comes, and wait without a thread.
    async fn build_index(
        &self,
        keeper: Housekeeper,
        company: CompanyCode,
        version: Version,
    ) -> Result<Arc<Index>, StoreError> {
        let place = self.builds.enter(company).await?;
        if let Some(index) = self.indexes.peek(company, version) {
            return Ok(index);
        }
        let snapshot = self.read(keeper, |store| knowledge::load::snapshot(store)).await?;
        let indexes = self.indexes.clone();
        let build = move || {
            let built = indexes.get(company, version, || Ok::<_, Infallible>(snapshot));
            // Held to the end of the work, also if the caller has gone.
            drop(place);
            built
        };
        let Ok(index) = aside(build).await?;
        Ok(index)
    }
}

fn uploads(config: &Config) -> PathBuf {
    config.data_dir.join(UPLOADS_FOLDER)
}

/// Runs work to its end, also if its caller goes away meanwhile: what follows a commit must not
/// stop halfway because a connection was reset.
pub(crate) async fn to_the_end<T: 'static>(work: impl Future<Output = T> + 'static) -> Result<T, StoreError> {
    actix_web::rt::spawn(work).await.map_err(|error| StoreError::new(Fault::Broken, error))
}

/// The desk that a caller sits at; a superadmin has none of its own.
fn desk_of(staff: Staff) -> Result<Desk, Superadmin> {
    match staff {
        Staff::Agent(agent) => Ok(Desk::from(agent)),
        Staff::Admin(admin) => Ok(Desk::from(admin)),
        Staff::Superadmin(superadmin) => Err(superadmin),
    }
}

/// Why a superadmin's work in a company came to nothing.
enum Entering<E> {
    /// There is no such place. An error, so that nothing is recorded of it either.
    Nowhere,
    Failed(E),
}

impl<E: From<StoreError>> From<StoreError> for Entering<E> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs a job in the company that something belongs to, in the platform's transaction. `None`
/// if there is no such thing.
fn enter<T, E: From<StoreError>>(
    platform: &mut PlatformStore<'_>,
    place: Place,
    job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E>,
) -> Result<T, Entering<E>> {
    let Some(company) = platform.locate(place)? else { return Err(Entering::Nowhere) };
    let mut office = platform.office(company).map_err(|refused| match refused {
        Refused::Store(error) => error,
        never => StoreError::new(Fault::Broken, never),
    })?;
    job(&mut office).map_err(Entering::Failed)
}

fn found<T, E>(done: Result<T, Entering<E>>) -> Result<Option<T>, E> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(Entering::Nowhere) => Ok(None),
        Err(Entering::Failed(error)) => Err(error),
    }
}
