//! A simulation of clients, two processes and what is between them.
//!
//! It checks the promise of the connections: a client gets each message of its session once and in order, across
//! reconnects, lost pokes and restarts. Each seed is one schedule of steps in another order. The hub, its queues, the
//! workers, the positions and the pokes are those of the server. The store and the network are simulated, and the steps of
//! a connection are those of `routes::sockets::chat`, with a pause wherever it awaits.

mod line;

use std::{collections::VecDeque, rc::Rc, time::Duration};

use self::line::SimulatedLine;
use super::*;
use crate::realtime::{
    queue::Next,
    relay::{Outgoing, pack, unpack},
};

/// Number of schedules of a usual run.
const SCHEDULES: u64 = 100_000;
/// The variable that sets another number of schedules.
const SCHEDULES_VARIABLE: &str = "SWITCHBOARD_SCHEDULES";
/// Number of steps of a schedule before everything settles.
const STEPS: u32 = 60;
/// Most messages of one read. Small, so that several reads are needed now and then.
const MOST_READ: i64 = 4;
/// Number of messages that no queue has room for.
const FLOOD: i64 = 130;
/// Length of the texts between processes. Small, so that pokes are spread over several.
const LONGEST_TEXT: usize = 40;
/// The sessions, and the session of each client.
const SESSIONS: [&str; 2] = ["TES001_1", "TES001_2"];
const CLIENTS: [usize; 3] = [0, 0, 1];

/// A mistake that the simulation has to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    /// A connection catches up from one message too late.
    OffByOne,
    /// Nobody looks for what pokes have lost.
    NoRecheck,
    /// A connection takes every message that arrives for the next one.
    NoPosition,
    /// A worker writes to connections whose tasks have something else to do.
    NeverBusy,
}

/// The sessions that a recheck asks for, and the heads that it has read.
type Checking = (Vec<SessionRowId>, Vec<(SessionRowId, SessionHead)>);

/// Random numbers of a seed: `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

/// One process of the server.
struct Process {
    hub: Arc<Hub>,
    worker: Rc<Worker>,
    outgoing: Arc<Outgoing>,
    /// Messages that were committed and not published yet: the session and the position.
    unpublished: Vec<(usize, i64)>,
    /// Texts of the other process on their way.
    arriving: Vec<String>,
    /// The heads that a recheck has read and not compared yet.
    checking: Option<Checking>,
}

impl Process {
    fn new() -> Self {
        let outgoing = Arc::new(Outgoing::default());
        let hub = Arc::new(Hub::relayed(Arc::clone(&outgoing)));
        Self { hub, worker: Rc::default(), outgoing, unpublished: Vec::new(), arriving: Vec::new(), checking: None }
    }
}

/// What a connection has read and not sent yet.
#[derive(Clone, Copy)]
struct Read {
    after: i64,
    last: i64,
    head: i64,
}

/// What a connection waits for.
enum Phase {
    /// Its turn to read for the first time.
    Joining,
    /// To send the messages that it has read.
    Sending(Read),
    /// Its turn to read again.
    Reading,
    /// The hub.
    Idle,
}

struct Connection {
    process: usize,
    listening: Listening,
    line: Rc<SimulatedLine>,
    phase: Phase,
}

/// A client with the messages that it was shown.
struct Client {
    session: usize,
    shown: i64,
    connection: Option<Connection>,
}

struct Simulation {
    random: Random,
    mistake: Mistake,
    /// The last message of each session.
    stored: [i64; SESSIONS.len()],
    processes: [Process; 2],
    clients: Vec<Client>,
    sessions: [SessionAccess; SESSIONS.len()],
}

impl Simulation {
    fn new(seed: u64, mistake: Mistake) -> Self {
        let clients = CLIENTS.iter().map(|session| Client { session: *session, shown: 0, connection: None }).collect();
        Self {
            random: Random(seed),
            mistake,
            stored: [0; SESSIONS.len()],
            processes: [Process::new(), Process::new()],
            clients,
            sessions: SESSIONS.map(access),
        }
    }

    /// Runs the schedule.
    ///
    /// # Errors
    /// How the promise was broken.
    fn run(mut self) -> Result<(), String> {
        for _ in 0..STEPS {
            self.step()?;
        }
        self.settle()?;
        for (number, client) in self.clients.iter().enumerate() {
            let stored = self.stored[client.session];
            if client.shown != stored {
                return Err(format!("client {number} has {} of {stored} messages", client.shown));
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        let process = self.random.below(2);
        let client = self.random.below(CLIENTS.len());
        match self.random.below(100) {
            0..20 => self.store(process, 1),
            20..35 => self.publish(process),
            35..45 => self.send_pokes(process),
            45..55 => self.deliver(process),
            55..60 => self.check(process),
            60..63 => self.disconnect(client),
            65..75 => {
                self.processes[process].worker.pass_on(1);
            }
            63..64 => self.restart(process),
            64..65 if self.random.one_in(4) => self.store(process, FLOOD),
            _ => self.turn(client)?,
        }
        self.show_sent()
    }

    /// Shows the clients what workers have sent.
    fn show_sent(&mut self) -> Result<(), String> {
        for Client { shown, connection, .. } in &mut self.clients {
            let sent = connection.as_ref().map(|open| open.line.sent.take());
            sent.into_iter().flatten().try_for_each(|seq| show(shown, seq))?;
        }
        Ok(())
    }

    /// Stores messages. They are published later, perhaps in another order.
    fn store(&mut self, process: usize, count: i64) {
        let session = self.random.below(SESSIONS.len());
        for _ in 0..count {
            self.stored[session] += 1;
            self.processes[process].unpublished.push((session, self.stored[session]));
        }
        if count > 1 {
            while !self.processes[process].unpublished.is_empty() {
                self.publish(process);
            }
        }
    }

    fn publish(&mut self, process: usize) {
        let waiting = &mut self.processes[process].unpublished;
        if waiting.is_empty() {
            return;
        }
        let (session, seq) = waiting.swap_remove(self.random.below(waiting.len()));
        let event = event(SESSIONS[session], EventKind::Message(Box::new(message(seq))));
        self.processes[process].hub.publish(vec![event]);
    }

    /// Sends what a process tells the other one. Some of it is lost, and some arrives twice.
    fn send_pokes(&mut self, process: usize) {
        let pokes = self.processes[process].outgoing.take_within(Duration::ZERO);
        for text in pack(&pokes, LONGEST_TEXT) {
            let times = match self.random.below(6) {
                0 | 1 => 0,
                2 => 2,
                _ => 1,
            };
            self.processes[1 - process].arriving.extend((0..times).map(|_| text.clone()));
        }
    }

    fn deliver(&mut self, process: usize) {
        let Process { hub, arriving, .. } = &mut self.processes[process];
        if !arriving.is_empty() {
            let text = arriving.swap_remove(self.random.below(arriving.len()));
            hub.receive(&unpack(&text).collect::<Vec<_>>());
        }
    }

    /// Reads the heads of all sessions that are waited for, or compares those that were read.
    fn check(&mut self, process: usize) {
        if self.mistake == Mistake::NoRecheck {
            return;
        }
        let Process { hub, checking, .. } = &mut self.processes[process];
        match checking.take() {
            Some((asked, heads)) => hub.compare(&asked, &heads),
            None => {
                let (sessions, stored) = (&self.sessions, &self.stored);
                let heads = sessions.iter().zip(stored).map(|(session, seq)| (session.row_id(), head(*seq))).collect();
                *checking = Some((hub.rows(), heads));
            }
        }
    }

    fn disconnect(&mut self, client: usize) {
        self.clients[client].connection = None;
    }

    /// Kills a process and starts it again. What it has not published is never told.
    fn restart(&mut self, process: usize) {
        let is_there = |it: &mut Connection| it.process == process;
        self.clients.iter_mut().for_each(|client| drop(client.connection.take_if(is_there)));
        self.processes[process] = Process::new();
    }

    /// Lets a client go on. A worker may write to its connection while that waits for the hub.
    fn turn(&mut self, number: usize) -> Result<(), String> {
        self.go_on(number)?;
        if let Some(open) = &self.clients[number].connection {
            open.line.is_waiting.set(matches!(open.phase, Phase::Idle));
        }
        self.show_sent()
    }

    /// Has a client connect, or its connection do the next thing.
    fn go_on(&mut self, number: usize) -> Result<(), String> {
        let Self { random, mistake, stored, processes, clients, sessions } = self;
        let Client { session, shown, connection } = &mut clients[number];
        let head = stored[*session];
        let read = |after: i64| Read { after, last: head.min(after + MOST_READ), head };
        let Some(open) = connection else {
            let process = random.below(2);
            let line = Rc::new(SimulatedLine::new(Position::at(*shown), *mistake == Mistake::NeverBusy));
            let (Process { hub, worker, .. }, session) = (&processes[process], sessions[*session]);
            // A stream of events has no line.
            let listening = match random.one_in(3) {
                true => hub.listen(session, Occupant::Visitor),
                false => hub.listen_on(worker, Rc::clone(&line), session, Occupant::Visitor),
            };
            *connection = Some(Connection { process, listening, line, phase: Phase::Joining });
            return Ok(());
        };
        open.line.is_waiting.set(false);
        let mut position = open.line.position.get();
        let late = i64::from(*mistake == Mistake::OffByOne);
        match std::mem::replace(&mut open.phase, Phase::Idle) {
            Phase::Joining => open.phase = Phase::Sending(read(*shown)),
            Phase::Reading if random.one_in(8) => open.phase = Phase::Reading,
            Phase::Reading => open.phase = Phase::Sending(read(position.seq() + late)),
            Phase::Sending(batch) => {
                for seq in batch.after + 1..=batch.last {
                    show(shown, seq)?;
                }
                open.listening.has_read(self::head(batch.head), false);
                let last = (batch.last > batch.after).then_some(batch.last);
                let has_more = batch.last < batch.head;
                if position.pass_read(last, batch.head, has_more) {
                    open.phase = Phase::Reading;
                }
            }
            Phase::Idle => {
                let Some(next) = open.listening.ready() else { return Ok(()) };
                let due = match next {
                    Next::Lagged => Due::Read,
                    Next::Changed(head) => position.changed(head),
                    Next::News(news, _) => match &*news {
                        News::Happened(happened) => {
                            let EventKind::Message(message) = &happened.event.kind else { return Ok(()) };
                            let due = position.stored(message.seq);
                            let due = if *mistake == Mistake::NoPosition { Due::Send } else { due };
                            if due == Due::Send {
                                show(shown, message.seq)?;
                                position.pass(message.seq);
                            }
                            due
                        }
                        News::Typing(_) | News::Status(_) => Due::Nothing,
                    },
                    Next::Stopping | Next::StaffChanged | Next::QueueMoved | Next::DatabaseLost => Due::Nothing,
                };
                if due == Due::Read {
                    open.phase = Phase::Reading;
                }
            }
        }
        open.line.position.set(position);
        Ok(())
    }

    /// Loses what is on its way, checks once, and lets all clients finish.
    fn settle(&mut self) -> Result<(), String> {
        for process in 0..2 {
            while !self.processes[process].unpublished.is_empty() {
                self.publish(process);
            }
            self.processes[process].arriving.clear();
        }
        self.finish()?;
        for process in 0..2 {
            self.processes[process].checking = None;
            self.check(process);
            self.check(process);
        }
        self.finish()
    }

    /// Lets all clients go on until they wait for the hub.
    fn finish(&mut self) -> Result<(), String> {
        let mut waiting: VecDeque<usize> = (0..CLIENTS.len()).collect();
        while let Some(client) = waiting.pop_front() {
            self.processes.iter().for_each(|process| while !process.worker.pass_on(1) {});
            self.show_sent()?;
            let had_nothing = self.clients[client].connection.as_ref().is_some_and(Connection::has_nothing_to_do);
            if !had_nothing {
                self.turn(client)?;
                waiting.push_back(client);
            }
        }
        Ok(())
    }
}

impl Connection {
    fn has_nothing_to_do(&self) -> bool {
        matches!(self.phase, Phase::Idle) && self.listening.queue.is_empty()
    }
}

/// Shows a message to a client.
fn show(shown: &mut i64, seq: i64) -> Result<(), String> {
    if seq != *shown + 1 {
        return Err(format!("message {seq} was shown after {shown}"));
    }
    *shown = seq;
    Ok(())
}

/// Returns the number of schedules to run.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
fn schedules() -> u64 {
    std::env::var(SCHEDULES_VARIABLE).ok().and_then(|number| number.parse().ok()).unwrap_or(SCHEDULES)
}

/// Runs the schedules of these seeds. Returns the first seed that breaks the promise, and how.
fn first_failure(seeds: impl IntoIterator<Item = u64>, mistake: Mistake) -> Option<(u64, String)> {
    seeds.into_iter().find_map(|seed| Simulation::new(seed, mistake).run().err().map(|broken| (seed, broken)))
}

#[test]
fn each_client_is_shown_each_message_once_and_in_order() {
    let schedules = schedules();
    let halves =
        [0, 1].map(|half| std::thread::spawn(move || first_failure((half..schedules).step_by(2), Mistake::None)));
    for half in halves {
        if let Some((seed, broken)) = half.join().unwrap() {
            panic!("the schedule of seed {seed} breaks the promise: {broken}");
        }
    }
}

#[test]
fn the_simulation_finds_mistakes() {
    for mistake in [Mistake::OffByOne, Mistake::NoRecheck, Mistake::NoPosition, Mistake::NeverBusy] {
        let found = first_failure(0..2_000, mistake);
        assert!(found.is_some(), "{mistake:?} is not found");
    }
}

#[test]
fn a_seed_always_makes_the_same_schedule() {
    let (seed, broken) = first_failure(0..2_000, Mistake::NoPosition).unwrap();
    assert_eq!(first_failure([seed], Mistake::NoPosition), Some((seed, broken)));
}
