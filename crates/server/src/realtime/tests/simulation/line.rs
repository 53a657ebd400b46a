//! The line of a simulated connection.

use std::cell::{Cell, RefCell};

use super::*;

/// The line of a connection.
pub(super) struct SimulatedLine {
    pub(super) position: Cell<Position>,
    /// Whether its task waits for something to do.
    pub(super) is_waiting: Cell<bool>,
    /// The messages that the worker has sent and the client has not been shown.
    pub(super) sent: RefCell<Vec<i64>>,
    /// Whether it makes the mistake to send also while its task has something to do.
    is_never_busy: bool,
}

impl SimulatedLine {
    pub(super) fn new(position: Position, is_never_busy: bool) -> Self {
        Self { position: Cell::new(position), is_waiting: Cell::new(false), sent: RefCell::default(), is_never_busy }
    }
}

impl Line for SimulatedLine {
    fn send_now(&self, happened: &Happened) -> bool {
        let EventKind::Message(message) = &happened.event.kind else { return false };
        let (mut position, is_waiting) = (self.position.get(), self.is_waiting.get());
        if !is_waiting && !self.is_never_busy {
            return false;
        }
        match position.stored(message.seq) {
            Due::Nothing => return true,
            Due::Read => return false,
            Due::Send => {}
        }
        self.sent.borrow_mut().push(message.seq);
        position.pass(message.seq);
        self.position.set(position);
        true
    }
}
