use proptest::{collection::vec, prelude::*};
use tenancy::access::TokenVersion;

use super::*;
use crate::{accounts::Role, testing::World, tokens::Claims};

mod protocol;

fn started() -> (World, RefreshClaims) {
    let mut world = World::default();
    let company = world.company("Tesla");
    let user = world.account(Role::Admin, "ann@t.com", Some(company), false);
    let staff = access::staff(&mut world, user, TokenVersion(7)).unwrap();
    let grant = Grant::new(&staff, TokenVersion(7), FamilyId::random(), Lifetimes::default(), world.now);
    let token = token_of(&grant);
    world.families.push(Family::new(grant));
    (world, token)
}

fn token_of(grant: &Grant) -> RefreshClaims {
    let claims =
        Claims { user: grant.user, version: grant.version, id: grant.refresh_id, expires_at: grant.refresh_expires };
    RefreshClaims { claims, family: grant.family }
}

fn present(world: &mut World, token: &RefreshClaims) -> Result<Rotation, RefreshError> {
    let now = world.now;
    rotate(world, token, Lifetimes::default(), now)
}

fn fresh(world: &mut World, token: &RefreshClaims) -> Grant {
    match present(world, token) {
        Ok(Rotation::Fresh(grant)) => grant,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_repeat_within_the_grace_period_gets_the_same_pair() {
    let (mut world, first) = started();
    let grant = fresh(&mut world, &first);
    for _ in 0..2 {
        world.now = world.now.plus(Duration::from_secs(5));
        assert_eq!(present(&mut world, &first).unwrap(), Rotation::Replayed(grant.clone()));
    }
    world.now = world.now.plus(Duration::from_micros(1));
    assert_eq!(present(&mut world, &first).unwrap(), Rotation::Reused);
    assert!(matches!(present(&mut world, &token_of(&grant)), Err(RefreshError::Invalid)));
}

#[test]
fn a_sign_in_is_over_after_its_lifetime_however_often_it_was_refreshed() {
    let (mut world, mut token) = started();
    let began = world.now;
    let over = began.plus(Lifetimes::default().sign_in);
    let step = Duration::from_hours(6 * 24);
    for _ in 0..14 {
        world.now = world.now.plus(step);
        let grant = fresh(&mut world, &token);
        assert!(grant.refresh_expires <= over.seconds());
        token = token_of(&grant);
    }
    // The last refresh token expires with the sign-in, not seven days later.
    assert_eq!(token.claims.expires_at, over.seconds());
    world.now = over.minus(Duration::from_secs(1));
    let last = fresh(&mut world, &token);
    assert_eq!((last.issued_at, last.refresh_expires), (over.seconds() - 1, over.seconds()));
    // A shorter lifetime counts for sign-ins that have begun, whatever their tokens say.
    let (now, shorter) = (world.now, Lifetimes { sign_in: Duration::from_hours(24), ..Lifetimes::default() });
    assert!(matches!(rotate(&mut world, &token_of(&last), shorter, now), Err(RefreshError::Invalid)));
    world.now = over;
    assert!(matches!(present(&mut world, &token_of(&last)), Err(RefreshError::Invalid)));
    assert!(world.families.iter().all(|family| !family.revoked && family.started_at == began.seconds()));
}

#[test]
fn a_repeat_after_the_successor_was_used_is_reuse_at_once() {
    let (mut world, first) = started();
    let second = fresh(&mut world, &first);
    let third = fresh(&mut world, &token_of(&second));
    assert_eq!(present(&mut world, &token_of(&second)).unwrap(), Rotation::Replayed(third.clone()));
    assert_eq!(present(&mut world, &first).unwrap(), Rotation::Reused);
    assert!(matches!(present(&mut world, &token_of(&third)), Err(RefreshError::Invalid)));
}

#[test]
fn the_account_is_judged_before_the_family() {
    let (mut world, token) = started();
    let stale = RefreshClaims { claims: Claims { version: TokenVersion(6), ..token.claims.clone() }, ..token.clone() };
    assert!(matches!(present(&mut world, &stale), Err(RefreshError::Denied(Denied::Outdated))));
    world.stored_mut(token.claims.user).credentials.active = false;
    assert!(matches!(present(&mut world, &stale), Err(RefreshError::Denied(Denied::Inactive))));
    assert!(!world.families[0].revoked);
}

#[test]
fn a_family_serves_its_own_account_only() {
    let (mut world, token) = started();
    let other = world.account(Role::Superadmin, "boss@x.com", None, false);
    let borrowed = RefreshClaims { claims: Claims { user: other, ..token.claims.clone() }, ..token.clone() };
    assert!(matches!(present(&mut world, &borrowed), Err(RefreshError::Invalid)));
    let unknown = RefreshClaims { family: FamilyId::random(), ..token.clone() };
    assert!(matches!(present(&mut world, &unknown), Err(RefreshError::Invalid)));
    assert!(matches!(present(&mut world, &token), Ok(Rotation::Fresh(_))));
}

proptest! {
    /// Compares with a model that remembers the time of the first use of every token.
    #[test]
    fn any_history_keeps_the_rule(steps in vec((0_usize..4, 0_u64..8), 1..40)) {
        let (mut world, first) = started();
        let mut issued = vec![(first, None::<Timestamp>)];
        let mut revoked = false;
        for (back, seconds) in steps {
            world.now = world.now.plus(Duration::from_secs(seconds));
            let newest = issued.len() - 1;
            let at = newest.saturating_sub(back);
            let (token, used) = issued[at].clone();
            let outcome = present(&mut world, &token);
            let in_grace = used.is_some_and(|used| world.now.since(used) <= GRACE) && at + 1 == newest;
            match outcome {
                _ if revoked => prop_assert!(matches!(outcome, Err(RefreshError::Invalid))),
                Ok(Rotation::Fresh(grant)) => {
                    prop_assert_eq!((at, used), (newest, None));
                    issued[at].1 = Some(world.now);
                    issued.push((token_of(&grant), None));
                }
                Ok(Rotation::Replayed(grant)) => {
                    prop_assert!(in_grace);
                    prop_assert_eq!(&token_of(&grant), &issued[newest].0);
                }
                Ok(Rotation::Reused) => {
                    prop_assert!(at < newest && !in_grace);
                    revoked = true;
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
            prop_assert_eq!(world.families[0].revoked, revoked);
        }
    }
}
