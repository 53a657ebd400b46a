//! Messages for the sockets of one worker thread, which are sent without waking the task of each socket.
//!
//! The hub tells a worker once of what has happened in a session. The worker then goes through the lines of the session
//! that it serves. A line that has nothing else to do is sent a message at once; any other gets it in its queue, as
//! connections without a line do. So what a line is told keeps its order: nothing overtakes what is in its queue.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tenancy::SessionId;
use tokio::{sync::Notify, task::yield_now};

use super::{
    news::{Happened, News},
    queue::Queue,
    topics::SeatKey,
};

/// Most news that wait for a worker.
const LONGEST: usize = 4096;
/// Number of lines after which a worker lets its other tasks go on.
const AT_ONCE: usize = 128;

/// A connection over which a message can be sent without its task.
pub(crate) trait Line {
    /// Sends the message if it is the next one and the connection has nothing else to do. Returns whether the connection
    /// is done with it.
    fn send_now(&self, happened: &Happened) -> bool;
}

/// What the hub has told a worker and the worker has not passed on.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    kept: Mutex<Kept>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    news: VecDeque<(SessionId, Arc<News>)>,
    /// Number of news that were ever added.
    told: u64,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds news of a session, unless too many wait already. Returns whether it did.
    pub(super) fn push(&self, session: SessionId, news: &Arc<News>) -> bool {
        let mut kept = self.lock();
        let has_room = kept.news.len() < LONGEST;
        if has_room {
            kept.news.push_back((session, Arc::clone(news)));
            kept.told += 1;
        }
        drop(kept);
        self.filled.notify_one();
        has_room
    }
}

struct Seated {
    line: Rc<dyn Line>,
    queue: Arc<Queue>,
}

impl Seated {
    fn tell(&self, news: &Arc<News>) {
        if let News::Happened(happened) = &**news
            && self.queue.is_empty()
            && self.line.send_now(happened)
        {
            return;
        }
        self.queue.push(news);
    }
}

/// News that were passed on to some lines of a session.
struct Begun {
    session: SessionId,
    news: Arc<News>,
    /// The last line that was told.
    told: Option<SeatKey>,
}

/// The lines that one worker thread serves.
#[derive(Default)]
pub(crate) struct Worker {
    pub(super) mailbox: Arc<Mailbox>,
    lines: RefCell<HashMap<SessionId, BTreeMap<SeatKey, Seated>>>,
    begun: Cell<Option<Begun>>,
    /// Number of news that were passed on to all lines.
    passed: Cell<u64>,
}

impl Worker {
    /// Passes on what the hub tells, for as long as the thread serves connections.
    pub(crate) async fn run(self: Rc<Self>) {
        loop {
            self.mailbox.filled.notified().await;
            while !self.pass_on(AT_ONCE) {
                yield_now().await;
            }
        }
    }

    pub(super) fn sit(&self, session: SessionId, key: SeatKey, line: Rc<dyn Line>, queue: Arc<Queue>) {
        self.lines.borrow_mut().entry(session).or_default().insert(key, Seated { line, queue });
    }

    pub(super) fn leave(&self, session: SessionId, key: SeatKey) {
        let mut lines = self.lines.borrow_mut();
        let Some(seats) = lines.get_mut(&session) else { return };
        let left = seats.remove(&key);
        if seats.is_empty() {
            lines.remove(&session);
        }
        drop(lines);
        drop(left);
    }

    /// Waits until all that the hub has told until now was passed on.
    pub(super) async fn settled(&self) {
        let told = self.mailbox.lock().told;
        while self.passed.get() < told {
            yield_now().await;
        }
    }

    /// Passes on what the hub has told, to at most this many lines. Returns whether nothing is left.
    pub(super) fn pass_on(&self, most: usize) -> bool {
        let mut left = most;
        loop {
            let Some(begun) = self.begun.take().or_else(|| self.next()) else { return true };
            let Begun { session, news, mut told } = begun;
            let lines = self.lines.borrow();
            let after = told.map_or(Bound::Unbounded, Bound::Excluded);
            for (key, seated) in
                lines.get(&session).into_iter().flat_map(|seats| seats.range((after, Bound::Unbounded)))
            {
                if left == 0 {
                    self.begun.set(Some(Begun { session, news, told }));
                    return false;
                }
                seated.tell(&news);
                left -= 1;
                told = Some(*key);
            }
            self.passed.update(|passed| passed + 1);
        }
    }

    fn next(&self) -> Option<Begun> {
        let (session, news) = self.mailbox.lock().news.pop_front()?;
        Some(Begun { session, news, told: None })
    }
}
