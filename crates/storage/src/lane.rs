//! Lanes: bounded queues in front of the threads that own the connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use diesel::{
    connection::SimpleConnection as _,
    r2d2::{ManageConnection, Pool, R2D2Connection as _},
};
use tenancy::{Fault, StoreError};

use crate::{
    conn::{Db, Purpose, open, open_within},
    error::store_error,
    job::{Job, Ran, Sink, batch_lost, full, waited},
    queue::{FairnessKey, Queue},
    target::Target,
    wait::{Queued, Waits, left},
};

/// Maximum number of jobs that share one SQLite commit.
const BATCH: usize = 256;

/// How long a batch with jobs of several fairness keys accepts more, since all of its jobs wait until it ends.
const MIXED: Duration = Duration::from_millis(4);

/// How long a thread waits for a connection before it refuses the job.
const CONNECT: Duration = Duration::from_secs(1);

/// How long SQLite waits for the write lock before the lane looks whether the job may wait any longer.
const SLICE: Duration = Duration::from_millis(100);

/// The queue of a lane.
type Jobs = Queue<Queued>;

/// What bounds the queue of a lane.
pub(crate) struct Bounds {
    /// How many jobs may wait.
    pub(crate) queue: usize,
    /// How long a job may wait.
    pub(crate) wait: Duration,
    /// Set when the database reports a damaged file.
    pub(crate) is_damaged: Arc<AtomicBool>,
}

/// A queue and the threads behind it.
pub(crate) struct Lane {
    queue: Arc<Jobs>,
    waits: Arc<Waits>,
    threads: Vec<JoinHandle<()>>,
}

impl Lane {
    /// Starts threads that each run one job at a time, in a transaction of its own.
    pub(crate) fn pooled(
        name: &str,
        target: &Target,
        purpose: Purpose,
        size: u32,
        bounds: &Bounds,
        sink: &Arc<dyn Sink>,
    ) -> std::io::Result<Self> {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(CONNECT)
            .build_unchecked(Manager { target: target.clone(), purpose });
        let down = Arc::new(AtomicBool::new(false));
        Self::start(name, size, bounds, |jobs, waits| {
            let (pool, down, sink, target) = (pool.clone(), Arc::clone(&down), Arc::clone(sink), target.clone());
            move || {
                let mut finished = None;
                while let Some((key, queued)) = jobs.next(finished) {
                    let begin = |left| waits.bounded(queued.job.begin(), &target, left);
                    let begun = begun(&pool, &down, queued.deadline, begin);
                    match begun {
                        Ok(mut conn) => run_alone(&mut conn, queued.job, &*sink, &waits),
                        Err(error) => {
                            waits.note(false);
                            queued.job.refuse(error);
                        }
                    }
                    finished = Some(key);
                }
            }
        })
    }

    /// Starts one thread that commits queued jobs in batches. SQLite has only one writer anyway, and a durable
    /// commit is then paid once per batch.
    pub(crate) fn batched(name: &str, target: &Target, bounds: &Bounds, sink: &Arc<dyn Sink>) -> std::io::Result<Self> {
        Self::start(name, 1, bounds, |jobs, waits| {
            let (target, sink) = (target.clone(), Arc::clone(sink));
            move || {
                let (mut conn, mut finished) = (None, None);
                while let Some((key, first)) = jobs.next(finished) {
                    finished = Some(key);
                    let Some(left) = first.left() else {
                        first.job.refuse(waited());
                        continue;
                    };
                    if conn.is_none() {
                        conn = match writer(&target, left) {
                            Ok(opened) => Some(opened),
                            Err(error) => {
                                waits.note(false);
                                first.job.refuse(error);
                                continue;
                            }
                        };
                    }
                    if let Some(open) = conn.as_mut() {
                        let ended = run_batch(open, (key, first), &jobs, &*sink, &waits);
                        finished = ended.last;
                        if !ended.is_usable {
                            conn = None;
                        }
                    }
                }
            }
        })
    }

    fn start<W>(
        name: &str,
        threads: u32,
        bounds: &Bounds,
        worker: impl Fn(Arc<Jobs>, Arc<Waits>) -> W,
    ) -> std::io::Result<Self>
    where
        W: FnOnce() + Send + 'static,
    {
        let queue = Arc::new(Queue::new(bounds.queue, usize::try_from(threads).unwrap_or(usize::MAX)));
        let waits = Arc::new(Waits::new(bounds.wait, &bounds.is_damaged));
        let mut lane = Self { queue, waits, threads: Vec::new() };
        for _ in 0..threads {
            // After an error, dropping the lane ends the threads that did start.
            let worker = worker(Arc::clone(&lane.queue), Arc::clone(&lane.waits));
            lane.threads.push(thread::Builder::new().name(name.to_owned()).spawn(worker)?);
        }
        let (jobs, pause) = (Arc::clone(&lane.queue), lane.waits.pause());
        lane.threads
            .push(thread::Builder::new().name(format!("{name}-wait")).spawn(move || refuse_late(&jobs, pause))?);
        Ok(lane)
    }

    /// Queues a job, or refuses it at once if there is no place for this fairness key.
    pub(crate) fn submit(&self, key: FairnessKey, job: Box<dyn Job>) {
        self.submit_until(key, job, self.waits.deadline());
    }

    /// As [`Lane::submit`], with a deadline of its own.
    pub(crate) fn submit_until(&self, key: FairnessKey, job: Box<dyn Job>, deadline: Instant) {
        if let Err(queued) = self.queue.push(key, Queued { deadline, job }) {
            queued.job.refuse(full());
        }
    }
}

/// Closes the queue and waits until its threads have run the queued jobs.
impl Drop for Lane {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A job may hold the last handle, and then this runs on one of the lane's own threads, which cannot
            // wait for itself.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

/// Refuses queued jobs whose deadline has passed, whatever the lane's other threads wait for.
fn refuse_late(jobs: &Jobs, pause: Duration) {
    while let Some(late) = jobs.remove_after(pause, |queued| queued.left().is_none()) {
        late.into_iter().for_each(|queued| queued.job.refuse(waited()));
    }
}

/// Opens the connection of a batched lane.
fn writer(target: &Target, wait: Duration) -> Result<Db, StoreError> {
    let mut conn = open_within(target, Purpose::Write, wait).map_err(|error| match error {
        diesel::ConnectionError::CouldntSetupConfiguration(error) => store_error(error),
        error => StoreError::new(Fault::Unavailable, error),
    })?;
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", SLICE.as_millis())).map_err(store_error)?;
    Ok(conn)
}

/// Begins the transaction of a batch, and waits for the write lock until the deadline.
fn begin_batch(conn: &mut Db, deadline: Instant) -> Result<(), StoreError> {
    loop {
        match conn.begin("BEGIN IMMEDIATE") {
            Err(diesel::result::Error::DatabaseError(_, info))
                if info.message().contains("database is locked") && left(deadline).is_some() => {}
            begun => return begun.map_err(store_error),
        }
    }
}

/// Opens the connections of a pool.
struct Manager {
    target: Target,
    purpose: Purpose,
}

impl ManageConnection for Manager {
    type Connection = Db;
    type Error = diesel::ConnectionError;

    fn connect(&self) -> Result<Db, diesel::ConnectionError> {
        open(&self.target, self.purpose)
    }

    fn is_valid(&self, _: &mut Db) -> Result<(), diesel::ConnectionError> {
        Ok(())
    }

    fn has_broken(&self, conn: &mut Db) -> bool {
        conn.depth() != Some(0)
            || match conn {
                Db::Pg(conn) => conn.is_broken(),
                Db::Sqlite(conn) => conn.is_broken(),
            }
    }
}

type Pooled = diesel::r2d2::PooledConnection<Manager>;

/// Takes a connection from the pool. While the database is known to be down, it waits for 1 ms only, so that it
/// gets just a connection that the pool has restored meanwhile.
fn checkout(pool: &Pool<Manager>, down: &AtomicBool, left: Duration) -> Result<Pooled, StoreError> {
    if let Some(conn) = pool.try_get() {
        down.store(false, Ordering::Relaxed);
        return Ok(conn);
    }
    let wait = if down.load(Ordering::Relaxed) { Duration::from_millis(1) } else { CONNECT.min(left) };
    pool.get_timeout(wait).inspect(|_| down.store(false, Ordering::Relaxed)).map_err(|error| {
        down.store(true, Ordering::Relaxed);
        StoreError::new(Fault::Unavailable, error)
    })
}

/// Takes a connection and begins a transaction on it. Connections that died while they were idle, as all do when
/// the database server restarts, are skipped, because no work was lost with them. `begin` gets the time that is
/// left until the deadline.
fn begun(
    pool: &Pool<Manager>,
    down: &AtomicBool,
    deadline: Instant,
    begin: impl Fn(Duration) -> String,
) -> Result<Pooled, StoreError> {
    let mut idle = pool.max_size();
    loop {
        let mut conn = checkout(pool, down, left(deadline).ok_or_else(waited)?)?;
        match conn.begin(&begin(left(deadline).ok_or_else(waited)?)).map_err(store_error) {
            Ok(()) => return Ok(conn),
            Err(error) if error.fault() == Fault::Unavailable && idle > 0 => idle -= 1,
            Err(error) => return Err(error),
        }
    }
}

/// Runs a job in the transaction that was begun for it. How it ended is noted before the caller is answered, who may
/// ask for it next.
fn run_alone(conn: &mut Db, job: Box<dyn Job>, sink: &dyn Sink, waits: &Waits) {
    let Ran { keep, settle } = job.run(conn);
    let ended = if keep {
        conn.commit().map_err(store_error)
    } else {
        // The job's own error is the answer. The pool drops a connection that could not roll back.
        let _ = conn.rollback();
        Ok(())
    };
    waits.note(keep && ended.is_ok());
    settle(ended, sink);
}

/// How a batch ended.
struct Ended {
    /// Whether the connection may be used again.
    is_usable: bool,
    /// The fairness key of the last job, which the queue does not know to be finished yet.
    last: Option<FairnessKey>,
}

/// Runs the first job and those queued behind it in one transaction, each in a savepoint.
///
/// Jobs of one company alone may fill the batch. With jobs of several companies it ends after [`MIXED`], so that a
/// company with few jobs does not wait for the many jobs of another.
fn run_batch(conn: &mut Db, (key, first): (FairnessKey, Queued), jobs: &Jobs, sink: &dyn Sink, waits: &Waits) -> Ended {
    if let Err(error) = begin_batch(conn, first.deadline) {
        waits.note(false);
        first.job.refuse(error);
        return Ended { is_usable: conn.depth() == Some(0), last: Some(key) };
    }
    let (started, mut is_mixed, mut last) = (Instant::now(), false, Some(key));
    let mut settling = Vec::new();
    let mut next = Some(first.job);
    let mut lost = None;
    while let Some(job) = next {
        if let Err(error) = conn.savepoint() {
            job.refuse(batch_lost());
            lost = Some(store_error(error));
            break;
        }
        let Ran { keep, settle } = job.run(conn);
        settling.push(settle);
        // On a full disk or an I/O error SQLite may have rolled back the whole transaction by itself. Then ending
        // the savepoint fails, and the whole batch is lost.
        if let Err(error) = end_savepoint(conn, keep) {
            lost = Some(store_error(error));
            break;
        }
        if conn.depth() != Some(1) {
            lost = Some(batch_lost());
            break;
        }
        next = None;
        if settling.len() < BATCH && !(is_mixed && started.elapsed() >= MIXED) {
            let taken = jobs.try_next(last);
            let before = std::mem::replace(&mut last, taken.as_ref().map(|(key, _)| *key));
            is_mixed |= last.is_some() && last != before;
            next = taken.map(|(_, queued)| queued.job);
        }
    }
    let ended = match lost {
        None => conn.commit().map_err(store_error),
        Some(error) => Err(error),
    };
    let is_usable = ended.is_ok();
    waits.note(is_usable);
    let settling = settling.into_iter();
    match ended {
        Ok(()) => settling.for_each(|settle| settle(Ok(()), sink)),
        Err(error) => {
            let cause: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(error = cause, "a batch of writes was lost");
            // Jobs that returned an error are answered the same, since they may have read rows of an earlier job
            // in the batch that are gone now.
            settling.for_each(|settle| settle(Err(batch_lost()), sink));
        }
    }
    Ended { is_usable, last }
}

/// Ends the innermost savepoint. Diesel names savepoints by depth, so it must also release them.
fn end_savepoint(conn: &mut Db, keep: bool) -> diesel::QueryResult<()> {
    if keep { conn.commit() } else { conn.rollback() }
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
