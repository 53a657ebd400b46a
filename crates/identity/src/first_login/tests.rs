use tenancy::CompanyStatus;

use super::*;
use crate::{
    Password,
    agents::AgentStatus,
    testing::{PASSWORD, World},
};

const LIFE: Duration = Duration::from_hours(7 * 24);

fn replace(world: &mut World, role: FirstLoginRole, email: &str, current: &str) -> Result<Email, FirstLoginError> {
    replace_by(world, role, email, current, "the new secret")
}

fn replace_by(
    world: &mut World,
    role: FirstLoginRole,
    email: &str,
    current: &str,
    new: &str,
) -> Result<Email, FirstLoginError> {
    let now = world.now;
    let candidate = find(world, role, email, Origin::of(None), LIFE, now).unwrap();
    let checked = candidate.check(&world.hasher, &Password::new(current));
    let chosen = ChosenPassword::new(Password::new(new), email).unwrap();
    let hash = world.hasher.hash(chosen.password()).unwrap();
    complete(world, checked, &chosen, &hash, now)
}

#[test]
fn an_agent_replaces_the_password_once() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let (user, _) = world.agent("bo@t.com", company, true);
    let before = world.credentials(user).version;
    assert_eq!(replace(&mut world, FirstLoginRole::Agent, "BO@t.com", PASSWORD).unwrap().as_str(), "bo@t.com");
    let after = world.credentials(user);
    assert_eq!((after.first_login, after.version.0), (false, before.0 + 1));
    assert_eq!(world.agents[0].stored_status, AgentStatus::Offline);

    let again = replace(&mut world, FirstLoginRole::Agent, "bo@t.com", "the new secret");
    assert!(matches!(again, Err(FirstLoginError::AlreadySet)));
    let again = replace(&mut world, FirstLoginRole::Agent, "bo@t.com", PASSWORD);
    assert!(matches!(again, Err(FirstLoginError::CurrentIncorrect)));
}

#[test]
fn each_door_serves_its_own_role_and_active_accounts_only() {
    let mut world = World::default();
    let company = world.company("Tesla");
    world.account(Role::Admin, "ann@t.com", Some(company), true);
    world.agent("bo@t.com", company, true);
    for (role, email) in [
        (FirstLoginRole::Agent, "ann@t.com"),
        (FirstLoginRole::Admin, "bo@t.com"),
        (FirstLoginRole::Admin, "nobody@t.com"),
    ] {
        let refused = replace(&mut world, role, email, PASSWORD);
        assert!(matches!(refused, Err(FirstLoginError::CurrentIncorrect)), "{email}");
    }
    world.companies[0].status = CompanyStatus::Suspended;
    let refused = replace(&mut world, FirstLoginRole::Admin, "ann@t.com", PASSWORD);
    assert!(matches!(refused, Err(FirstLoginError::CurrentIncorrect)));
    world.companies[0].status = CompanyStatus::Active;
    assert!(replace(&mut world, FirstLoginRole::Admin, "ann@t.com", PASSWORD).is_ok());
}

#[test]
fn an_attempt_at_the_wrong_door_is_one_at_the_account() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let user = world.account(Role::Admin, "ann@t.com", Some(company), true);
    let now = world.now;
    let candidate = find(&mut world, FirstLoginRole::Agent, "ann@t.com", Origin::of(None), LIFE, now).unwrap();
    assert_eq!(candidate.subject(), Some(user));
}

#[test]
fn a_temporary_password_that_has_expired_is_as_a_wrong_one() {
    let mut world = World::default();
    let company = world.company("Tesla");
    world.agent("bo@t.com", company, true);
    world.account(Role::Admin, "ann@t.com", Some(company), true);
    world.now = world.now.plus(LIFE - Duration::from_micros(1));
    assert!(replace(&mut world, FirstLoginRole::Admin, "ann@t.com", PASSWORD).is_ok());
    world.now = world.now.plus(Duration::from_micros(1));
    let refused = replace(&mut world, FirstLoginRole::Agent, "bo@t.com", PASSWORD);
    assert!(matches!(refused, Err(FirstLoginError::CurrentIncorrect)));
    // A password that was set, not handed out, does not expire.
    let again = replace(&mut world, FirstLoginRole::Admin, "ann@t.com", "the new secret");
    assert!(matches!(again, Err(FirstLoginError::AlreadySet)));
}

#[test]
fn the_names_of_an_account_are_told_only_to_those_who_know_its_password() {
    let mut world = World::default();
    let company = world.company("Tesla Motors");
    let (user, _) = world.agent("bo.ray@t.com", company, true);
    let before = world.credentials(user);
    for name in ["Tesla2026!", "bo.ray.2026", "TES001TES001"] {
        let wrong = replace_by(&mut world, FirstLoginRole::Agent, "bo.ray@t.com", "wrong", name);
        assert!(matches!(wrong, Err(FirstLoginError::CurrentIncorrect)), "{name}");
        let refused = replace_by(&mut world, FirstLoginRole::Agent, "bo.ray@t.com", PASSWORD, name);
        assert!(matches!(refused, Err(FirstLoginError::Refused(PasswordPolicyError::SimilarToName))), "{name}");
    }
    assert_eq!(world.credentials(user), before);
    replace_by(&mut world, FirstLoginRole::Agent, "bo.ray@t.com", PASSWORD, "mynewpassword123").unwrap();
}
