//! What staff can see: queues, dashboards, pages, conversations.

use chatbot::Sessions as _;
use handoff::{
    ActivityFilter, AllHandoffs as _, Handoff, HandoffFilter, Handoffs as _, Opening, Order, Position, Priority, Sight,
    StateFilter, desk,
    opening::Opened,
    reading::{self, ReadError},
};
use identity::agents::AgentStatus;
use tenancy::{
    HandoffId, SessionId,
    access::{Agent, Desk},
};

use crate::{
    stage::{Company, later, text},
    world::{World, now},
};

/// Two agents, and handoffs in every state. The visitor of `nameless` has no profile.
struct Scene {
    world: World,
    company: Company,
    ben: Agent,
    cleo: Agent,
    pending: (SessionId, HandoffId),
    bens: (SessionId, HandoffId),
    cleos: (SessionId, HandoffId),
    resolved: (SessionId, HandoffId),
    nameless: (SessionId, HandoffId),
}

impl Scene {
    fn each() -> impl Iterator<Item = Self> {
        World::each().into_iter().map(|world| {
            let company = world.company("tesla");
            let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
            let open = |session: SessionId, at: u64, priority| {
                let opening = Opening { reason: "x".into(), priority };
                let opened =
                    world.db.write(company.desk(), move |store| desk::escalate(store, session, &opening, later(at)));
                (session, opened.wait().unwrap().id)
            };
            let of = |at, priority| open(world.session(&company, "Ann Ray").0, at, priority);
            let give = |(_, id): (SessionId, HandoffId), agent: &Agent| {
                let agent = agent.id();
                world
                    .db
                    .write(company.office.clone(), move |store| desk::assign(store, id, agent, later(9)))
                    .wait()
                    .unwrap();
            };
            let pending = of(1, Priority::Low);
            let bens = of(2, Priority::High);
            let cleos = of(2, Priority::High);
            let resolved = of(3, Priority::Medium);
            let nameless = world.turn(&world.visitor(&company, None), &text("hi"), now()).session;
            let nameless = open(nameless, 4, Priority::Urgent);
            for (handoff, agent) in [(bens, &ben), (cleos, &cleo), (resolved, &ben)] {
                give(handoff, agent);
            }
            let done = resolved.1;
            world.db.write(company.desk(), move |store| desk::resolve(store, done, "", later(10))).wait().unwrap();
            Self { world, company, ben, cleo, pending, bens, cleos, resolved, nameless }
        })
    }

    fn desk(&self, desk: Desk, filter: HandoffFilter) -> Vec<HandoffId> {
        let read = self.world.db.read(desk, move |store| reading::sessions(store, &filter, None));
        opened_ids(read.wait().unwrap())
    }
}

impl Scene {
    /// Reads a company's list in parts of one row.
    fn one_by_one(&self, filter: HandoffFilter, sight: Sight) -> Vec<HandoffId> {
        parts(|after| self.world.see(&self.company, move |store| store.handoffs_after(&filter, sight, after, 1)))
    }

    fn everywhere_one_by_one(&self) -> Vec<HandoffId> {
        parts(|after| {
            let boss = self.world.boss.clone();
            let part = self.world.db.platform_read(boss, move |platform| {
                platform.all_handoffs_after(&HandoffFilter::default(), None, after, 1)
            });
            part.wait().unwrap()
        })
    }
}

/// Reads parts, each after the last row of the one before, until one is empty.
fn parts(part: impl Fn(Option<Position>) -> Vec<Handoff>) -> Vec<HandoffId> {
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let part = part(after);
        let Some(last) = part.last() else { return listed };
        after = Some(Position::from(last));
        listed.extend(ids(&part));
    }
}

/// The ids of handoffs, each of which must have its packet.
fn opened_ids(opened: Vec<Opened>) -> Vec<HandoffId> {
    let id = |opened: Opened| {
        assert_eq!(opened.packet.map(|packet| packet.reason), Some(opened.handoff.reason));
        opened.handoff.id
    };
    opened.into_iter().map(id).collect()
}

fn ids(handoffs: &[Handoff]) -> Vec<HandoffId> {
    handoffs.iter().map(|handoff| handoff.id).collect()
}

#[test]
fn an_agent_is_shown_its_own_and_the_queue_and_others_all() {
    for scene in Scene::each() {
        let Scene { pending, bens, cleos, resolved, nameless, .. } = &scene;
        let all = HandoffFilter::default();
        let everything = [nameless.1, resolved.1, cleos.1, bens.1, pending.1];
        assert_eq!(scene.desk(scene.company.desk(), all), everything);
        assert_eq!(scene.desk(scene.ben.clone().into(), all), [nameless.1, resolved.1, bens.1, pending.1]);
        assert_eq!(scene.desk(scene.cleo.clone().into(), all), [nameless.1, cleos.1, pending.1]);
        let filters = [
            (HandoffFilter { state: Some(StateFilter::Pending), ..all }, vec![nameless.1, pending.1]),
            (HandoffFilter { state: Some(StateFilter::Assigned), ..all }, vec![cleos.1, bens.1]),
            (HandoffFilter { state: Some(StateFilter::Resolved), ..all }, vec![resolved.1]),
            (HandoffFilter { priority: Some(Priority::High), ..all }, vec![cleos.1, bens.1]),
            (HandoffFilter { agent: Some(scene.ben.id()), ..all }, vec![resolved.1, bens.1]),
            (
                HandoffFilter { order: Order::LongestWait, ..all },
                vec![pending.1, bens.1, cleos.1, resolved.1, nameless.1],
            ),
            (HandoffFilter { with_profile: true, ..all }, vec![resolved.1, cleos.1, bens.1, pending.1]),
            (HandoffFilter { with_profile: true, state: Some(StateFilter::Pending), ..all }, vec![pending.1]),
        ];
        for (filter, expected) in filters {
            assert_eq!(scene.desk(scene.company.desk(), filter), expected, "{filter:?}");
            assert_eq!(scene.one_by_one(filter, Sight::All), expected, "{filter:?}");
        }
        assert_eq!(
            scene.one_by_one(all, Sight::MineAndQueue(scene.ben.id())),
            [nameless.1, resolved.1, bens.1, pending.1]
        );
        let longest_wait = HandoffFilter { order: Order::LongestWait, ..all };
        assert_eq!(
            scene.one_by_one(longest_wait, Sight::MineAndQueue(scene.ben.id())),
            [pending.1, bens.1, resolved.1, nameless.1]
        );
        assert_eq!(scene.everywhere_one_by_one(), everything);
        for (filter, at, expected) in [
            (all, 1, vec![resolved.1, cleos.1]),
            (all, 3, vec![bens.1, pending.1]),
            (longest_wait, 1, vec![bens.1, cleos.1]),
            (longest_wait, 3, vec![resolved.1, nameless.1]),
        ] {
            let page = scene.world.see(&scene.company, move |store| store.page_of_handoffs(&filter, Sight::All, at, 2));
            assert_eq!((page.count, ids(&page.rows)), (5, expected), "{filter:?}");
        }

        for (session, agents) in [(pending, [true, true]), (bens, [true, false]), (resolved, [true, false])] {
            let sees = |desk: Desk| {
                let session = session.0;
                scene.world.db.read(desk, move |store| reading::may_see(store, session)).wait().unwrap()
            };
            assert_eq!([scene.ben.clone().into(), scene.cleo.clone().into()].map(sees), agents);
            assert!(sees(scene.company.desk()));
        }
    }
}

#[test]
fn a_dashboard_shows_an_agents_own_day() {
    for scene in Scene::each() {
        let dashboard = |at: u64| {
            let read = scene.world.db.read(scene.ben.clone(), move |store| reading::dashboard(store, later(at)));
            read.wait().unwrap().unwrap()
        };
        let today = dashboard(20);
        assert_eq!((today.agent.name.as_str(), today.status), ("ben", AgentStatus::Pending));
        assert_eq!(opened_ids(today.assigned), [scene.bens.1]);
        assert_eq!(opened_ids(today.unassigned), [scene.pending.1]);
        assert_eq!((today.resolved_today, today.activities.len()), (1, 3));
        assert!(today.activities.iter().all(|row| row.agent.id == scene.ben.id()));
        assert_eq!(dashboard(86_400).resolved_today, 0);

        let page = |offset| {
            scene.world.db.read(scene.ben.clone(), move |store| reading::own_sessions(store, None, offset, 1)).wait()
        };
        let (first, second) = (page(0).unwrap(), page(1).unwrap());
        assert_eq!((first.count, ids(&first.rows)), (2, vec![scene.resolved.1]));
        assert_eq!((second.count, ids(&second.rows)), (2, vec![scene.bens.1]));
        scene
            .world
            .scratch
            .execute(&format!("UPDATE accounts SET is_active = (1 = 0) WHERE id = {}", scene.ben.user()))
            .unwrap();
        let gone = scene.world.db.read(scene.ben.clone(), move |store| reading::dashboard(store, now()));
        assert!(gone.wait().unwrap().is_none());
    }
}

#[test]
fn a_conversation_is_shown_to_the_agent_its_handoff_names() {
    for scene in Scene::each() {
        let read = |agent: &Agent, session: SessionId| {
            scene.world.db.read(agent.clone(), move |store| reading::conversation(store, session)).wait()
        };
        for session in [scene.bens.0, scene.resolved.0] {
            let shown = read(&scene.ben, session).unwrap();
            assert_eq!((shown.session.id, shown.messages.len()), (session, 2));
            assert_eq!(shown.profile.unwrap().name, "Ann Ray");
            assert!(matches!(read(&scene.cleo, session), Err(ReadError::NotAssigned)));
        }
        for session in [scene.pending.0, scene.cleos.0] {
            assert!(matches!(read(&scene.ben, session), Err(ReadError::NotAssigned)));
        }
        let nowhere = SessionId::generate(scene.company.code);
        assert!(matches!(read(&scene.ben, nowhere), Err(ReadError::NotFound)));

        let log = |desk: Desk, agent| {
            let filter = ActivityFilter { agent, kind: None, since: None, limit: 1_000 };
            scene.world.db.read(desk, move |store| reading::activities(store, &filter)).wait().unwrap().len()
        };
        let (ben, cleo) = (scene.ben.id(), scene.cleo.id());
        assert_eq!(log(scene.company.desk(), None), 4);
        assert_eq!(log(scene.company.desk(), Some(cleo)), 1);
        assert_eq!([None, Some(ben), Some(cleo)].map(|agent| log(scene.ben.clone().into(), agent)), [3, 3, 0]);

        let (session, _) = scene.bens;
        let profile = scene.world.see(&scene.company, move |store| store.session(session)).unwrap().profile.unwrap().0;
        let detail = scene.world.see(&scene.company, move |store| reading::profile(store, profile)).unwrap();
        assert_eq!((detail.session.unwrap().id, detail.messages.len()), (session, 2));
    }
}
