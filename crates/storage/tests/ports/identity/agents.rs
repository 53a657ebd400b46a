//! Creating admins and agents.

use std::collections::BTreeSet;

use identity::{
    Email,
    accounts::{self, Accounts, LoginReservation, Logins, NewAccount, NewSuperadmin, Role},
    admins::{self, CreateAdminError},
    agents::{self, AgentList, AgentStatus, Agents, CreateAgentError, ResetAgentPasswordError},
};
use tenancy::{CompanyStatus, StoreError, access::TokenVersion, audit::Action, companies, plans::PlanName};

use crate::world::{World, admin, email, hash, now};

#[test]
fn the_seat_limit_holds_when_many_are_hired_at_once() {
    for world in World::each() {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Gold, 3)).unwrap();
        let office = world.office(&created);
        let tickets: Vec<_> = (0..12).map(|n| world.hire(&office, &format!("agent{n}@t.com"))).collect();
        let mut hired = 0;
        for ticket in tickets {
            match ticket.wait() {
                Ok(_) => hired += 1,
                Err(CreateAgentError::SeatLimitReached { current: 3, max: 3, plan: "Gold" }) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((hired, world.count("agents")), (3, "3".to_owned()));
        assert_eq!(world.count("accounts WHERE role = 'AGENT'"), "3");
    }
}

#[test]
fn an_agent_is_stored_whole_and_seen_by_its_own_company_only() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 5);
        let [ann, bob] = [("Tesla", "ann@t.com"), ("SpaceX", "bob@s.com")]
            .map(|(name, address)| world.open(name, address, &plan).unwrap());
        let (tesla, spacex) = (world.office(&ann), world.office(&bob));
        let agent = world.hire(&tesla, "Agent@T.com").wait().unwrap();
        assert_eq!((agent.email.as_str(), agent.company), ("Agent@T.com", ann.company.code));
        assert_eq!((agent.stored_status, agent.first_login, agent.is_active), (AgentStatus::Pending, true, true));
        assert_eq!((agent.name.as_str(), agent.phone.as_str(), agent.specialization.as_str()), ("Bo", "555", "sales"));
        assert_eq!((agent.last_active, agent.created_at), (None, now()));

        let again = world.hire(&tesla, "aGENT@t.com").wait();
        assert!(matches!(again, Err(CreateAgentError::AgentExists)), "{again:?}");
        let elsewhere = world.hire(&spacex, "aGENT@t.com").wait();
        assert!(matches!(elsewhere, Err(CreateAgentError::EmailTaken)), "{elsewhere:?}");

        let seen =
            |office: &tenancy::access::Office| world.db.read(office.clone(), |s| agents::list(s)).wait().unwrap();
        assert_eq!(seen(&tesla), std::slice::from_ref(&agent));
        assert_eq!(seen(&spacex), []);
        assert_eq!(world.db.read(spacex, |store| store.count_agents()).wait().unwrap(), 0);

        let id = agent.id;
        let (everywhere, company) = world
            .db
            .platform_read(world.boss.clone(), move |store| {
                Ok::<_, StoreError>((store.active_agents_everywhere()?, store.company_of_agent(id)?))
            })
            .wait()
            .unwrap();
        assert_eq!((everywhere, company), (vec![agent], Some(ann.company.code)));
    }
}

#[test]
fn a_closed_companys_people_are_in_no_list() {
    for world in World::each() {
        let created = world.open("Tesla", "ann@t.com", &world.plan(PlanName::Pro, 5)).unwrap();
        let agent = world.hire(&world.office(&created), "agent@t.com").wait().unwrap().id;
        let user = created.user;
        let seen = || {
            let read = world.db.platform_read(world.boss.clone(), move |store| {
                use identity::admins::AdminList;
                Ok::<_, StoreError>((
                    store.count_admins(None)?,
                    store.admin(user, now())?.is_some(),
                    store.active_agents_everywhere()?.len(),
                    store.company_of_agent(agent)?.is_some(),
                ))
            });
            read.wait().unwrap()
        };
        let housekeeper = world.housekeeper(&created);
        let set = |status| {
            let job = world.db.write(housekeeper.clone(), move |store| companies::set_status(store, status));
            job.wait().unwrap();
        };
        assert_eq!(seen(), (1, true, 1, true));
        set(CompanyStatus::Suspended);
        assert_eq!(seen(), (1, true, 1, true));
        set(CompanyStatus::Closed);
        assert_eq!(seen(), (0, false, 0, false));
    }
}

#[test]
fn an_office_resets_only_its_own_agents_passwords() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 5);
        let [ann, bob] = [("Tesla", "ann@t.com"), ("SpaceX", "bob@s.com")]
            .map(|(name, address)| world.open(name, address, &plan).unwrap());
        let agent = world.hire(&world.office(&ann), "agent@t.com").wait().unwrap();
        let credentials = || {
            let user = agent.user;
            world.db.lobby_write(move |store| store.credentials_for_update(user)).wait().unwrap().unwrap()
        };
        let reset = |office| {
            let id = agent.id;
            world.db.write(office, move |store| agents::reset_password(store, id, &hash(), now())).wait()
        };
        let before = credentials();
        assert!(matches!(reset(world.office(&bob)), Err(ResetAgentPasswordError::NotFound)));
        assert_eq!(credentials(), before);
        assert_eq!(reset(world.office(&ann)).unwrap().as_str(), "agent@t.com");
        let after = credentials();
        assert_eq!((after.version.0, after.first_login), (before.version.0 + 1, true));
        assert_ne!(after.hash, before.hash);
    }
}

#[test]
fn a_taken_login_is_told_apart_and_stores_nothing() {
    for world in World::each() {
        let reserve = |username: &str, address: &str| {
            let account = NewAccount {
                role: Role::Superadmin,
                username: username.into(),
                email: email(address),
                hash: hash(),
                version: TokenVersion(1),
                first_login: false,
                names: accounts::PersonName::default(),
            };
            world.db.lobby_write(move |store| store.reserve_login(&account, now())).wait().unwrap()
        };
        assert_eq!(reserve("boss", "BOSS@example.com"), LoginReservation::EmailTaken);
        assert_eq!(reserve("other", "BOSS@example.com"), LoginReservation::EmailTaken);
        assert_eq!(reserve("boss", "other@example.com"), LoginReservation::UsernameTaken);
        assert!(matches!(reserve("Boss", "other@example.com"), LoginReservation::Account(_)));
        assert_eq!(world.count("accounts"), "2");
        let new = NewSuperadmin { username: "boss".into(), email: email("x@example.com"), hash: hash() };
        let ensured = world.db.lobby_write(move |store| accounts::ensure_superadmin(store, new, now())).wait();
        assert_eq!(ensured.unwrap(), accounts::EnsuredSuperadmin::Present(world.boss.user()));
    }
}

#[test]
fn an_exact_username_comes_before_an_address() {
    for world in World::each() {
        let new = |username: &str, address: &str| {
            let new = NewSuperadmin { username: username.into(), email: email(address), hash: hash() };
            world.db.lobby_write(move |store| accounts::create_superadmin(store, new, now())).wait().unwrap()
        };
        let by_mail = new("zed", "ann@t.com");
        let by_name = new("Ann", "other@t.com");
        let find = |login: &str| {
            let login = login.to_owned();
            let read = world.db.lobby(move |store| store.credentials_by_login(&login, &Email::fold(&login)));
            read.wait().unwrap().map(|found| found.user)
        };
        assert_eq!(find("ANN@T.com"), Some(by_mail));
        assert_eq!(find("Ann"), Some(by_name));
        assert_eq!(find("ann"), None);
    }
}

#[test]
fn an_admin_is_made_whole_or_not_at_all() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 5);
        world.open("Tesla", "ann@t.com", &plan).unwrap();
        let counts = || ["companies", "accounts", "admins", "assignments"].map(|table| world.count(table));
        let before = counts();
        let taken = world.open("SpaceX", "ANN@t.com", &plan);
        assert!(matches!(taken, Err(CreateAdminError::EmailTaken)), "{taken:?}");
        assert_eq!(counts(), before);
        let next = world.open("SpaceX", "bob@s.com", &plan).unwrap();
        assert_eq!(next.company.code.as_str(), "SPA001");
    }
}

#[test]
fn admins_who_join_at_once_get_different_usernames() {
    for world in World::each() {
        let plan = world.plan(PlanName::Pro, 5);
        let code = world.open("Tesla", "ann@t.com", &plan).unwrap().company.code;
        let join = |n: usize| {
            let new = admin("Ann", &format!("ann@t{n}.com"));
            world.db.platform(world.boss.clone(), Action::AdminCreated, move |store| {
                admins::join(store, new, code, None, now())
            })
        };
        let tickets: Vec<_> = (1..=8).map(join).collect();
        for ticket in tickets {
            assert_eq!(ticket.wait().unwrap().plan, Some(plan.clone()));
        }
        let names = world.scratch.lines("SELECT username AS line FROM accounts WHERE role = 'ADMIN'");
        let names: BTreeSet<_> = names.into_iter().collect();
        let expected: BTreeSet<_> =
            std::iter::once("ann".to_owned()).chain((1..=8).map(|n| format!("ann{n}"))).collect();
        assert_eq!(names, expected);
    }
}
