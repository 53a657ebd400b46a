//! A client of the server's streams of events.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// An event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The id that a client names when it connects again.
    pub id: Option<i64>,
    /// The frame.
    pub frame: Value,
}

/// An open stream of events.
pub struct Events {
    response: reqwest::Response,
    received: Vec<u8>,
}

impl Events {
    /// Takes the response to a request for a stream.
    ///
    /// # Panics
    /// If the server did not begin a stream.
    pub(crate) fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status().as_u16(), 200, "{response:?}");
        let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap_or_default());
        assert_eq!((header("content-type"), header("cache-control")), ("text/event-stream", "no-store"));
        Self { response, received: Vec::new() }
    }

    /// Receives the next event, or `None` at the end of the stream.
    ///
    /// # Panics
    /// If nothing comes in time, or if an event is not valid.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.take() {
                return Some(event);
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("an event in time");
            self.received.extend(chunk.ok().flatten()?);
        }
    }

    /// Receives events until one has a frame of this type, and returns it. The others are dropped.
    ///
    /// # Panics
    /// If the stream ends before.
    pub async fn next_of(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {kind}"));
            if event.frame["type"] == kind {
                return event;
            }
        }
    }

    /// Takes a whole event from what was received. Comments are skipped.
    fn take(&mut self) -> Option<Event> {
        loop {
            let end = self.received.windows(2).position(|window| window == b"\n\n")?;
            let text = String::from_utf8(self.received.drain(..end + 2).collect()).expect("events are text");
            let mut event = Event { id: None, frame: Value::Null };
            for line in text.lines() {
                match line.split_once(": ") {
                    Some(("id", id)) => event.id = Some(id.parse().expect("ids are positions")),
                    Some(("data", frame)) => event.frame = serde_json::from_str(frame).expect("frames are JSON"),
                    _ => assert!(line.is_empty() || line.starts_with(':'), "an unexpected line {line}"),
                }
            }
            if event.frame != Value::Null {
                return Some(event);
            }
        }
    }
}
