//! A socket without a library: it sends short frames, and looks for texts in what it receives.

use std::{net::SocketAddr, time::Duration};

use actix_web::rt::net::TcpStream;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

/// Maximum time for a frame.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open socket to a session.
pub(crate) struct RawSocket {
    connection: TcpStream,
    received: Vec<u8>,
}

impl RawSocket {
    /// Opens a socket as a visitor.
    pub(crate) async fn open(address: SocketAddr, company: &str, session: &str) -> Self {
        Self::open_after(address, company, session, 0).await
    }

    /// Opens a socket as a visitor who has the messages up to this `seq`.
    pub(crate) async fn open_after(address: SocketAddr, company: &str, session: &str, after: i64) -> Self {
        let query = if after > 0 { format!("?after={after}") } else { String::new() };
        let mut socket = Self::shake_hands(address, &format!("/ws/chat/{company}/{session}/{query}")).await;
        socket.until("connection_established").await;
        socket
    }

    /// Opens a socket to all sessions of a company, for a member of staff with this access token.
    pub(crate) async fn desk(address: SocketAddr, token: &str) -> Self {
        let mut socket = Self::shake_hands(address, &format!("/ws/agents/?token={token}")).await;
        socket.until("agent_connected").await;
        socket
    }

    async fn shake_hands(address: SocketAddr, path: &str) -> Self {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let handshake = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        connection.write_all(handshake.as_bytes()).await.unwrap();
        Self { connection, received: Vec::new() }
    }

    /// Opens a stream of events as a visitor.
    pub(crate) async fn events(address: SocketAddr, session: &str) -> Self {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /api/chatbot/events/?session_id={session} HTTP/1.1\r\nHost: x\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut socket = Self { connection, received: Vec::new() };
        socket.until("connection_established").await;
        socket
    }

    /// Sends a text of at most 125 bytes as a frame.
    pub(crate) async fn send(&mut self, text: &str) {
        // The mask changes nothing.
        let head = [0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
        self.connection.write_all(&[&head, text.as_bytes()].concat()).await.unwrap();
    }

    /// Receives until this text has come.
    pub(crate) async fn until(&mut self, text: &str) {
        self.until_bytes(text.as_bytes(), text).await;
    }

    /// As [`RawSocket::until`], for a text that may take longer than others.
    pub(crate) async fn until_within(&mut self, text: &str, patience: Duration) {
        let came = async {
            while !self.text().contains(text) {
                assert!(self.connection.read_buf(&mut self.received).await.unwrap() > 0, "the connection ended");
            }
        };
        timeout(patience, came).await.unwrap_or_else(|_| panic!("{text} did not come"));
    }

    /// Receives until the server closes with this code, and answers the close. Returns all that has come.
    pub(crate) async fn until_closed(mut self, code: u16) -> String {
        let [high, low] = code.to_be_bytes();
        self.until_bytes(&[0x88, 2, high, low], &format!("a close with {code}")).await;
        self.connection.write_all(&[0x88, 0x82, 0, 0, 0, 0, high, low]).await.unwrap();
        self.text()
    }

    /// Receives something. Returns whether the connection is still open.
    pub(crate) async fn receive(&mut self) -> bool {
        let read = timeout(PATIENCE, self.connection.read_buf(&mut self.received)).await;
        let read = read.unwrap_or_else(|_| panic!("nothing came: {}", self.text()));
        read.is_ok_and(|length| length > 0)
    }

    /// Takes the whole frames of text that have come, without the head of the handshake.
    pub(crate) fn take_frames(&mut self) -> Vec<Value> {
        if self.received.starts_with(b"HTTP/")
            && let Some(head) = self.received.windows(4).position(|window| window == b"\r\n\r\n")
        {
            self.received.drain(..head + 4);
        }
        let mut frames = Vec::new();
        while let Some((is_text, content)) = self.take_frame() {
            if is_text {
                frames.push(serde_json::from_slice(&content).unwrap());
            }
        }
        frames
    }

    /// Takes a frame, if it has come whole: whether it is text, and its content. Frames of the server have no mask.
    fn take_frame(&mut self) -> Option<(bool, Vec<u8>)> {
        let (&head, &short) = (self.received.first()?, self.received.get(1)?);
        let (start, length) = match short {
            126 => (4, u64::from(u16::from_be_bytes(self.received.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(self.received.get(2..10)?.try_into().ok()?)),
            _ => (2, u64::from(short)),
        };
        let end = start + usize::try_from(length).unwrap();
        let content = self.received.get(start..end)?.to_vec();
        self.received.drain(..end);
        Some((head & 0x0f == 1, content))
    }

    /// Returns all that has come so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    async fn until_bytes(&mut self, bytes: &[u8], what: &str) {
        while !self.received.windows(bytes.len()).any(|window| window == bytes) {
            let read = timeout(PATIENCE, self.connection.read_buf(&mut self.received)).await;
            let read = read.unwrap_or_else(|_| panic!("{what} did not come: {}", self.text()));
            assert!(read.unwrap() > 0, "the connection ended before {what}: {}", self.text());
        }
    }
}
