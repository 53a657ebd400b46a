use std::cell::Cell;

use tenancy::{CompanyStatus, access::TokenVersion};

use super::*;
use crate::{
    PasswordHash,
    admins::Platform as _,
    agents::AgentStatus,
    testing::{PASSWORD, World},
};

/// Counts the comparisons and records the cost of each.
struct Counting<'v> {
    inner: &'v crate::Hasher,
    costs: Cell<Vec<u32>>,
}

impl Verify for Counting<'_> {
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let paid: bcrypt::HashParts = hash.unwrap_or(self.inner.decoy()).as_str().parse().unwrap();
        let mut costs = self.costs.take();
        costs.push(paid.get_cost());
        self.costs.set(costs);
        self.inner.verify(password, hash)
    }
}

const LIFE: Duration = Duration::from_hours(7 * 24);
const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn candidate(world: &mut World, login: &str) -> Candidate {
    let now = world.now;
    find(world, login, Origin::of(Some(IP)), LIFE, now).unwrap()
}

fn sign_in(world: &mut World, login: &str, password: &str) -> Result<SignInOutcome, SignInError> {
    let checked = candidate(world, login).check(&world.hasher, &Password::new(password));
    let now = world.now;
    complete(world, checked, Some(IP), Lifetimes::default(), now)
}

#[test]
fn an_exact_username_wins_over_an_address() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let ann = world.account(Role::Admin, "ann@t.com", Some(company), false);
    let other = world.account(Role::Admin, "other@t.com", Some(company), false);
    world.stored_mut(other).username = "ann@t.com".into();
    for (login, user) in [("ann", ann), ("ANN@t.com", ann), ("ann@t.com", other)] {
        let Ok(SignInOutcome::Welcome { grant, account, .. }) = sign_in(&mut world, login, PASSWORD) else {
            panic!("{login}")
        };
        assert_eq!((grant.user, account.user), (user, user), "{login}");
        assert_eq!((grant.company, grant.version), (Some(company), TokenVersion(7)));
    }
    assert_eq!(world.families.len(), 3);
    assert!(matches!(sign_in(&mut world, "Ann", PASSWORD), Err(SignInError::Invalid)));
}

#[test]
fn a_renewed_hash_keeps_the_password_and_the_tokens() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let ann = world.account(Role::Admin, "ann@t.com", Some(company), false);
    let before = world.credentials(ann);
    let dearer = Hasher::new(5).unwrap();
    let checked = candidate(&mut world, "ann").check(&dearer, &Password::new(PASSWORD));
    assert_eq!(checked.outdated_hash(&dearer), Some((ann, before.hash.clone())));
    assert_eq!(checked.outdated_hash(&world.hasher), None);
    let renewed = dearer.hash(&Password::new(PASSWORD)).unwrap();
    renew_hash(&mut world, ann, &before.hash, &renewed).unwrap();
    assert_eq!((world.credentials(ann).hash, world.credentials(ann).version), (renewed.clone(), before.version));
    assert_eq!(world.highest_cost().unwrap(), 5);
    // The sign-in that was checked with the earlier hash is completed all the same.
    let now = world.now;
    let outcome = complete(&mut world, checked, None, Lifetimes::default(), now);
    assert!(matches!(outcome, Ok(SignInOutcome::Welcome { .. })));
    // A second renewal from the same check changes nothing.
    let again = dearer.hash(&Password::new("another password")).unwrap();
    renew_hash(&mut world, ann, &before.hash, &again).unwrap();
    assert_eq!(world.credentials(ann).hash, renewed);
    let wrong = candidate(&mut world, "ann").check(&dearer, &Password::new("wrong"));
    assert_eq!(wrong.outdated_hash(&world.hasher), None);
}

#[test]
fn every_failed_sign_in_is_the_same_and_pays_for_one_comparison() {
    let mut world = World::default();
    let active = world.company("Tesla");
    let suspended = world.company("Spacex");
    world.account(Role::Admin, "ann@t.com", Some(active), false);
    let inactive = world.account(Role::Admin, "bob@t.com", Some(active), false);
    world.stored_mut(inactive).credentials.active = false;
    world.account(Role::Admin, "eve@s.com", Some(suspended), false);
    world.companies[1].status = CompanyStatus::Suspended;
    let hasher = world.hasher.clone();
    for (login, password) in [("nobody", PASSWORD), ("ann", "wrong"), ("bob", PASSWORD), ("eve", PASSWORD)] {
        let counting = Counting { inner: &hasher, costs: Cell::default() };
        let checked = candidate(&mut world, login).check(&counting, &Password::new(password));
        assert_eq!(counting.costs.take(), [4], "{login}");
        let now = world.now;
        let refused = complete(&mut world, checked, None, Lifetimes::default(), now);
        assert!(matches!(refused, Err(SignInError::Invalid)), "{login}");
    }
    assert!(world.families.is_empty());
}

#[test]
fn an_agent_arrives_available_and_one_without_a_row_is_missing() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let (_, agent) = world.agent("bo@t.com", company, false);
    let Ok(SignInOutcome::Welcome { account, .. }) = sign_in(&mut world, "bo@t.com", PASSWORD) else { panic!() };
    assert_eq!(account.agent, Some(agent));
    assert_eq!(world.agents[0].status(), AgentStatus::Available);
    assert_eq!(world.arrivals, [(agent, Some(IP), world.now)]);

    let orphan = world.account(Role::Agent, "orphan@t.com", Some(company), false);
    assert!(matches!(sign_in(&mut world, "orphan@t.com", PASSWORD), Err(SignInError::AgentMissing)));
    assert!(matches!(sign_in(&mut world, "orphan@t.com", "wrong"), Err(SignInError::Invalid)));
    world.stored_mut(orphan).credentials.active = false;
    assert!(matches!(sign_in(&mut world, "orphan@t.com", PASSWORD), Err(SignInError::Invalid)));
}

#[test]
fn a_handed_out_password_leads_to_first_login_and_nothing_else() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let (user, _) = world.agent("bo@t.com", company, true);
    let signed_in = sign_in(&mut world, "bo@t.com", PASSWORD).unwrap();
    let email = Email::parse("bo@t.com").unwrap();
    assert_eq!(signed_in, SignInOutcome::FirstLogin { user, role: Role::Agent, email });
    assert!(world.families.is_empty() && world.arrivals.is_empty());
    assert!(matches!(sign_in(&mut world, "bo@t.com", "wrong"), Err(SignInError::Invalid)));
}

#[test]
fn a_handed_out_password_works_for_its_life_and_a_chosen_one_for_ever() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let (bo, id) = world.agent("bo@t.com", company, true);
    world.account(Role::Admin, "ann@t.com", Some(company), false);
    world.now = world.now.plus(LIFE - Duration::from_micros(1));
    assert!(matches!(sign_in(&mut world, "bo@t.com", PASSWORD), Ok(SignInOutcome::FirstLogin { .. })));
    world.now = world.now.plus(Duration::from_micros(1));
    assert!(matches!(sign_in(&mut world, "bo@t.com", PASSWORD), Err(SignInError::Invalid)));
    assert!(matches!(sign_in(&mut world, "ann@t.com", PASSWORD), Ok(SignInOutcome::Welcome { .. })));
    // The attempt counts as one at the account, and pays for a comparison.
    let expired = candidate(&mut world, "bo@t.com");
    assert_eq!(expired.subject(), Some(bo));
    let hasher = world.hasher.clone();
    let counting = Counting { inner: &hasher, costs: Cell::default() };
    assert!(expired.check(&counting, &Password::new(PASSWORD)).account.is_none());
    assert_eq!(counting.costs.take(), [4]);
    // Another reset starts the time anew.
    let (hash, now) = (hasher.hash(&Password::new(PASSWORD)).unwrap(), world.now);
    crate::agents::reset_password(world.enter(company).unwrap().as_mut(), id, &hash, now).unwrap();
    assert!(matches!(sign_in(&mut world, "bo@t.com", PASSWORD), Ok(SignInOutcome::FirstLogin { .. })));
}

#[test]
fn a_password_that_changed_during_the_comparison_no_longer_signs_in() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let user = world.account(Role::Admin, "ann@t.com", Some(company), false);
    let checked = candidate(&mut world, "ann").check(&world.hasher, &Password::new(PASSWORD));
    let other = world.hasher.hash(&Password::new("another secret")).unwrap();
    world.set_password(user, &other).unwrap();
    let now = world.now;
    assert!(matches!(complete(&mut world, checked, None, Lifetimes::default(), now), Err(SignInError::Invalid)));
}

#[test]
fn an_address_is_known_for_thirty_days_after_a_sign_in_from_it() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let user = world.account(Role::Admin, "ann@t.com", Some(company), false);
    assert!(sign_in(&mut world, "ann", "wrong").is_err());
    assert!(!candidate(&mut world, "ann").from_known());
    sign_in(&mut world, "ann", PASSWORD).unwrap();
    let known = candidate(&mut world, "ANN@t.com");
    assert_eq!((known.subject(), known.from_known()), (Some(user), true));
    let unknown = candidate(&mut world, "nobody");
    assert_eq!((unknown.subject(), unknown.from_known()), (None, false));

    let signed_in = world.now;
    world.now = signed_in.plus(KNOWN_FOR);
    assert!(candidate(&mut world, "ann").from_known());
    world.now = signed_in.plus(KNOWN_FOR + Duration::from_micros(1));
    assert!(!candidate(&mut world, "ann").from_known());
}

#[test]
fn every_attempt_pays_for_exactly_one_comparison_of_the_configured_cost() {
    let mut world = World::default();
    let company = world.company("Tesla");
    world.account(Role::Admin, "ann@t.com", Some(company), false);
    world.account(Role::Admin, "new@t.com", Some(company), true);
    world.agent("bo@t.com", company, false);
    let inactive = world.account(Role::Admin, "bob@t.com", Some(company), false);
    world.stored_mut(inactive).credentials.active = false;
    let broken = world.account(Role::Admin, "odd@t.com", Some(company), false);
    let hasher = world.hasher.clone();
    let logins = ["ann", "ANN@t.com", "new", "bo@t.com", "bob", "odd", "nobody", "nobody@t.com", "", "\0"];
    for login in logins {
        for password in [PASSWORD, "wrong", "", &"x".repeat(10_000)] {
            for agents_only in [false, true] {
                let now = world.now;
                let origin = Origin::of(Some(IP));
                let candidate = if agents_only {
                    find_agent(&mut world, login, origin, LIFE, now).unwrap()
                } else {
                    find(&mut world, login, origin, LIFE, now).unwrap()
                };
                let counting = Counting { inner: &hasher, costs: Cell::default() };
                let passes = candidate.check(&counting, &Password::new(password)).account.is_some();
                assert_eq!(counting.costs.take(), [4], "{login:?} {password:.20}");
                let known = !login.starts_with("nobody") && login.len() > 1;
                let through = !agents_only || login == "bo@t.com";
                assert_eq!(passes, known && through && password == PASSWORD, "{login:?} {password:.20}");
            }
        }
    }
    // A malformed stored hash costs one comparison with the decoy.
    world.stored_mut(broken).credentials.hash = PasswordHash::from_stored("broken".into());
    assert!(matches!(sign_in(&mut world, "odd", PASSWORD), Err(SignInError::Invalid)));
}
