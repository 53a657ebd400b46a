//! What a client sends on a socket: frames, and messages that come in several frames.

use std::{
    cell::RefCell,
    mem,
    task::{Context, Poll, ready},
};

use actix_codec::Decoder as _;
use actix_http::ws::{Codec, Frame, Item, ProtocolError};
use actix_web::web::{Bytes, BytesMut};
use bytestring::ByteString;

use super::SocketIo;
use crate::routes::sockets::{
    entry::Closing,
    wire::{
        End,
        heads::{Flaw, Heads, LONGEST},
    },
};

/// Most bytes that are read at once.
const PIECE: usize = 16 * 1024;

thread_local! {
    /// Where the sockets of this thread read into, so that an idle one needs no buffer.
    static PIECES: RefCell<Vec<u8>> = RefCell::new(vec![0; PIECE]);
}

/// A message of a client.
#[derive(Debug)]
pub(super) enum Part {
    Text(ByteString),
    Ping(Bytes),
    Pong,
}

/// The frames of a client.
pub(super) struct Incoming {
    codec: Codec,
    heads: Heads,
    /// What is wrong with the frame that begins behind `read`. Nothing more is read then.
    flaw: Option<Flaw>,
    /// What was received of the frames that follow.
    read: BytesMut,
    /// What was received of a message in several frames, and whether it is text.
    begun: Vec<u8>,
    is_text: bool,
}

impl Incoming {
    /// Begins with what the client has sent behind its handshake.
    pub(super) fn new(read: &[u8]) -> Self {
        let mut incoming = Self {
            codec: Codec::new().max_size(LONGEST),
            heads: Heads::default(),
            flaw: None,
            read: BytesMut::new(),
            begun: Vec::new(),
            is_text: false,
        };
        incoming.keep(read);
        incoming
    }

    /// Waits for the next message.
    pub(super) fn poll_next(&mut self, io: &SocketIo, cx: &mut Context<'_>) -> Poll<Result<Part, End>> {
        loop {
            if let Some(part) = self.take()? {
                return Poll::Ready(Ok(part));
            }
            if let Some(flaw) = self.flaw {
                return Poll::Ready(Err(closed(flaw.closing())));
            }
            if !ready!(self.poll_read(io, cx)) {
                return Poll::Ready(Err(End::Gone));
            }
        }
    }

    /// Waits until the client has answered a close, or has gone.
    pub(super) fn poll_closed(&mut self, io: &SocketIo, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            loop {
                match self.codec.decode(&mut self.read) {
                    Ok(Some(Frame::Close(_))) | Err(_) => return Poll::Ready(()),
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                }
            }
            if self.flaw.is_some() || !ready!(self.poll_read(io, cx)) {
                return Poll::Ready(());
            }
        }
    }

    /// Reads more bytes. Returns `false` at their end.
    fn poll_read(&mut self, io: &SocketIo, cx: &mut Context<'_>) -> Poll<bool> {
        if self.read.is_empty() {
            // An idle socket keeps no buffer.
            self.read = BytesMut::new();
        }
        PIECES.with_borrow_mut(|piece| {
            let length = ready!(io.poll_read(piece, cx)).unwrap_or(0);
            self.keep(piece.get(..length).unwrap_or_default());
            Poll::Ready(length > 0)
        })
    }

    /// Keeps bytes up to the first frame with a flaw.
    fn keep(&mut self, bytes: &[u8]) {
        let sound = match self.heads.read(bytes) {
            Ok(()) => bytes,
            Err((before, flaw)) => {
                self.flaw = Some(flaw);
                bytes.get(..before).unwrap_or_default()
            }
        };
        self.read.extend_from_slice(sound);
    }

    /// Takes the next message from what was received, if it is whole.
    fn take(&mut self) -> Result<Option<Part>, End> {
        while let Some(frame) = self.codec.decode(&mut self.read).map_err(|error| closed(broken(&error)))? {
            match frame {
                Frame::Text(bytes) => return text(bytes).map(Some),
                Frame::Ping(bytes) => return Ok(Some(Part::Ping(bytes))),
                Frame::Pong(_) => return Ok(Some(Part::Pong)),
                Frame::Binary(_) => return Err(closed(Closing::NotText)),
                Frame::Close(_) => return Err(closed(Closing::Answer)),
                Frame::Continuation(item) => {
                    let (bytes, is_last) = match item {
                        Item::FirstText(bytes) => {
                            self.is_text = true;
                            (bytes, false)
                        }
                        Item::FirstBinary(bytes) => {
                            self.is_text = false;
                            (bytes, false)
                        }
                        Item::Continue(bytes) => (bytes, false),
                        Item::Last(bytes) => (bytes, true),
                    };
                    if self.begun.len() + bytes.len() > LONGEST {
                        return Err(closed(Closing::TooLong));
                    }
                    self.begun.extend_from_slice(&bytes);
                    if is_last {
                        let whole = mem::take(&mut self.begun);
                        return if self.is_text { text(whole.into()).map(Some) } else { Err(closed(Closing::NotText)) };
                    }
                }
            }
        }
        Ok(None)
    }
}

fn text(bytes: Bytes) -> Result<Part, End> {
    ByteString::try_from(bytes).map(Part::Text).map_err(|_| closed(Closing::NotUtf8))
}

fn closed(closing: Closing) -> End {
    End::Closed(closing)
}

fn broken(error: &ProtocolError) -> Closing {
    match error {
        ProtocolError::Overflow => Closing::TooLong,
        _ => Closing::Broken,
    }
}
