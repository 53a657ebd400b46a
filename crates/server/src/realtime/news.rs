//! The news for open connections, and the frames that connections share.

use std::sync::OnceLock;

use bytestring::ByteString;
use chatbot::Sender;
use handoff::{
    AgentRef, Event,
    live::{DeskNote, DeskSide},
};
use identity::agents::AgentStatus;
use tenancy::StoreError;
use tokio::sync::OnceCell;

/// News for a connection.
#[derive(Debug)]
pub(crate) enum News {
    /// A transaction was committed.
    Happened(Box<Happened>),
    /// Somebody types, or has stopped.
    Typing(Typing),
    /// An agent's status was set.
    Status(StatusSet),
}

/// An agent's status was set.
#[derive(Debug, Clone)]
pub(crate) struct StatusSet {
    /// The agent.
    pub(crate) agent: AgentRef,
    /// The status.
    pub(crate) status: AgentStatus,
}

/// An event, and the frames for it that connections share.
#[derive(Debug)]
pub(crate) struct Happened {
    /// The event.
    pub(crate) event: Event,
    text: OnceLock<ByteString>,
    desk_text: OnceLock<ByteString>,
    desk_side: OnceCell<Option<DeskSide>>,
    desk_note: OnceCell<Option<DeskNote>>,
}

/// Somebody types in a session, or has stopped.
#[derive(Debug, Clone)]
pub(crate) struct Typing {
    /// Whether it types.
    pub(crate) is_typing: bool,
    /// The side that types.
    pub(crate) sender: Sender,
    /// The name of the staff member who types; `None` for the visitor.
    pub(crate) name: Option<String>,
}

impl Happened {
    pub(super) fn new(event: Event) -> Self {
        Self {
            event,
            text: OnceLock::new(),
            desk_text: OnceLock::new(),
            desk_side: OnceCell::new(),
            desk_note: OnceCell::new(),
        }
    }

    /// Returns the text for this event, which the first caller makes.
    pub(crate) fn text(&self, make: impl FnOnce() -> ByteString) -> ByteString {
        self.text.get_or_init(make).clone()
    }

    /// Returns the text of this event for the staff of the company, which the first caller makes.
    pub(crate) fn desk_text(&self, make: impl FnOnce() -> ByteString) -> ByteString {
        self.desk_text.get_or_init(make).clone()
    }

    /// Returns the handoff of the session, which the first caller reads.
    ///
    /// # Errors
    /// What reading fails with.
    pub(crate) async fn desk_side(
        &self,
        read: impl AsyncFnOnce() -> Result<Option<DeskSide>, StoreError>,
    ) -> Result<Option<&DeskSide>, StoreError> {
        self.desk_side.get_or_try_init(|| read()).await.map(Option::as_ref)
    }

    /// Returns the note that was added, which the first caller reads.
    ///
    /// # Errors
    /// What reading fails with.
    pub(crate) async fn desk_note(
        &self,
        read: impl AsyncFnOnce() -> Result<Option<DeskNote>, StoreError>,
    ) -> Result<Option<&DeskNote>, StoreError> {
        self.desk_note.get_or_try_init(|| read()).await.map(Option::as_ref)
    }
}
