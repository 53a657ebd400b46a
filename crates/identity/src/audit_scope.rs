//! The audit chain and the actor for an account's entries.

use tenancy::{CompanyCode, StoreError, UserId, access::Directory, audit::AuditActor};

/// Returns the company of an account, if it has one, and the account as an actor. `None` if the
/// directory does not know the account.
pub(crate) fn of<S>(store: &mut S, user: UserId) -> Result<Option<(Option<CompanyCode>, AuditActor)>, StoreError>
where
    S: Directory,
{
    let state = store.account_state(user, None)?;
    Ok(state.map(|state| (state.role.company(), AuditActor::account(user, &state.role))))
}
