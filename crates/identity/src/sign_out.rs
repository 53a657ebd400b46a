//! Signing an account out everywhere.

use tenancy::{
    StoreError, UserId,
    access::Directory,
    audit::{Action, Object, Register},
};

use crate::{accounts::Accounts, audit_scope, refresh::Families};

/// Ends every access token, refresh token and ticket of an account, in one lobby write.
///
/// # Errors
/// Fails only when the store fails. If the account does not exist, there is nothing to end.
pub fn everywhere<S>(store: &mut S, user: UserId) -> Result<(), StoreError>
where
    S: Accounts + Families + Directory + Register,
{
    // Raise the version first. This locks the account, as a sign-in does. A family that is created
    // concurrently is therefore either revoked here or has the new version.
    store.end_tokens(user)?;
    store.revoke_families(user)?;
    if let Some((chain, actor)) = audit_scope::of(store, user)? {
        store.register(chain, actor, Action::SignedOutEverywhere, Object::Account(user));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::Role,
        refresh::Family,
        testing::World,
        tokens::{FamilyId, Grant, Lifetimes},
    };
    use tenancy::access;

    #[test]
    fn every_family_of_the_account_ends_and_no_others() {
        let mut world = World::default();
        let company = world.company("Tesla");
        let ann = world.account(Role::Admin, "ann@t.com", Some(company), false);
        let bob = world.account(Role::Admin, "bob@t.com", Some(company), false);
        for user in [ann, ann, bob] {
            let version = world.credentials(user).version;
            let staff = access::staff(&mut world, user, version).unwrap();
            let grant = Grant::new(&staff, version, FamilyId::random(), Lifetimes::default(), world.now);
            world.families.push(Family::new(grant));
        }
        let before = world.credentials(ann).version;
        everywhere(&mut world, ann).unwrap();
        assert_eq!(world.families.iter().map(|family| family.revoked).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(world.credentials(ann).version.0, before.0 + 1);
        assert_eq!(world.credentials(bob).version, before);
    }
}
