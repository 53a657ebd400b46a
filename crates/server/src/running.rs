//! Starts and stops a server.

mod presence_thread;
mod relay_thread;
mod stopping;

use std::{
    cell::RefCell,
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};

use actix_http::HttpService;
use actix_server::ServerBuilder;
use actix_service::map_config;
use actix_web::{
    App as Actix,
    dev::{AppConfig, Extensions, Server},
    middleware::from_fn,
    rt::net::TcpStream,
    web,
};
use llm_client::{ChatModel, openai::OpenAi};
use secrecy::ExposeSecret as _;
use storage::{Database, Options, Recorder, Target};
use tenancy::Clock;
use tokio::sync::Notify;

use crate::{
    app::{App, WireError},
    assigning, attendance, background,
    blobs::PlaceError,
    config::Config,
    connection::{Connection, DISCONNECT_WAIT},
    edge::Edge,
    folder_lock::{FolderLock, LockError},
    http::body::LongBodies,
    jobs,
    limits::{Limiter, MemoryBuckets},
    openapi, orphans,
    realtime::{self, Hub, Worker, relay::Outgoing},
    routes::{self, Document},
    shared::{RedisSpace, SharedBuckets},
    upgrade::Both,
};
use presence_thread::PresenceThread;
use relay_thread::{Carrier, RelayThread};

/// How long a stopping server waits for sockets, and then for requests that are being handled, in seconds.
const GRACE: u64 = 10;

/// How long the head of a connection's first request may take to arrive.
const REQUEST_WAIT: Duration = Duration::from_secs(5);

/// Number of connections that may wait until they are accepted. The standard library has 128, and after a restart all
/// clients come back at once. A client whose connection finds no place tries again only after a second.
#[cfg(target_os = "linux")]
const BACKLOG: i32 = 4096;

/// What tests replace.
pub struct Extras {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The model that composes answers, instead of the configured one.
    pub model: Option<Arc<dyn ChatModel>>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Database(#[from] storage::OpenError),
    /// The data folder is in use, or cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Files cannot be stored.
    #[error(transparent)]
    Blobs(#[from] PlaceError),
    /// The application cannot be created.
    #[error("the application cannot be created")]
    Wire(#[from] WireError),
    /// The model's address or key is not valid.
    #[error("the model is not configured right")]
    Model(#[from] llm_client::openai::ConfigError),
    /// An address is in use or not permitted.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The server thread could not be started.
    #[error("the server thread could not be started")]
    Thread(#[source] io::Error),
}

/// A running server. Dropping it stops the server.
pub struct Running {
    addresses: Vec<SocketAddr>,
    /// Notified once the server is to stop.
    asked: Arc<Notify>,
    #[cfg(test)]
    hub: Arc<Hub>,
    thread: Option<thread::JoinHandle<io::Result<()>>>,
    relay: Option<RelayThread>,
    presence: Option<PresenceThread>,
    /// Held until the server has stopped.
    _lock: FolderLock,
}

impl Running {
    /// Returns the addresses it listens on, with actual ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits until a signal stops the server.
    pub fn wait(mut self) {
        self.join();
    }

    /// Stops the server after the requests in progress.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.asked.notify_one();
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && let Ok(Err(error)) = thread.join()
        {
            tracing::error!(error = crate::logging::chain(&error), "the server ended with an error");
        }
        // The thread sends the pokes about the last changes before it ends.
        self.relay.take();
        self.presence.take();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.end();
        }
    }
}

/// What all worker threads share.
#[derive(Clone)]
struct Shared {
    edge: Arc<Edge>,
    app: web::Data<App>,
    limiter: web::Data<Limiter>,
    long_bodies: web::Data<LongBodies>,
    document: web::Data<Document>,
    write_wait: Duration,
    /// The pokes for other processes and what carries them, if there may be other processes.
    outgoing: Option<(Arc<Outgoing>, Carrier)>,
}

impl Shared {
    fn new(config: &Config, extras: Extras) -> Result<Self, StartError> {
        let Extras { clock, model } = extras;
        let recorder = Recorder::new(config.secret.expose_secret(), clock.clone());
        let secret = config.secret.expose_secret();
        let space = config.redis.clone().map(|server| RedisSpace::new(server, secret));
        let outgoing = match &config.database {
            Target::Postgres(_) => {
                let carrier = match &space {
                    Some(space) => Carrier::Redis(space.clone()),
                    None => Carrier::Postgres(config.database.clone()),
                };
                Some((Arc::new(Outgoing::default()), carrier))
            }
            Target::Sqlite(_) => None,
        };
        let hub = Arc::new(match &outgoing {
            Some((outgoing, _)) => Hub::relayed(Arc::clone(outgoing)),
            None => Hub::default(),
        });
        let options = Options {
            sink: hub.clone(),
            owner: config.owner_database.clone(),
            wait: config.database_wait,
            ..Options::new(config.database.clone(), recorder)
        };
        let db = Database::open(&options)?;
        let model: Option<Arc<dyn ChatModel>> = match (model, config.llm.clone()) {
            (Some(model), _) => Some(model),
            (None, Some(llm)) => Some(Arc::new(OpenAi::new(llm)?)),
            (None, None) => None,
        };
        let app = App::new(config, db, hub, clock.clone(), model)?;
        let edge = Edge { proxies: config.trusted_proxies.clone(), is_https: app.public_url.is_https() };
        let limiter = match &space {
            Some(space) => {
                let buckets = SharedBuckets::start(space.clone()).map_err(StartError::Thread)?;
                Limiter::new(config.limits, buckets, clock)
            }
            None => Limiter::new(config.limits, MemoryBuckets::new(), clock),
        };
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Self {
            edge: Arc::new(edge),
            app: web::Data::new(app),
            limiter: web::Data::new(limiter),
            long_bodies: web::Data::new(LongBodies::new(cores)),
            write_wait: config.write_wait,
            outgoing,
            document: web::Data::new(Document::new(|| openapi::document(&routes::all()))),
        })
    }
}

/// Opens the database, binds the addresses and starts to serve.
///
/// # Errors
/// [`StartError`]. Nothing is left running in that case.
pub fn start(config: &Config, extras: Extras) -> Result<Running, StartError> {
    // Before the database is opened, because opening it migrates it.
    let mut lock = FolderLock::take(&config.data_dir, &config.database)?;
    match config.blobs.check() {
        Err(error) if error.is_lasting() => return Err(error.into()),
        // The rest of the server does not need files.
        Err(error) => tracing::error!(error = crate::logging::chain(&error), "files cannot be stored"),
        Ok(()) => {}
    }
    let shared = Shared::new(config, extras)?;
    let listeners = config.listen.iter().map(|address| bind(*address)).collect::<Result<Vec<_>, _>>()?;
    let addresses: Vec<_> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    lock.describe(&addresses)?;
    let (database, place) = (config.database.clone(), config.blobs.clone());
    serve(shared, listeners, addresses, lock, move || orphans::report(&database, &place))
}

fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        #[cfg(target_os = "linux")]
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener)
    });
    bound.map_err(|source| StartError::Listen { address, source })
}

/// Has the operating system close a connection whose client takes no bytes for this long while some wait, also if it
/// acknowledges that it has no room for them.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux has this option"))]
fn bound_writes(socket: &TcpStream, wait: Duration) {
    #[cfg(target_os = "linux")]
    {
        let millis = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(socket, millis) {
            tracing::warn!(error = crate::logging::chain(&error), "a connection has no write timeout");
        }
    }
}

/// Serves the application at one address. actix-web's `HttpServer` does the same, but gives all connections one drain
/// signal.
fn listen(
    server: ServerBuilder,
    listener: TcpListener,
    local: SocketAddr,
    shared: Shared,
) -> io::Result<ServerBuilder> {
    let stopping = server.graceful_shutdown_signal();
    server.listen(local.to_string(), listener, move || {
        let Shared { edge, app, limiter, long_bodies, document, write_wait, .. } = shared.clone();
        // Each thread has its own, for each address that it serves.
        let worker = Rc::new(Worker::default());
        actix_web::rt::spawn(Rc::clone(&worker).run());
        let application = Actix::new()
            .app_data(app)
            .app_data(limiter)
            .app_data(long_bodies)
            .app_data(document)
            .app_data(worker)
            .configure(routes::register)
            .wrap(from_fn(move |req, next| Arc::clone(&edge).handle(req, next)));
        let application = Both::new(map_config(application, |_| AppConfig::default()));
        // actix-http asks for the signal of a connection right after it has opened it, on the same thread.
        let newest = Rc::new(RefCell::new(Connection::new(local)));
        let (opened, stopping) = (Rc::clone(&newest), stopping.clone());
        HttpService::build()
            .client_request_timeout(REQUEST_WAIT)
            .client_disconnect_timeout(DISCONNECT_WAIT)
            // A client that has closed its end waits for no answer, and its long poll is to end.
            .h1_allow_half_closed(false)
            .on_connect_ext(move |socket: &TcpStream, data: &mut Extensions| {
                bound_writes(socket, write_wait);
                let connection = Connection::new(local);
                data.insert(connection.clone());
                opened.replace(connection);
            })
            .graceful_shutdown_signal(move || {
                let (connection, stopping) = (newest.borrow().clone(), stopping.clone());
                async move { connection.drained(stopping.notified()).await }
            })
            .upgrade(application.clone())
            .finish(application)
            .tcp()
    })
}

/// Serves on a new thread with a runtime of its own, so that callers need no runtime.
fn serve(
    shared: Shared,
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    lock: FolderLock,
    after_start: impl FnOnce() + Send + 'static,
) -> Result<Running, StartError> {
    let (sender, receiver) = oneshot::channel();
    let is_shared = shared.outgoing.is_some();
    let relay = shared.outgoing.clone().map(|(outgoing, carrier)| {
        RelayThread::start(Arc::clone(&shared.app.hub), outgoing, carrier).map_err(StartError::Thread)
    });
    let relay = relay.transpose()?;
    let presence = shared.outgoing.clone().map(|(_, carrier)| {
        let (hub, online) = (Arc::clone(&shared.app.hub), Arc::clone(&shared.app.online));
        PresenceThread::start(hub, online, carrier).map_err(StartError::Thread)
    });
    let presence = presence.transpose()?;
    let (hub, db) = (Arc::clone(&shared.app.hub), shared.app.db.clone());
    let app = shared.app.clone();
    #[cfg(test)]
    let seen = Arc::clone(&hub);
    let asked = Arc::new(Notify::new());
    let stop = Arc::clone(&asked);
    let bound = addresses.clone();
    let run = move || {
        actix_web::rt::System::new().block_on(async move {
            let mut server = Server::build().shutdown_timeout(GRACE).disable_signals();
            for (listener, local) in listeners.into_iter().zip(bound) {
                server = listen(server, listener, local, shared.clone())?;
            }
            let server = server.run();
            actix_web::rt::spawn(stopping::stop_when_asked(server.handle(), app.clone().into_inner(), stop));
            let _ = sender.send(());
            actix_web::rt::spawn(assigning::run(app.clone()));
            actix_web::rt::spawn(attendance::run(app.clone()));
            actix_web::rt::spawn(jobs::run(app, is_shared));
            if is_shared {
                actix_web::rt::spawn(realtime::arriving::run(db.clone(), Arc::clone(&hub)));
                actix_web::rt::spawn(realtime::recheck::run(db, hub));
            }
            actix_web::rt::spawn(async move {
                if let Err(error) = background::run(after_start).await {
                    tracing::warn!(error = crate::logging::chain(&error), "work after the start was not done");
                }
            });
            server.await
        })
    };
    let thread = thread::Builder::new().name("server".to_owned()).spawn(run).map_err(StartError::Thread)?;
    match receiver.recv() {
        Ok(()) => Ok(Running {
            addresses,
            asked,
            #[cfg(test)]
            hub: seen,
            thread: Some(thread),
            relay,
            presence,
            _lock: lock,
        }),
        Err(_) => {
            let ended = thread.join().unwrap_or_else(|_| Err(io::Error::other("the server thread panicked")));
            Err(StartError::Thread(ended.err().unwrap_or_else(|| io::Error::other("the server ended at once"))))
        }
    }
}

#[cfg(test)]
mod tests;
