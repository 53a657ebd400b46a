//! A setting that is on or off.

use clap::ValueEnum;
use serde::Deserialize;

/// Whether something is on, written `on` or `off`.
#[derive(ValueEnum, Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// It is on.
    On,
    /// It is off.
    Off,
}
