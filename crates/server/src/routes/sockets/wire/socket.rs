//! A socket: frames in both directions, their limits, and the end.

use std::{io::ErrorKind, time::Duration};

use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, MessageStream, ProtocolError, Session};
use bytestring::ByteString;
use tokio::time::{Instant, MissedTickBehavior, timeout};

use super::{
    end::{End, FAREWELL, PING_EVERY, Received, SLOWEST},
    heads::{self, LONGEST},
};
use crate::routes::sockets::{entry::Closing, frames};

/// Number of pings that a client may leave unanswered.
const MOST_UNANSWERED: u32 = 3;

/// An open socket.
pub(in crate::routes::sockets) struct SocketWire {
    session: Session,
    incoming: AggregatedMessageStream,
    /// How long the client may take to read a frame when the buffers of the connection are full.
    patience: Duration,
    /// Number of pings since the client was last heard.
    unanswered: u32,
    ping: tokio::time::Interval,
    allowance: Allowance,
}

impl SocketWire {
    /// Accepts a handshake. Returns the response to it with the socket.
    ///
    /// # Errors
    /// If the request is none.
    pub(in crate::routes::sockets) fn accept(
        req: &HttpRequest,
        payload: web::Payload,
        protocol: &str,
    ) -> Result<(HttpResponse, Self), actix_web::Error> {
        let payload = web::Payload::from_request(req, &mut heads::checked(payload.into_inner())).into_inner()?;
        let (response, session, incoming) = actix_ws::handle_with_protocols(req, payload, &[protocol])?;
        Ok((response, Self::new(session, incoming)))
    }

    fn new(session: Session, incoming: MessageStream) -> Self {
        let now = Instant::now();
        let mut ping = tokio::time::interval_at(now + PING_EVERY, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let incoming = incoming.max_frame_size(LONGEST).aggregate_continuations().max_continuation_size(LONGEST);
        Self { session, incoming, patience: SLOWEST, unanswered: 0, ping, allowance: Allowance::new(now) }
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, text: ByteString) -> Result<(), End> {
        match timeout(self.patience, self.session.text(text)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Closed(Closing::Busy)),
        }
    }

    /// Waits for the next frame. Answers pings and pings the client meanwhile.
    pub(super) async fn receive(&mut self) -> Result<Received, End> {
        loop {
            let message = tokio::select! {
                message = self.incoming.recv() => message,
                _ = self.ping.tick() => {
                    if self.unanswered >= MOST_UNANSWERED {
                        return Err(End::Gone);
                    }
                    self.unanswered += 1;
                    self.session.ping(b"").await.map_err(|_| End::Gone)?;
                    return Ok(Received::Tick);
                }
            };
            self.unanswered = 0;
            match message {
                Some(Ok(AggregatedMessage::Text(text))) => {
                    return match self.allowance.take(Instant::now()) {
                        Taken::Allowed => Ok(Received::Text(text)),
                        Taken::Refused { is_told } => Ok(Received::TooMany(is_told.then_some(EVERY * BURST))),
                        Taken::Abused => Err(End::Closed(Closing::Abuse)),
                    };
                }
                Some(Ok(AggregatedMessage::Ping(bytes))) => self.session.pong(&bytes).await.map_err(|_| End::Gone)?,
                Some(Ok(AggregatedMessage::Pong(_))) => {}
                Some(Ok(AggregatedMessage::Binary(_))) => return Err(End::Closed(Closing::NotText)),
                Some(Ok(AggregatedMessage::Close(_))) => return Err(End::Closed(Closing::Answer)),
                Some(Err(error)) => return Err(End::Closed(closing(&error))),
                None => return Err(End::Gone),
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
                let frame = frames::error(&refusal.error, None);
                if timeout(FAREWELL, self.session.text(frame)).await.is_err() {
                    return;
                }
                refusal.closing
            }
        };
        let reason = CloseReason { code: closing.code().into(), description: None };
        let _ = timeout(FAREWELL, self.session.close(Some(reason))).await;
        if closing != Closing::Answer {
            // The client answers the close before the connection is dropped, so that it sees the code.
            let answered = async { while let Some(Ok(_)) = self.incoming.recv().await {} };
            let _ = timeout(FAREWELL, answered).await;
        }
    }
}

fn closing(error: &ProtocolError) -> Closing {
    match error {
        ProtocolError::Io(error) if error.kind() == ErrorKind::InvalidData => Closing::NotUtf8,
        // A fragmented message over the limit is an error of I/O here.
        ProtocolError::Io(error) => heads::closing(error).unwrap_or(Closing::TooLong),
        ProtocolError::Overflow => Closing::TooLong,
        _ => Closing::Broken,
    }
}

/// The time after which another frame is allowed.
const EVERY: Duration = Duration::from_millis(100);
/// Number of frames that a client may send at once.
const BURST: u32 = 40;
/// Number of refused frames after which a connection is closed.
const MOST_REFUSED: u32 = 100;
/// How long a refused frame counts.
const MEMORY: Duration = Duration::from_secs(10);
/// How often a client is told that its frames are refused.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How many frames a client may still send.
#[derive(Debug)]
struct Allowance {
    /// When the allowance is full again.
    full_at: Instant,
    refused: u32,
    last_refused: Option<Instant>,
    told: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Allowed,
    Refused { is_told: bool },
    Abused,
}

impl Allowance {
    fn new(now: Instant) -> Self {
        Self { full_at: now, refused: 0, last_refused: None, told: None }
    }

    fn take(&mut self, now: Instant) -> Taken {
        let full_at = self.full_at.max(now) + EVERY;
        if full_at.duration_since(now) <= EVERY * BURST {
            self.full_at = full_at;
            return Taken::Allowed;
        }
        if self.last_refused.is_none_or(|last| now.duration_since(last) > MEMORY) {
            self.refused = 0;
        }
        self.refused += 1;
        self.last_refused = Some(now);
        if self.refused > MOST_REFUSED {
            return Taken::Abused;
        }
        let is_told = self.told.is_none_or(|told| now.duration_since(told) >= TELL_EVERY);
        if is_told {
            self.told = Some(now);
        }
        Taken::Refused { is_told }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest as _, http::header, test::TestRequest, web};

    use super::*;

    #[actix_web::test]
    async fn a_client_that_does_not_read_is_closed_with_1013() {
        let request = TestRequest::get()
            .insert_header((header::CONNECTION, "upgrade"))
            .insert_header((header::UPGRADE, "websocket"))
            .insert_header((header::SEC_WEBSOCKET_VERSION, "13"))
            .insert_header((header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="));
        let (request, mut payload) = request.to_http_parts();
        let payload = web::Payload::from_request(&request, &mut payload).await.unwrap();
        // Nobody reads this response.
        let (_response, session, incoming) = actix_ws::handle(&request, payload).unwrap();
        let mut wire = SocketWire { patience: Duration::from_millis(20), ..SocketWire::new(session, incoming) };
        let mut sent = 0;
        let end = loop {
            match wire.send("{}".into()).await {
                Ok(()) => sent += 1,
                Err(end) => break end,
            }
        };
        assert!(matches!(end, End::Closed(Closing::Busy)), "{end:?}");
        assert_eq!(Closing::Busy.code(), 1013);
        assert!(sent < 1000, "{sent} frames are kept for a client that does not read");
    }

    #[test]
    fn a_client_may_send_a_burst_and_then_ten_frames_a_second() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert!((0..BURST).all(|_| allowance.take(start) == Taken::Allowed));
        assert_eq!(allowance.take(start), Taken::Refused { is_told: true });
        assert_eq!(allowance.take(start), Taken::Refused { is_told: false });
        let later = start + Duration::from_secs(1);
        assert!((0..10).all(|_| allowance.take(later) == Taken::Allowed));
        assert_eq!(allowance.take(later), Taken::Refused { is_told: true });
    }

    #[test]
    fn a_client_that_goes_on_is_closed_and_one_that_pauses_is_not() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let mut flood = |at: Instant| (0..BURST + MOST_REFUSED).all(|_| allowance.take(at) != Taken::Abused);
        assert!(flood(start));
        assert!(flood(start + MEMORY * 2));
        assert!(!flood(start + MEMORY * 2));
    }
}
