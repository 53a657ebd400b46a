//! One method for each endpoint, available to every caller.
//!
//! The methods do not depend on the caller's role, because many tests check that a call is refused.

mod accounts;
mod agents;
mod companies;
mod desk;
mod visitors;

pub use accounts::AccountCalls;
pub use agents::AgentCalls;
pub use companies::CompanyCalls;
pub use desk::DeskCalls;
pub use visitors::VisitorCalls;

use crate::Client;

/// A sender of requests.
pub trait Caller {
    /// Returns the client that sends this caller's requests.
    fn client(&self) -> &Client;
}

impl Caller for Client {
    fn client(&self) -> &Client {
        self
    }
}
