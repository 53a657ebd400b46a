//! A server from start to stop.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{App as Actix, HttpServer, dev::ServerHandle, middleware::from_fn, web};
use llm_client::{ChatModel, openai::OpenAi};
use secrecy::ExposeSecret as _;
use storage::{Database, Options, Recorder};
use tenancy::{Clock, Timestamp};

use crate::{
    app::{App, WireError},
    config::Config,
    edge::edge,
    routes,
};

/// How long a stopping server waits for requests under way.
const GRACE: u64 = 10;

/// The machine's clock, in whole microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

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

/// Opens the database, binds the addresses and starts to serve.
///
/// # Errors
/// [`StartError`]; nothing is left running then.
pub fn start(config: &Config, extras: Extras) -> Result<Running, StartError> {
    let recorder = Recorder::new(config.secret.expose_secret(), extras.clock.clone());
    let options = Options { owner: config.owner_database.clone(), ..Options::new(config.database.clone(), recorder) };
    let db = Database::open(&options)?;
    let model: Option<Arc<dyn ChatModel>> = match (extras.model, config.llm.clone()) {
        (Some(model), _) => Some(model),
        (None, Some(llm)) => Some(Arc::new(OpenAi::new(llm)?)),
        (None, None) => None,
    };
    let app = web::Data::new(App::new(config, db, extras.clock, model)?);
    chatbot::intake::warm();
    let listeners = config.listen.iter().map(|address| bind(*address)).collect::<Result<Vec<_>, _>>()?;
    let addresses = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    serve(app, listeners, addresses)
}

fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| StartError::Listen { address, source })
}

/// Serves on a thread with a runtime of its own, so that callers need none.
fn serve(app: web::Data<App>, listeners: Vec<TcpListener>, addresses: Vec<SocketAddr>) -> Result<Running, StartError> {
    let (tell, told) = oneshot::channel();
    let run = move || {
        actix_web::rt::System::new().block_on(async move {
            let build = move || Actix::new().app_data(app.clone()).configure(routes::register).wrap(from_fn(edge));
            let mut server = HttpServer::new(build).shutdown_timeout(GRACE);
            for listener in listeners {
                server = server.listen(listener)?;
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
