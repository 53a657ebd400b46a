//! Connects the hubs of the processes that share a database.
//!
//! A process sends pokes to the others: which session has changed, and up to which message, or which event has happened to
//! it. A poke has no content, only ids. Who receives it reads the session with the rights of its callers. Pokes may be
//! lost, repeated or late; [`recheck`](super::recheck) repairs what was lost. Only that somebody types is not stored
//! anywhere, so a poke says all of it.

mod outgoing;
mod poke;

pub(crate) use self::{
    outgoing::Outgoing,
    poke::{AtDesk, Change, Poke, Typist, pack, unpack},
};

use storage::Channel;
use tenancy::StoreError;

/// A connection to the other processes.
pub(crate) trait Relay {
    /// Sends pokes to all other processes.
    ///
    /// # Errors
    /// [`StoreError`] if the connection is lost.
    fn send(&mut self, pokes: &[Poke]) -> Result<(), StoreError>;

    /// Returns the pokes of other processes that have arrived. It does not wait for any.
    ///
    /// # Errors
    /// [`StoreError`] if the connection is lost.
    fn receive(&mut self) -> Result<Vec<Poke>, StoreError>;
}

impl Relay for Channel {
    fn send(&mut self, pokes: &[Poke]) -> Result<(), StoreError> {
        Self::send(self, &pack(pokes, Self::LONGEST))
    }

    fn receive(&mut self) -> Result<Vec<Poke>, StoreError> {
        let texts = Self::receive(self)?;
        Ok(texts.iter().flat_map(|text| unpack(text)).collect())
    }
}
