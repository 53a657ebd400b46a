//! A client of the server's sockets: handshake and frames by hand, so that tests can also send what a library would
//! refuse to send.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// The key and the answer that RFC 6455 gives as its example.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// How long a frame may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The receive buffer of a client that is to fall behind, in bytes.
const NARROW: u32 = 16 * 1024;

/// Opcodes of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opcode {
    /// A further part of a message.
    Continuation,
    /// Text.
    Text,
    /// Bytes.
    Binary,
    /// The end of the connection.
    Close,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
}

/// What a client receives.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// A JSON frame.
    Frame(Value),
    /// A ping of the server.
    Ping,
    /// A pong of the server.
    Pong,
    /// The server closes, with this code.
    Closed(u16),
    /// The connection ended without a close frame.
    Gone,
}

/// An open socket.
pub struct Socket {
    stream: TcpStream,
    received: Vec<u8>,
    /// The head of the server's answer to the handshake.
    pub head: String,
}

impl Socket {
    /// Opens a socket and asserts that the handshake is accepted.
    ///
    /// # Panics
    /// If the server refuses the handshake.
    pub async fn open(host: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let socket = Self::try_open(host, path, headers).await;
        socket.unwrap_or_else(|head| panic!("the handshake was refused: {head}"))
    }

    /// Opens a socket. Returns the head and the body of the answer if the handshake is refused.
    ///
    /// # Errors
    /// The server's answer.
    ///
    /// # Panics
    /// If the server does not answer.
    pub async fn try_open(host: &str, path: &str, headers: &[(&str, &str)]) -> Result<Self, String> {
        let stream = TcpStream::connect(host).await.expect("the server listens");
        Self::shake_hands(stream, host, path, headers).await.expect("the server answers")
    }

    /// Opens a socket to a server that may stop meanwhile.
    ///
    /// # Errors
    /// If the server cannot be reached, or does not accept the handshake.
    pub async fn reach(host: &str, path: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        Self::shake_hands(stream, host, path, &[]).await?.map_err(io::Error::other)
    }

    /// Opens a socket for which the client's operating system keeps only few bytes that were not read.
    ///
    /// # Panics
    /// If the server refuses the handshake.
    pub async fn open_narrow(host: &str, path: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket of the operating system");
        socket.set_recv_buffer_size(NARROW).expect("a small buffer");
        let address = host.parse().expect("an address with a port");
        let stream = socket.connect(address).await.expect("the server listens");
        let opened = Self::shake_hands(stream, host, path, &[]).await.expect("the server answers");
        opened.unwrap_or_else(|head| panic!("the handshake was refused: {head}"))
    }

    async fn shake_hands(
        mut stream: TcpStream,
        host: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Result<Self, String>> {
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut received = Vec::new();
        let end = loop {
            if let Some(at) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            let read = timeout(PATIENCE, stream.read_buf(&mut received)).await.expect("an answer in time");
            if read? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        if !head.starts_with("HTTP/1.1 101 ") {
            return Ok(Err(String::from_utf8_lossy(&received).into_owned()));
        }
        assert!(head.contains(ACCEPT), "the server does not prove that it has read the key: {head}");
        received.drain(..end);
        Ok(Ok(Self { stream, received, head }))
    }

    /// Sends a JSON frame.
    pub async fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends a text frame.
    pub async fn send_text(&mut self, text: &str) {
        self.send_raw(Opcode::Text, true, text.as_bytes()).await;
    }

    /// Sends one frame of any kind. A server that has closed the connection does not receive it.
    pub async fn send_raw(&mut self, opcode: Opcode, is_last: bool, payload: &[u8]) {
        let mut frame = vec![u8::from(is_last) << 7 | opcode_number(opcode)];
        match payload.len() {
            short @ 0..126 => frame.push(0x80 | u8::try_from(short).expect("a short length")),
            medium @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(medium).expect("a medium length").to_be_bytes());
            }
            long => {
                frame.push(0x80 | 127);
                frame.extend(u64::try_from(long).expect("a length").to_be_bytes());
            }
        }
        let mask = [7, 77, 177, 27];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        let _ = self.stream.write_all(&frame).await;
    }

    /// Sends bytes as they are.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Receives the next frame of any kind.
    ///
    /// # Panics
    /// If nothing comes in time, or if a frame of the server is not valid.
    pub async fn incoming(&mut self) -> Incoming {
        let Some((opcode, payload)) = self.frame().await else { return Incoming::Gone };
        match opcode {
            1 => Incoming::Frame(serde_json::from_slice(&payload).expect("frames are JSON")),
            8 => match payload.as_slice() {
                [high, low, ..] => Incoming::Closed(u16::from_be_bytes([*high, *low])),
                _ => Incoming::Closed(1005),
            },
            9 => Incoming::Ping,
            10 => Incoming::Pong,
            other => panic!("an unexpected opcode {other}"),
        }
    }

    /// Receives the opcode and the content of the next frame, or `None` if the connection has ended.
    ///
    /// # Panics
    /// If nothing comes in time.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some(frame) = self.take_frame() {
                return Some(frame);
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await.expect("a frame in time");
            if !read.is_ok_and(|read| read > 0) {
                return None;
            }
        }
    }

    /// Takes a whole frame from what was received.
    fn take_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let [first, second, rest @ ..] = self.received.as_slice() else { return None };
        assert_eq!(first & 0xf0, 0x80, "the server sends whole frames without extensions");
        assert!(second & 0x80 == 0, "the server masks a frame");
        let (length, head) = match second & 0x7f {
            126 => (usize::from(u16::from_be_bytes(rest.get(..2)?.try_into().ok()?)), 4),
            127 => (usize::try_from(u64::from_be_bytes(rest.get(..8)?.try_into().ok()?)).ok()?, 10),
            short => (usize::from(short), 2),
        };
        let opcode = first & 0x0f;
        let payload = self.received.get(head..head + length)?.to_vec();
        self.received.drain(..head + length);
        Some((opcode, payload))
    }

    /// Receives the next JSON frame. Pings and pongs are skipped.
    ///
    /// # Panics
    /// If the connection ends before.
    pub async fn next(&mut self) -> Value {
        loop {
            match self.incoming().await {
                Incoming::Frame(frame) => return frame,
                Incoming::Ping | Incoming::Pong => {}
                ended @ (Incoming::Closed(_) | Incoming::Gone) => panic!("the connection ended: {ended:?}"),
            }
        }
    }

    /// Receives frames until one has this type, which it returns. The others are dropped.
    ///
    /// # Panics
    /// If the connection ends before.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// Returns all frames that the server has sent before it answers a ping.
    pub async fn settled(&mut self) -> Vec<Value> {
        self.send(&serde_json::json!({"type": "ping", "timestamp": "settled"})).await;
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["type"] == "pong" && frame["timestamp"] == "settled" {
                return frames;
            }
            frames.push(frame);
        }
    }

    /// Receives frames until the server closes. Returns the last `error` frame and the code.
    ///
    /// # Panics
    /// If the connection ends without a code.
    pub async fn closed(&mut self) -> (Option<Value>, u16) {
        let mut error = None;
        loop {
            match self.incoming().await {
                Incoming::Frame(frame) if frame["type"] == "error" => error = Some(frame),
                Incoming::Frame(_) | Incoming::Ping | Incoming::Pong => {}
                Incoming::Closed(code) => return (error, code),
                Incoming::Gone => panic!("the connection ended without a code"),
            }
        }
    }
}

fn opcode_number(opcode: Opcode) -> u8 {
    match opcode {
        Opcode::Continuation => 0,
        Opcode::Text => 1,
        Opcode::Binary => 2,
        Opcode::Close => 8,
        Opcode::Ping => 9,
        Opcode::Pong => 10,
    }
}
