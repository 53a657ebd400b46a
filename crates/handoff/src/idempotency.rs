//! Tells whether two requests with the same idempotency key are the same request.

use sha2::{Digest, Sha256};
use tenancy::AttachmentId;

/// Hashes the parts of a body that must be the same in a repeated request.
///
/// Each text is preceded by its length, so that two different lists of texts never
/// give the same bytes.
pub(crate) fn body_hash(texts: &[&str], attachments: &[AttachmentId]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_be_bytes());
        hash.update(text.as_bytes());
    }
    for id in attachments {
        hash.update(id.get().to_be_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_body_counts() {
        let ids = |ids: &[i64]| ids.iter().copied().map(AttachmentId::new).collect::<Vec<_>>();
        let base = body_hash(&["hello", "Initial conversation"], &ids(&[1, 2]));
        assert_eq!(base, body_hash(&["hello", "Initial conversation"], &ids(&[1, 2])));
        for other in [
            body_hash(&["hello!", "Initial conversation"], &ids(&[1, 2])),
            body_hash(&["hello", "Another"], &ids(&[1, 2])),
            body_hash(&["hello", "Initial conversation"], &ids(&[2, 1])),
            body_hash(&["hello", "Initial conversation"], &ids(&[1])),
            body_hash(&["helloInitial", " conversation"], &ids(&[1, 2])),
        ] {
            assert_ne!(base, other);
        }
    }
}
