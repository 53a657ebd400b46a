//! Looks up the files that a message refers to.

use std::collections::HashSet;

use attachments::{Attachment, Attachments};
use tenancy::{AttachmentId, SessionRowId, StoreError};

/// The most ids in one query. A very long list is rejected at the first batch with an
/// unknown id, so it never becomes one huge statement.
const BATCH: usize = 100;

/// Returns the session's files with these ids, in the order of the ids and each once.
///
/// The inner error is the first id that is not a file of the session.
pub(crate) fn by_ids<S>(
    store: &mut S,
    session: SessionRowId,
    ids: &[AttachmentId],
) -> Result<Result<Vec<Attachment>, AttachmentId>, StoreError>
where
    S: Attachments + ?Sized,
{
    let mut files = Vec::new();
    for ids in once_each(ids).chunks(BATCH) {
        let found = store.of_session(session, ids)?;
        match in_order(found, ids, |file| file.id) {
            Ok(found) => files.extend(found),
            Err(unknown) => return Ok(Err(unknown)),
        }
    }
    Ok(Ok(files))
}

fn once_each(ids: &[AttachmentId]) -> Vec<AttachmentId> {
    let mut seen = HashSet::new();
    ids.iter().copied().filter(|id| seen.insert(*id)).collect()
}

fn in_order<T>(
    mut found: Vec<T>,
    ids: &[AttachmentId],
    id_of: impl Fn(&T) -> AttachmentId,
) -> Result<Vec<T>, AttachmentId> {
    let take = |&id: &AttachmentId| {
        let at = found.iter().position(|file| id_of(file) == id).ok_or(id)?;
        Ok(found.swap_remove(at))
    };
    ids.iter().map(take).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[i64]) -> Vec<AttachmentId> {
        ids.iter().copied().map(AttachmentId::new).collect()
    }

    #[test]
    fn files_come_in_the_order_they_were_named() {
        let found = in_order(ids(&[1, 2, 3]), &ids(&[3, 1, 2]), |&id| id);
        assert_eq!(found, Ok(ids(&[3, 1, 2])));
    }

    #[test]
    fn a_file_named_twice_counts_once() {
        assert_eq!(once_each(&ids(&[3, 1, 3, 2, 1])), ids(&[3, 1, 2]));
    }

    #[test]
    fn the_first_unknown_file_is_named() {
        assert_eq!(in_order(ids(&[1]), &ids(&[1, 7, 8]), |&id| id), Err(AttachmentId::new(7)));
    }
}
