//! Tells whether a stream of bytes is text.

use std::str::from_utf8;

/// Checks a stream for UTF-8. A sequence may be split between two chunks.
#[derive(Debug, Default)]
pub(super) struct TextScan {
    /// The beginning of a sequence that is not complete yet.
    open: Vec<u8>,
    /// Whether the stream is not UTF-8 or contains NUL.
    broken: bool,
    /// Whether the stream contains a control character that is unusual in text.
    controls: bool,
}

impl TextScan {
    pub(super) fn push(&mut self, chunk: &[u8]) {
        if self.broken {
            return;
        }
        self.broken = chunk.contains(&0);
        self.controls |= chunk.iter().any(|&b| is_control(b));
        let rest = self.close(chunk);
        if let Err(error) = from_utf8(rest) {
            self.broken |= error.error_len().is_some();
            self.open.extend(rest.iter().skip(error.valid_up_to()));
        }
    }

    /// Tells whether the whole stream is UTF-8 without NUL.
    pub(super) fn is_text(&self) -> bool {
        !self.broken && self.open.is_empty()
    }

    /// Tells whether the whole stream is text without unusual control characters.
    pub(super) fn is_readable(&self) -> bool {
        self.is_text() && !self.controls
    }

    /// Completes the open sequence and returns the rest of the chunk.
    fn close<'a>(&mut self, chunk: &'a [u8]) -> &'a [u8] {
        let mut rest = chunk;
        while !self.open.is_empty() && !self.broken {
            let Some((&byte, tail)) = rest.split_first() else { break };
            rest = tail;
            self.open.push(byte);
            match from_utf8(&self.open) {
                Ok(_) => self.open.clear(),
                Err(error) => self.broken = error.error_len().is_some(),
            }
        }
        if self.broken { &[] } else { rest }
    }
}

/// Tells whether a byte is a C0 control other than tab, line feed, form feed, carriage return and escape.
fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(chunks: &[&[u8]]) -> TextScan {
        let mut scan = TextScan::default();
        chunks.iter().for_each(|chunk| scan.push(chunk));
        scan
    }

    #[test]
    fn a_sequence_may_be_split_anywhere_but_must_end() {
        assert!(scan(&[b"a\xf0", b"\x9f", b"", b"\x98\x80b"]).is_text());
        assert!(!scan(&[b"a\xf0", b"\x9f\x98"]).is_text());
        assert!(!scan(&[b"a\xf0", b"b"]).is_text());
        assert!(!scan(&[b"\xc3", b"\xa9\0"]).is_text());
    }

    #[test]
    fn controls_make_a_text_unreadable() {
        assert!(scan(&[b"a\tb\r\n\x0c\x1b[0m"]).is_readable());
        assert!(scan(&[b"PK\x03\x04"]).is_text());
        assert!(!scan(&[b"PK\x03\x04"]).is_readable());
    }
}
