//! The wordings of the bot's own buttons.
//!
//! Pressing a button sends its text. It is understood in its default wording and in the company's.

/// The button that skips a step of the intake.
pub(crate) const SKIP: &str = "Skip";

/// The button that calls a person.
pub(crate) const TALK_TO_A_PERSON: &str = "Talk to a person";

/// The button that lists the topics.
pub(crate) const BROWSE_TOPICS: &str = "Browse topics";

/// The button that lists the other countries.
pub(crate) const MORE_COUNTRIES: &str = "Show more countries";

/// The button that leads to the question for an e-mail address.
pub(crate) const LEAVE_EMAIL: &str = "Leave my e-mail address";
