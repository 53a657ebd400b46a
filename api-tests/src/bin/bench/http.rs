//! As little of HTTP/1.1 as a load needs: its own cost must not hide the server's.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use serde_json::Value;

/// A GET request, with a bearer token if one is given.
pub(crate) fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{}\r\n", authorization(token)).into_bytes()
}

/// A POST request with a JSON body.
pub(crate) fn post(path: &str, token: Option<&str>, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{body}",
        body.len(),
        authorization(token)
    )
    .into_bytes()
}

fn authorization(token: Option<&str>) -> String {
    token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default()
}

/// A connection that is kept open.
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

    /// Sends a request and reads the whole reply; its status and body.
    pub(crate) fn call(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.get_mut().write_all(request).expect("the server reads");
        let status = self.header().split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let mut length = 0;
        loop {
            let header = self.header();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length");
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("a whole body");
        (status, &self.body)
    }

    /// Sends a request that must succeed; its reply.
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
