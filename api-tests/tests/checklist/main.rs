//! What existing clients depend on: contract section 11 line by line.
//!
//! There is one module for each heading and one test for each line, named after it. A
//! test says no more than its line does; the finer rules are tested in the file of their
//! area. Calls are written out with their paths, as the clients write them.
//!
//! The three lines of "Sockets" wait until sockets are served: `connection_established`
//! with its timestamps and message ids, one message from two transports and the visitor who
//! cannot speak as an agent, and `Session not escalated` for staff who write too early.
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

/// A PUT with a JSON body.
fn put(who: &impl Caller, path: &str, body: &Value) -> Call {
    who.client().call(Method::PUT, path).json(body)
}

/// A DELETE without a body.
fn delete(who: &impl Caller, path: &str) -> Call {
    who.client().call(Method::DELETE, path)
}

/// The body that replaces a generated password.
fn first_login(email: &Value, current: &Value, new: &str) -> Value {
    json!({"email": email, "current_password": current, "new_password": new, "confirm_password": new})
}
