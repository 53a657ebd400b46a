#![doc = include_str!("../README.md")]

mod back_off;
mod job;
mod ports;

pub use back_off::{LONGEST_BACK_OFF, back_off};
pub use job::{Job, JobState, Kind, ListedJob};
pub use ports::{JobList, Jobs, Schedule};
