#![doc = include_str!("../README.md")]

mod composition;
#[cfg(test)]
mod fixtures;
mod found;
mod greeting;
pub mod intake;
pub mod kind;
mod message;
pub mod phrase;
mod plan;
mod ports;
pub mod profile;
mod reply;
mod session;
pub mod settings;

pub use composition::Composition;
pub use found::Found;
pub use greeting::is_greeting;
pub use message::{Detail, Message, NewMessage, Sender};
pub use plan::{Act, Input, MissingInput, Plan, plan};
pub use ports::{
    AllProfiles, ClaimState, ExpectedVersions, IdempotencyClaim, IdempotencyKeys, Messages, ProfileFilter,
    ProfileListing, ProfileStats, Profiles, Sessions, SettingsRecord, Side, Snapshot,
};
pub use profile::{NewProfile, Profile};
pub use reply::{Answered, Reply, Source};
pub use session::{Collected, Session, SessionStatus, Step};
pub use settings::{BotSettings, QuickReply};
