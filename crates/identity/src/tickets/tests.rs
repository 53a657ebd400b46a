use super::*;
use crate::{
    accounts::Role,
    refresh::Families as _,
    testing::World,
    tokens::{Claims, TokenId},
};

/// Returns a world with an admin, and the claims of the admin's access token.
fn signed_in() -> (World, AccessClaims) {
    let mut world = World::default();
    let company = world.company("Tesla");
    let user = world.account(Role::Admin, "ann@t.com", Some(company), false);
    let grant = world.sign_in(user);
    let claims = Claims { user, version: grant.version, id: TokenId::random(), expires_at: world.now.seconds() + 900 };
    (world, AccessClaims { claims, family: Some(grant.family) })
}

#[test]
fn a_ticket_is_opaque_and_works_once() {
    let (mut world, token) = signed_in();
    let now = world.now;
    let (first, second) = (issue(&mut world, &token, now).unwrap(), issue(&mut world, &token, now).unwrap());
    assert_ne!(first.expose(), second.expose());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    assert!(first.expose().len() == 43 && first.expose().chars().all(plain));
    for ticket in [&first, &second] {
        let Redemption::Admitted { staff, version, .. } = redeem(&mut world, ticket.expose(), now).unwrap() else {
            panic!("a fresh ticket is refused")
        };
        assert_eq!((staff.user(), version), (token.claims.user, token.claims.version));
        assert_eq!(redeem(&mut world, ticket.expose(), now).unwrap(), Redemption::Refused);
    }
    assert_eq!(redeem(&mut world, "nonsense", now).unwrap(), Redemption::Refused);
}

#[test]
fn a_ticket_lasts_a_minute_and_the_next_clears_it_away() {
    let (mut world, token) = signed_in();
    let issued = world.now;
    let late = issued.plus(LIFE);
    let ticket = issue(&mut world, &token, issued).unwrap();
    assert_eq!(redeem(&mut world, ticket.expose(), late).unwrap(), Redemption::Refused);
    issue(&mut world, &token, issued).unwrap();
    issue(&mut world, &token, late).unwrap();
    assert_eq!(world.tickets.len(), 1);
}

#[test]
fn a_ticket_ends_with_the_tokens_it_stands_in_for() {
    let (mut world, token) = signed_in();
    let now = world.now;
    let ticket = issue(&mut world, &token, now).unwrap();
    world.stored_mut(token.claims.user).credentials.version.0 += 1;
    assert_eq!(redeem(&mut world, ticket.expose(), now).unwrap(), Redemption::Refused);
    assert!(matches!(issue(&mut world, &token, now), Err(Denied::Outdated)));
    assert!(world.tickets.is_empty());
}

#[test]
fn a_ticket_ends_with_the_sign_in_of_its_token() {
    let (mut world, token) = signed_in();
    let now = world.now;
    let ticket = issue(&mut world, &token, now).unwrap();
    let of_an_earlier_version = AccessClaims { family: None, ..token.clone() };
    let other = issue(&mut world, &of_an_earlier_version, now).unwrap();
    world.revoke_families(token.claims.user).unwrap();
    assert_eq!(redeem(&mut world, ticket.expose(), now).unwrap(), Redemption::Refused);
    assert!(matches!(redeem(&mut world, other.expose(), now), Ok(Redemption::Admitted { .. })));
    assert!(matches!(issue(&mut world, &token, now), Err(Denied::Outdated)));
}
