#![doc = include_str!("../README.md")]

mod act;
mod answers;
mod collected;
mod composition;
mod dialogue;
mod escalation;
#[cfg(test)]
mod fixtures;
mod found;
mod idempotency;
pub mod intake;
pub mod kind;
mod message;
pub mod phrase;
mod plan;
pub mod profile;
mod reply;
mod search;
mod session;
pub mod settings;
mod snapshot;
pub mod understanding;

pub use act::{Act, MissingInput, ProfileChange, ProfileWrite};
pub use answers::quoted;
pub use collected::{Collected, Field};
pub use composition::Composition;
pub use dialogue::{ClientInfo, Dialogue, Outcome};
pub use escalation::Escalation;
pub use found::Found;
pub use idempotency::{ClaimState, IdempotencyClaim, IdempotencyKeys, Side};
pub use intake::digits::ascii as ascii_digit;
pub use message::{Detail, Message, Messages, NewMessage, Sender};
pub use plan::{Input, Plan, Stage, plan};
pub use profile::{
    AllProfiles, EarlierSession, NewProfile, Profile, ProfileFilter, ProfileListing, ProfileStats, Profiles,
};
pub use reply::{Answered, Reply, Source};
pub use search::Search;
pub use session::{Session, SessionHead, SessionStatus, Step};
pub use settings::{BotSettings, QuickReply, SettingsRecord};
pub use snapshot::{ExpectedVersions, Sessions, Snapshot};
