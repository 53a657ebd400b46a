//! A test double: an endpoint on a local port that answers real HTTP requests from a script.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the double does with one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Writes this response and closes the connection.
    Close(String),
    /// Writes this beginning of a response, then nothing until the client disconnects.
    Stall(String),
}

/// A request as it arrived.
#[derive(Clone)]
pub(crate) struct Request {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

pub(crate) struct Double {
    pub(crate) base_url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Double {
    /// Starts a double that answers each request with the next reply, and repeats the last one.
    pub(crate) async fn start<const N: usize>(replies: [Reply; N]) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let seen = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve(listener, replies.to_vec(), seen.clone()));
        Ok(Self { base_url, seen })
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().map(|seen| seen.clone()).unwrap_or_default()
    }
}

/// Formats a response. `headers` are whole lines that end with `\r\n`.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

async fn serve(listener: TcpListener, replies: Vec<Reply>, seen: Arc<Mutex<Vec<Request>>>) {
    for number in 0.. {
        let Ok((mut stream, _)) = listener.accept().await else {
            return;
        };
        let Ok(request) = read(&mut stream).await else { continue };
        if let Ok(mut seen) = seen.lock() {
            seen.push(request);
        }
        let Some(reply) = replies.get(number).or(replies.last()) else {
            return;
        };
        // Some tests let the client disconnect early.
        drop(play(&mut stream, reply).await);
    }
}

async fn play(stream: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    match reply {
        Reply::Close(response) => stream.write_all(response.as_bytes()).await?,
        Reply::Stall(beginning) => {
            stream.write_all(beginning.as_bytes()).await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
    }
    stream.shutdown().await
}

async fn read(stream: &mut TcpStream) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut request = Request { head, body: Value::Null };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    request.body = serde_json::from_slice(&body)?;
    Ok(request)
}
