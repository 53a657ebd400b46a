//! The lanes in front of the connections: results of jobs, order, and full queues.

use std::sync::{Arc, Mutex, mpsc};

use handoff::{Activities as _, ActivityKind, Event, EventKind, NewActivity, Outbox as _};
use storage::{Database, FairnessKey, Options, Sink, Target, Ticket, testing::Scratch};
use tenancy::{AgentId, Fault, SessionId, StoreError, access::Office};

use crate::{
    stage::Company,
    world::{World, now},
};

/// Keeps the sessions of published events; panics on any event other than a deletion.
#[derive(Default)]
struct Recorder(Mutex<Vec<SessionId>>);

impl Sink for Recorder {
    fn publish(&self, events: Vec<Event>) {
        assert!(events.iter().all(|event| event.kind == EventKind::Erased), "on purpose");
        self.0.lock().unwrap().extend(events.into_iter().map(|event| event.session));
    }
}

/// A company with an agent, to whose activity log the jobs of these tests write, and a neighbour company.
struct Scene {
    world: World,
    company: Company,
    agent: AgentId,
    neighbour: (Office, AgentId),
    published: Arc<Recorder>,
}

impl Scene {
    fn each() -> impl Iterator<Item = Self> {
        Scratch::each().into_iter().map(|scratch| Self::with(scratch, |_| {}))
    }

    fn with(mut scratch: Scratch, change: impl FnOnce(&mut Options)) -> Self {
        let published = Arc::new(Recorder::default());
        scratch.options.sink = Arc::<Recorder>::clone(&published);
        change(&mut scratch.options);
        let world = World::new(scratch);
        let company = world.company("tesla");
        let agent = world.agent(&company, "ben").id();
        let other = world.company("spacex");
        let neighbour = (other.office.clone(), world.agent(&other, "eve").id());
        Self { world, company, agent, neighbour, published }
    }

    /// Returns how many writes run at a time.
    fn writers(&self) -> usize {
        match self.world.scratch.options.target {
            Target::Sqlite(_) => 1,
            Target::Postgres(_) => 8,
        }
    }

    /// Starts a write of one row and one event, which then runs `then`.
    fn write(
        &self,
        description: &'static str,
        then: impl FnOnce() -> Result<(), StoreError> + Send + 'static,
    ) -> Written {
        write(&self.world.db, &self.company.office, self.agent, description, then)
    }

    /// Starts a write that stores its row and then waits for a signal.
    fn hold(&self, description: &'static str) -> Held {
        hold(&self.world.db, &self.company.office, self.agent, description)
    }

    /// Starts held writes on all writer threads. One company may not occupy all of them, so the neighbour takes
    /// the rest.
    fn hold_all(&self, description: &'static str) -> Vec<Held> {
        let (office, agent) = &self.neighbour;
        let own = if self.writers() == 1 { 1 } else { self.writers() - self.writers() / 4 };
        let others = (own..self.writers()).map(|_| hold(&self.world.db, office, *agent, description));
        (0..own).map(|_| self.hold(description)).chain(others).collect()
    }

    /// Returns the written rows, in order.
    fn rows(&self) -> Vec<String> {
        rows(&self.world.scratch)
    }

    /// Returns the number of published events.
    fn published(&self) -> usize {
        self.published.0.lock().unwrap().len()
    }
}

type Written = Ticket<(), StoreError>;
type Held = (Written, mpsc::Sender<()>);

fn write(
    db: &Database,
    office: &Office,
    agent: AgentId,
    description: &'static str,
    then: impl FnOnce() -> Result<(), StoreError> + Send + 'static,
) -> Written {
    db.write(office.clone(), move |store| {
        let (description, metadata) = (description.to_owned(), serde_json::json!({}));
        store.log(&NewActivity { agent, kind: ActivityKind::Login, description, metadata, ip: None }, now())?;
        let session = SessionId::generate(chatbot::Sessions::company(store));
        store.emit(session, EventKind::Erased);
        then()
    })
}

fn hold(db: &Database, office: &Office, agent: AgentId, description: &'static str) -> Held {
    let (started, has_started) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let written = write(db, office, agent, description, move || {
        started.send(()).unwrap();
        may_go_on.recv().unwrap();
        Ok(())
    });
    has_started.recv().unwrap();
    (written, go_on)
}

fn rows(scratch: &Scratch) -> Vec<String> {
    scratch.lines("SELECT description AS line FROM activities ORDER BY id")
}

fn fault(written: Written) -> Fault {
    written.wait().unwrap_err().fault()
}

/// Ends every connection, like a restart of the server.
fn restart(scratch: &Scratch) {
    scratch.lock_out();
    scratch.let_in();
}

fn broken() -> StoreError {
    StoreError::new(Fault::Broken, "on purpose")
}

#[test]
fn a_job_that_panics_is_answered_and_the_next_one_works() {
    for scene in Scene::each() {
        for _ in 0..2 * scene.writers() {
            assert_eq!(fault(scene.write("panics", || panic!("on purpose"))), Fault::Broken);
        }
        let read =
            scene.world.db.read(scene.company.office.clone(), |_| -> Result<(), StoreError> { panic!("on purpose") });
        assert_eq!(read.wait().unwrap_err().fault(), Fault::Broken);
        assert_eq!((scene.rows().len(), scene.published()), (0, 0));
        scene.write("works", || Ok(())).wait().unwrap();
        assert_eq!((scene.rows(), scene.published()), (vec!["works".to_owned()], 1));
        assert_eq!(scene.world.count("agents"), "2");
    }
}

#[test]
fn an_error_undoes_only_its_own_job_and_its_events() {
    for scene in Scene::each() {
        let (held, go_on) = scene.hold("first");
        let [one, failed, panicked, two] = [
            scene.write("one", || Ok(())),
            scene.write("fails", || Err(broken())),
            scene.write("panics", || panic!("on purpose")),
            scene.write("two", || Ok(())),
        ];
        go_on.send(()).unwrap();
        assert_eq!([failed, panicked].map(fault), [Fault::Broken; 2]);
        [held, one, two].into_iter().for_each(|written| written.wait().unwrap());
        let mut rows = scene.rows();
        rows.sort();
        assert_eq!(rows, ["first", "one", "two"]);
        assert_eq!(scene.published(), 3);
    }
}

#[test]
fn nothing_is_heard_before_the_commit_and_all_of_it_before_the_answer() {
    for scene in Scene::each() {
        let (held, go_on) = scene.hold("first");
        assert_eq!((scene.published(), scene.rows().len()), (0, 0));
        go_on.send(()).unwrap();
        held.wait().unwrap();
        assert_eq!((scene.published(), scene.rows().len()), (1, 1));
    }
}

#[test]
fn a_listener_that_panics_ends_no_lane() {
    for scene in Scene::each() {
        for _ in 0..2 * scene.writers() {
            let session = SessionId::generate(scene.company.code);
            let write = scene.world.db.write(scene.company.office.clone(), move |store| {
                let agent = handoff::AgentRef { id: AgentId::new(1), name: String::new() };
                store.emit(session, EventKind::Resolved { handoff: tenancy::HandoffId::new(1), agent: Some(agent) });
                Ok::<_, StoreError>(())
            });
            write.wait().unwrap();
        }
        scene.write("works", || Ok(())).wait().unwrap();
        assert_eq!((scene.rows().len(), scene.published()), (1, 1));
    }
}

#[test]
fn a_full_queue_refuses_at_once_and_keeps_what_it_took() {
    const QUEUE: usize = 3;
    for scratch in Scratch::each() {
        let scene = Scene::with(scratch, |options| options.queue = 2 * QUEUE);
        // One company may fill half of the queue.
        let held = scene.hold_all("held");
        let queued: Vec<_> = (0..QUEUE).map(|_| scene.write("queued", || Ok(()))).collect();
        assert_eq!(fault(scene.write("refused", || Ok(()))), Fault::Unavailable);
        // Reads have a separate queue.
        let read = scene.world.db.read(scene.company.office.clone(), |_| Ok::<_, StoreError>(()));
        read.wait().unwrap();
        for (written, go_on) in held {
            go_on.send(()).unwrap();
            written.wait().unwrap();
        }
        queued.into_iter().for_each(|written| written.wait().unwrap());
        assert_eq!(scene.rows().len(), scene.writers() + QUEUE);
    }
}

#[test]
fn closing_waits_for_what_is_queued() {
    for scene in Scene::each() {
        let (held, go_on) = scene.hold("first");
        let queued: Vec<_> = (0..20).map(|_| scene.write("queued", || Ok(()))).collect();
        let Scene { world: World { db, scratch, .. }, .. } = scene;
        go_on.send(()).unwrap();
        drop(db);
        assert_eq!(rows(&scratch).len(), 21);
        queued.into_iter().chain([held]).for_each(|written| written.wait().unwrap());
    }
}

/// After an I/O error SQLite rolls back the whole transaction, including its savepoints. A trigger does the same here.
#[test]
fn of_a_lost_batch_nothing_is_acknowledged_stored_or_heard() {
    let scene = Scene::with(Scratch::sqlite(), |_| {});
    let lose = "CREATE TRIGGER lose BEFORE INSERT ON activities WHEN NEW.description = 'loses' \
                BEGIN SELECT RAISE(ROLLBACK, 'disk I/O error'); END";
    scene.world.scratch.execute(lose).unwrap();
    scene.write("acknowledged", || Ok(())).wait().unwrap();
    for round in 1..=3 {
        let (held, go_on) = scene.hold("before");
        let [before, loses, after] =
            ["before", "loses", "after"].map(|description| scene.write(description, || Ok(())));
        go_on.send(()).unwrap();
        assert_eq!([held, before].map(fault), [Fault::Unavailable; 2]);
        assert!(loses.wait().is_err());
        after.wait().unwrap();
        assert_eq!((scene.rows().len(), scene.published()), (1 + round, 1 + round));
        assert!(scene.rows().iter().skip(1).all(|row| row == "after"));
    }
}

#[test]
fn a_server_that_restarts_costs_only_what_was_under_way() {
    let Some(scratch) = Scratch::postgres() else { return };
    let scene = Scene::with(scratch, |_| {});
    let read = || {
        let office = scene.company.office.clone();
        scene.world.db.read(office, |store| chatbot::Profiles::profile_stats(store, now())).wait().unwrap()
    };
    // Open the maximum number of connections and leave them idle.
    for (written, go_on) in scene.hold_all("before") {
        go_on.send(()).unwrap();
        written.wait().unwrap();
    }
    read();
    restart(&scene.world.scratch);
    scene.write("works", || Ok(())).wait().unwrap();
    read();

    // The connections end between a statement and the commit.
    let (lost, go_on) = scene.hold("lost");
    restart(&scene.world.scratch);
    go_on.send(()).unwrap();
    assert_eq!(fault(lost), Fault::Unavailable);
    scene.write("works again", || Ok(())).wait().unwrap();
    assert_eq!(scene.rows()[scene.writers()..], ["works", "works again"]);
    assert_eq!(scene.published(), scene.writers() + 2);
}

#[test]
fn a_server_that_is_gone_is_unavailable_and_soon_back() {
    let Some(scratch) = Scratch::postgres() else { return };
    let scene = Scene::with(scratch, |_| {});
    scene.write("before", || Ok(())).wait().unwrap();
    scene.world.scratch.lock_out();
    let refused: Vec<_> = (0..20).map(|_| scene.write("refused", || Ok(()))).collect();
    refused.into_iter().for_each(|written| assert_eq!(fault(written), Fault::Unavailable));
    scene.world.scratch.let_in();
    while let Err(error) = scene.write("after", || Ok(())).wait() {
        assert_eq!(error.fault(), Fault::Unavailable);
    }
    assert_eq!(scene.rows(), ["before", "after"]);
}

type Work = Box<dyn FnOnce() -> Result<(), StoreError> + Send>;

/// Returns the order in which the lobby runs three jobs of one fairness key and then one of another.
fn order(threads: u8, submit: impl Fn(FairnessKey, Work) -> Ticket<(), StoreError>) -> Vec<FairnessKey> {
    let mut held: Vec<_> = (0..threads)
        .map(|thread| {
            let (started, has_started) = mpsc::channel();
            let (go_on, may_go_on) = mpsc::channel::<()>();
            let work = move || {
                started.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(())
            };
            let ticket = submit(FairnessKey::Lobby(9 + thread), Box::new(work));
            has_started.recv().unwrap();
            (ticket, go_on)
        })
        .collect();
    let order = Arc::new(Mutex::new(Vec::new()));
    let (busy, calm) = (FairnessKey::Lobby(1), FairnessKey::Lobby(2));
    let queued = [busy, busy, busy, calm].map(|key| {
        let order = Arc::clone(&order);
        let work = move || {
            order.lock().unwrap().push(key);
            Ok(())
        };
        submit(key, Box::new(work))
    });
    // Release one thread only, so that the order is deterministic.
    let (ticket, go_on) = held.pop().unwrap();
    go_on.send(()).unwrap();
    ticket.wait().unwrap();
    queued.into_iter().for_each(|ticket| ticket.wait().unwrap());
    for (ticket, go_on) in held {
        go_on.send(()).unwrap();
        ticket.wait().unwrap();
    }
    order.lock().unwrap().clone()
}

#[test]
fn the_lobby_takes_turns_too() {
    for scene in Scene::each() {
        let db = &scene.world.db;
        let (busy, calm) = (FairnessKey::Lobby(1), FairnessKey::Lobby(2));
        let (readers, writers) = if scene.writers() == 1 { (4, 1) } else { (8, 8) };
        let read = |key, work: Work| db.lobby_in(key, move |_| work());
        assert_eq!(order(readers, read), [busy, calm, busy, busy]);
        let write = |key, work: Work| db.lobby_write_in(key, move |_| work());
        assert_eq!(order(writers, write), [busy, calm, busy, busy]);
        assert_eq!(db.fairness_key(&7), db.fairness_key(&7));
        assert!((0..99).any(|claim| db.fairness_key(&claim) != db.fairness_key(&7)));
    }
}
