//! The Postman collection, made from the OpenAPI document.
//!
//! `just postman` writes it; with `--check` nothing is written, and what is there must be
//! what would be.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "it reads a document of this program's own making, and stops where that is not as it must be"
)]

mod document;
mod folders;
mod item;
mod main_job;
mod scene;
mod words;

use std::{fs, path::Path, process::ExitCode};

use serde_json::{Value, json};

use document::Document;

/// Where the files stand.
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

/// All requests: the main job, then what later folders use up, then every operation.
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

/// What differs from server to server.
fn environment() -> Value {
    let values = [("base_url", "http://127.0.0.1:8000"), ("superadmin_username", "root"), ("superadmin_password", "")];
    let values = values.map(|(key, value)| json!({ "key": key, "value": value, "enabled": true }));
    json!({ "name": "Switchboard on this machine", "values": values, "_postman_variable_scope": "environment" })
}
