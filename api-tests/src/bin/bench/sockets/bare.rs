//! What a bare `write` costs: a process that writes one frame to many connections and does nothing else.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    process::ExitCode,
};

use super::client::header;

/// Accepts `count` connections. Then writes a frame with a payload of `length` bytes to each, for every line that it
/// reads.
pub(crate) fn serve(count: &str, length: &str) -> ExitCode {
    let count: usize = count.parse().expect("a number of connections");
    let length: usize = length.parse().expect("a number of bytes");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("its address"));
    let mut streams: Vec<TcpStream> = (0..count).map(|_| listener.accept().expect("a client").0).collect();
    for stream in &streams {
        stream.set_nodelay(true).expect("a TCP stream");
    }
    let mut frame = header(0x81, length);
    frame.resize(frame.len() + length, b'x');
    for line in std::io::stdin().lines() {
        line.expect("lines of text");
        for stream in &mut streams {
            stream.write_all(&frame).expect("the client reads");
        }
    }
    ExitCode::SUCCESS
}
