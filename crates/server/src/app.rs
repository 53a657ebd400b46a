//! What all handlers share, created once at start.

mod doors;

use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};

use actix_web::{HttpRequest, web};
use attachments::{Blobs, LinkSigner};
use handoff::AgentRef;
use identity::{
    agents::AgentStatus,
    presence::PresenceRecord as _,
    tokens::{Lifetimes, Signer},
};
use llm_client::ChatModel;
use secrecy::ExposeSecret as _;
use storage::{Database, FairnessKey};
use tenancy::{
    Clock, CompanyCode, Fault, StoreError, Timestamp,
    access::{self, Agent, Caller as _, Refused},
};
use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};
use tokio_util::task::TaskTracker;

pub(crate) use doors::{CompanyJob, Failure, Output};

use crate::{
    blobs::PlaceError,
    config::Config,
    encoder::Encoder,
    fair::{FairSemaphore, Share},
    hashing::HashPool,
    http::{describe::Argument, error::ApiError, links::PublicUrl},
    indexes::Indexes,
    model_dir::{self, ModelDirError},
    online::Online,
    pairing::Pairs,
    realtime::Hub,
    seen::Seen,
    views::FileLinks,
};

/// What handlers share.
pub(crate) struct App {
    /// The doors of the database. Handlers await the tickets that the doors give out: waiting for
    /// one with `wait` would block the thread.
    pub(crate) db: Database,
    clock: Arc<dyn Clock>,
    /// Search indexes over what companies know.
    pub(crate) indexes: Indexes,
    /// Turns texts into vectors.
    pub(crate) encoder: Encoder,
    /// Wakes the task that runs jobs. Notified after a commit that enqueued one, so that it need not wait for the
    /// next look at the database.
    pub(crate) job_enqueued: Notify,
    /// Where callers wait for news of a session.
    pub(crate) hub: Arc<Hub>,
    /// The open sockets.
    pub(crate) sockets: TaskTracker,
    /// The connections of agents.
    pub(crate) online: Arc<Online>,
    /// Messages that arrive both as a call and over a socket.
    pub(crate) pairs: Pairs,
    /// Permits for chat turns.
    pub(crate) turn_permits: FairSemaphore,
    /// Permits for asking all golden questions of a company, one for each company at a time.
    pub(crate) golden_permits: FairSemaphore,
    /// How long a call waits for the database.
    pub(crate) database_wait: Duration,
    readiness: Mutex<Option<(Instant, Readiness)>>,
    seen: Seen,
    /// Computes password hashes.
    pub(crate) hashes: HashPool,
    /// Signs and verifies tokens.
    pub(crate) signer: Signer,
    /// How long tokens live.
    pub(crate) lifetimes: Lifetimes,
    /// Whether the first password of an admin must be replaced before the first sign-in.
    pub(crate) require_first_login: bool,
    /// How long a temporary password works.
    pub(crate) temporary_password_life: Duration,
    /// Signs and verifies links to files.
    pub(crate) links: LinkSigner,
    /// Uploaded files.
    pub(crate) blobs: Arc<dyn Blobs>,
    /// Composes answers for the companies that want it.
    pub(crate) model: Option<Arc<dyn ChatModel>>,
    /// What absolute links start with.
    pub(crate) public_url: PublicUrl,
}

/// Why the application could not be created.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The cost of password hashes is out of range.
    #[error("the password hasher refused its cost")]
    Hasher(#[from] identity::InvalidCost),
    /// The place of uploaded files cannot be used.
    #[error(transparent)]
    Blobs(#[from] PlaceError),
    /// The company that owns the shared library is not in the database.
    #[error("the database has no shared library")]
    Library(#[from] Refused),
    /// The model that was named cannot be used.
    #[error(transparent)]
    Model(#[from] ModelDirError),
}

impl App {
    /// Creates the application around an open database.
    ///
    /// # Errors
    /// [`WireError`].
    pub(crate) fn new(
        config: &Config,
        db: Database,
        hub: Arc<Hub>,
        clock: Arc<dyn Clock>,
        model: Option<Arc<dyn ChatModel>>,
    ) -> Result<Self, WireError> {
        let secret = config.secret.expose_secret();
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // Enough to keep every core and the database busy. More would only queue up inside.
        let turns = (2 * cores).max(4);
        let library = db.lobby(|lobby| access::housekeeper(lobby, CompanyCode::shared_library())).wait()?;
        let encoder = match &config.model_dir {
            _ if !config.encoder => Encoder::off(),
            Some(folder) => Encoder::with(model_dir::read(folder)?, cores),
            None => Encoder::embedded(cores),
        };
        Ok(Self {
            indexes: Indexes::new(db.clone(), library, encoder.model_id(), config.index_cache, (cores / 2).max(2)),
            db,
            encoder,
            job_enqueued: Notify::new(),
            hub,
            sockets: TaskTracker::new(),
            online: Arc::default(),
            pairs: Pairs::default(),
            clock,
            // Even when only one company is active, keep permits free for a newcomer.
            turn_permits: FairSemaphore::new(Share { all: 18 * turns, each: turns, alone: 16 * turns, waiting: 1_000 }),
            golden_permits: FairSemaphore::new(Share { all: cores.max(2), each: 1, alone: 1, waiting: 100 }),
            database_wait: config.database_wait,
            readiness: Mutex::default(),
            seen: Seen::default(),
            hashes: HashPool::new(config.bcrypt_cost)?,
            signer: Signer::new(secret),
            lifetimes: Lifetimes {
                access: config.access_life,
                refresh: config.refresh_life,
                sign_in: config.sign_in_life,
            },
            require_first_login: config.require_first_login,
            temporary_password_life: config.temporary_password_life,
            links: LinkSigner::new(secret),
            blobs: config.blobs.open()?,
            model,
            public_url: PublicUrl::new(config.public_url.as_deref(), config.allowed_hosts.iter().cloned()),
        })
    }

    /// Returns the application that a request reached.
    ///
    /// # Errors
    /// 500 if there is none.
    pub(crate) fn of(req: &HttpRequest) -> Result<&Self, ApiError> {
        let app = req.app_data::<web::Data<Self>>().map(web::Data::get_ref);
        app.ok_or_else(|| ApiError::internal("the application was not wired"))
    }

    /// Returns the present moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Notes that an agent is there, and writes it at most once a minute. The caller does not wait for the write.
    pub(crate) fn note_presence(&self, agent: &Agent) {
        let now = self.now();
        if !self.seen.is_due(agent.id(), now) {
            return;
        }
        let fairness_key = FairnessKey::Company(agent.scope().company());
        let agent = agent.clone();
        let written = self.db.lobby_write_in(fairness_key, move |lobby| lobby.agent_seen(&agent, now));
        actix_web::rt::spawn(async move {
            if let Err(error) = written.await {
                tracing::warn!(error = crate::logging::chain(&error), "an agent's presence was not written");
            }
        });
    }

    /// Tells the colleagues of an agent that its status was set.
    pub(crate) fn status_set(&self, agent: &Agent, status: AgentStatus) {
        let named = AgentRef { id: agent.id(), name: agent.name().to_owned() };
        self.hub.status_set(agent.scope().company(), named, status);
    }

    /// Returns what the links to files in the answer to a request are made with.
    pub(crate) fn file_links<'a>(&'a self, req: &HttpRequest, now: Timestamp) -> FileLinks<'a> {
        FileLinks::new(&self.links, self.public_url.of(req), now)
    }

    /// Returns whether the database answers, has this program's schema, is undamaged and accepts writes.
    ///
    /// Each check opens a connection of its own, outside the doors, so only one runs at a time. Callers
    /// that waited share the result of the first check that began after they called.
    pub(crate) async fn readiness(&self) -> Readiness {
        let called = Instant::now();
        let mut last = self.readiness.lock().await;
        match *last {
            Some((began, ready)) if began >= called => ready,
            _ => {
                let began = Instant::now();
                let ready = self.check().await;
                *last = Some((began, ready));
                ready
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "opens a connection of its own, outside the doors")]
    async fn check(&self) -> Readiness {
        if self.db.is_damaged() {
            return Readiness::Damaged;
        }
        let db = self.db.clone();
        match tokio::task::spawn_blocking(move || db.check()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = crate::logging::chain(&error), "not ready");
                return Readiness::Unreachable;
            }
            Err(_) => return Readiness::Unreachable,
        }
        match self.db.probe_writing(PROBE).await {
            Ok(()) => Readiness::Ready,
            Err(error) => {
                tracing::warn!(error = crate::logging::chain(&error), "not ready: writing does not work");
                Readiness::CannotWrite
            }
        }
    }
}

/// How long writing may take before the server counts as not ready.
const PROBE: Duration = Duration::from_secs(1);

/// Whether the server can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It can.
    Ready,
    /// The database does not answer, or has another schema.
    Unreachable,
    /// The database answers, but does not accept writes.
    CannotWrite,
    /// The file of the database is damaged.
    Damaged,
}

impl Argument for web::Data<App> {}

/// Runs work to completion even if its caller disconnects. A reset connection must not stop the work
/// between two commits, or between a commit and what depends on it.
///
/// # Errors
/// The work panicked.
pub(crate) async fn run_to_completion<T: 'static>(work: impl Future<Output = T> + 'static) -> Result<T, StoreError> {
    actix_web::rt::spawn(work).await.map_err(|error| StoreError::new(Fault::Broken, error))
}
