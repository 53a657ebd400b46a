//! The endpoints, one file per group.

mod admin_changes;
mod admins;
mod agent_admin;
mod agent_inbox;
mod agent_presence;
mod audit;
mod bot_settings;
mod chat;
mod conversation;
mod desk_messages;
mod desk_moves;
mod desk_packet;
mod desk_replies;
mod desk_sessions;
mod docs;
pub(crate) mod endpoint;
mod files;
mod front;
mod handoffs;
mod health;
mod history;
mod holder;
mod idempotency;
mod in_session;
mod jobs;
mod knowledge;
mod media;
mod own_account;
mod plans;
mod profiles;
mod sign_in;
mod sockets;
mod subscriptions;
mod visitors;
mod which_company;

use actix_web::web::ServiceConfig;

pub(crate) use docs::Document;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use files::parts as file_parts;

use self::endpoint::Group;

/// Returns every endpoint of the OpenAPI document, in its groups.
pub(crate) fn all() -> Vec<Group> {
    vec![
        ("Sign-in and tokens", [sign_in::endpoints(), own_account::endpoints()].into_iter().flatten().collect()),
        ("Companies and admins", [admins::endpoints(), admin_changes::endpoints()].into_iter().flatten().collect()),
        ("Plans and subscriptions", [plans::endpoints(), subscriptions::endpoints()].into_iter().flatten().collect()),
        ("Agents", [agent_admin::endpoints(), agent_presence::endpoints()].into_iter().flatten().collect()),
        ("Visitor profiles", profiles::endpoints()),
        ("Bot settings", bot_settings::endpoints()),
        (
            "Chat",
            [chat::endpoints(), conversation::endpoints(), visitors::endpoints(), history::endpoints()]
                .into_iter()
                .flatten()
                .collect(),
        ),
        ("Knowledge", knowledge::endpoints()),
        ("Handoff", [handoffs::endpoints(), agent_inbox::endpoints()].into_iter().flatten().collect()),
        (
            "Desk",
            [
                desk_sessions::endpoints(),
                desk_messages::endpoints(),
                desk_packet::endpoints(),
                desk_moves::endpoints(),
                desk_replies::endpoints(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        ),
        ("Files", [files::endpoints(), media::endpoints()].into_iter().flatten().collect()),
        ("Audit log", audit::endpoints()),
        ("Background jobs", jobs::endpoints()),
        ("Health", health::endpoints()),
        ("This document", [front::endpoints(), docs::endpoints()].into_iter().flatten().collect()),
    ]
}

/// Returns the endpoints whose replies do not end: sockets and streams. The OpenAPI document has none of them.
pub(crate) fn endless() -> Vec<endpoint::Endpoint> {
    sockets::endpoints()
}

/// Registers every endpoint.
pub(crate) fn register(config: &mut ServiceConfig) {
    for endpoint in all().into_iter().flat_map(|(_, endpoints)| endpoints) {
        config.service(endpoint);
    }
    for endpoint in endless() {
        config.service(endpoint);
    }
}

#[cfg(test)]
mod tests;
