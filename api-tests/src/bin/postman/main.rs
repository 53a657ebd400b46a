//! Generates the Postman collection from the OpenAPI document.
//!
//! `just postman` writes the files. With `--check`, the program only checks that they are up to date.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "it reads a document that this workspace generates, and stops if the document is malformed"
)]

mod document;
mod folders;
mod item;
mod main_job;
mod scene;
mod values;

use std::{fs, path::Path, process::ExitCode};

use serde_json::{Value, json};

use document::Document;

/// The folder of the generated files.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/postman");

fn main() -> ExitCode {
    let document = Document::new(server::openapi());
    let files = [("collection.json", collection(&document)), ("environment.json", environment())];
    let is_check = std::env::args().nth(1).as_deref() == Some("--check");
    let mut stale = false;
    for (name, content) in files {
        let path = Path::new(FOLDER).join(name);
        let text = format!("{}\n", serde_json::to_string_pretty(&content).expect("JSON"));
        if !is_check {
            fs::write(&path, text).expect("a folder to write to");
        } else if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            eprintln!("{} is stale: run `just postman`", path.display());
            stale = true;
        }
    }
    if stale { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Returns all requests: the main job, then objects for later folders to use up, then every operation.
fn collection(document: &Document) -> Value {
    let mut folders = vec![main_job::folder(document), scene::folder(document)];
    folders.extend(folders::all(document));
    let every_reply = json!({
        "listen": "test",
        "script": { "type": "text/javascript", "exec": include_str!("every_reply.js").lines().collect::<Vec<_>>() },
    });
    json!({
        "info": {
            "name": "Switchboard",
            "description": "Made from the OpenAPI document by `just postman`. Run it from the top: \
                            the main job makes what the other folders use.",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "event": [every_reply],
        "item": folders,
    })
}

/// Returns the variables that differ between servers.
fn environment() -> Value {
    let values = [("base_url", "http://127.0.0.1:8000"), ("superadmin_username", "root"), ("superadmin_password", "")];
    let values = values.map(|(key, value)| json!({ "key": key, "value": value, "enabled": true }));
    json!({ "name": "Switchboard on this machine", "values": values, "_postman_variable_scope": "environment" })
}
