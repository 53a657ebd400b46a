//! Who is connected to which process.
//!
//! Each process writes who is connected to it, under a key that soon expires, and reads what the others have written.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use redis::{Connection, RedisResult, pipe};
use serde::{Deserialize, Serialize};
use tenancy::{AgentId, SessionId, UserId};
use ulid::Ulid;

use super::RedisSpace;
use crate::{
    online::Online,
    realtime::{Hub, Occupant},
};

/// How often a process tells and asks who is connected.
const PERIOD: Duration = Duration::from_secs(2);

/// How long what a process has told counts. A process that is killed is forgotten after this time.
const LIFE: Duration = Duration::from_secs(10);

/// How long the server may take to answer.
const WAIT: Duration = Duration::from_secs(1);

/// Who is connected to a process, as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Connected {
    sessions: HashMap<String, Vec<Person>>,
    agents: Vec<i64>,
}

/// Somebody who is connected to a session. Superadmins are not told.
#[derive(Debug, Serialize, Deserialize)]
enum Person {
    Visitor,
    Staff(i64, String),
}

/// Who is connected to a process, or to several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Connections {
    /// Who is connected to each session.
    pub(crate) sessions: HashMap<SessionId, Vec<Occupant>>,
    /// The agents with a connection.
    pub(crate) agents: HashSet<AgentId>,
}

/// Where a process keeps who is connected to it.
pub(crate) trait Local: Send + Sync {
    /// Returns who is connected here.
    fn connected(&self) -> Connections;

    /// Replaces what is known of all other processes.
    fn set_elsewhere(&self, elsewhere: Connections);
}

/// The thread that tells and asks. Dropping it ends the thread, and the others forget this process.
pub(crate) struct PresenceThread {
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
    /// No thread could be started. A server that does not answer is no error.
    pub(crate) fn start(space: RedisSpace, local: Arc<impl Local + 'static>) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let run = move || {
            let mut process = Process::new(space);
            loop {
                process.exchange(&*local);
                if stopped.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            process.leave();
        };
        let thread = thread::Builder::new().name("presence".to_owned()).spawn(run)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

/// This process in the list of all.
pub(super) struct Process {
    space: RedisSpace,
    name: String,
    connection: Option<Connection>,
    is_away: bool,
}

impl Process {
    pub(super) fn new(space: RedisSpace) -> Self {
        Self { space, name: Ulid::generate().to_string(), connection: None, is_away: false }
    }

    /// Tells who is connected here, and notes who is elsewhere. Without the server nobody is known elsewhere.
    pub(super) fn exchange(&mut self, local: &dyn Local) {
        match self.try_exchange(local) {
            Ok(others) => {
                if std::mem::take(&mut self.is_away) {
                    tracing::info!("presence is shared again");
                }
                local.set_elsewhere(read(&others));
            }
            Err(error) => {
                self.connection = None;
                if !std::mem::replace(&mut self.is_away, true) {
                    tracing::warn!(error = crate::logging::chain(&error), "presence is not shared");
                }
                local.set_elsewhere(Connections::default());
            }
        }
    }

    /// Removes this process from the list.
    pub(super) fn leave(&mut self) {
        let (list, key) = (self.list(), self.key(&self.name));
        if let Some(connection) = &mut self.connection {
            // Without this it is forgotten a little later.
            let _ = pipe().del(key).srem(list, &self.name).exec(connection);
        }
    }

    fn try_exchange(&mut self, local: &dyn Local) -> RedisResult<Vec<String>> {
        let (list, key, name) = (self.list(), self.key(&self.name), self.name.clone());
        if self.connection.is_none() {
            self.connection = Some(self.space.connect(WAIT)?);
        }
        let Some(connection) = &mut self.connection else { return Ok(Vec::new()) };
        let life = u64::try_from(LIFE.as_millis()).unwrap_or(u64::MAX);
        let (processes,): (Vec<String>,) = pipe()
            .pset_ex(key, write(local), life)
            .ignore()
            .sadd(&list, &name)
            .ignore()
            .smembers(&list)
            .query(connection)?;
        let others: Vec<_> = processes.into_iter().filter(|process| *process != name).collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let mut ask = pipe();
        for other in &others {
            ask.get(self.space.names.name("presence", other));
        }
        let told: Vec<Option<String>> = ask.query(connection)?;
        let gone: Vec<_> =
            others.iter().zip(&told).filter(|(_, told)| told.is_none()).map(|(other, _)| other).collect();
        if !gone.is_empty() {
            pipe().srem(&list, gone).ignore().exec(connection)?;
        }
        Ok(told.into_iter().flatten().collect())
    }

    fn list(&self) -> String {
        self.space.names.name("processes", "")
    }

    fn key(&self, process: &str) -> String {
        self.space.names.name("presence", process)
    }
}

fn write(local: &dyn Local) -> String {
    let Connections { sessions, agents } = local.connected();
    let person = |occupant| match occupant {
        Occupant::Visitor => Some(Person::Visitor),
        Occupant::Staff { user, name } => Some(Person::Staff(user.get(), name)),
        Occupant::Superadmin => None,
    };
    let sessions = sessions
        .into_iter()
        .map(|(session, occupants)| (session.as_str().to_owned(), occupants.into_iter().filter_map(person).collect()));
    let connected = Connected { sessions: sessions.collect(), agents: agents.into_iter().map(AgentId::get).collect() };
    // Maps with texts as keys can be written.
    serde_json::to_string(&connected).unwrap_or_default()
}

/// Reads what other processes have told. What another version has written is left out.
fn read(told: &[String]) -> Connections {
    let mut read = Connections::default();
    for connected in told.iter().filter_map(|text| serde_json::from_str::<Connected>(text).ok()) {
        for (session, persons) in connected.sessions {
            let Ok(session) = SessionId::parse(&session) else { continue };
            read.sessions.entry(session).or_default().extend(persons.into_iter().map(|person| match person {
                Person::Visitor => Occupant::Visitor,
                Person::Staff(user, name) => Occupant::Staff { user: UserId::new(user), name },
            }));
        }
        read.agents.extend(connected.agents.into_iter().map(AgentId::new));
    }
    read
}

impl Local for (Arc<Hub>, Arc<Online>) {
    fn connected(&self) -> Connections {
        let (hub, online) = self;
        Connections { sessions: hub.occupants(), agents: online.agents() }
    }

    fn set_elsewhere(&self, elsewhere: Connections) {
        let (hub, online) = self;
        hub.set_elsewhere(elsewhere.sessions);
        online.set_elsewhere(elsewhere.agents);
    }
}
