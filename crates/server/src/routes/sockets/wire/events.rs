//! A stream of server-sent events: the frames of a socket for clients that cannot open one.
//!
//! A client sends nothing on it. Its calls go over HTTP as before.

use std::convert::Infallible;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, BytesMut},
};
use bytestring::ByteString;
use futures_util::{StreamExt as _, stream};
use tokio::{
    sync::mpsc,
    time::{Instant, Interval, MissedTickBehavior, timeout},
};

use super::end::{End, FAREWELL, PING_EVERY, Received, SLOWEST};
use crate::routes::sockets::{entry::Closing, frames};

/// Most events that wait for the client besides those in the buffers of its connection.
const LONGEST: usize = 32;

/// An open stream.
pub(in crate::routes::sockets) struct EventWire {
    out: mpsc::Sender<Bytes>,
    ping: Interval,
}

impl EventWire {
    /// Creates a stream, and the response that carries it.
    pub(in crate::routes::sockets) fn open() -> (HttpResponse, Self) {
        let (out, mut waiting) = mpsc::channel::<Bytes>(LONGEST);
        let mut ping = tokio::time::interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let events = stream::poll_fn(move |context| waiting.poll_recv(context)).map(Ok::<_, Infallible>);
        let response = HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/event-stream"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            // Proxies such as nginx pass on each event at once.
            .insert_header(("x-accel-buffering", "no"))
            .streaming(events);
        (response, Self { out, ping })
    }

    /// Sends a frame as an event. With an id, a client that connects again names it as the last one that it has.
    pub(super) async fn send(&mut self, text: &ByteString, id: Option<i64>) -> Result<(), End> {
        self.write(event(text, id)).await
    }

    /// Waits until it is time to ping the client, and does so. Notices that the client has gone.
    pub(super) async fn receive(&mut self) -> Result<Received, End> {
        tokio::select! {
            () = self.out.closed() => Err(End::Gone),
            _ = self.ping.tick() => {
                // A line that clients ignore.
                self.write(Bytes::from_static(b":\n\n")).await?;
                Ok(Received::Tick)
            }
        }
    }

    /// Ends the stream. The client connects again and is then refused, if it was refused now.
    pub(super) async fn end(mut self, end: End) {
        if let End::Refused(refusal) = end {
            refusal.error.log("event stream");
            let frame = frames::error(&refusal.error, None);
            let _ = timeout(FAREWELL, self.write(event(&frame, None))).await;
        }
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), End> {
        match timeout(SLOWEST, self.out.send(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Closed(Closing::Busy)),
        }
    }
}

/// Writes an event. Frames are JSON without line breaks, so each is one line.
fn event(text: &str, id: Option<i64>) -> Bytes {
    let mut bytes = BytesMut::with_capacity(text.len() + 32);
    if let Some(id) = id {
        bytes.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    bytes.extend_from_slice(b"data: ");
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(b"\n\n");
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_an_id_if_the_frame_has_a_position() {
        assert_eq!(event("{}", Some(7)), "id: 7\ndata: {}\n\n");
        assert_eq!(event("{}", None), "data: {}\n\n");
    }

    #[actix_web::test]
    async fn a_stream_without_a_reader_ends() {
        let (response, mut wire) = EventWire::open();
        drop(response);
        assert!(matches!(wire.receive().await, Err(End::Gone)));
        assert!(matches!(wire.send(&"{}".into(), None).await, Err(End::Gone)));
    }
}
