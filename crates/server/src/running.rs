//! A server from start to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    sync::Arc,
    thread,
};

use actix_web::{
    App as Actix,
    dev::{Server, ServerHandle},
    middleware::from_fn,
    web,
};
use llm_client::{ChatModel, openai::OpenAi};
use secrecy::ExposeSecret as _;
use storage::{Database, Options, Recorder};
use tenancy::Clock;

use crate::{
    app::{App, WireError},
    config::Config,
    edge::Edge,
    http::{body::LongBodies, connection},
    limits::{Limiter, MemoryBuckets},
    openapi,
    routes::{self, Document},
};

/// How long a stopping server waits for requests that are being handled, in seconds.
const GRACE: u64 = 10;

/// What tests replace.
pub struct Extras {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The model that composes answers, in place of the configured one.
    pub model: Option<Arc<dyn ChatModel>>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("the database cannot be opened")]
    Database(#[from] storage::OpenError),
    /// Everything between database and sockets.
    #[error("the application cannot be wired")]
    Wire(#[from] WireError),
    /// The model's address or key.
    #[error("the model is not configured right")]
    Model(#[from] llm_client::openai::ConfigError),
    /// An address is taken, or may not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No thread.
    #[error("the server thread could not be started")]
    Thread(#[source] io::Error),
}

/// A server that accepts requests; it stops when this is dropped.
pub struct Running {
    addresses: Vec<SocketAddr>,
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<io::Result<()>>>,
}

impl Running {
    /// Where it listens, with real ports.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits until a signal has stopped it.
    pub fn wait(mut self) {
        self.join();
    }

    /// Lets requests under way finish, then stops.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // The future is not needed: joining the thread waits for the same thing.
        drop(self.handle.stop(true));
        self.join();
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && let Ok(Err(error)) = thread.join()
        {
            tracing::error!(error = crate::logging::chain(&error), "the server ended with an error");
        }
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
}

impl Shared {
    fn new(config: &Config, extras: Extras) -> Result<Self, StartError> {
        let Extras { clock, model } = extras;
        let recorder = Recorder::new(config.secret.expose_secret(), clock.clone());
        let options =
            Options { owner: config.owner_database.clone(), ..Options::new(config.database.clone(), recorder) };
        let db = Database::open(&options)?;
        let model: Option<Arc<dyn ChatModel>> = match (model, config.llm.clone()) {
            (Some(model), _) => Some(model),
            (None, Some(llm)) => Some(Arc::new(OpenAi::new(llm)?)),
            (None, None) => None,
        };
        let app = App::new(config, db, clock.clone(), model)?;
        let edge = Edge { proxies: config.trusted_proxies.clone(), is_https: app.public_url.is_https() };
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ok(Self {
            edge: Arc::new(edge),
            app: web::Data::new(app),
            limiter: web::Data::new(Limiter::new(config.limits, MemoryBuckets::new(), clock)),
            long_bodies: web::Data::new(LongBodies::new(cores)),
            document: web::Data::new(Document::new(|| openapi::document(&routes::all()))),
        })
    }
}

/// Opens the database, binds the addresses and starts to serve.
///
/// # Errors
/// [`StartError`]; nothing is left running then.
pub fn start(config: &Config, extras: Extras) -> Result<Running, StartError> {
    let shared = Shared::new(config, extras)?;
    chatbot::intake::warm();
    let listeners = config.listen.iter().map(|address| bind(*address)).collect::<Result<Vec<_>, _>>()?;
    let addresses = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    serve(shared, listeners, addresses)
}

fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| StartError::Listen { address, source })
}

/// Serves on a thread with a runtime of its own, so that callers need none.
fn serve(shared: Shared, listeners: Vec<TcpListener>, addresses: Vec<SocketAddr>) -> Result<Running, StartError> {
    let (tell, told) = oneshot::channel();
    let run = move || {
        actix_web::rt::System::new().block_on(async move {
            let mut server = Server::build().shutdown_timeout(GRACE);
            let stopping = server.graceful_shutdown_signal();
            let build = move || {
                let Shared { edge, app, limiter, long_bodies, document } = shared.clone();
                let app = Actix::new()
                    .app_data(app)
                    .app_data(limiter)
                    .app_data(long_bodies)
                    .app_data(document)
                    .configure(routes::register)
                    .wrap(from_fn(move |req, next| Arc::clone(&edge).handle(req, next)));
                let stopping = stopping.clone();
                connection::service(app, move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
            };
            for listener in listeners {
                server = server.listen("http", listener, build.clone())?;
            }
            let server = server.run();
            let _ = tell.send(server.handle());
            server.await
        })
    };
    let thread = thread::Builder::new().name("server".to_owned()).spawn(run).map_err(StartError::Thread)?;
    match told.recv() {
        Ok(handle) => Ok(Running { addresses, handle, thread: Some(thread) }),
        Err(_) => {
            let ended = thread.join().unwrap_or_else(|_| Err(io::Error::other("the server thread panicked")));
            Err(StartError::Thread(ended.err().unwrap_or_else(|| io::Error::other("the server ended at once"))))
        }
    }
}
