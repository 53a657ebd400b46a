//! The types of replies that clients know; a company's quick replies add their own.

/// The intake asks for something.
pub const PROFILE_COLLECTION: &str = "profile_collection";
/// The intake has all it asked for.
pub const PROFILE_COMPLETE: &str = "profile_complete";
/// An answer from knowledge.
pub const RAG_RESPONSE: &str = "rag_response";
/// A greeting in return.
pub const GREETING_RESPONSE: &str = "greeting_response";
/// The bot does not know what to answer.
pub const CLARIFICATION_NEEDED: &str = "clarification_needed";
/// The bot has called a person.
pub const ESCALATED: &str = "escalated";
/// A person answers; the bot is silent.
pub const HUMAN_HANDLING: &str = "human_handling";
/// Topics, or the questions of one.
pub const TOPIC_SELECTION: &str = "topic_selection";
/// A quick reply whose company gave it no type of its own.
pub const QUICK_REPLY: &str = "quick_reply";
