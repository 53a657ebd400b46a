//! One method for each endpoint, for every caller.
//!
//! A caller may ask for anything, also for what its role does not allow: that it is
//! refused is what many tests are about.

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

/// Anybody who sends requests.
pub trait Caller {
    /// The connection that this caller's requests go through.
    fn client(&self) -> &Client;
}

impl Caller for Client {
    fn client(&self) -> &Client {
        self
    }
}
