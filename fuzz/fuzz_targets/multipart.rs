//! Forms of parts, held whole and read as they come, in pieces of any length: no bytes are the
//! server's fault, and the length of pieces changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((piece, body)) = input.split_first() else { return };
    server::fuzzing::multipart(usize::from(*piece) + 1, body);
});
