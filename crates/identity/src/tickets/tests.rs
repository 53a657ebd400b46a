use super::*;
use crate::{accounts::Role, testing::World, tokens::TokenId};

/// Returns a world with an admin, and the admin's claims.
fn signed_in() -> (World, Claims) {
    let mut world = World::default();
    let company = world.company("Tesla");
    let user = world.account(Role::Admin, "ann@t.com", Some(company), false);
    let version = world.credentials(user).version;
    let claims = Claims { user, version, id: TokenId::random(), expires_at: world.now.seconds() + 900 };
    (world, claims)
}

#[test]
fn a_ticket_is_opaque_and_works_once() {
    let (mut world, claims) = signed_in();
    let now = world.now;
    let (first, second) = (issue(&mut world, &claims, now).unwrap(), issue(&mut world, &claims, now).unwrap());
    assert_ne!(first.expose(), second.expose());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    assert!(first.expose().len() == 43 && first.expose().chars().all(plain));
    for ticket in [&first, &second] {
        let Redemption::Admitted { staff, version } = redeem(&mut world, ticket.expose(), now).unwrap() else {
            panic!("a fresh ticket is refused")
        };
        assert_eq!((staff.user(), version), (claims.user, claims.version));
        assert_eq!(redeem(&mut world, ticket.expose(), now).unwrap(), Redemption::Refused);
    }
    assert_eq!(redeem(&mut world, "nonsense", now).unwrap(), Redemption::Refused);
}

#[test]
fn a_ticket_lasts_a_minute_and_the_next_clears_it_away() {
    let (mut world, claims) = signed_in();
    let issued = world.now;
    let late = issued.plus(LIFE);
    let ticket = issue(&mut world, &claims, issued).unwrap();
    assert_eq!(redeem(&mut world, ticket.expose(), late).unwrap(), Redemption::Refused);
    issue(&mut world, &claims, issued).unwrap();
    issue(&mut world, &claims, late).unwrap();
    assert_eq!(world.tickets.len(), 1);
}

#[test]
fn a_ticket_ends_with_the_tokens_it_stands_in_for() {
    let (mut world, claims) = signed_in();
    let now = world.now;
    let ticket = issue(&mut world, &claims, now).unwrap();
    world.stored_mut(claims.user).credentials.version.0 += 1;
    assert_eq!(redeem(&mut world, ticket.expose(), now).unwrap(), Redemption::Refused);
    assert!(matches!(issue(&mut world, &claims, now), Err(Denied::Outdated)));
    assert!(world.tickets.is_empty());
}
