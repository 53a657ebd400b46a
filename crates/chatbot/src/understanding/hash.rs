//! A hasher for keys that are numbers already.

use std::hash::{BuildHasherDefault, Hasher};

/// Hashes numbers by one multiplication. The keys come from the program's own tables, so nobody can
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
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
        self.0 ^= self.0 >> 32;
    }
}
