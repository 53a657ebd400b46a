//! Which chain of the audit log an account's entries belong to.

use tenancy::{CompanyCode, StoreError, UserId, access::Directory, audit::AuditActor};

/// The company of an account, if it has one, and the account as an actor. `None` if the directory
/// does not know it.
pub(crate) fn of<S>(store: &mut S, user: UserId) -> Result<Option<(Option<CompanyCode>, AuditActor)>, StoreError>
where
    S: Directory,
{
    let standing = store.account_state(user)?;
    Ok(standing.map(|standing| (standing.role.company(), AuditActor::account(user, &standing.role))))
}
