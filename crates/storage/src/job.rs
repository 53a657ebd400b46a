//! A unit of work on its way through a lane: what to run, and whom to tell.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use handoff::Event;
use tenancy::{Fault, StoreError};

use crate::conn::Db;

/// The answer to a call of a door: a future, or [`Ticket::wait`] where there is
/// no runtime.
#[must_use = "the work is done either way, but its answer is lost"]
pub struct Ticket<T, E> {
    reply: oneshot::Receiver<Result<T, E>>,
}

impl<T, E: From<StoreError>> Ticket<T, E> {
    /// Blocks until the answer is there.
    ///
    /// # Errors
    /// Whatever the work returned, or that the store failed.
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
    #[error("the work panicked")]
    Panicked,
    #[error("the transaction of which this work was part was lost")]
    BatchLost,
}

fn abandoned() -> StoreError {
    StoreError::new(Fault::Unavailable, LaneError::Abandoned)
}

/// The store error of work that found no place in the queue.
pub(crate) fn full() -> StoreError {
    StoreError::new(Fault::Unavailable, LaneError::Full)
}

/// The store error of work whose transaction was lost by no fault of its own.
pub(crate) fn batch_lost() -> StoreError {
    StoreError::new(Fault::Unavailable, LaneError::BatchLost)
}

/// Receives the events of work that was committed.
///
/// On PostgreSQL several threads publish, so events of one session may come in another order than
/// they were committed in; messages carry their `seq`.
pub trait Sink: Send + Sync {
    /// Takes events over; called on a database thread, so it must not block.
    fn publish(&self, events: Vec<Event>);
}

/// Queued work of any type.
pub(crate) trait Job: Send {
    /// The statement that begins its transaction.
    fn begin(&self) -> &str;

    /// Runs the work inside a transaction that somebody else ends.
    fn run(self: Box<Self>, conn: &mut Db) -> Ran;

    /// Answers the caller without having run.
    fn refuse(self: Box<Self>, error: StoreError);
}

/// Tells the caller, once it is known whether the transaction was committed.
pub(crate) type Settle = Box<dyn FnOnce(Result<(), StoreError>, &dyn Sink) + Send>;

/// Work that has run, before its transaction ended.
pub(crate) struct Ran {
    /// Whether the work wants its changes kept.
    pub(crate) keep: bool,
    /// Answers.
    pub(crate) settle: Settle,
}

/// Work with its types.
pub(crate) struct Work<F, T, E> {
    begin: String,
    run: F,
    reply: oneshot::Sender<Result<T, E>>,
}

/// Pairs work with the ticket of its caller.
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
        // The panic message went through the panic hook already; the transaction is rolled
        // back, so no half-done work can be seen.
        let result = catch_unwind(AssertUnwindSafe(|| run(conn, &mut events)))
            .unwrap_or_else(|_| Err(StoreError::new(Fault::Broken, LaneError::Panicked).into()));
        let keep = result.is_ok();
        let settle = Box::new(move |ended: Result<(), StoreError>, sink: &dyn Sink| {
            let answer = match (result, ended) {
                (Ok(value), Ok(())) => {
                    if !events.is_empty() {
                        // The work is done whatever becomes of a listener, and the thread is needed.
                        let _ = catch_unwind(AssertUnwindSafe(|| sink.publish(events)));
                    }
                    Ok(value)
                }
                (Err(error), Ok(())) => Err(error),
                (_, Err(lost)) => Err(lost.into()),
            };
            // A caller that went away is not told.
            let _ = reply.send(answer);
        });
        Ran { keep, settle }
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error.into()));
    }
}
