//! A socket: frames in both directions, their limits, and the end.

mod allowance;
mod incoming;

use std::{cell::RefCell, future::poll_fn, io, time::Duration};

use actix_codec::Encoder as _;
use actix_http::ws::{CloseReason, Codec, Message};
use actix_web::{
    rt::net::TcpStream,
    web::{Bytes, BytesMut},
};
use bytestring::ByteString;
use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, MissedTickBehavior, timeout},
};

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
/// Longest buffer that a thread keeps.
const LONGEST_KEPT: usize = 64 * 1024;

thread_local! {
    /// Where the sockets of this thread write frames before they send them.
    static FRAME: RefCell<BytesMut> = RefCell::default();
}

/// An open socket.
pub(in crate::routes::sockets) struct SocketWire {
    io: TcpStream,
    incoming: Incoming,
    /// What the operating system has not taken yet.
    unsent: BytesMut,
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
            io: taken.io,
            incoming: Incoming::new(&taken.read),
            unsent: BytesMut::new(),
            patience: SLOWEST,
            unanswered: 0,
            ping,
            allowance: Allowance::new(now),
        }
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, text: ByteString) -> Result<(), End> {
        self.write(Message::Text(text))?;
        if self.unsent.is_empty() {
            return Ok(());
        }
        match Box::pin(timeout(self.patience, self.flush())).await {
            Ok(flushed) => flushed,
            Err(_) => Err(End::Closed(Closing::Busy)),
        }
    }

    /// Sends a frame as far as the operating system takes it, and keeps the rest.
    fn write(&mut self, message: Message) -> Result<(), End> {
        FRAME.with_borrow_mut(|frame| {
            frame.clear();
            Codec::new().encode(message, frame).map_err(|_| End::Gone)?;
            let written = if self.unsent.is_empty() { taken(self.io.try_write(frame))? } else { 0 };
            self.unsent.extend_from_slice(frame.get(written..).unwrap_or_default());
            if frame.capacity() > LONGEST_KEPT {
                *frame = BytesMut::new();
            }
            Ok(())
        })
    }

    /// Waits until the operating system has taken everything.
    async fn flush(&mut self) -> Result<(), End> {
        if !self.unsent.is_empty() {
            self.io.write_all_buf(&mut self.unsent).await.map_err(|_| End::Gone)?;
            self.unsent = BytesMut::new();
        }
        Ok(())
    }

    /// Waits for the next frame. Answers pings and pings the client meanwhile.
    pub(super) async fn receive(&mut self) -> Result<Received, End> {
        loop {
            // The answer to a ping may still wait.
            self.flush().await?;
            let part = tokio::select! {
                part = poll_fn(|cx| self.incoming.poll_next(&mut self.io, cx)) => part,
                _ = self.ping.tick() => {
                    if self.unanswered >= MOST_UNANSWERED {
                        return Err(End::Gone);
                    }
                    self.unanswered += 1;
                    self.write(Message::Ping(Bytes::new()))?;
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
                Ok(Part::Ping(bytes)) => self.write(Message::Pong(bytes))?,
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
                if self.write(Message::Text(frames::error(&refusal.error, None))).is_err() {
                    return;
                }
                refusal.closing
            }
        };
        let reason = CloseReason { code: closing.code().into(), description: None };
        if self.write(Message::Close(Some(reason))).is_err() {
            return;
        }
        if !matches!(timeout(FAREWELL, self.flush()).await, Ok(Ok(()))) {
            return;
        }
        if closing != Closing::Answer {
            // The client answers the close before the connection is dropped, so that it sees the code.
            let answered = poll_fn(|cx| self.incoming.poll_closed(&mut self.io, cx));
            let _ = timeout(FAREWELL, answered).await;
        }
        connection::close(self.io).await;
    }
}

/// Returns how many bytes were taken.
fn taken(written: io::Result<usize>) -> Result<usize, End> {
    match written {
        Ok(length) => Ok(length),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        Err(_) => Err(End::Gone),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

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
}
