use std::time::Duration;

use tenancy::assignments::{AssignmentStatus, TERM};

use super::*;
use crate::{admins::Platform as _, testing::World};

fn new(email: &str) -> NewAgent {
    NewAgent {
        email: Email::parse(email).unwrap(),
        hash: PasswordHash::from_stored("h".into()),
        row: NewAgentRow { name: "Bo Lin".into(), phone: "555-TEST".into(), specialization: "Sales".into() },
    }
}

fn staffed(max_agents: i32) -> (World, CompanyCode) {
    let mut world = World::default();
    let plan = world.offer(max_agents, true);
    let company = world.company("Tesla");
    let now = world.now;
    world.enter(company).unwrap().start(plan, now, now.plus(TERM), "").unwrap();
    (world, company)
}

fn make(world: &mut World, company: CompanyCode, email: &str) -> Result<Agent, CreateAgentError> {
    let now = world.now;
    create(world.enter(company).unwrap().as_mut(), new(email), now)
}

#[test]
fn a_new_agent_is_pending_under_its_address() {
    let (mut world, company) = staffed(1);
    let agent = make(&mut world, company, "Bo@t.com").unwrap();
    assert_eq!((agent.status(), agent.company), (AgentStatus::Pending, company));
    let row = world.stored_mut(agent.user);
    assert_eq!((row.username.as_str(), row.names.first.as_str(), row.names.last.as_str()), ("Bo@t.com", "Bo", "Lin"));
    assert!(row.credentials.first_login);
    let ready = Agent { stored_status: AgentStatus::Busy, first_login: false, ..agent };
    assert_eq!(ready.status(), AgentStatus::Busy);
}

#[test]
fn deactivated_agents_keep_their_seats() {
    let (mut world, company) = staffed(2);
    make(&mut world, company, "a@t.com").unwrap();
    make(&mut world, company, "b@t.com").unwrap();
    world.agents[0].is_active = false;
    let refused = make(&mut world, company, "c@t.com");
    assert!(matches!(refused, Err(CreateAgentError::SeatLimitReached { current: 2, max: 2, plan: "Pro" })));
    let mut office = world.enter(company).unwrap();
    assert_eq!(list(office.as_mut()).unwrap().len(), 1);
}

#[test]
fn without_an_active_plan_there_are_no_seats() {
    let (mut world, company) = staffed(2);
    world.assignments[0].1.stored_status = AssignmentStatus::Cancelled;
    let refused = make(&mut world, company, "a@t.com");
    assert!(matches!(refused, Err(CreateAgentError::SubscriptionCancelled { current: 0 })));
    world.assignments.clear();
    assert!(matches!(make(&mut world, company, "a@t.com"), Err(CreateAgentError::NoActivePlan)));
}

#[test]
fn a_taken_address_tells_own_agents_from_everybody_else() {
    let (mut world, company) = staffed(5);
    let other = world.company("Spacex");
    make(&mut world, company, "bo@t.com").unwrap();
    world.account(Role::Admin, "ann@s.com", Some(other), false);
    world.agent("far@s.com", other, false);
    assert!(matches!(make(&mut world, company, "BO@t.com"), Err(CreateAgentError::AgentExists)));
    for email in ["ann@s.com", "far@s.com"] {
        assert!(matches!(make(&mut world, company, email), Err(CreateAgentError::EmailTaken)), "{email}");
    }
}

#[test]
fn a_reset_ends_tokens_and_reaches_own_active_agents_only() {
    let (mut world, company) = staffed(5);
    let other = world.company("Spacex");
    let (user, id) = world.agent("bo@t.com", company, false);
    let hash = PasswordHash::from_stored("other".into());
    let before = world.credentials(user).version;
    let now = world.now.plus(Duration::from_secs(5));

    let refused = reset_password(world.enter(other).unwrap().as_mut(), id, &hash, now);
    assert!(matches!(refused, Err(ResetAgentPasswordError::NotFound)));
    let email = reset_password(world.enter(company).unwrap().as_mut(), id, &hash, now).unwrap();
    assert_eq!(email.as_str(), "bo@t.com");
    let after = world.credentials(user);
    assert_eq!((after.first_login, after.version.0), (true, before.0 + 1));
    assert_eq!(after.handed_out_at, Some(now));

    world.agents[0].is_active = false;
    let refused = reset_password(world.enter(company).unwrap().as_mut(), id, &hash, now);
    assert!(matches!(refused, Err(ResetAgentPasswordError::NotFound)));
}

#[test]
fn seats_are_counted_with_those_who_were_sent_away() {
    let (mut world, company) = staffed(2);
    make(&mut world, company, "a@t.com").unwrap();
    world.agents[0].is_active = false;
    let now = world.now;
    let found = seats(world.enter(company).unwrap().as_mut(), now).unwrap();
    assert_eq!(found, Seats { current: 1, limit: SeatLimit::Plan { plan: "Pro", max: 2 } });
}

#[test]
fn a_stay_lasts_whole_minutes() {
    let login = World::default().now;
    let session = |seconds: Option<u64>| AgentSession {
        id: AgentSessionId::new(1),
        agent_name: "Bo".into(),
        login,
        logout: seconds.map(|seconds| login.plus(std::time::Duration::from_secs(seconds))),
        ip: None,
    };
    assert_eq!(
        [None, Some(59), Some(60), Some(3_599)].map(|s| session(s).minutes()),
        [None, Some(0), Some(1), Some(59)]
    );
}
