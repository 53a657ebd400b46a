//! The ways in which a client follows a session.

use std::{io, pin::Pin, time::Duration};

use serde_json::Value;
use tokio::time::timeout;

use super::shown::Row;
use crate::{Client, Events, Incoming, Opcode, Socket};

/// How long nothing may come before the caller is asked again.
const PAUSE: Duration = Duration::from_secs(10);
/// How long a long poll waits, in seconds.
const WAIT: &str = "20";
/// Most messages of a long poll.
const PAGE: &str = "100";

type Polling = Pin<Box<dyn Future<Output = reqwest::Result<(u16, Value)>> + Send>>;

/// Which way a client follows its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The session's socket.
    Socket,
    /// The session's stream of events.
    Events,
    /// Long polls.
    Poll,
    /// The socket of the company's staff.
    Desk,
    /// The stream of events of the company's staff.
    DeskEvents,
}

/// An open connection.
enum Wire {
    Socket(Box<Socket>),
    Events(Box<Events>),
    Poll(Option<Polling>),
}

/// A session that is followed.
pub(super) struct Link {
    wire: Wire,
    pub(super) way: Way,
    client: Client,
    session: String,
}

/// What a client is told.
#[derive(Debug)]
pub(super) enum News {
    /// The connection begins, and the last message has this `seq`.
    Begun(i64),
    /// A message, and whether it is marked as sent again.
    Message(Row, bool),
    /// A page of messages.
    Page(Vec<Row>),
    /// The messages that follow do not continue those before: the reason, and the `seq` of the next one.
    Resync(String, Option<i64>),
    /// The server refuses something.
    Refused(Value),
    /// The connection has ended.
    Ended,
    /// Nothing that matters here.
    Nothing,
}

impl Link {
    /// Begins to follow a session after the message at `after`. `client` is a caller of the server that is followed.
    pub(super) async fn open(way: Way, client: Client, company: &str, session: &str, after: i64) -> io::Result<Self> {
        let path = match way {
            Way::Socket => format!("/ws/chat/{company}/{session}/?after={after}"),
            Way::Events => format!("/api/chatbot/events/?session_id={session}&after={after}"),
            Way::Desk => "/ws/agents/?".to_owned(),
            Way::DeskEvents => "/api/desk/events/".to_owned(),
            Way::Poll => String::new(),
        };
        let token = client.try_token().map(|token| format!("&token={token}")).unwrap_or_default();
        let wire = match way {
            Way::Socket | Way::Desk => {
                Wire::Socket(Box::new(Socket::reach(client.host(), &format!("{path}{token}")).await?))
            }
            Way::Events | Way::DeskEvents => {
                Wire::Events(Box::new(client.get(&path).try_events().await.ok_or(io::ErrorKind::ConnectionRefused)?))
            }
            Way::Poll => Wire::Poll(None),
        };
        Ok(Self { wire, way, client, session: session.to_owned() })
    }

    /// Sends a frame. Returns false if this way takes none.
    pub(super) async fn send(&mut self, frame: &Value) -> bool {
        match (&mut self.wire, self.way) {
            (Wire::Socket(socket), Way::Socket) => {
                socket.send(frame).await;
                true
            }
            _ => false,
        }
    }

    /// Waits for what comes next. `after` is the last message that the client has. Nothing is lost if the caller stops
    /// waiting.
    pub(super) async fn next(&mut self, after: i64) -> News {
        match &mut self.wire {
            Wire::Socket(socket) => match timeout(PAUSE, socket.incoming()).await {
                Ok(Incoming::Frame(frame)) => self.read(&frame),
                Ok(Incoming::Ping) => {
                    socket.send_raw(Opcode::Pong, true, b"").await;
                    News::Nothing
                }
                Ok(Incoming::Pong) | Err(_) => News::Nothing,
                Ok(Incoming::Closed(_) | Incoming::Gone) => News::Ended,
            },
            Wire::Events(events) => match timeout(PAUSE, events.next()).await {
                Ok(Some(event)) => self.read(&event.frame),
                Ok(None) => News::Ended,
                Err(_) => News::Nothing,
            },
            Wire::Poll(polling) => {
                let call = || {
                    let after = after.to_string();
                    let query =
                        [("session_id", self.session.as_str()), ("after", &after), ("limit", PAGE), ("wait", WAIT)];
                    let call = self.client.get("/api/chatbot/messages/").query(&query);
                    let polling: Polling = Box::pin(call.attempt());
                    polling
                };
                let polled = polling.get_or_insert_with(call).await;
                *polling = None;
                match polled {
                    Ok((200, page)) => News::Page(rows(&page["messages"])),
                    // A call that came too slowly is refused without a body.
                    Ok((408, _)) | Err(_) => News::Ended,
                    Ok((_, refusal)) => News::Refused(refusal),
                }
            }
        }
    }

    fn read(&self, frame: &Value) -> News {
        match frame["type"].as_str() {
            Some("connection_established") => News::Begun(frame["head_seq"].as_i64().expect("a position")),
            Some("agent_connected") => News::Begun(i64::MAX),
            Some("chat_message") if frame["session_id"] == self.session.as_str() => {
                News::Message(Row::of_frame(frame), frame["replayed"] == true)
            }
            Some("resync") => {
                News::Resync(frame["reason"].as_str().unwrap_or_default().to_owned(), frame["from_seq"].as_i64())
            }
            Some("error") => News::Refused(frame.clone()),
            _ => News::Nothing,
        }
    }
}

/// Reads the rows of a page.
pub(super) fn rows(rows: &Value) -> Vec<Row> {
    rows.as_array().into_iter().flatten().map(Row::of_page).collect()
}
