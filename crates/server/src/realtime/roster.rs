//! Who is connected to which process.
//!
//! Each process writes who is connected to it, where the others read it. What it has written counts for a time only, so a
//! process that is killed is forgotten.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tenancy::{AgentId, SessionId, StoreError, UserId};

use super::presence::Occupant;

/// How often a process tells and asks who is connected.
const PERIOD: Duration = Duration::from_millis(500);

/// How long what a process has told counts.
pub(crate) const LIFE: Duration = Duration::from_secs(5);

/// Where processes tell each other who is connected to them.
pub(crate) trait Roster {
    /// Writes who is connected to this process, and returns what the others have written within [`LIFE`], in any order.
    ///
    /// # Errors
    /// [`StoreError`] if the connection is lost.
    fn exchange(&mut self, connected: &str) -> Result<Vec<String>, StoreError>;

    /// Removes what this process has written.
    ///
    /// # Errors
    /// [`StoreError`] if the connection is lost.
    fn leave(self) -> Result<(), StoreError>;
}

impl Roster for storage::Roster {
    fn exchange(&mut self, connected: &str) -> Result<Vec<String>, StoreError> {
        Self::exchange(self, connected)
    }

    fn leave(self) -> Result<(), StoreError> {
        Self::leave(self)
    }
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

/// Tells and asks who is connected, until `stop` says so or is closed. A lost connection is replaced; without one nobody
/// is known elsewhere.
pub(crate) fn share<R: Roster>(local: &dyn Local, stop: &Receiver<()>, connect: impl Fn() -> Result<R, StoreError>) {
    let (mut roster, mut known, mut is_away) = (None, Vec::new(), false);
    loop {
        // A process that is alone only says that it is there.
        let told = write(if known.is_empty() { Connections::default() } else { local.connected() });
        let exchanged = roster.take().map_or_else(&connect, Ok).and_then(|mut roster| {
            let others = roster.exchange(&told)?;
            Ok((roster, others))
        });
        let mut others = match exchanged {
            Ok((connected, others)) => {
                roster = Some(connected);
                if std::mem::take(&mut is_away) {
                    tracing::info!("presence is shared again");
                }
                others
            }
            Err(error) => {
                if !std::mem::replace(&mut is_away, true) {
                    tracing::warn!(error = crate::logging::chain(&error), "presence is not shared");
                }
                Vec::new()
            }
        };
        others.sort_unstable();
        if others != known {
            local.set_elsewhere(read(&others));
            known = others;
        }
        if stop.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    // Otherwise this process is forgotten a little later.
    let _ = roster.map(Roster::leave);
}

/// Who is connected to a process, as it is written. Equal connections are written as equal texts.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Connected {
    sessions: BTreeMap<String, BTreeSet<Person>>,
    agents: BTreeSet<i64>,
}

/// Somebody who is connected to a session. Superadmins are not told.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Person {
    Visitor,
    Staff(i64, String),
}

fn write(Connections { sessions, agents }: Connections) -> String {
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
