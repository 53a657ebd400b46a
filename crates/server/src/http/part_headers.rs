//! Removes control characters from the headers of multipart parts.
//!
//! Some clients send them in file names. The form parser refuses such a header, and with it the whole
//! form. So characters that no header may have are dropped before they reach the parser. Content is not
//! changed.

use std::future::ready;

use actix_web::{HttpMessage as _, HttpRequest, error::PayloadError, web::Bytes};
use futures_util::{Stream, StreamExt as _};

/// The end of a part's headers.
const END: &[u8] = b"\r\n\r\n";

/// Returns the body of a form with clean headers.
pub(crate) fn cleaned<S>(req: &HttpRequest, body: S) -> impl Stream<Item = Result<Bytes, PayloadError>> + use<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>>,
{
    let kind = req.mime_type().ok().flatten();
    let boundary = kind.as_ref().and_then(|kind| kind.get_param("boundary")).map(|name| name.as_str().to_owned());
    let mut cleaner = boundary.map(|boundary| Cleaner::new(&boundary));
    let clean = body.map(move |chunk| match &mut cleaner {
        Some(cleaner) => chunk.map(|chunk| cleaner.clean(chunk)),
        None => chunk,
    });
    // After several empty chunks the form parser would wait for a wake-up that never comes.
    clean.filter(|chunk| ready(!chunk.as_ref().is_ok_and(Bytes::is_empty)))
}

/// The position in a form: in headers or in content.
struct Cleaner {
    /// The end of content: a line break, two dashes, and the boundary.
    delimiter: Vec<u8>,
    in_headers: bool,
    /// How many bytes of [`END`], or of the delimiter, have matched.
    matched: usize,
}

impl Cleaner {
    fn new(boundary: &str) -> Self {
        // The first boundary needs no line break before it.
        Self { delimiter: format!("\r\n--{boundary}").into_bytes(), in_headers: false, matched: 2 }
    }

    fn clean(&mut self, chunk: Bytes) -> Bytes {
        let mut kept: Option<Vec<u8>> = None;
        for (place, byte) in chunk.iter().copied().enumerate() {
            let is_dropped = self.in_headers && byte.is_ascii_control() && !b"\t\r\n".contains(&byte);
            if is_dropped {
                kept.get_or_insert_with(|| chunk.iter().copied().take(place).collect());
            } else {
                self.pass(byte);
                if let Some(kept) = &mut kept {
                    kept.push(byte);
                }
            }
        }
        kept.map_or(chunk, Bytes::from)
    }

    /// Matches one byte. After a mismatch a match can only restart at this byte, because `\r` occurs only
    /// at the start of [`END`] and the delimiter, and in the middle of [`END`].
    fn pass(&mut self, byte: u8) {
        let wanted: &[u8] = if self.in_headers { END } else { &self.delimiter };
        if wanted.get(self.matched) == Some(&byte) {
            self.matched += 1;
        } else {
            self.matched = usize::from(byte == b'\r');
        }
        if self.matched == wanted.len() {
            self.in_headers = !self.in_headers;
            self.matched = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(form: &[u8], piece: usize) -> Vec<u8> {
        let mut cleaner = Cleaner::new("xx");
        form.chunks(piece).flat_map(|piece| cleaner.clean(Bytes::copy_from_slice(piece))).collect()
    }

    #[test]
    fn headers_lose_what_may_not_stand_there_and_content_keeps_everything() {
        let form = b"--xx\r\nA: \"a\x07\x00\tb\x7f.txt\"\r\n\r\n\x00\x01\r\n-\r\n--x\x02\r\r\n--xx\r\nB: \x08c\r\n\r\nd\x08\r\n--xx--\r\n";
        let clean =
            b"--xx\r\nA: \"a\tb.txt\"\r\n\r\n\x00\x01\r\n-\r\n--x\x02\r\r\n--xx\r\nB: c\r\n\r\nd\x08\r\n--xx--\r\n";
        for piece in 1..=form.len() {
            assert_eq!(cleaned(form, piece), clean, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn a_form_without_control_characters_stays_as_it_is(
            form in "(-|x|\r\n|[ -~]|--xx|\r\n\r\n){0,60}",
            piece in 1_usize..9,
        ) {
            prop_assert_eq!(cleaned(form.as_bytes(), piece), form.as_bytes());
        }
    }
}
