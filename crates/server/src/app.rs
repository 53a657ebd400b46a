//! Everything a handler works with, wired once at start.

mod doors;

use std::{num::NonZeroUsize, path::PathBuf, sync::Arc, thread};

use attachments::LinkSigner;
use identity::{
    Origin,
    tokens::{Lifetimes, Signer},
};
use llm_client::ChatModel;
use secrecy::ExposeSecret as _;
use storage::Database;
use tenancy::{
    Clock, CompanyCode, Fault, StoreError, Timestamp,
    access::{self, Refused},
};

use tokio::{sync::Mutex, time::Instant};

use crate::{
    blobs::LocalBlobs,
    client::TrustedProxies,
    config::{Config, UPLOADS_FOLDER},
    fair::{FairSemaphore, Share},
    hashing::HashPool,
    http::links::PublicUrl,
    indexes::Indexes,
    limits::{Limiter, MemoryBuckets},
    routes::Document,
};

/// What handlers share. They see the database only through its doors, and every
/// door is awaited here, so that no handler blocks a thread.
pub(crate) struct App {
    db: Database,
    clock: Arc<dyn Clock>,
    /// What companies know, ready to be asked.
    pub(crate) indexes: Indexes,
    /// Chat turns under way.
    pub(crate) turns: FairSemaphore,
    /// Long bodies that are parsed.
    pub(crate) long_bodies: FairSemaphore<Origin>,
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
        let turns = (2 * cores).max(4);
        let library = db.lobby(|lobby| access::housekeeper(lobby, CompanyCode::shared_library())).wait()?;
        Ok(Self {
            indexes: Indexes::new(db.clone(), library, config.index_cache, (cores / 2).max(2)),
            db,
            clock,
            // Whoever is alone leaves room for one who comes.
            turns: FairSemaphore::new(Share { all: 18 * turns, each: turns, alone: 16 * turns, waiting: 1_000 }),
            // Few may wait: each is held whole.
            long_bodies: FairSemaphore::new(Share { all: cores.max(2), each: 1, alone: cores, waiting: 32 }),
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
}

fn uploads(config: &Config) -> PathBuf {
    config.data_dir.join(UPLOADS_FOLDER)
}

/// Runs work to its end, also if its caller goes away meanwhile: what follows a commit must not
/// stop halfway because a connection was reset.
pub(crate) async fn to_the_end<T: 'static>(work: impl Future<Output = T> + 'static) -> Result<T, StoreError> {
    actix_web::rt::spawn(work).await.map_err(|error| StoreError::new(Fault::Broken, error))
}
