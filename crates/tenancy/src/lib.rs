#![doc = include_str!("../README.md")]

pub mod access;
pub mod assignments;
pub mod audit;
pub mod companies;
mod company;
mod email;
mod ids;
mod money;
pub mod plans;
mod store;
pub mod text;
mod time;
mod word_enum;
mod zone;

pub use company::{Company, CompanyStatus};
pub use email::{Email, InvalidEmail};
pub use ids::{
    ActivityId, AgentId, AgentSessionId, AssignmentId, AttachmentId, CompanyCode, DocumentId, FamilyId, GoldenId,
    HandoffId, InvalidId, MessageId, MissId, NoteId, PlanId, ProfileId, SavedReplyId, SessionId, SessionRowId,
    TransferId, UserId,
};
pub use money::{InvalidMoney, Money};
pub use store::{Fault, StoreError};
pub use time::{Clock, Date, InvalidTime, Timestamp};
pub use zone::{UnknownZone, Zone};
