//! Coercion of request bodies: no input causes a server error, and accepted values are within the
//! declared bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((kind, body)) = input.split_first() else { return };
    let kind = match kind % 3 {
        0 => "application/json",
        1 => "application/x-www-form-urlencoded",
        _ => "application/json; charset=utf-8",
    };
    server::fuzzing::body(kind, body);
});
