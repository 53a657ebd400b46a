//! The thread that tells the other processes of the installation who is connected to this one.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread,
};

use storage::Roster;
use ulid::Ulid;

use super::relay_thread::Carrier;
use crate::{
    online::Online,
    realtime::{
        Hub,
        roster::{self, Connections, LIFE, Local},
    },
    shared::RedisRoster,
};

/// The running thread. Dropping it ends the thread, and the others forget this process.
pub(super) struct PresenceThread {
    stop: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for PresenceThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The panic hook has reported a panic already.
            let _ = thread.join();
        }
    }
}

impl PresenceThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// No thread could be started.
    pub(super) fn start(hub: Arc<Hub>, online: Arc<Online>, carrier: Carrier) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let run = move || {
            let (local, process) = (Here { hub, online }, Ulid::generate().to_string());
            match carrier {
                Carrier::Postgres(target) => {
                    roster::share(&local, &stopped, || Roster::open(&target, process.clone(), LIFE));
                }
                Carrier::Redis(space) => {
                    roster::share(&local, &stopped, || RedisRoster::open(&space, process.clone()));
                }
            }
        };
        let thread = thread::Builder::new().name("presence".to_owned()).spawn(run)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

/// The connections of this process.
struct Here {
    hub: Arc<Hub>,
    online: Arc<Online>,
}

impl Local for Here {
    fn connected(&self) -> Connections {
        Connections { sessions: self.hub.occupants(), agents: self.online.agents() }
    }

    fn set_elsewhere(&self, elsewhere: Connections) {
        self.hub.set_elsewhere(elsewhere.sessions);
        self.online.set_elsewhere(elsewhere.agents);
    }
}
