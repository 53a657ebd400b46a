use super::*;
use crate::testing::World;

fn new(username: &str, email: &str) -> NewSuperadmin {
    NewSuperadmin {
        username: username.into(),
        email: Email::parse(email).unwrap(),
        hash: PasswordHash::from_stored("h".into()),
    }
}

#[test]
fn a_name_splits_after_its_first_word() {
    let name = |first: &str, last: &str| PersonName { first: first.into(), last: last.into() };
    assert_eq!(PersonName::split(" Ann  Mary Ray "), name("Ann", "Mary Ray"));
    assert_eq!(PersonName::split("Ann"), name("Ann", ""));
    assert_eq!(PersonName::of_admin("Tesla"), name("Tesla", "Admin"));
    assert_eq!(PersonName::of_admin("Tesla Motors"), name("Tesla", "Motors"));
}

#[test]
fn a_first_version_is_positive_and_differs() {
    let versions: Vec<_> = (0..50).map(|_| first_version()).collect();
    assert!(versions.iter().all(|version| version.0 > 0));
    assert!(versions.windows(2).any(|pair| pair[0] != pair[1]));
}

#[test]
fn a_superadmin_is_made_once() {
    let mut world = World::default();
    let now = world.now;
    let user = create_superadmin(&mut world, new("boss", "boss@x.com"), now).unwrap();
    let again = create_superadmin(&mut world, new("boss", "other@x.com"), now);
    assert!(matches!(again, Err(SuperadminError::UsernameTaken)));
    let again = create_superadmin(&mut world, new("other", "BOSS@x.com"), now);
    assert!(matches!(again, Err(SuperadminError::EmailTaken)));
    assert_eq!(ensure_superadmin(&mut world, new("boss", "x@x.com"), now).unwrap(), EnsuredSuperadmin::Present(user));
    assert_eq!(ensure_superadmin(&mut world, new("x", "boss@X.com"), now).unwrap(), EnsuredSuperadmin::Present(user));
    assert!(matches!(ensure_superadmin(&mut world, new("two", "two@x.com"), now), Ok(EnsuredSuperadmin::Created(_))));
}

#[test]
fn a_username_cannot_shadow_somebody_elses_address() {
    let mut world = World::default();
    let now = world.now;
    for username in ["", "ann@t.com", "a b", &"u".repeat(151)] {
        let refused = create_superadmin(&mut world, new(username, "boss@x.com"), now);
        assert!(matches!(refused, Err(SuperadminError::UsernameInvalid)), "{username}");
    }
    assert!(create_superadmin(&mut world, new("boss@x.com", "boss@x.com"), now).is_ok());
}

#[test]
fn a_password_is_set_by_username_or_address_and_ends_all_tokens() {
    let mut world = World::default();
    let company = world.company("Tesla");
    let user = world.account(Role::Admin, "ann@t.com", Some(company), true);
    let before = world.credentials(user).version;
    let hash = PasswordHash::from_stored("other".into());
    assert_eq!(set_password(&mut world, "ANN@t.com", &hash).unwrap(), user);
    let after = world.credentials(user);
    assert_eq!((after.version.0, after.first_login, after.hash), (before.0 + 1, false, hash.clone()));
    assert!(matches!(set_password(&mut world, "nobody", &hash), Err(SetPasswordError::UnknownLogin)));
}
