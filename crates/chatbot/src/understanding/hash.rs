//! A fast hasher for keys of the program's own tables.

use std::hash::{BuildHasherDefault, Hasher};

/// Hashes numbers by one multiplication, and texts by one for eight bytes. The keys come from the program's own tables, so nobody can
/// choose keys that collide.
#[derive(Debug, Default)]
pub(super) struct Number(u64);

/// Makes [`Number`] hashers.
pub(super) type Passed = BuildHasherDefault<Number>;

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks::<8>();
        whole.iter().for_each(|&part| self.write_u64(u64::from_le_bytes(part)));
        self.write_u64(rest.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
        self.0 ^= self.0 >> 32;
    }
}
