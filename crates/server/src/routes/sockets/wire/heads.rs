//! The heads of the frames that a client sends, which are looked at before the contents come.
//!
//! The library that reads frames looks at the length of a frame only when all of it has come, and until then keeps a frame
//! of any length. It also takes lengths that are written with more bytes than they need.

use crate::routes::sockets::entry::Closing;

/// Longest frame from a client, in bytes.
pub(super) const LONGEST: usize = 64 * 1024;
/// Longest content of a control frame, in bytes.
const LONGEST_CONTROL: u64 = 125;

/// What is wrong with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It breaks the protocol.
    Broken,
    /// It is too long.
    TooLong,
}

impl Flaw {
    /// Returns the code with which the connection is closed.
    pub(super) const fn closing(self) -> Closing {
        match self {
            Self::Broken => Closing::Broken,
            Self::TooLong => Closing::TooLong,
        }
    }
}

/// Reads the heads of frames out of the bytes of a connection.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// The bytes of the present head that have come.
    head: Vec<u8>,
    /// Number of bytes of the present frame's content that have not come.
    left: u64,
    /// Whether a message has begun and its last fragment has not come.
    is_fragmented: bool,
}

impl Heads {
    /// Reads the next bytes. Returns how many of them come before the end of the head that is wrong, and its flaw.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), (usize, Flaw)> {
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            if self.left > 0 {
                let skipped = usize::try_from(self.left).map_or(rest.len(), |left| left.min(rest.len()));
                rest = rest.get(skipped..).unwrap_or_default();
                self.left -= u64::try_from(skipped).unwrap_or(self.left);
                continue;
            }
            self.head.push(first);
            self.check().map_err(|flaw| (bytes.len() - rest.len(), flaw))?;
            rest = after;
        }
        Ok(())
    }

    /// Checks what has come of a head. At its end the content is next.
    fn check(&mut self) -> Result<(), Flaw> {
        let [first, second, extended @ ..] = self.head.as_slice() else { return Ok(()) };
        let (is_last, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
        let (is_control, short) = (opcode & 0x08 != 0, u64::from(second & 0x7f));
        let is_known = matches!(opcode, 0..=2 | 8..=10);
        let continues = opcode == 0;
        if reserved != 0
            || !is_known
            || second & 0x80 == 0
            || is_control && (!is_last || short > LONGEST_CONTROL)
            || !is_control && continues != self.is_fragmented
        {
            return Err(Flaw::Broken);
        }
        let extension = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some(bytes) = extended.get(..extension) else { return Ok(()) };
        let length = if extension == 0 { short } else { bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) };
        let is_shortest = match extension {
            2 => length > LONGEST_CONTROL,
            8 => length > u64::from(u16::MAX),
            _ => true,
        };
        if !is_shortest || length > i64::MAX.unsigned_abs() {
            return Err(Flaw::Broken);
        }
        if usize::try_from(length).map_or(true, |length| length > LONGEST) {
            return Err(Flaw::TooLong);
        }
        // The mask ends the head.
        if extended.len() == extension + 4 {
            if !is_control {
                self.is_fragmented = !is_last;
            }
            self.left = length;
            self.head.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads bytes in pieces of this size. Returns how many were read before a flaw, and the flaw.
    fn read(bytes: &[u8], size: usize) -> Option<(usize, Flaw)> {
        let (mut heads, mut before) = (Heads::default(), 0);
        for piece in bytes.chunks(size) {
            if let Err((read, flaw)) = heads.read(piece) {
                return Some((before + read, flaw));
            }
            before += piece.len();
        }
        None
    }

    #[test]
    fn a_flaw_is_found_at_its_byte_however_the_bytes_come() {
        let ping = [0x89, 0x82, 1, 2, 3, 4, 5, 6];
        let long = [0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1];
        for size in 1..24 {
            assert_eq!(read(&ping.repeat(3), size), None);
            assert_eq!(read(&[ping.as_slice(), &long].concat(), size), Some((17, Flaw::TooLong)), "{size}");
            assert_eq!(read(&[ping.as_slice(), &[0xb1, 0x80]].concat(), size), Some((9, Flaw::Broken)), "{size}");
        }
    }
}
