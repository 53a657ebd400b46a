//! Agents who arrive, leave and set their status.

use std::net::IpAddr;

use handoff::{Activities as _, ActivityFilter, Handoffs as _};
use identity::{
    agents::{self, AgentList as _, AgentSession, AgentStatus, Agents as _, change::AgentChange},
    presence::{self, Presence, PresenceRecord as _},
};
use serde_json::json;
use tenancy::{AgentId, CompanyCode, CompanyStatus, access::Agent, companies};

use crate::{
    stage::{Company, later},
    world::World,
};

const HERE: [u8; 4] = [10, 0, 0, 7];

fn arrive(world: &World, agent: &Agent, at: u64) {
    let agent = agent.clone();
    let ip = Some(IpAddr::from(HERE));
    world.db.lobby_write(move |lobby| lobby.agent_arrived(&agent, ip, later(at))).wait().unwrap();
}

fn set(world: &World, agent: &Agent, presence: Presence, at: u64) {
    let agent = agent.clone();
    world.db.lobby_write(move |lobby| presence::set(lobby, &agent, presence, None, later(at))).wait().unwrap();
}

fn leave(world: &World, agent: &Agent, at: u64) {
    let agent = agent.clone();
    let ip = Some(IpAddr::from(HERE));
    world.db.lobby_write(move |lobby| presence::leave(lobby, &agent, &[], ip, later(at))).wait().unwrap();
}

fn seen(world: &World, agent: &Agent, at: u64) {
    let agent = agent.clone();
    world.db.lobby_write(move |lobby| lobby.agent_seen(&agent, later(at))).wait().unwrap();
}

fn stored(world: &World, company: &Company, agent: &Agent) -> agents::Agent {
    let id = agent.id();
    world.db.write(company.office.clone(), move |store| store.agent_for_update(id)).wait().unwrap().unwrap()
}

fn stays(world: &World, company: &Company, of: Option<&Agent>) -> Vec<AgentSession> {
    let of = of.map(Agent::id);
    world.see(company, move |store| agents::sessions(store, of))
}

#[test]
fn each_departure_closes_the_newest_stay() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        for at in [10, 20] {
            arrive(&world, &ben, at);
        }
        arrive(&world, &cleo, 30);
        leave(&world, &ben, 20 + 3_599);
        let shown = |of| {
            let rows = stays(&world, &company, of);
            rows.into_iter().map(|stay| (stay.agent_name.clone(), stay.login, stay.minutes())).collect::<Vec<_>>()
        };
        let row = |name: &str, at, minutes: Option<u64>| (name.to_owned(), later(at), minutes);
        let all = [row("cleo", 30, None), row("ben", 20, Some(59)), row("ben", 10, None)];
        assert_eq!(shown(None), all);
        assert_eq!(shown(Some(&ben)), all[1..]);
        assert_eq!(stays(&world, &company, None)[0].ip, Some(IpAddr::from(HERE)));

        let row = stored(&world, &company, &ben);
        assert_eq!((row.stored_status, row.last_active), (AgentStatus::Offline, Some(later(20 + 3_599))));
        leave(&world, &ben, 4_000);
        leave(&world, &ben, 5_000);
        assert!(stays(&world, &company, Some(&ben)).iter().all(|stay| stay.logout.unwrap() <= later(4_000)));
    }
}

#[test]
fn only_a_change_of_status_is_told() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        arrive(&world, &ben, 1);
        for (presence, at) in [(Presence::Available, 2), (Presence::Busy, 3), (Presence::Busy, 4)] {
            set(&world, &ben, presence, at);
        }
        assert_eq!(stored(&world, &company, &ben).stored_status, AgentStatus::Busy);
        leave(&world, &ben, 5);
        let filter = ActivityFilter { agent: Some(ben.id()), kind: None, since: None, limit: 9 };
        let rows = world.see(&company, move |store| store.activities(&filter));
        let logged: Vec<_> = rows.into_iter().map(|row| (row.kind.as_str(), row.metadata, row.ip.is_some())).collect();
        let expected = [
            ("logout", json!({}), true),
            ("status_change", json!({"from": "AVAILABLE", "to": "BUSY"}), false),
            ("login", json!({}), true),
        ];
        assert_eq!(logged, expected);
    }
}

#[test]
fn who_is_sent_off_has_left_and_one_who_never_came_stays_pending() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        for at in [10, 20] {
            arrive(&world, &ben, at);
        }
        for (agent, status) in [(&ben, AgentStatus::Offline), (&cleo, AgentStatus::Pending)] {
            let id = agent.id();
            let change = AgentChange { is_active: Some(false), ..AgentChange::default() };
            let changed = world
                .db
                .write(company.office.clone(), move |store| agents::change::change(store, id, change, later(80)));
            changed.wait().unwrap();
            assert_eq!(stored(&world, &company, agent).stored_status, status);
        }
        assert!(stays(&world, &company, None).iter().all(|stay| stay.logout == Some(later(80))));
    }
}

#[test]
fn stays_are_the_companys_own_and_the_platform_sees_those_of_open_companies() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let [ben, dora] = [(&tesla, "ben"), (&spacex, "dora")].map(|(company, name)| world.agent(company, name));
        arrive(&world, &ben, 1);
        arrive(&world, &dora, 2);
        assert_eq!(stays(&world, &tesla, Some(&dora)), []);
        let names = |of: Option<&Agent>| {
            let of = of.map(Agent::id);
            let read = world.db.platform_read(world.boss.clone(), move |store| store.agent_sessions_everywhere(of));
            read.wait().unwrap().into_iter().map(|stay| stay.agent_name).collect::<Vec<_>>()
        };
        assert_eq!(
            (names(None), names(Some(&ben))),
            (vec!["dora".to_owned(), "ben".to_owned()], vec!["ben".to_owned()])
        );
        let closing = CompanyStatus::Closed;
        world.db.write(spacex.housekeeper(), move |store| companies::set_status(store, closing)).wait().unwrap();
        assert_eq!(names(None), ["ben"]);
    }
}

#[test]
fn an_agent_is_there_who_is_available_and_called_lately() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let [ben, dora] = [(&tesla, "ben"), (&spacex, "dora")].map(|(company, name)| world.agent(company, name));
        let is_there = |company, since| world.see(company, move |store| store.agent_is_there(later(since)));
        assert!(!is_there(&tesla, 0));
        arrive(&world, &ben, 10);
        // The first login is due.
        assert!(!is_there(&tesla, 10));
        world.scratch.execute("UPDATE accounts SET first_login = FALSE").unwrap();
        assert!(is_there(&tesla, 10));
        assert!(!is_there(&tesla, 11));
        assert!(!is_there(&spacex, 10));

        seen(&world, &ben, 20);
        seen(&world, &ben, 15);
        assert!(is_there(&tesla, 20));
        assert!(!is_there(&tesla, 21));

        set(&world, &ben, Presence::Busy, 30);
        seen(&world, &ben, 31);
        assert!(!is_there(&tesla, 0));
        // Also without a change of the status.
        for at in [40, 50] {
            set(&world, &ben, Presence::Available, at);
            assert!(is_there(&tesla, at));
            assert!(!is_there(&tesla, at + 1));
        }
        leave(&world, &ben, 60);
        seen(&world, &ben, 61);
        assert!(!is_there(&tesla, 0));

        arrive(&world, &ben, 70);
        assert!(is_there(&tesla, 70));
        world.scratch.execute("UPDATE accounts SET is_active = FALSE").unwrap();
        assert!(!is_there(&tesla, 70));
        world.scratch.execute("UPDATE accounts SET is_active = TRUE").unwrap();
        arrive(&world, &dora, 80);
        assert!(is_there(&spacex, 80));
        assert!(!is_there(&tesla, 71));
    }
}

fn connect(world: &World, agent: &Agent, at: u64) -> AgentStatus {
    let agent = agent.clone();
    let connected =
        world.db.lobby_write(move |lobby| presence::connect(lobby, &agent, true, None, later(at))).wait().unwrap();
    connected.status
}

fn stay(world: &World, agents: &[&Agent], at: u64) -> Vec<AgentId> {
    let agents: Vec<_> = agents.iter().map(|agent| (*agent).clone()).collect();
    let ended = world.db.lobby_write(move |lobby| presence::stay(lobby, agents, later(at))).wait().unwrap();
    ended.iter().map(Agent::id).collect()
}

fn gone(world: &World, at: u64) -> Vec<(CompanyCode, AgentId)> {
    world.db.lobby(move |lobby| lobby.agents_gone(later(at), 9)).wait().unwrap()
}

fn expire(world: &World, company: &Company, agent: &Agent, at: u64) -> bool {
    let id = agent.id();
    let expired =
        world.db.write(company.housekeeper(), move |store| presence::expire(store, id, later(at))).wait().unwrap();
    expired.is_some()
}

#[test]
fn an_agent_is_offline_once_nobody_has_said_for_half_a_minute_that_it_is_connected() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&tesla, name));
        let dora = world.agent(&spacex, "dora");
        for agent in [&ben, &cleo, &dora] {
            arrive(&world, agent, 0);
        }
        // Nothing is said of an agent without a connection.
        assert_eq!(stay(&world, &[&ben], 1), [ben.id()]);
        assert_eq!(connect(&world, &ben, 10), AgentStatus::Available);
        connect(&world, &dora, 10);
        assert_eq!(stay(&world, &[&ben], 15), []);
        assert_eq!(gone(&world, 44), []);
        assert_eq!(gone(&world, 45), [(spacex.code, dora.id())]);
        assert_eq!(gone(&world, 50), [(spacex.code, dora.id()), (tesla.code, ben.id())]);

        assert!(!expire(&world, &tesla, &ben, 49), "it still counts as connected");
        assert!(!expire(&world, &tesla, &dora, 60), "another company's");
        assert!(expire(&world, &tesla, &ben, 60));
        let row = stored(&world, &tesla, &ben);
        assert_eq!((row.stored_status, row.last_active), (AgentStatus::Offline, Some(later(60))));
        assert_eq!(stored(&world, &tesla, &cleo).stored_status, AgentStatus::Available);
        assert_eq!(stored(&world, &spacex, &dora).stored_status, AgentStatus::Available);
        let filter = ActivityFilter { agent: Some(ben.id()), kind: None, since: None, limit: 1 };
        let logged = world.see(&tesla, move |store| store.activities(&filter)).remove(0);
        assert_eq!((logged.timestamp, logged.ip), (later(60), None));
        assert_eq!(logged.metadata, json!({"from": "AVAILABLE", "to": "OFFLINE"}));
        assert!(!expire(&world, &tesla, &ben, 70), "it has happened already");

        // A server that could not reach the database for a while connects it anew.
        assert_eq!(stay(&world, &[&ben], 80), [ben.id()]);
        assert_eq!(connect(&world, &ben, 80), AgentStatus::Available);
        // Who is offline on purpose changes no more.
        leave(&world, &ben, 90);
        assert!(!expire(&world, &tesla, &ben, 200));
        assert_eq!((stored(&world, &tesla, &ben).last_active, gone(&world, 200).len()), (Some(later(90)), 1));
    }
}
