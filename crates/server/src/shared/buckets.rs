//! The counts of rate limits, shared by all processes.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::Duration,
};

use redis::{Connection, RedisResult, Value, cmd, from_redis_value, pipe};
use tenancy::Timestamp;
use ulid::Ulid;

use super::RedisSpace;
use crate::limits::{
    BucketName, MemoryBuckets,
    bucket_name::Quota,
    buckets::{Answer, Buckets, Level, Taken},
};

/// The script that counts, in one atomic step.
const SCRIPT: &str = include_str!("buckets.lua");

/// How long the server may take to answer before calls are counted in memory.
const WAIT: Duration = Duration::from_millis(250);

/// How often a lost server is tried again.
const PERIOD: Duration = Duration::from_secs(1);

/// How many calls may wait for the server, and how many are sent at once.
const WAITING: usize = 4_096;
const BATCH: usize = 256;

/// Counts calls in a Redis server. While the server does not answer, this process counts in its own memory.
pub(crate) struct SharedBuckets {
    queue: SyncSender<Call>,
    is_away: Arc<AtomicBool>,
    memory: MemoryBuckets,
    space: RedisSpace,
    /// Makes the calls of one moment differ, within the process and between processes.
    process: Ulid,
    calls: AtomicU64,
}

/// A call that is to be counted.
struct Call {
    bucket: String,
    arguments: [String; 7],
    reply: oneshot::Sender<Counted>,
}

/// What the script returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    was_counted: bool,
    calls: u32,
    oldest: Timestamp,
}

/// What is done with a bucket.
#[derive(Clone, Copy)]
enum Action {
    Take,
    Look,
    /// Takes back the call that was counted then.
    GiveBack(Timestamp),
}

impl SharedBuckets {
    /// Starts a thread that talks to the server. It ends with the buckets.
    ///
    /// # Errors
    /// The thread cannot be started. A server that does not answer is no error.
    pub(crate) fn start(space: RedisSpace) -> io::Result<Self> {
        let (queue, calls) = mpsc::sync_channel(WAITING);
        let is_away = Arc::new(AtomicBool::new(false));
        let worker = Worker { space: space.clone(), calls, is_away: Arc::clone(&is_away) };
        thread::Builder::new().name("limits".to_owned()).spawn(move || worker.run())?;
        Ok(Self {
            queue,
            is_away,
            memory: MemoryBuckets::new(),
            space,
            process: Ulid::generate(),
            calls: AtomicU64::new(0),
        })
    }

    /// Asks the server. Returns `None` if it does not answer.
    async fn ask(&self, action: Action, name: &BucketName, quota: Quota, now: Timestamp) -> Option<Counted> {
        if self.is_away.load(Ordering::Relaxed) {
            return None;
        }
        let (word, taken) = match action {
            Action::Take => ("take", now),
            Action::Look => ("look", now),
            // A call that has left the window is taken back already.
            Action::GiveBack(taken) if taken.plus(quota.window) <= now => ("look", now),
            Action::GiveBack(taken) => ("back", taken),
        };
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let (reply, counted) = oneshot::channel();
        let call = Call {
            bucket: self.space.names.name("calls", &format!("{name:?}")),
            arguments: [
                word.to_owned(),
                now.micros().to_string(),
                now.minus(quota.window).micros().to_string(),
                quota.calls.to_string(),
                quota.window.as_millis().to_string(),
                format!("{}-{number}", self.process),
                taken.micros().to_string(),
            ],
            reply,
        };
        self.queue.try_send(call).ok()?;
        counted.await.ok()
    }
}

impl Counted {
    fn level(self, quota: Quota, now: Timestamp) -> Level {
        let reset = if self.calls == 0 { Duration::ZERO } else { self.oldest.plus(quota.window).since(now) };
        Level { limit: quota.calls, remaining: quota.calls.saturating_sub(self.calls), reset }
    }
}

impl Buckets for SharedBuckets {
    fn take<'a>(&'a self, name: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Taken> {
        Box::pin(async move {
            match self.ask(Action::Take, name, quota, now).await {
                Some(counted) if counted.was_counted => Taken::Counted(counted.level(quota, now)),
                Some(counted) => Taken::Refused(counted.level(quota, now)),
                None => self.memory.take(name, quota, now).await,
            }
        })
    }

    fn look<'a>(&'a self, name: &'a BucketName, quota: Quota, now: Timestamp) -> Answer<'a, Level> {
        Box::pin(async move {
            match self.ask(Action::Look, name, quota, now).await {
                Some(counted) => counted.level(quota, now),
                None => self.memory.look(name, quota, now).await,
            }
        })
    }

    fn give_back<'a>(
        &'a self,
        name: &'a BucketName,
        quota: Quota,
        taken: Timestamp,
        now: Timestamp,
    ) -> Answer<'a, Level> {
        Box::pin(async move {
            match self.ask(Action::GiveBack(taken), name, quota, now).await {
                Some(counted) => counted.level(quota, now),
                None => self.memory.give_back(name, quota, taken, now).await,
            }
        })
    }
}

/// Sends what waits, many calls at once.
struct Worker {
    space: RedisSpace,
    calls: Receiver<Call>,
    is_away: Arc<AtomicBool>,
}

impl Worker {
    /// Runs until the buckets are dropped.
    fn run(self) {
        loop {
            let lost = match self.space.connect(WAIT).and_then(|connection| self.probe(connection)) {
                Ok(mut connection) => {
                    if self.is_away.swap(false, Ordering::Relaxed) {
                        tracing::info!("limits are shared again");
                    }
                    match self.serve(&mut connection) {
                        Ok(()) => return,
                        Err(error) => error,
                    }
                }
                Err(error) => error,
            };
            if !self.is_away.swap(true, Ordering::Relaxed) {
                tracing::warn!(error = crate::logging::chain(&lost), "limits are not shared");
            }
            // Calls that were queued before are counted in memory too, once their reply is dropped.
            while self.calls.try_recv().is_ok() {}
            match self.calls.recv_timeout(PERIOD) {
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Counts a call of nobody. A server that has become a replica answers, but counts nothing.
    fn probe(&self, mut connection: Connection) -> RedisResult<Connection> {
        let bucket = self.space.names.name("calls", "probe");
        let arguments = ["take", "1", "0", "1", "1000", "probe", "1"];
        cmd("EVAL").arg(SCRIPT).arg(1).arg(bucket).arg(&arguments).exec(&mut connection)?;
        Ok(connection)
    }

    /// Sends calls until the buckets are dropped.
    fn serve(&self, connection: &mut Connection) -> RedisResult<()> {
        while let Ok(first) = self.calls.recv() {
            let batch: Vec<_> = std::iter::once(first).chain(self.calls.try_iter().take(BATCH - 1)).collect();
            let mut scripts = pipe();
            for call in &batch {
                scripts.cmd("EVAL").arg(SCRIPT).arg(1).arg(&call.bucket).arg(&call.arguments);
            }
            let replies: Vec<Value> = scripts.query(connection)?;
            for (call, reply) in batch.into_iter().zip(replies) {
                let (counted, calls, oldest): (u8, u32, String) = from_redis_value(reply)?;
                let oldest = Timestamp::from_micros(oldest.parse().unwrap_or(0));
                // Fails if the caller has disconnected.
                let _ = call.reply.send(Counted { was_counted: counted == 1, calls, oldest });
            }
        }
        Ok(())
    }
}
