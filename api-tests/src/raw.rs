//! Requests that an HTTP library would refuse to send.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A response as received.
#[derive(Debug)]
pub struct RawReply {
    /// The status code.
    pub status: u16,
    /// Status line, headers and body.
    pub text: String,
}

/// Sends bytes and reads until the server closes the connection, which the request must ask for.
pub(crate) async fn exchange(host: &str, bytes: &[u8]) -> RawReply {
    let mut stream = TcpStream::connect(host).await.expect("the server listens");
    stream.write_all(bytes).await.expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("the server answers");
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok());
    RawReply { status: status.unwrap_or_else(|| panic!("no status line in {text:?}")), text }
}
