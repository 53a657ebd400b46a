//! One connection, and its end after a request that asks for it.
//!
//! actix-http reads ahead, and runs requests that were sent behind one with `Connection: close` before its answer.
//! It drops such requests only when it drains a connection, which it does before the server stops. So each
//! connection has a drain signal of its own, and a request that asks for the end of its connection gives the
//! signal before it runs.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use actix_web::{rt::net::TcpStream, web::BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

/// How long a client may take to close a connection that the server has closed.
pub(crate) const DISCONNECT_WAIT: Duration = Duration::from_secs(1);

/// What a socket takes over: the stream, and what the client has sent behind its handshake.
pub(crate) struct Taken {
    pub(crate) io: TcpStream,
    pub(crate) read: BytesMut,
}

/// Begins to serve a connection that was taken over, in a task of its own.
pub(crate) type TakeOver = Box<dyn FnOnce(Taken)>;

/// A connection of a client. Clones are the same connection.
#[derive(Clone)]
pub(crate) struct Connection(Rc<State>);

struct State {
    local: SocketAddr,
    /// Whether the request that is being handled is the last one.
    is_last: Cell<bool>,
    /// Whether actix-http drains the connection.
    is_draining: Cell<bool>,
    /// Whether actix-http has given up the connection.
    is_upgrade: Cell<bool>,
    take_over: RefCell<Option<TakeOver>>,
}

impl Connection {
    /// Creates the state of a connection to this address of the server.
    pub(crate) fn new(local: SocketAddr) -> Self {
        Self(Rc::new(State {
            local,
            is_last: Cell::new(false),
            is_draining: Cell::new(false),
            is_upgrade: Cell::new(false),
            take_over: RefCell::default(),
        }))
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

    /// States that actix-http has given up the connection with the present request. It has no requests behind it.
    pub(crate) fn upgrade(&self) {
        self.0.is_upgrade.set(true);
        self.0.is_draining.set(true);
    }

    /// Has `take_over` serve the connection after the present request was answered. Returns whether it can: only if the
    /// request has asked for another protocol.
    pub(crate) fn hand_over(&self, take_over: TakeOver) -> bool {
        let is_upgrade = self.0.is_upgrade.get();
        if is_upgrade {
            self.0.take_over.replace(Some(take_over));
        }
        is_upgrade
    }

    /// Returns what takes over the connection.
    pub(crate) fn take_over(&self) -> Option<TakeOver> {
        self.0.take_over.take()
    }
}

/// Closes a connection so that the client can read what was sent last.
pub(crate) async fn close(mut io: TcpStream) {
    if io.shutdown().await.is_ok() {
        let mut rest = vec![0; 512];
        let closed = async { while io.read(&mut rest).await.is_ok_and(|length| length > 0) {} };
        let _ = timeout(DISCONNECT_WAIT, closed).await;
    }
}
