//! Stored counts: they always equal the number of rows, and their updates cannot deadlock.

use chatbot::{ProfileFilter, Profiles as _, profile};
use handoff::{
    HandoffFilter, Handoffs as _, Sight, StateFilter, desk, erase,
    sending::{self, OutgoingMessage},
    staffing,
};
use identity::agents::change::AgentChange;
use proptest::prelude::*;
use tenancy::{
    HandoffId, ProfileId, SessionId, SessionRowId, StoreError,
    access::{Agent, Desk},
};

use crate::{
    stage::{Company, known, later, text, urgent},
    world::{World, now},
};

/// An operation in a company; the numbers select a session and an agent.
#[derive(Debug, Clone, Copy)]
enum Operation {
    OpenWithProfile,
    Open,
    SaveProfile(usize),
    Ask(usize),
    Escalate(usize),
    Assign(usize, usize),
    AssignAndRollBack(usize, usize),
    Reply(usize, usize),
    Resolve(usize),
    Erase(usize),
    SetActive(usize, bool),
    ReplaceAgent(usize),
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    use Operation::{
        Ask, Assign, AssignAndRollBack, Erase, Escalate, Open, OpenWithProfile, ReplaceAgent, Reply, Resolve,
        SaveProfile, SetActive,
    };
    let operation = prop_oneof![
        2 => Just(OpenWithProfile),
        1 => Just(Open),
        1 => any::<usize>().prop_map(SaveProfile),
        1 => any::<usize>().prop_map(Ask),
        4 => any::<usize>().prop_map(Escalate),
        4 => any::<(usize, usize)>().prop_map(|(at, to)| Assign(at, to)),
        1 => any::<(usize, usize)>().prop_map(|(at, to)| AssignAndRollBack(at, to)),
        2 => any::<(usize, usize)>().prop_map(|(at, to)| Reply(at, to)),
        3 => any::<usize>().prop_map(Resolve),
        1 => any::<usize>().prop_map(Erase),
        1 => any::<(usize, bool)>().prop_map(|(at, is_active)| SetActive(at, is_active)),
        1 => any::<usize>().prop_map(ReplaceAgent),
    ];
    prop::collection::vec(operation, 1..80)
}

/// A company with two agents, and the sessions that the operations have opened.
struct Scene {
    world: World,
    company: Company,
    agents: [Agent; 2],
    sessions: Vec<(SessionId, SessionRowId)>,
}

impl Scene {
    fn each() -> impl Iterator<Item = Self> {
        World::each().into_iter().map(|world| {
            let company = world.company("tesla");
            let agents = ["ben", "cleo"].map(|name| world.agent(&company, name));
            Self { world, company, agents, sessions: Vec::new() }
        })
    }

    fn session(&self, at: usize) -> Option<(SessionId, SessionRowId)> {
        self.sessions.get(at.checked_rem(self.sessions.len())?).copied()
    }

    fn handoff(&self, at: usize) -> Option<HandoffId> {
        let (_, key) = self.session(at)?;
        self.world.see(&self.company, move |store| store.handoff_of(key)).map(|handoff| handoff.id)
    }

    fn agent(&self, at: usize) -> &Agent {
        &self.agents[at % self.agents.len()]
    }

    /// Runs an operation. It may be refused; refused operations must leave the counts unchanged too.
    fn run(&mut self, operation: Operation) -> Option<()> {
        let (db, office, desk) = (&self.world.db, self.company.office.clone(), self.company.desk());
        match operation {
            Operation::OpenWithProfile => self.sessions.push(self.world.session(&self.company, "Ann Ray")),
            Operation::Open => {
                let opened = self.world.turn(&self.world.visitor(&self.company, None), &text("hello"), now());
                self.sessions.push((opened.session, opened.user.session));
            }
            Operation::SaveProfile(at) => {
                let ((_, key), new) = (self.session(at)?, known("Ann Ray"));
                db.write(office, move |store| profile::save(store, key, new, now())).wait().ok()?;
            }
            Operation::Ask(at) => {
                let visitor = self.world.visitor(&self.company, Some(self.session(at)?.0));
                self.world.turn(&visitor, &text("and then?"), later(5));
            }
            Operation::Escalate(at) => {
                let (id, opening) = (self.session(at)?.0, urgent("please"));
                db.write(desk, move |store| desk::escalate(store, id, &opening, later(1))).wait().ok()?;
            }
            Operation::Assign(at, to) => {
                let (id, to) = (self.handoff(at)?, self.agent(to).id());
                db.write(office, move |store| desk::assign(store, id, to, later(2))).wait().ok()?;
            }
            Operation::AssignAndRollBack(at, to) => {
                let (id, to) = (self.handoff(at)?, self.agent(to).id());
                let rolled_back = db.write(office, move |store| {
                    desk::assign(store, id, to, later(2))?;
                    Err::<(), _>(desk::AssignError::AgentNotFound)
                });
                assert!(rolled_back.wait().is_err());
            }
            Operation::Reply(at, by) => {
                let (id, by) = (self.session(at)?.0, Desk::from(self.agent(by).clone()));
                let message = OutgoingMessage { text: Some("hello".into()), ..OutgoingMessage::default() };
                db.write(by, move |store| sending::send(store, id, message, later(3))).wait().ok()?;
            }
            Operation::Resolve(at) => {
                let id = self.handoff(at)?;
                db.write(desk, move |store| desk::resolve(store, id, "", later(4))).wait().ok()?;
            }
            Operation::Erase(at) => {
                let (_, key) = self.session(at)?;
                let id: ProfileId = self.world.see(&self.company, move |store| store.profile_of(key))?.id;
                db.write(office, move |store| erase::profile(store, id)).wait().ok()?;
                self.sessions.retain(|(_, kept)| *kept != key);
            }
            Operation::SetActive(at, is_active) => {
                let id = self.agent(at).id();
                let change = AgentChange { is_active: Some(is_active), ..AgentChange::default() };
                db.write(office, move |store| staffing::update(store, id, change, later(6))).wait().ok()?;
            }
            Operation::ReplaceAgent(at) => {
                let (id, name) = (self.agent(at).id(), format!("dan{}", self.agent(at).id()));
                db.write(office, move |store| staffing::delete(store, id, later(6))).wait().unwrap();
                let place = at % self.agents.len();
                self.agents[place] = self.world.agent(&self.company, &name);
            }
        }
        Some(())
    }

    /// Compares every stored count with the rows, by SQL without the doors and through the stores.
    fn check(&self) {
        let differing = self.world.scratch.lines(
            "SELECT 'profiles of ' || c.code AS line FROM companies c \
             WHERE (SELECT count(*) FROM profiles p WHERE p.company_id = c.code) \
             <> coalesce((SELECT k.profiles FROM profile_counts k WHERE k.company_id = c.code), 0) \
             UNION ALL SELECT 'assigned to ' || a.name FROM agents a \
             WHERE (SELECT count(*) FROM handoffs h WHERE h.agent_id = a.id AND h.resolved_at IS NULL) \
             <> coalesce((SELECT k.assigned FROM handoff_counts k WHERE k.agent_id = a.id), 0) \
             UNION ALL SELECT 'resolved by ' || a.name FROM agents a \
             WHERE (SELECT count(*) FROM handoffs h WHERE h.agent_id = a.id AND h.resolved_at IS NOT NULL) \
             <> coalesce((SELECT k.resolved FROM handoff_counts k WHERE k.agent_id = a.id), 0) \
             UNION ALL SELECT 'waiting at ' || c.code FROM companies c \
             WHERE (SELECT count(*) FROM handoffs h \
                    WHERE h.company_id = c.code AND h.agent_id IS NULL AND h.resolved_at IS NULL) \
             <> coalesce((SELECT k.waiting FROM queue_counts k WHERE k.company_id = c.code), 0) \
             UNION ALL SELECT 'agent of session ' || s.key FROM sessions s \
             LEFT JOIN handoffs h ON h.session_key = s.key \
             WHERE coalesce(s.handled_by, 0) <> coalesce(h.agent_id, 0)",
        );
        assert_eq!(differing, [""; 0]);
        let profiles = self.world.see(&self.company, |store| store.page_of_profiles(&ProfileFilter::default(), 0, 100));
        assert_eq!(profiles.0, i64::try_from(profiles.1.len()).unwrap());
        for agent in &self.agents {
            for state in [None, Some(StateFilter::Pending), Some(StateFilter::Assigned), Some(StateFilter::Resolved)] {
                let (filter, sight) = (HandoffFilter { state, ..HandoffFilter::default() }, Sight::Mine(agent.id()));
                let page = self.world.see(&self.company, move |store| store.page_of_handoffs(&filter, sight, 0, 100));
                assert_eq!(page.count, i64::try_from(page.rows.len()).unwrap(), "{state:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn counts_are_what_counting_gives_whatever_happens(operations in operations()) {
        for mut scene in Scene::each() {
            for operation in &operations {
                scene.run(*operation);
            }
            scene.check();
        }
    }
}

#[test]
fn transfers_both_ways_at_once_all_come_to_an_end() {
    for mut scene in Scene::each() {
        for _ in 0..8 {
            scene.run(Operation::OpenWithProfile);
        }
        let handoffs: Vec<HandoffId> =
            scene.sessions.iter().map(|(id, _)| scene.world.escalated(&scene.company, *id, now())).collect();
        let tickets: Vec<_> = (0..400_usize)
            .map(|n| {
                let (id, to) = (handoffs[n % handoffs.len()], scene.agent(n + n / handoffs.len()).id());
                let give = move |store: &mut storage::CompanyStore<'_, _>| desk::assign(store, id, to, later(2));
                scene.world.db.write(scene.company.office.clone(), give)
            })
            .collect();
        for ticket in tickets {
            ticket.wait().unwrap();
        }
        scene.check();
    }
}

#[test]
fn the_platform_sums_the_counts_of_companies_that_are_not_closed() {
    for world in World::each() {
        for (name, visitors) in [("tesla", 3), ("space", 2), ("gone", 4)] {
            let company = world.company(name);
            for _ in 0..visitors {
                world.session(&company, "Ann Ray");
            }
        }
        world.scratch.execute("UPDATE companies SET status = 'closed' WHERE name = 'gone'").unwrap();
        let listed = |offset| {
            let list = move |store: &mut storage::PlatformStore<'_>| {
                chatbot::AllProfiles::page_of_all_profiles(store, &ProfileFilter::default(), offset, 2)
            };
            let page: Result<_, StoreError> = world.db.platform_read(world.boss.clone(), list).wait();
            page.map(|(count, rows)| (count, rows.len())).unwrap()
        };
        assert_eq!([listed(0), listed(2), listed(4), listed(6)], [(5, 2), (5, 2), (5, 1), (5, 0)]);
    }
}

#[test]
fn a_database_that_has_rows_gets_their_counts_when_it_is_migrated() {
    const BACK: [&str; 2] = [
        include_str!("../../../../../migrations/sqlite/2026-11-23-300000_counts/down.sql"),
        include_str!("../../../../../migrations/postgres/2026-11-23-300000_counts/down.sql"),
    ];
    for (mut scene, back) in Scene::each().zip(BACK) {
        for at in 0..7 {
            scene.run(Operation::OpenWithProfile);
            scene.run(Operation::Escalate(at));
            scene.run(Operation::Assign(at, at / 2));
        }
        for at in [1, 3, 4] {
            scene.run(Operation::Resolve(at));
        }
        scene.check();
        scene.world.scratch.execute(back).unwrap();
        let unregister = "DELETE FROM __diesel_schema_migrations WHERE version = '20261123300000'";
        scene.world.scratch.execute(unregister).unwrap();
        let options = &scene.world.scratch.options;
        storage::Database::migrate(&options.target, options.owner.as_ref()).unwrap();
        scene.check();
    }
}
