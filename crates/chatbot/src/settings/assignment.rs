//! Who gives waiting sessions to agents.

use serde::{Deserialize, Serialize};

tenancy::word_enum! {
    /// Who gives waiting sessions to agents.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Assignment {
        /// Staff: a session waits until an agent claims it or an admin assigns it.
        Manual => "manual",
        /// The server gives them to the available agents in turn.
        RoundRobin => "round_robin",
        /// The server gives them to the available agent with the fewest open sessions.
        LeastLoaded => "least_loaded",
    }
}
