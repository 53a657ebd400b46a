//! A job on its way through a lane: the work to run, and how its answer reaches the caller.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use handoff::Event;
use tenancy::{Fault, StoreError};

use crate::conn::Db;

/// The pending answer to a call of a door. Await it, or use [`Ticket::wait`] without a runtime.
#[must_use = "the job runs either way, but its answer is lost"]
pub struct Ticket<T, E> {
    reply: oneshot::Receiver<Result<T, E>>,
}

impl<T, E: From<StoreError>> Ticket<T, E> {
    /// Blocks until the answer arrives.
    ///
    /// # Errors
    /// The job's own error, or a store error.
    pub fn wait(self) -> Result<T, E> {
        self.reply.recv().unwrap_or_else(|_| Err(abandoned().into()))
    }
}

impl<T, E: From<StoreError>> Future for Ticket<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.reply).poll(context).map(|reply| reply.unwrap_or_else(|_| Err(abandoned().into())))
    }
}

#[derive(Debug, thiserror::Error)]
enum LaneError {
    #[error("the queue to the database is full")]
    Full,
    #[error("the database was closed before the work was done")]
    Abandoned,
    #[error("the work waited too long for the database")]
    Waited,
    #[error("the work panicked")]
    Panicked,
    #[error("the transaction that this work was part of was lost")]
    BatchLost,
}

fn abandoned() -> StoreError {
    StoreError::new(Fault::Unavailable, LaneError::Abandoned)
}

/// Returns the error for a job that found no place in the queue.
pub(crate) fn full() -> StoreError {
    StoreError::new(Fault::Unavailable, LaneError::Full)
}

/// Returns the error for a job that did not begin in time.
pub(crate) fn waited() -> StoreError {
    StoreError::new(Fault::Unavailable, LaneError::Waited)
}

/// Returns the error for a job whose transaction was lost through no fault of its own.
pub(crate) fn batch_lost() -> StoreError {
    StoreError::new(Fault::Unavailable, LaneError::BatchLost)
}

/// Receives the events of committed jobs.
///
/// On PostgreSQL several threads publish, so events of one session may arrive in another order than the one in
/// which they were committed. Messages carry their `seq`.
pub trait Sink: Send + Sync {
    /// Takes events over. Called on a database thread, so it must not block.
    fn publish(&self, events: Vec<Event>);
}

/// A queued job of any type.
pub(crate) trait Job: Send {
    /// Returns the statement that begins its transaction.
    fn begin(&self) -> &str;

    /// Runs the job in a transaction that the lane ends.
    fn run(self: Box<Self>, conn: &mut Db) -> Ran;

    /// Answers the caller with an error, without running.
    fn refuse(self: Box<Self>, error: StoreError);
}

/// Answers the caller, once it is known whether the transaction was committed.
pub(crate) type Settle = Box<dyn FnOnce(Result<(), StoreError>, &dyn Sink) + Send>;

/// A job that has run, before its transaction has ended.
pub(crate) struct Ran {
    /// Whether its changes are to be kept.
    pub(crate) keep: bool,
    /// Answers the caller.
    pub(crate) settle: Settle,
}

/// A job with its types.
pub(crate) struct Work<F, T, E> {
    begin: String,
    run: F,
    reply: oneshot::Sender<Result<T, E>>,
}

/// Makes a job, and the ticket for its caller.
pub(crate) fn work<F, T, E>(begin: String, run: F) -> (Box<dyn Job>, Ticket<T, E>)
where
    F: FnOnce(&mut Db, &mut Vec<Event>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    (Box::new(Work { begin, run, reply: sender }), Ticket { reply: receiver })
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnOnce(&mut Db, &mut Vec<Event>) -> Result<T, E> + Send,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    fn begin(&self) -> &str {
        &self.begin
    }

    fn run(self: Box<Self>, conn: &mut Db) -> Ran {
        let Self { run, reply, .. } = *self;
        let mut events = Vec::new();
        // The panic hook has reported the panic already. The transaction is rolled back, so half of the work
        // cannot be seen.
        let result = catch_unwind(AssertUnwindSafe(|| run(conn, &mut events)))
            .unwrap_or_else(|_| Err(StoreError::new(Fault::Broken, LaneError::Panicked).into()));
        let keep = result.is_ok();
        let settle = Box::new(move |ended: Result<(), StoreError>, sink: &dyn Sink| {
            let answer = match (result, ended) {
                (Ok(value), Ok(())) => {
                    if !events.is_empty() {
                        // The job is committed even if the sink panics, and the thread must go on.
                        let _ = catch_unwind(AssertUnwindSafe(|| sink.publish(events)));
                    }
                    Ok(value)
                }
                (Err(error), Ok(())) => Err(error),
                (_, Err(lost)) => Err(lost.into()),
            };
            // The caller may have been cancelled.
            let _ = reply.send(answer);
        });
        Ran { keep, settle }
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error.into()));
    }
}
