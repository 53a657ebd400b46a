//! What all connections have in common: what they receive, how long they wait, and why they end.

use std::time::Duration;

use bytestring::ByteString;

use crate::routes::sockets::entry::{Closing, Refusal};

/// How often a client is pinged.
pub(super) const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a client may take to read a frame when the buffers of its connection are full.
pub(super) const SLOWEST: Duration = Duration::from_secs(30);
/// How long a client may take to read the last frames.
pub(super) const FAREWELL: Duration = Duration::from_secs(2);

/// Why a connection ends.
#[derive(Debug)]
pub(in crate::routes::sockets) enum End {
    /// The client has gone, or does not read.
    Gone,
    /// The server closes it.
    Closed(Closing),
    /// The server closes it, and says why.
    Refused(Refusal),
}

impl<R: Into<Refusal>> From<R> for End {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}

/// What a connection receives.
#[derive(Debug)]
pub(in crate::routes::sockets) enum Received {
    /// A frame.
    Text(ByteString),
    /// A frame beyond the limit, with the time to wait. `None` if the client was told just before.
    TooMany(Option<Duration>),
    /// It was time to ping the client.
    Tick,
}
