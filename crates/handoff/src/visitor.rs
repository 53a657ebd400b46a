//! What a visitor does with its own conversation, besides writing messages.
//!
//! The session is the one that the caller was admitted to. A session that was deleted since is answered as one
//! that does not exist.

mod leaving;
mod marks;
mod opinions;
mod reading;
mod transcript;

pub use leaving::leave;
pub use marks::mark_read;
pub(crate) use marks::raise;
pub use opinions::{FeedbackError, give_feedback, rate};
pub(crate) use reading::stored;
pub use reading::{MOST_MESSAGES, Overview, Page, Window, may_see, page};
pub use transcript::transcript;
