//! Compares stored blobs with their rows.

use attachments::{AttachmentDirectory as _, BlobKey};
use tenancy::{Fault, StoreError};

use crate::{
    audit::Notes,
    conn::{Purpose, open},
    error::store_error,
    scope::Door,
    store::LobbyStore,
    target::Target,
};

/// Returns for each key whether there is a row with it. The database need not be open.
///
/// # Errors
/// The store's.
pub fn known(target: &Target, keys: &[BlobKey]) -> Result<Vec<bool>, StoreError> {
    let unreachable = |error| StoreError::new(Fault::Unavailable, error);
    let mut conn = open(target, Purpose::Read).map_err(unreachable)?;
    let begin = match target {
        Target::Sqlite(_) => "BEGIN".to_owned(),
        Target::Postgres(_) => format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}", Door::Lobby.settings()),
    };
    conn.begin(&begin).map_err(store_error)?;
    let mut notes = Notes::default();
    let mut lobby = LobbyStore::new(&mut conn, &mut notes);
    let known = keys.iter().map(|key| Ok(lobby.by_key(key)?.is_some())).collect();
    // Nothing was written, so it makes no difference how the transaction ends.
    let _ = conn.rollback();
    known
}
