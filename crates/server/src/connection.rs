//! One connection, and its end after a request that asks for it.
//!
//! actix-http reads ahead, and runs requests that were sent behind one with `Connection: close` before its answer.
//! It drops such requests only when it drains a connection, which it does before the server stops. So each
//! connection has a drain signal of its own, and a request that asks for the end of its connection gives the
//! signal before it runs.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
    rc::Rc,
    task::Poll,
};

/// A connection of a client. Clones are the same connection.
#[derive(Clone)]
pub(crate) struct Connection(Rc<State>);

struct State {
    local: SocketAddr,
    /// Whether the request that is being handled is the last one.
    is_last: Cell<bool>,
    /// Whether actix-http drains the connection.
    is_draining: Cell<bool>,
}

impl Connection {
    /// Creates the state of a connection to this address of the server.
    pub(crate) fn new(local: SocketAddr) -> Self {
        Self(Rc::new(State { local, is_last: Cell::new(false), is_draining: Cell::new(false) }))
    }

    /// Returns the address of the server that the client connected to.
    pub(crate) fn local(&self) -> SocketAddr {
        self.0.local
    }

    /// Has the connection closed after the request that awaits this, and drops the requests behind it.
    pub(crate) async fn close_after_this(&self) {
        poll_fn(|cx| {
            if self.0.is_draining.get() {
                return Poll::Ready(());
            }
            self.0.is_last.set(true);
            // The next poll of the connection begins with its drain signal, and then polls this request again.
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Completes once the connection is to be drained: after its last request, and when the server stops.
    pub(crate) async fn drained(self, stopping: impl Future<Output = ()>) {
        let mut stopping = pin!(stopping);
        poll_fn(|cx| {
            if self.0.is_last.get() || stopping.as_mut().poll(cx).is_ready() {
                self.0.is_draining.set(true);
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }
}
