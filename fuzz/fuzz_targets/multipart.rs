//! Multipart forms, read whole and as a stream of chunks of any length: no input causes a server
//! error, and the chunk length does not change the result.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((length, body)) = input.split_first() else { return };
    server::fuzzing::multipart(usize::from(*length) + 1, body);
});
