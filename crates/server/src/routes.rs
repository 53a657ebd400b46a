//! The endpoints, a file for each group.

mod admins;
mod agent_desk;
mod agents;
mod auth;
mod chat;
mod desk;
mod files;
mod health;
mod idempotency;
mod in_session;
mod knowledge;
mod media;
mod plans;
mod profiles;
mod visitors;

use actix_web::web::ServiceConfig;

/// Registers every endpoint.
pub(crate) fn all(config: &mut ServiceConfig) {
    for register in [
        health::register,
        auth::register,
        plans::register,
        admins::register,
        agents::register,
        profiles::register,
        chat::register,
        visitors::register,
        knowledge::register,
        desk::register,
        agent_desk::register,
        files::register,
        media::register,
    ] {
        register(config);
    }
}
