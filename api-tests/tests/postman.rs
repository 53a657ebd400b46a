//! The Postman collection in the repository is up to date.
#![cfg(test)]

use std::process::Command;

#[test]
fn the_collection_is_what_just_postman_would_write() {
    let made = Command::new(env!("CARGO_BIN_EXE_postman")).arg("--check").output().expect("the generator runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
