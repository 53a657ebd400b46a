//! A socket: frames in both directions, their limits, and the end.

mod allowance;
mod incoming;
mod io;

use std::{future::poll_fn, rc::Rc, time::Duration};

use actix_http::ws::{CloseReason, Message};
use actix_web::web::Bytes;
use bytestring::ByteString;
use tokio::time::{Instant, MissedTickBehavior, timeout};

pub(in crate::routes::sockets) use self::io::SocketIo;

use self::{
    allowance::{Allowance, BURST, EVERY, Taken},
    incoming::{Incoming, Part},
};
use super::end::{End, FAREWELL, PING_EVERY, Received, SLOWEST};
use crate::{
    connection,
    routes::sockets::{entry::Closing, frames},
};

/// Number of pings that a client may leave unanswered.
const MOST_UNANSWERED: u32 = 3;

/// An open socket.
pub(in crate::routes::sockets) struct SocketWire {
    io: Rc<SocketIo>,
    incoming: Incoming,
    /// How long the client may take to read a frame when the buffers of the connection are full.
    patience: Duration,
    /// Number of pings since the client was last heard.
    unanswered: u32,
    ping: tokio::time::Interval,
    allowance: Allowance,
}

impl SocketWire {
    pub(in crate::routes::sockets) fn new(taken: connection::Taken) -> Self {
        let now = Instant::now();
        // A frame is not held back until the one before it was acknowledged. This fails only if the client has gone.
        let _ = taken.io.set_nodelay(true);
        let mut ping = tokio::time::interval_at(now + PING_EVERY, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            io: Rc::new(SocketIo::new(taken.io)),
            incoming: Incoming::new(&taken.read),
            patience: SLOWEST,
            unanswered: 0,
            ping,
            allowance: Allowance::new(now),
        }
    }

    /// Returns the connection itself.
    pub(super) fn io(&self) -> Rc<SocketIo> {
        Rc::clone(&self.io)
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, text: ByteString) -> Result<(), End> {
        self.io.send(Message::Text(text))?;
        self.finish().await
    }

    /// Sends what is left of the frames before.
    pub(super) async fn finish(&mut self) -> Result<(), End> {
        if !self.io.has_unsent() {
            return Ok(());
        }
        match Box::pin(timeout(self.patience, self.flush())).await {
            Ok(flushed) => flushed,
            Err(_) => Err(End::Closed(Closing::Busy)),
        }
    }

    async fn flush(&self) -> Result<(), End> {
        poll_fn(|cx| self.io.poll_flush(cx)).await
    }

    /// Waits for the next frame. Answers pings and pings the client meanwhile.
    pub(super) async fn receive(&mut self) -> Result<Received, End> {
        loop {
            // The answer to a ping may still wait.
            self.flush().await?;
            let part = tokio::select! {
                part = poll_fn(|cx| self.incoming.poll_next(&self.io, cx)) => part,
                _ = self.ping.tick() => {
                    if self.unanswered >= MOST_UNANSWERED {
                        return Err(End::Gone);
                    }
                    self.unanswered += 1;
                    self.io.send(Message::Ping(Bytes::new()))?;
                    return Ok(Received::Tick);
                }
            };
            self.unanswered = 0;
            match part {
                Ok(Part::Text(text)) => {
                    return match self.allowance.take(Instant::now()) {
                        Taken::Allowed => Ok(Received::Text(text)),
                        Taken::Refused { is_told } => Ok(Received::TooMany(is_told.then_some(EVERY * BURST))),
                        Taken::Abused => Err(End::Closed(Closing::Abuse)),
                    };
                }
                Ok(Part::Ping(bytes)) => self.io.send(Message::Pong(bytes))?,
                Ok(Part::Pong) => {}
                Err(end) => return Err(end),
            }
        }
    }

    /// Ends the connection.
    pub(super) async fn end(mut self, end: End) {
        let closing = match end {
            End::Gone => return,
            End::Closed(closing) => closing,
            End::Refused(refusal) => {
                refusal.error.log("socket");
                if self.io.send(Message::Text(frames::error(&refusal.error, None))).is_err() {
                    return;
                }
                refusal.closing
            }
        };
        let reason = CloseReason { code: closing.code().into(), description: None };
        if self.io.send(Message::Close(Some(reason))).is_err() {
            return;
        }
        if !matches!(timeout(FAREWELL, self.flush()).await, Ok(Ok(()))) {
            return;
        }
        if closing != Closing::Answer {
            // The client answers the close before the connection is dropped, so that it sees the code.
            let answered = poll_fn(|cx| self.incoming.poll_closed(&self.io, cx));
            let _ = timeout(FAREWELL, answered).await;
        }
        // Nobody else writes to a connection that has ended.
        if let Some(io) = Rc::into_inner(self.io) {
            connection::close(io.stream).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{rt::net::TcpStream, web::BytesMut};
    use tokio::{io::AsyncReadExt as _, net::TcpListener};

    use super::*;

    #[actix_web::test]
    async fn a_client_that_does_not_read_is_closed_with_1013() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Nobody reads from this end.
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (io, _) = listener.accept().await.unwrap();
        let taken = connection::Taken { io, read: BytesMut::new() };
        let mut wire = SocketWire { patience: Duration::from_millis(20), ..SocketWire::new(taken) };
        let text = ByteString::from("x".repeat(32 * 1024));
        let mut sent = 0;
        let end = loop {
            match wire.send(text.clone()).await {
                Ok(()) => sent += 1,
                Err(end) => break end,
            }
        };
        assert!(matches!(end, End::Closed(Closing::Busy)), "{end:?}");
        assert_eq!(Closing::Busy.code(), 1013);
        assert!(sent < 1000, "{sent} frames are kept for a client that does not read");
    }

    #[actix_web::test]
    async fn what_is_sent_at_once_to_a_slow_client_arrives_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (io, _) = listener.accept().await.unwrap();
        let mut wire = SocketWire::new(connection::Taken { io, read: BytesMut::new() });
        let (io, text) = (wire.io(), ByteString::from("x".repeat(32 * 1024)));
        let mut sent = 0;
        while io.send_now(text.clone()) {
            sent += 1;
        }
        assert!(!io.send_now(text.clone()), "nothing is sent while a part of a frame waits, or there is no room");
        let frame = text.len() + 4;
        let mut read = vec![0; sent * frame];
        let (finished, received) = tokio::join!(wire.finish(), client.read_exact(&mut read));
        assert!(finished.is_ok() && received.is_ok() && !io.has_unsent());
        assert!(read.chunks(frame).all(|frame| frame.starts_with(&[0x81, 126, 0x80, 0]) && frame.ends_with(b"xx")));
    }
}
