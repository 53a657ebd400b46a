//! The keys of blobs.

use std::fmt;

use tenancy::{CompanyCode, SessionId, Timestamp};

use crate::name;

/// The prefix of every file's path on the server.
pub const ROOT: &str = "/media/uploads/";

/// Maximum length of a key. So each part also fits the file system's limit for names.
const MAX_LEN: usize = 255;

/// The path of a blob, relative to the upload root: `<company>/<session, shortened>/<file name>`.
///
/// A key consists of `A-Z a-z 0-9 . _ -` between single slashes. So joined to a folder
/// it stays below that folder, and a URL needs no encoding for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

/// The text is not a valid blob key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a blob key")]
pub struct InvalidBlobKey;

impl BlobKey {
    /// Makes the key of a new file. It is random, so it cannot be guessed.
    ///
    /// The file name is `<company>_<YYYYMMDD>_<HHMMSS>_<12 hex>_<clean name>`.
    pub fn generate(company: CompanyCode, session: SessionId, original_name: &str, now: Timestamp) -> Self {
        let (short, at, clean) = (session.short(), now.compact(), name::clean(original_name));
        let random = rand::random::<u64>() >> 16;
        Self(format!("{company}/{short}/{company}_{at}_{random:012x}_{clean}"))
    }

    /// Parses a key from a row or a request path.
    ///
    /// # Errors
    /// [`InvalidBlobKey`] for every text that could point elsewhere: one with `..`, empty
    /// or dot segments, a slash at either end, backslashes, NUL or percent signs. An
    /// encoded slash is therefore rejected even if the path is decoded more than once.
    pub fn parse(text: &str) -> Result<Self, InvalidBlobKey> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
        let confined = text.len() <= MAX_LEN
            && text.bytes().all(allowed)
            && !text.contains("..")
            && text.split('/').all(|segment| !segment.is_empty() && segment != ".");
        if confined { Ok(Self(text.to_owned())) } else { Err(InvalidBlobKey) }
    }

    /// Returns the key as text, with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Returns the path the file is served under, from the server's root.
    pub fn path(&self) -> String {
        format!("{ROOT}{}", self.0)
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    fn company() -> CompanyCode {
        CompanyCode::parse("TES001").unwrap()
    }

    #[test]
    fn a_key_names_company_session_moment_and_file() {
        let session = SessionId::parse("TES001_7be419cd-0b3c-4b52-9b34-0b6f9a1f7a10").unwrap();
        let now = Timestamp::parse("2026-11-23T02:52:03Z").unwrap();
        let key = BlobKey::generate(company(), session, "my cv.pdf", now);
        let name = key.file_name();
        assert!(name.starts_with("TES001_20261123_025203_") && name.ends_with("_mycv.pdf"), "{name}");
        let random = &name[23..35];
        assert!(random.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{random}");
        assert_eq!(key.path(), format!("/media/uploads/TES001/7be419cd/{name}"));
    }

    #[test]
    fn what_could_leave_the_upload_root_is_no_key() {
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "a/",
            "a//b",
            ".",
            "..",
            "a/./b",
            "a/../b",
            "a..b",
            "../a",
            "a/..",
            "a\\b",
            "a\0b",
            "a%2fb",
            "a%2Fb",
            "a%252fb",
            "%2e%2e/a",
            "a b",
            "a?b",
            "c:d",
            "\u{e9}",
            "a\u{2044}b",
        ] {
            assert_eq!(BlobKey::parse(bad), Err(InvalidBlobKey), "{bad:?}");
        }
        assert_eq!(BlobKey::parse(&"a".repeat(256)), Err(InvalidBlobKey));
        assert_eq!(BlobKey::parse("TES001/7be419cd/a_b-c.d.pdf").unwrap().file_name(), "a_b-c.d.pdf");
    }

    proptest! {
        #[test]
        fn a_parsed_key_stays_below_its_root(text in "[a-c./\\\\%\0]{0,12}") {
            if let Ok(key) = BlobKey::parse(&text) {
                prop_assert!(Path::new(key.as_str()).components().all(|part| matches!(part, Component::Normal(_))));
            }
        }

        #[test]
        fn a_generated_key_reads_itself_back(name in any::<String>(), micros in 0_i64..4_000_000_000_000_000) {
            let session = SessionId::generate(company());
            let key = BlobKey::generate(company(), session, &name, Timestamp::from_micros(micros));
            prop_assert_eq!(BlobKey::parse(key.as_str()), Ok(key));
        }
    }
}
