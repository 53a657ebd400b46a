//! The addresses from which accounts have signed in.

use std::time::Duration;

use identity::{Origin, sign_in::SignInOrigins};
use tenancy::{Timestamp, UserId};

use crate::world::{World, now};

const DAY: Duration = Duration::from_hours(24);
const KNOWN: Duration = Duration::from_hours(30 * 24);

fn origin(address: &str) -> Origin {
    Origin::of(address.parse().ok())
}

fn note(world: &World, user: UserId, address: &str, now: Timestamp) {
    let origin = origin(address);
    world.db.lobby_write(move |lobby| lobby.note_sign_in(user, origin, now, now.minus(KNOWN))).wait().unwrap();
}

fn is_known(world: &World, user: UserId, address: &str, now: Timestamp) -> bool {
    let origin = origin(address);
    world.db.lobby(move |lobby| lobby.has_signed_in_from(user, origin, now.minus(KNOWN))).wait().unwrap()
}

#[test]
fn an_origin_is_known_to_the_account_that_signed_in_from_it() {
    for world in World::each() {
        let boss = world.boss.user();
        assert!(!is_known(&world, boss, "192.0.2.1", now()));
        note(&world, boss, "192.0.2.1", now());
        note(&world, boss, "2001:db8:1:2::7", now());
        assert!(is_known(&world, boss, "192.0.2.1", now()));
        assert!(is_known(&world, boss, "2001:db8:1:2:ffff::", now()));
        assert!(!is_known(&world, boss, "2001:db8:1:3::", now()));
        assert!(!is_known(&world, boss, "192.0.2.2", now()));
        assert!(!is_known(&world, UserId::new(0), "192.0.2.1", now()));
        assert!(is_known(&world, boss, "192.0.2.1", now().plus(KNOWN)));
        assert!(!is_known(&world, boss, "192.0.2.1", now().plus(KNOWN + Duration::from_micros(1))));
    }
}

#[test]
fn a_row_is_written_once_a_day_and_outlived_ones_are_dropped() {
    for world in World::each() {
        let boss = world.boss.user();
        let at = |time: Timestamp| is_known(&world, boss, "192.0.2.1", time.plus(KNOWN));
        note(&world, boss, "192.0.2.1", now());
        note(&world, boss, "192.0.2.9", now());
        note(&world, boss, "192.0.2.1", now().plus(DAY / 2));
        assert!(!at(now().plus(DAY / 2)), "written again within a day");
        note(&world, boss, "192.0.2.1", now().plus(DAY));
        assert!(at(now().plus(DAY)));
        assert_eq!(world.count("sign_in_addresses"), "2");
        note(&world, boss, "192.0.2.1", now().plus(KNOWN + DAY));
        assert_eq!(world.count("sign_in_addresses"), "1");
    }
}

#[test]
fn they_go_with_their_account() {
    for world in World::each() {
        let boss = world.boss.user();
        note(&world, boss, "192.0.2.1", now());
        world.scratch.execute(&format!("DELETE FROM accounts WHERE id = {boss}")).unwrap();
        assert_eq!(world.count("sign_in_addresses"), "0");
    }
}
