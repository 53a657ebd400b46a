//! The OpenAPI document, made from the registered endpoints.
//!
//! Nothing is written down twice. Paths, methods, bodies, replies and refusals come from
//! the groups of endpoints that it is given. Schemas of bodies come from the rules that read them, schemas of
//! replies from the serialised types, and examples of refusals from the errors that handlers return.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON by key never panics: a missing key reads as null and is inserted by a write"
)]

mod bodies;
mod examples;
mod operation;
mod refusals;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{
    http::describe::Operation,
    routes::endpoint::{Endpoint, Group},
};

/// Returns the whole document of these groups of endpoints, OpenAPI 3.1.
pub(crate) fn document(groups: &[Group]) -> Value {
    let settings =
        SchemaSettings::draft2020_12().for_serialize().with(|it| it.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut schemas = Map::new();
    refusals::schemas(&mut schemas);
    let mut replies = Vec::new();
    for (tag, endpoint, operation) in each(groups) {
        bodies::schema(operation, &mut schemas);
        replies.push((tag, endpoint, operation, operation::replies(operation, &mut generator)));
    }
    schemas.extend(generator.take_definitions(true));
    examples::complete(&mut schemas);
    let mut paths = Map::new();
    for (tag, endpoint, operation, replies) in replies {
        let item = paths.entry(operation::path(endpoint.path())).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(operation.method.to_owned(), operation::describe(tag, endpoint, operation, replies, &schemas));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Switchboard",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A support chat for many companies: a bot that cites its sources, and agents who take over from it.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "tags": groups.iter().map(|(tag, _)| json!({ "name": tag })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": operation::headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The access token of a sign-in.",
                },
            },
        },
    })
}

fn each(groups: &[Group]) -> impl Iterator<Item = (&'static str, &Endpoint, &Operation)> {
    groups.iter().flat_map(|(tag, endpoints)| {
        endpoints.iter().flat_map(move |endpoint| endpoint.operations().iter().map(move |op| (*tag, endpoint, op)))
    })
}

#[cfg(test)]
mod tests;
