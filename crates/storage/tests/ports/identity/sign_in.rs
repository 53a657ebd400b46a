//! Signing in, refreshing and first logins on real rows.

use std::time::Duration;

use identity::{
    Hasher, Origin, Password,
    accounts::Role,
    agents::{self, AgentStatus, Agents},
    first_login::{self, FirstLoginError, FirstLoginRole},
    password::ChosenPassword,
    refresh::{self, RefreshError, Rotation},
    sign_in::{self, SignInError, SignInOutcome},
    tokens::{Claims, Grant, Lifetimes, RefreshClaims},
};
use tenancy::{Timestamp, access::Denied, plans::PlanName};

use crate::world::{PASSWORD, World, hash, now};

const IP: &str = "192.0.2.7";
/// How long temporary passwords work here.
const LIFE: Duration = Duration::from_hours(7 * 24);

fn sign_in(world: &World, login: &str, now: Timestamp) -> Result<SignInOutcome, SignInError> {
    let login = login.to_owned();
    let origin = Origin::of(IP.parse().ok());
    let candidate = world.db.lobby(move |store| sign_in::find(store, &login, origin, LIFE, now)).wait().unwrap();
    let checked = candidate.check(&Hasher::new(4).unwrap(), &Password::new(PASSWORD));
    let ip = IP.parse().ok();
    world.db.lobby_write(move |store| sign_in::complete(store, checked, ip, Lifetimes::default(), now)).wait()
}

pub(crate) fn grant(world: &World, login: &str, now: Timestamp) -> Grant {
    match sign_in(world, login, now).unwrap() {
        SignInOutcome::Welcome { grant, .. } => grant,
        other => panic!("{other:?}"),
    }
}

pub(super) fn presented(grant: &Grant) -> RefreshClaims {
    let claims =
        Claims { user: grant.user, version: grant.version, id: grant.refresh_id, expires_at: grant.refresh_expires };
    RefreshClaims { claims, family: grant.family }
}

pub(crate) fn rotate(world: &World, grant: &Grant, now: Timestamp) -> Result<Rotation, RefreshError> {
    let token = presented(grant);
    world.db.lobby_write(move |store| refresh::rotate(store, &token, Lifetimes::default(), now)).wait()
}

/// Replaces an agent's initial password by a first login.
pub(super) fn replace_password(world: &World, address: &str) -> Result<identity::Email, FirstLoginError> {
    let address = address.to_owned();
    let candidate = world
        .db
        .lobby(move |store| first_login::find(store, FirstLoginRole::Agent, &address, Origin::of(None), LIFE, now()))
        .wait()
        .unwrap();
    let checked = candidate.check(&Hasher::new(4).unwrap(), &Password::new(PASSWORD));
    let chosen = ChosenPassword::new(Password::new("another fine secret"), "").unwrap();
    world.db.lobby_write(move |store| first_login::complete(store, checked, &chosen, &hash(), now())).wait()
}

#[test]
fn everybody_sees_their_own_account() {
    for world in World::each() {
        let plan = world.plan(PlanName::Gold, 2);
        let created = world.open("Tesla Motors", "ann@t.com", &plan).unwrap();
        let agent = world.hire(&world.office(&created), "agent@t.com").wait().unwrap();
        replace_password(&world, "agent@t.com").unwrap();
        let account = |login: &str| match sign_in(&world, login, now()).unwrap() {
            SignInOutcome::Welcome { account, .. } => *account,
            other => panic!("{other:?}"),
        };

        let boss = account("boss");
        assert_eq!((boss.role, boss.contact, boss.company, boss.plan), (Role::Superadmin, None, None, None));

        let ann = account("ANN@t.com");
        assert_eq!((ann.user, ann.role, ann.agent), (created.user, Role::Admin, None));
        assert_eq!((ann.names.first.as_str(), ann.names.last.as_str()), ("Tesla", "Motors"));
        assert_eq!(ann.contact.unwrap().address, "1 Road");
        assert_eq!(ann.company, Some(created.company.clone()));
        assert_eq!(ann.plan.unwrap().plan, plan);

        let own = account("agent@t.com");
        assert_eq!((own.user, own.role, own.agent), (agent.user, Role::Agent, Some(agent.id)));
        let contact = own.contact.unwrap();
        assert_eq!((contact.name.as_str(), contact.phone_number.as_str(), contact.address.as_str()), ("Bo", "555", ""));
        assert_eq!((own.company, own.date_joined, own.is_active), (Some(created.company), now(), true));
        assert_eq!(own.plan.unwrap().plan, plan);
    }
}

#[test]
fn an_agents_first_login_and_arrival_leave_their_rows() {
    for world in World::each() {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 2)).unwrap();
        let office = world.office(&created);
        let agent = world.hire(&office, "agent@t.com").wait().unwrap();
        let status = || {
            let agents = world.db.read(office.clone(), |store| store.active_agents()).wait().unwrap();
            agents[0].status()
        };

        let refused = sign_in(&world, "agent@t.com", now()).unwrap();
        assert!(matches!(refused, SignInOutcome::FirstLogin { role: Role::Agent, user, .. } if user == agent.user));
        assert_eq!((status(), world.count("agent_sessions")), (AgentStatus::Pending, "0".to_owned()));

        assert_eq!(replace_password(&world, "agent@t.com").unwrap().as_str(), "agent@t.com");
        assert_eq!(status(), AgentStatus::Offline);
        assert!(matches!(replace_password(&world, "agent@t.com"), Err(FirstLoginError::AlreadySet)));

        grant(&world, "agent@t.com", now());
        assert_eq!(status(), AgentStatus::Available);
        assert_eq!(
            world.count(&format!(
                "agent_sessions WHERE ip = '{IP}' AND logout_time IS NULL AND agent_id = {}",
                agent.id
            )),
            "1"
        );
        let log = world.scratch.lines(
            "SELECT kind || ' ' || CAST(metadata AS TEXT) || ' ' || ip || ' ' || description AS line FROM activities",
        );
        assert_eq!(log, [format!("login {{}} {IP} Bo signed in.")]);
    }
}

#[test]
fn a_refresh_token_works_once_and_reuse_ends_the_family() {
    for world in World::each() {
        let first = grant(&world, "boss", now());
        let at = |seconds| now().plus(Duration::from_secs(seconds));

        let Ok(Rotation::Fresh(second)) = rotate(&world, &first, at(60)) else { panic!("not rotated") };
        assert_eq!((second.family, second.issued_at), (first.family, at(60).seconds()));
        assert_eq!(rotate(&world, &first, at(65)).unwrap(), Rotation::Replayed(second.clone()));
        let Ok(Rotation::Fresh(third)) = rotate(&world, &second, at(120)) else { panic!("not rotated") };
        assert_eq!(rotate(&world, &second, at(131)).unwrap(), Rotation::Reused);
        assert!(matches!(rotate(&world, &third, at(140)), Err(RefreshError::Invalid)));

        let other = grant(&world, "boss", at(150));
        assert!(matches!(rotate(&world, &other, at(160)), Ok(Rotation::Fresh(_))));
    }
}

#[test]
fn of_many_refreshes_at_once_one_rotates_and_the_others_get_its_pair() {
    for world in World::each() {
        let first = grant(&world, "boss", now());
        let tickets: Vec<_> = (0..12)
            .map(|_| {
                let token = presented(&first);
                world.db.lobby_write(move |store| refresh::rotate(store, &token, Lifetimes::default(), now()))
            })
            .collect();
        let rotations: Vec<_> = tickets.into_iter().map(|ticket| ticket.wait().unwrap()).collect();
        let fresh: Vec<_> = rotations
            .iter()
            .filter_map(|rotation| match rotation {
                Rotation::Fresh(grant) => Some(grant.clone()),
                Rotation::Replayed(_) | Rotation::Reused => None,
            })
            .collect();
        assert_eq!(fresh.len(), 1);
        let replayed = Rotation::Replayed(fresh[0].clone());
        assert_eq!(rotations.iter().filter(|rotation| **rotation == replayed).count(), 11);
    }
}

#[test]
fn a_new_password_ends_all_tokens() {
    for world in World::each() {
        let before = grant(&world, "boss", now());
        let set = world.db.lobby_write(|store| identity::accounts::set_password(store, "boss", &hash())).wait();
        assert_eq!(set.unwrap(), world.boss.user());
        let refused = rotate(&world, &before, now());
        assert!(matches!(refused, Err(RefreshError::Denied(Denied::Outdated))), "{refused:?}");
        assert_ne!(grant(&world, "boss", now()).version, before.version);
    }
}

#[test]
fn a_familys_end_is_forgotten_at_the_next_sign_in() {
    for world in World::each() {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 2)).unwrap();
        let lifetime = Lifetimes::default().refresh;
        grant(&world, "boss", now());
        grant(&world, "ann@t.com", now());
        grant(&world, "boss", now().plus(lifetime - Duration::from_secs(1)));
        assert_eq!(world.count("refresh_families"), "3");
        grant(&world, "boss", now().plus(lifetime));
        assert_eq!(world.count("refresh_families"), "3");
        assert_eq!(world.count(&format!("refresh_families WHERE user_id = {}", created.user)), "1");
        // A family whose access token lasts longer than its refresh token is remembered for it.
        let far = now().plus(10 * lifetime);
        world.scratch.execute(&format!("UPDATE refresh_families SET access_expires = {}", far.seconds() + 1)).unwrap();
        grant(&world, "boss", far);
        assert_eq!(world.count("refresh_families"), "4");
    }
}

#[test]
fn a_handed_out_password_works_for_its_life_from_each_time_it_is_handed_out() {
    for world in World::each() {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 2)).unwrap();
        let office = world.office(&created);
        let agent = world.hire(&office, "agent@t.com").wait().unwrap();
        let last = now().plus(LIFE - Duration::from_micros(1));
        assert!(matches!(sign_in(&world, "agent@t.com", last), Ok(SignInOutcome::FirstLogin { .. })));
        assert!(matches!(sign_in(&world, "agent@t.com", now().plus(LIFE)), Err(SignInError::Invalid)));
        let id = agent.id;
        let reset = world.db.write(office, move |store| agents::reset_password(store, id, &hash(), last)).wait();
        reset.unwrap();
        assert!(matches!(sign_in(&world, "agent@t.com", now().plus(LIFE)), Ok(SignInOutcome::FirstLogin { .. })));
        replace_password(&world, "agent@t.com").unwrap();
        assert!(matches!(sign_in(&world, "agent@t.com", now().plus(3 * LIFE)), Ok(SignInOutcome::Welcome { .. })));
    }
}
