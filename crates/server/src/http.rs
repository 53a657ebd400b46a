//! The HTTP toolkit that all endpoints share: reading bodies and queries, writing refusals and pages,
//! and the parts of the edge.
//!
//! Handlers take [`body::Valid`], [`params::Params`] and [`paths::PathId`] as extractors, refuse with
//! [`error::ApiError`] and are registered with [`endpoint::at`](crate::routes::endpoint::at). The
//! [`Edge`](crate::edge::Edge) wraps the whole application; without it the bodies of refusals stay empty.

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod caller_first;
pub(crate) mod code;
pub(crate) mod compress;
pub(crate) mod cors;
pub(crate) mod created;
pub(crate) mod describe;
pub(crate) mod envelope;
pub(crate) mod error;
pub(crate) mod field_errors;
pub(crate) mod file_name;
pub(crate) mod links;
pub(crate) mod origin;
pub(crate) mod own_headers;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod part_headers;
pub(crate) mod paths;
pub(crate) mod redact;
pub(crate) mod request_id;
pub(crate) mod rules;
pub(crate) mod security_headers;
pub(crate) mod streamed;
