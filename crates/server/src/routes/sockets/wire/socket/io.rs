//! The connection of a socket: what is read from it, and what waits to be written to it.

use std::{
    cell::RefCell,
    io,
    task::{Context, Poll, ready},
};

use actix_codec::Encoder as _;
use actix_http::ws::{Codec, Message};
use actix_web::{
    rt::net::TcpStream,
    web::{Buf as _, BytesMut},
};
use bytestring::ByteString;

use crate::routes::sockets::wire::End;

/// Longest buffer that a thread keeps.
const LONGEST_KEPT: usize = 64 * 1024;

thread_local! {
    /// Where the sockets of this thread write frames before they send them.
    static FRAME: RefCell<BytesMut> = RefCell::default();
}

/// The connection of a socket, and what waits to be written to it. Its task shares it with its line.
pub(in crate::routes::sockets) struct SocketIo {
    pub(super) stream: TcpStream,
    /// What the operating system has not taken yet.
    unsent: RefCell<BytesMut>,
}

impl SocketIo {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, unsent: RefCell::default() }
    }

    pub(in crate::routes::sockets) fn has_unsent(&self) -> bool {
        !self.unsent.borrow().is_empty()
    }

    /// Sends a text at once. Returns `false` if nothing of it was sent, because the operating system has no room or the
    /// client has gone.
    pub(in crate::routes::sockets) fn send_now(&self, text: ByteString) -> bool {
        let is_free = !self.has_unsent();
        is_free && self.write(Message::Text(text), true).is_ok_and(|written| written > 0)
    }

    /// Sends a frame as far as the operating system takes it, and keeps the rest.
    pub(super) fn send(&self, message: Message) -> Result<(), End> {
        self.write(message, false).map(drop)
    }

    /// Returns how many bytes were sent. The rest is kept, but nothing is if `or_nothing` is set and none were sent.
    fn write(&self, message: Message, or_nothing: bool) -> Result<usize, End> {
        FRAME.with_borrow_mut(|frame| {
            frame.clear();
            Codec::new().encode(message, frame).map_err(|_| End::Gone)?;
            let mut unsent = self.unsent.borrow_mut();
            let written = if unsent.is_empty() { taken(self.stream.try_write(frame))? } else { 0 };
            if written > 0 || !or_nothing {
                unsent.extend_from_slice(frame.get(written..).unwrap_or_default());
            }
            if frame.capacity() > LONGEST_KEPT {
                *frame = BytesMut::new();
            }
            Ok(written)
        })
    }

    /// Waits until the operating system has taken everything.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        let mut unsent = self.unsent.borrow_mut();
        while !unsent.is_empty() {
            ready!(self.stream.poll_write_ready(cx)).map_err(|_| End::Gone)?;
            let written = taken(self.stream.try_write(&unsent))?;
            unsent.advance(written);
        }
        // An idle socket keeps no buffer.
        *unsent = BytesMut::new();
        Poll::Ready(Ok(()))
    }

    /// Waits for bytes, and reads them. Returns how many came; 0 at their end.
    pub(super) fn poll_read(&self, piece: &mut [u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(piece) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
    }
}

/// Returns how many bytes were taken.
fn taken(written: io::Result<usize>) -> Result<usize, End> {
    match written {
        Ok(length) => Ok(length),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        Err(_) => Err(End::Gone),
    }
}
