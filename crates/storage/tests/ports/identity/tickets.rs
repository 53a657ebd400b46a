//! Tickets, and signing out everywhere, on real rows.

use std::time::Duration;

use identity::{
    refresh::{Families as _, Family},
    sign_out,
    tickets::{self, LIFE, Redemption},
    tokens::{AccessClaims, Claims, FamilyId, Grant, Lifetimes, TokenId},
};
use storage::Ticket;
use tenancy::{
    StoreError, Timestamp, UserId,
    access::{self, Denied, Directory},
    audit::Action,
    plans::PlanName,
};

use super::sign_in::grant;
use crate::world::{World, now};

/// Returns the claims of an access token without a family, as earlier versions of the program signed them.
fn claims(world: &World, user: UserId) -> Claims {
    let state = world.db.lobby(move |store| store.account_state(user, None)).wait().unwrap().unwrap();
    Claims { user, version: state.version, id: TokenId::random(), expires_at: now().seconds() + 900 }
}

fn issue(world: &World, claims: &Claims, at: Timestamp) -> Result<String, Denied> {
    issue_for(world, AccessClaims { claims: claims.clone(), family: None }, at)
}

fn issue_for(world: &World, token: AccessClaims, at: Timestamp) -> Result<String, Denied> {
    let issued = world.db.lobby_write(move |store| tickets::issue(store, &token, at)).wait();
    issued.map(|ticket| ticket.expose().to_owned())
}

fn redeem(world: &World, text: &str, at: Timestamp) -> Ticket<Redemption, StoreError> {
    let text = text.to_owned();
    world.db.lobby_write(move |store| tickets::redeem(store, &text, at))
}

#[test]
fn of_many_redeemers_at_once_one_is_admitted() {
    for world in World::each() {
        let ann = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 1)).unwrap();
        let claims = claims(&world, ann.user);
        for _ in 0..4 {
            let ticket = issue(&world, &claims, now()).unwrap();
            let redeemers: Vec<_> = (0..8).map(|_| redeem(&world, &ticket, now())).collect();
            let admitted = redeemers.into_iter().filter_map(|one| match one.wait().unwrap() {
                Redemption::Admitted { staff, version, .. } => Some((staff.user(), staff.company(), version)),
                Redemption::Refused => None,
            });
            let wanted = (ann.user, Some(ann.company.code), claims.version);
            assert_eq!(admitted.collect::<Vec<_>>(), [wanted]);
        }
        assert_eq!(world.count("tickets"), "0");
    }
}

#[test]
fn a_ticket_lasts_a_minute_and_its_text_is_not_stored() {
    for world in World::each() {
        let ann = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 1)).unwrap();
        let (mine, theirs) = (claims(&world, world.boss.user()), claims(&world, ann.user));
        let (expires, before) = (now().plus(LIFE), now().plus(LIFE - Duration::from_micros(1)));
        let (first, second) = (issue(&world, &mine, now()).unwrap(), issue(&world, &mine, now()).unwrap());
        assert!(matches!(redeem(&world, &first, before).wait(), Ok(Redemption::Admitted { .. })));
        assert_eq!(redeem(&world, &second, expires).wait().unwrap(), Redemption::Refused);
        // A refused ticket is used up too.
        assert_eq!(redeem(&world, &second, before).wait().unwrap(), Redemption::Refused);

        // Issuing a ticket deletes the expired tickets of the same account only.
        issue(&world, &mine, now()).unwrap();
        issue(&world, &theirs, now()).unwrap();
        let late = issue(&world, &mine, expires).unwrap();
        assert_eq!(world.count("tickets"), "2");
        let hashes = world.scratch.lines(&format!("SELECT {} AS line FROM tickets", hex(&world)));
        assert!(hashes.iter().all(|hash| hash.len() == 64 && !hash.eq_ignore_ascii_case(&late)), "{hashes:?}");
    }
}

/// Returns the SQL expression for the hash column in hexadecimal.
fn hex(world: &World) -> &'static str {
    match world.scratch.options.target {
        storage::Target::Sqlite(_) => "hex(hash)",
        storage::Target::Postgres(_) => "encode(hash, 'hex')",
    }
}

#[test]
fn signing_out_everywhere_ends_tickets_and_families_of_one_account() {
    for world in World::each() {
        let ann = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 1)).unwrap();
        for user in [ann.user, ann.user, world.boss.user()] {
            let staff = world.admit(user).unwrap();
            let version = claims(&world, user).version;
            let grant = Grant::new(&staff, version, FamilyId::random(), Lifetimes::default(), now());
            let family = Family::new(grant);
            world.db.lobby_write(move |store| store.insert_family(&family, now())).wait().unwrap();
        }
        let old = claims(&world, ann.user);
        let ticket = issue(&world, &old, now()).unwrap();
        let boss = issue(&world, &claims(&world, world.boss.user()), now()).unwrap();

        let user = ann.user;
        world.db.lobby_write(move |store| sign_out::everywhere(store, user)).wait().unwrap();
        assert_eq!(redeem(&world, &ticket, now()).wait().unwrap(), Redemption::Refused);
        assert!(matches!(issue(&world, &old, now()), Err(Denied::Outdated)));
        assert!(matches!(redeem(&world, &boss, now()).wait(), Ok(Redemption::Admitted { .. })));
        assert_eq!(claims(&world, user).version.0, old.version.0 + 1);
        let revoked = |user: UserId| world.count(&format!("refresh_families WHERE revoked AND user_id = {user}"));
        assert_eq!((revoked(user), revoked(world.boss.user())), ("2".to_owned(), "0".to_owned()));
    }
}

#[test]
fn an_accounts_end_takes_its_tickets_along() {
    for world in World::each() {
        let ann = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 1)).unwrap();
        let ticket = issue(&world, &claims(&world, ann.user), now()).unwrap();
        let user = ann.user;
        let deleted = world.db.platform(world.boss.clone(), Action::AdminDeleted, move |store| {
            identity::admins::delete(store, user, now())
        });
        deleted.wait().unwrap();
        assert_eq!(world.count("tickets"), "0");
        assert_eq!(redeem(&world, &ticket, now()).wait().unwrap(), Redemption::Refused);
    }
}

#[test]
fn an_ended_sign_in_takes_its_tickets_and_access_tokens_along_and_no_others() {
    for world in World::each() {
        let ann = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 1)).unwrap();
        let [ended, lasting, foreign] = ["ann@t.com", "ann@t.com", "boss"].map(|login| grant(&world, login, now()));
        let token = |family| AccessClaims { claims: claims(&world, ann.user), family: Some(family) };
        let tickets = [&ended, &lasting].map(|grant| issue_for(&world, token(grant.family), now()).unwrap());
        let family = ended.family;
        let end = world.db.lobby_write(move |store| {
            let mut family = store.family_for_update(family)?.unwrap();
            family.revoked = true;
            store.update_family(&family)
        });
        end.wait().unwrap();
        let admit = |family| {
            let (user, version) = (ann.user, ended.version);
            world.db.lobby(move |store| access::bearer(store, user, version, family)).wait()
        };
        assert!(matches!(admit(Some(ended.family)), Err(Denied::Outdated)));
        assert!(admit(Some(lasting.family)).is_ok() && admit(None).is_ok());
        // Another account's family, and one that does not exist, are as ended ones.
        for family in [foreign.family, FamilyId::random()] {
            assert!(matches!(admit(Some(family)), Err(Denied::Outdated)));
        }
        let redeemed = tickets.map(|ticket| redeem(&world, &ticket, now()).wait().unwrap());
        assert_eq!(redeemed[0], Redemption::Refused);
        assert!(matches!(redeemed[1], Redemption::Admitted { .. }));
    }
}
