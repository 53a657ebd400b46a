//! How far a connection has sent the messages of its session. A worker sends the next one without the connection's task
//! while that waits.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use bytestring::ByteString;
use chatbot::Message;
use handoff::{EventKind, visitor};

use super::caller::Caller;
use crate::{
    realtime::{Due, Happened, Line, Position},
    routes::sockets::{frames, wire::SocketIo},
};

/// What is sent of the messages of a session.
pub(super) struct ChatLine {
    caller: Rc<Caller>,
    is_visitor: bool,
    /// The connection; `None` for a stream of events.
    io: Option<Rc<SocketIo>>,
    bot_name: RefCell<String>,
    position: Cell<Position>,
    /// Whether the task of the connection waits for something to do.
    is_waiting: Cell<bool>,
}

impl ChatLine {
    pub(super) fn new(caller: Rc<Caller>, is_visitor: bool, io: Option<Rc<SocketIo>>) -> Self {
        let (position, is_waiting) = (Cell::new(Position::at(0)), Cell::new(false));
        Self { caller, is_visitor, io, bot_name: RefCell::default(), position, is_waiting }
    }

    /// Returns whether messages can be sent without the task of the connection.
    pub(super) fn is_socket(&self) -> bool {
        self.io.is_some()
    }

    /// States what was sent before the connection waits for news, and the name that the bot has.
    pub(super) fn begin(&self, position: Position, bot_name: String) {
        self.position.set(position);
        self.name_bot(bot_name);
    }

    pub(super) fn name_bot(&self, name: String) {
        self.bot_name.replace(name);
    }

    pub(super) fn set_waiting(&self, is_waiting: bool) {
        self.is_waiting.set(is_waiting);
    }

    pub(super) fn position(&self) -> Position {
        self.position.get()
    }

    /// Notes that the message at `seq` was sent, or that the caller may not see it.
    pub(super) fn pass(&self, seq: i64) {
        let mut position = self.position.get();
        position.pass(seq);
        self.position.set(position);
    }

    /// The same for messages that were read, as [`Position::pass_read`].
    pub(super) fn pass_read(&self, last: Option<i64>, head: i64, has_more: bool) -> bool {
        let mut position = self.position.get();
        let goes_on = position.pass_read(last, head, has_more);
        self.position.set(position);
        goes_on
    }

    /// Returns whether the caller may see a message.
    pub(super) fn shows(&self, message: &Message) -> bool {
        !self.is_visitor || visitor::may_see(message)
    }

    /// Returns the frame of a message that was just stored.
    pub(super) fn frame(&self, happened: &Happened, message: &Message) -> ByteString {
        let make = || self.stored_frame(message, false);
        // Links depend on the address that the client called.
        if message.attachments.is_empty() { happened.text(make) } else { make() }
    }

    /// Returns the frame of a stored message.
    pub(super) fn stored_frame(&self, message: &Message, replayed: bool) -> ByteString {
        let caller = &self.caller;
        frames::chat_message(caller.of(), message, &self.bot_name.borrow(), &caller.links(), replayed, None)
    }
}

impl Line for ChatLine {
    fn send_now(&self, happened: &Happened) -> bool {
        let (EventKind::Message(message), Some(io), true) = (&happened.event.kind, &self.io, self.is_waiting.get())
        else {
            return false;
        };
        match self.position().stored(message.seq) {
            Due::Nothing => return true,
            Due::Read => return false,
            Due::Send => {}
        }
        let is_done = !self.shows(message) || io.send_now(self.frame(happened, message));
        if is_done {
            self.pass(message.seq);
        }
        // The task sends the rest of a frame for which there was no room.
        is_done && !io.has_unsent()
    }
}
