//! A client of sockets that costs little, so that thousands of them fit into the process of the load.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// The mask of the frames that are sent.
const MASK: [u8; 4] = [7, 77, 177, 27];

/// An open socket.
pub(crate) struct Tap {
    stream: TcpStream,
    received: Vec<u8>,
    /// Number of bytes at the beginning of `received` that belong to the frame returned last.
    taken: usize,
}

impl Tap {
    /// Opens a socket.
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server accepts");
        Self::shake_hands(stream, path).await
    }

    /// Opens a socket for which the operating system keeps only few bytes that were not read.
    pub(crate) async fn open_narrow(address: SocketAddr, path: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(16 * 1024).expect("a small buffer");
        let stream = socket.connect(address).await.expect("the server accepts");
        Self::shake_hands(stream, path).await
    }

    /// Receives frames from a stream that begins with them.
    pub(crate) fn bare(stream: TcpStream) -> Self {
        Self { stream, received: Vec::new(), taken: 0 }
    }

    async fn shake_hands(stream: TcpStream, path: &str) -> Self {
        stream.set_nodelay(true).expect("a TCP stream");
        let mut tap = Self::bare(stream);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        tap.stream.write_all(request.as_bytes()).await.expect("the server reads");
        loop {
            if let Some(at) = tap.received.windows(4).position(|window| window == b"\r\n\r\n") {
                assert!(tap.received.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&tap.received));
                tap.taken = at + 4;
                return tap;
            }
            tap.read().await;
        }
    }

    async fn read(&mut self) {
        let read = self.stream.read_buf(&mut self.received).await.expect("an open connection");
        assert!(read > 0, "the server closed a connection");
    }

    /// Receives the next text frame. Answers pings meanwhile.
    pub(crate) async fn text(&mut self) -> &[u8] {
        loop {
            self.received.drain(..self.taken);
            self.taken = 0;
            match whole_frame(&self.received) {
                None => self.read().await,
                Some((1, start, end)) => {
                    self.taken = end;
                    return &self.received[start..end];
                }
                Some((9, _, end)) => {
                    self.taken = end;
                    self.write(0x8a, b"").await;
                }
                Some((opcode, ..)) => panic!("a frame with opcode {opcode}"),
            }
        }
    }

    /// Receives the next text frame as JSON.
    pub(crate) async fn json(&mut self) -> Value {
        serde_json::from_slice(self.text().await).expect("a JSON frame")
    }

    /// Receives frames until one has this type, and returns it.
    pub(crate) async fn json_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.json().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Sends a text frame.
    pub(crate) async fn send(&mut self, text: &str) {
        self.write(0x81, text.as_bytes()).await;
    }

    async fn write(&mut self, first: u8, payload: &[u8]) {
        let mut frame = header(first, payload.len());
        frame[1] |= 0x80;
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&frame).await.expect("the server reads");
    }
}

/// Returns the head of a frame without a mask.
pub(crate) fn header(first: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short @ 0..126) => vec![first, short],
        _ => {
            let [high, low] = u16::try_from(length).expect("a frame below 64 KiB").to_be_bytes();
            vec![first, 126, high, low]
        }
    }
}

/// Returns the opcode and the place of the payload of the first frame, if all of it is there.
fn whole_frame(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (start, length) = match second {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127.. => panic!("a frame that is masked or longer than 64 KiB"),
        short => (2, usize::from(short)),
    };
    (bytes.len() >= start + length).then_some((first & 0x0f, start, start + length))
}
