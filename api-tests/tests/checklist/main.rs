//! The guarantees that existing clients depend on. See docs/compatibility.md.
//!
//! There is one module for each area and one test for each guarantee, named after it. A test covers its
//! guarantee only; the finer rules are tested in the file of their area. Many calls are written with their
//! full paths, as clients write them.
//!
//! Sockets have no tests here, because the server has no sockets yet.
#![cfg(test)]

mod bodies;
mod chat;
mod differences;
mod encodings;
mod files;
mod handoff;
mod limits;
mod lists;
mod sign_in;

use api_tests::prelude::*;
use reqwest::Method;

/// Prepares a PUT with a JSON body.
fn put(who: &impl Caller, path: &str, body: &Value) -> Call {
    who.client().call(Method::PUT, path).json(body)
}

/// Prepares a DELETE without a body.
fn delete(who: &impl Caller, path: &str) -> Call {
    who.client().call(Method::DELETE, path)
}

/// Returns the body that replaces a generated password.
fn first_login(email: &Value, current: &Value, new: &str) -> Value {
    json!({"email": email, "current_password": current, "new_password": new, "confirm_password": new})
}
