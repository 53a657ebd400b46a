//! Fixed answers of a company.

use serde::{Deserialize, Serialize};

use crate::kind;

/// A fixed answer to certain texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReply {
    /// The texts, compared in [normalized](crate::phrase::normalize) form.
    #[serde(rename = "match")]
    pub matches: Vec<String>,
    /// The answer.
    pub reply: String,
    /// Buttons below the answer.
    #[serde(default)]
    pub suggestions: Vec<String>,
    /// The type of the reply, in lower snake case.
    #[serde(rename = "type", default = "default_kind")]
    pub kind: String,
}

fn default_kind() -> String {
    kind::QUICK_REPLY.to_owned()
}
