#![doc = include_str!("../README.md")]

pub mod assignment;
mod closing;
pub mod colleagues;
pub mod correcting;
pub mod desk;
pub mod desk_head;
pub mod desk_list;
pub mod erase;
mod event;
pub mod event_name;
mod files;
mod giving;
mod handoff;
mod idempotency;
pub mod live;
mod locked;
pub mod moves;
pub mod notes;
pub mod opening;
mod opening_key;
mod opinions;
pub mod packet;
mod ports;
pub mod priority;
pub mod reading;
pub mod saved_replies;
pub mod sending;
pub mod staffing;
mod summary;
mod transitions;
pub mod turn;
pub mod uploading;
pub mod visitor;

pub use event::{Event, EventKind, Outbox};
pub use handoff::{AgentRef, Handoff, Priority, State, VisitorRef};
pub use opinions::{Feedback, Opinions, Rating};
pub use ports::{
    Activities, Activity, ActivityFilter, ActivityKind, AllHandoffs, Erasing, HandoffFilter, HandoffPage, Handoffs,
    NewActivity, Opening, Order, Position, QueuePlace, Sight, StateFilter, Transfer,
};
