//! One connection to a client: a socket, or a stream of events.

mod end;
mod events;
mod heads;
mod socket;

use std::rc::Rc;

use bytestring::ByteString;

pub(super) use self::{
    end::{End, Received},
    events::EventWire,
    socket::{SocketIo, SocketWire},
};

/// An open connection.
pub(super) enum Wire {
    /// A socket.
    Socket(Box<SocketWire>),
    /// A stream of events, on which the client sends nothing.
    Events(EventWire),
}

impl Wire {
    /// Sends a frame.
    pub(super) async fn send(&mut self, text: ByteString) -> Result<(), End> {
        match self {
            Self::Socket(socket) => socket.send(text).await,
            Self::Events(events) => events.send(&text, None).await,
        }
    }

    /// Sends the frame of a message, which has a position in its session.
    pub(super) async fn send_message(&mut self, seq: i64, text: ByteString) -> Result<(), End> {
        match self {
            Self::Socket(socket) => socket.send(text).await,
            Self::Events(events) => events.send(&text, Some(seq)).await,
        }
    }

    /// Sends what is left of the frames before.
    pub(super) async fn finish(&mut self) -> Result<(), End> {
        match self {
            Self::Socket(socket) => socket.finish().await,
            // An event is sent as a whole.
            Self::Events(_) => Ok(()),
        }
    }

    /// Returns the connection of a socket.
    pub(super) fn io(&self) -> Option<Rc<SocketIo>> {
        match self {
            Self::Socket(socket) => Some(socket.io()),
            Self::Events(_) => None,
        }
    }

    /// Waits for the next frame of the client. Pings the client meanwhile.
    pub(super) async fn receive(&mut self) -> Result<Received, End> {
        match self {
            Self::Socket(socket) => socket.receive().await,
            Self::Events(events) => events.receive().await,
        }
    }

    /// Ends the connection.
    pub(super) async fn end(self, end: End) {
        match self {
            Self::Socket(socket) => socket.end(end).await,
            Self::Events(events) => events.end(end).await,
        }
    }
}
