#![doc = include_str!("../README.md")]

pub mod accounts;
mod app;
mod assigning;
mod attendance;
mod auth;
mod background;
mod blobs;
pub mod cli;
mod client;
mod clock;
pub mod config;
mod connection;
mod demo;
mod edge;
mod encoder;
mod error;
mod fair;
mod folder_lock;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod hashing;
mod http;
mod indexes;
mod jobs;
mod limits;
mod logging;
mod model_dir;
mod online;
mod openapi;
mod orphans;
mod pairing;
mod realtime;
mod routes;
mod running;
mod seen;
mod shared;
mod throttle;
mod turn;
mod upgrade;
mod views;

pub use app::WireError;
pub use blobs::{BucketError, PlaceError};
pub use clock::SystemClock;
pub use logging::start as start_logging;
pub use running::{Extras, Running, StartError, start};

/// Returns the OpenAPI document of every endpoint.
pub fn openapi() -> serde_json::Value {
    openapi::document(&routes::all())
}
