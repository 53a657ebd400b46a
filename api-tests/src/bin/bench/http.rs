//! A minimal HTTP/1.1 client, so that the cost of the load does not hide the server's.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Returns a GET request, with a bearer token if one is given.
pub(crate) fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{}\r\n", authorization(token)).into_bytes()
}

/// Returns a POST request with a JSON body.
pub(crate) fn post(path: &str, token: Option<&str>, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{body}",
        body.len(),
        authorization(token)
    )
    .into_bytes()
}

/// Returns a request that uploads a text file as a visitor.
pub(crate) fn upload(path: &str, company: &str, session: &str, content: &str) -> Vec<u8> {
    let field = |name: &str, value: &str| {
        format!("--bench\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!(
        "{}{}--bench\r\nContent-Disposition: form-data; name=\"file\"; filename=\"notes.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{content}\r\n--bench--\r\n",
        field("company_id", company),
        field("session_id", session)
    );
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: multipart/form-data; boundary=bench\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn authorization(token: Option<&str>) -> String {
    token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default()
}

/// The measurements of a reply that was read and discarded.
pub(crate) struct Drained {
    /// Time from the request to the end of the response header.
    pub(crate) first: Duration,
    /// Time from the request to the end of the body.
    pub(crate) whole: Duration,
    pub(crate) megabytes: f64,
}

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_nodelay(true).expect("a TCP stream");
        Self { stream: BufReader::with_capacity(16 * 1024, stream), line: String::new(), body: Vec::new() }
    }

    /// Sends a request, reads the whole reply and returns its status and body.
    pub(crate) fn call(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.send(request);
        self.receive()
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, request: &[u8]) {
        self.stream.get_mut().write_all(request).expect("the server reads");
    }

    /// Reads the whole reply and returns its status and body.
    pub(crate) fn receive(&mut self) -> (u16, &[u8]) {
        let (status, length) = self.head();
        self.body.resize(length.expect("a length"), 0);
        self.stream.read_exact(&mut self.body).expect("a whole body");
        (status, &self.body)
    }

    /// Sends a request that must succeed, and discards the body while reading it.
    pub(crate) fn drain(&mut self, request: &[u8]) -> Drained {
        let sent = Instant::now();
        self.stream.get_mut().write_all(request).expect("the server reads");
        let (status, length) = self.head();
        assert_eq!(status, 200);
        let first = sent.elapsed();
        let mut bytes = 0.0;
        match length {
            Some(length) => bytes += self.skip(length),
            None => loop {
                let chunk = usize::from_str_radix(self.header(), 16).expect("the size of a chunk");
                bytes += self.skip(chunk);
                self.header();
                if chunk == 0 {
                    break;
                }
            },
        }
        Drained { first, whole: sent.elapsed(), megabytes: bytes / 1e6 }
    }

    fn skip(&mut self, length: usize) -> f64 {
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("a whole body");
        u32::try_from(length).map(f64::from).expect("fewer than 4 GiB")
    }

    /// Reads the header and returns status and length; a chunked body has no length.
    fn head(&mut self) -> (u16, Option<usize>) {
        let status = self.header().split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let mut length = None;
        loop {
            let header = self.header();
            if header.is_empty() {
                return (status, length);
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse().expect("a length"));
            }
        }
    }

    /// Sends a request that must succeed; returns the JSON reply.
    pub(crate) fn json(&mut self, request: &[u8]) -> Value {
        let (status, body) = self.call(request);
        let reply = serde_json::from_slice(body).expect("a JSON reply");
        assert!((200..300).contains(&status), "{status}: {reply}");
        reply
    }

    fn header(&mut self) -> &str {
        self.line.clear();
        self.stream.read_line(&mut self.line).expect("the server answers");
        self.line.trim_end()
    }
}
