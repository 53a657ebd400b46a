//! Clients that misbehave on their connections.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::binary::Home;

/// Maximum time for the server to close a connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends bytes on a connection of their own, and returns what comes back until the server closes it.
fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may close the connection before it has read everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Returns the head of a response in lower case, and the body.
fn get(address: SocketAddr, method: &str, path: &str, accept: &str) -> (String, Vec<u8>) {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: {accept}\r\n\r\n");
    let answer = exchange(address, request.as_bytes());
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase(), answer[end + 4..].to_vec())
}

#[test]
fn malformed_requests_are_no_errors_of_the_server() {
    let home = Home::sqlite();
    let mut server = home.serve();
    let long = [b"GET / HTTP/1.1\r\nX: ".as_slice(), &vec![b'a'; 300_000]].concat();
    let malformed: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        &long,
    ];
    for request in malformed {
        exchange(server.address, request);
    }
    let log = server.kill();
    assert!(log.iter().any(|line| line.contains("malformed request")), "{log:#?}");
    assert!(!log.iter().any(|line| line.contains("\"ERROR\"")), "{log:#?}");
}

#[test]
fn long_answers_are_compressed_for_clients_that_take_it() {
    let home = Home::sqlite();
    let server = home.serve();
    let (head, plain) = get(server.address, "GET", "/openapi.json", "identity");
    assert!(!head.contains("content-encoding") && head.contains("\r\nvary: accept-encoding"), "{head}");
    for path in ["/openapi.json", "/docs/swagger-ui.css"] {
        let (compressed, body) = get(server.address, "GET", path, "br, gzip");
        assert!(compressed.contains("\r\ncontent-encoding: gzip") && compressed.contains("\r\nvary: accept-encoding"));
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut text).unwrap();
        assert!(text.len() > body.len() && (path != "/openapi.json" || text == plain));
        let length = |head: &str| head.lines().find(|line| line.starts_with("content-length")).unwrap().to_owned();
        let (head, nothing) = get(server.address, "HEAD", path, "gzip");
        assert!(head.contains("\r\ncontent-encoding: gzip") && nothing.is_empty());
        assert_eq!(length(&head), length(&compressed));
    }
    let (small, _) = get(server.address, "GET", "/healthz/", "gzip");
    assert!(!small.contains("content-encoding"), "{small}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_reads_nothing_is_cut_off() {
    let home = Home::sqlite().with("SWITCHBOARD_WRITE_WAIT_SECONDS", "1");
    let server = home.serve();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let request = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    let error = loop {
        if let Err(error) = stream.write_all(request.as_bytes()) {
            break error;
        }
    };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error:?}");
    let (head, _) = get(server.address, "GET", "/healthz/", "");
    assert!(head.starts_with("http/1.1 200"), "{head}");
}
