//! The thread that connects this process with the others of its installation.

use std::{io, sync::Arc, thread};

use storage::{Channel, Target};

use crate::{
    realtime::{self, Hub, relay::Outgoing},
    shared::{RedisRelay, RedisSpace},
};

/// What carries pokes to other processes.
#[derive(Clone)]
pub(super) enum Carrier {
    /// The database that they share.
    Postgres(Target),
    /// A Redis server.
    Redis(RedisSpace),
}

/// The running thread. Dropping it ends the thread.
pub(super) struct RelayThread {
    outgoing: Arc<Outgoing>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for RelayThread {
    fn drop(&mut self) {
        self.outgoing.close();
        if let Some(thread) = self.thread.take() {
            // The panic hook has reported a panic already.
            let _ = thread.join();
        }
    }
}

impl RelayThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// No thread could be started.
    pub(super) fn start(hub: Arc<Hub>, outgoing: Arc<Outgoing>, carrier: Carrier) -> io::Result<Self> {
        let pokes = Arc::clone(&outgoing);
        let run = move || match carrier {
            Carrier::Postgres(target) => realtime::carry(&hub, &pokes, || Channel::open(&target)),
            Carrier::Redis(space) => realtime::carry(&hub, &pokes, || RedisRelay::open(&space)),
        };
        let thread = thread::Builder::new().name("relay".to_owned()).spawn(run)?;
        Ok(Self { outgoing, thread: Some(thread) })
    }
}
