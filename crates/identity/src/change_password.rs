//! Changing one's own password while signed in: `find` -> check -> hash -> `complete`.

use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory},
    audit::{Action, AuditActor, Object, Register},
};

use crate::{
    Origin, PasswordHash,
    accounts::Accounts,
    refresh::{Families, Family},
    sign_in::{Candidate, CheckedCandidate, SignInOrigins},
    tokens::{FamilyId, Grant, Lifetimes},
};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is wrong, or the account or its company is not active any more.
    #[error("current password is incorrect")]
    CurrentIncorrect,
    /// The store failed.
    #[error("the password could not be stored")]
    Store(#[from] StoreError),
}

/// Looks up the account of a signed-in caller.
///
/// # Errors
/// Fails only when the store fails.
pub fn find<S>(store: &mut S, user: UserId, origin: Origin, now: Timestamp) -> Result<Candidate, StoreError>
where
    S: Accounts + SignInOrigins + ?Sized,
{
    let account = store.credentials_of(user)?;
    Candidate::new(store, account, origin, now)
}

/// Changes the password, in one lobby write, and returns the claims of a new pair of tokens.
///
/// `hash` is the hash of a [`ChosenPassword`](crate::password::ChosenPassword). All earlier tokens end. The
/// new pair begins a family of its own, so that the caller stays signed in.
///
/// # Errors
/// [`ChangePasswordError`]; nothing has changed then.
pub fn complete<S>(
    store: &mut S,
    checked: CheckedCandidate,
    hash: &PasswordHash,
    lifetimes: Lifetimes,
    now: Timestamp,
) -> Result<Grant, ChangePasswordError>
where
    S: Accounts + Families + Directory + Register,
{
    let account = checked.confirm(store)?.ok_or(ChangePasswordError::CurrentIncorrect)?;
    let staff = access::staff(store, account.user, account.version).map_err(|denied| match denied {
        Denied::Gone | Denied::Inactive | Denied::Outdated => ChangePasswordError::CurrentIncorrect,
        Denied::Store(error) => ChangePasswordError::Store(error),
    })?;
    store.set_password(account.user, hash)?;
    store.revoke_families(account.user)?;
    let changed = store.credentials_of(account.user)?.ok_or(ChangePasswordError::CurrentIncorrect)?;
    let grant = Grant::new(&staff, changed.version, FamilyId::random(), lifetimes, now);
    store.insert_family(&Family::new(grant.clone()), now)?;
    store.register(staff.company(), AuditActor::from(&staff), Action::PasswordChanged, Object::Account(account.user));
    Ok(grant)
}

#[cfg(test)]
mod tests {
    use tenancy::CompanyStatus;

    use super::*;
    use crate::{
        Password,
        accounts::Role,
        testing::{PASSWORD, World},
    };

    fn change(world: &mut World, user: UserId, current: &str) -> Result<Grant, ChangePasswordError> {
        let now = world.now;
        let candidate = find(world, user, Origin::of(None), now).unwrap();
        let checked = candidate.check(&world.hasher, &Password::new(current));
        let hash = world.hasher.hash(&Password::new("the new secret")).unwrap();
        complete(world, checked, &hash, Lifetimes::default(), now)
    }

    #[test]
    fn a_changed_password_ends_every_earlier_sign_in_and_begins_one() {
        let mut world = World::default();
        let company = world.company("Tesla");
        let ann = world.account(Role::Admin, "ann@t.com", Some(company), false);
        let bob = world.account(Role::Admin, "bob@t.com", Some(company), false);
        for user in [ann, ann, bob] {
            world.sign_in(user);
        }
        let before = world.credentials(ann).version;
        let grant = change(&mut world, ann, PASSWORD).unwrap();
        assert_eq!((grant.user, grant.version.0), (ann, before.0 + 1));
        assert_eq!(world.credentials(ann).version, grant.version);
        let revoked: Vec<_> = world.families.iter().map(|family| family.revoked).collect();
        assert_eq!(revoked, [true, true, false, false]);
        assert_eq!(world.families[3].newest, grant);
        let entry = (Some(company), AuditActor::Admin(ann), Action::PasswordChanged, Object::Account(ann));
        assert_eq!(world.audit.last(), Some(&entry));
        change(&mut world, ann, "the new secret").unwrap();
    }

    #[test]
    fn a_wrong_password_and_an_inactive_account_change_nothing() {
        let mut world = World::default();
        let company = world.company("Tesla");
        let ann = world.account(Role::Admin, "ann@t.com", Some(company), false);
        let before = world.credentials(ann);
        let refused = |world: &mut World, current: &str| {
            let refused = change(world, ann, current);
            assert!(matches!(refused, Err(ChangePasswordError::CurrentIncorrect)), "{refused:?}");
        };
        refused(&mut world, "wrong");
        world.companies[0].status = CompanyStatus::Suspended;
        refused(&mut world, PASSWORD);
        world.companies[0].status = CompanyStatus::Active;
        assert_eq!(world.credentials(ann), before);
        world.stored_mut(ann).credentials.active = false;
        refused(&mut world, PASSWORD);
        assert!(world.families.is_empty());
    }
}
