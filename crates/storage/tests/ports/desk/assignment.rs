//! Automatic assignment.

use std::{collections::HashMap, sync::Barrier, thread};

use chatbot::settings::{self, Assignment, Change, SettingsChange};
use handoff::{
    Handoffs as _, State,
    assignment::{self, Progress, Queues as _},
};
use tenancy::{CompanyCode, HandoffId};

use super::moves::{there, waiting};
use crate::{
    stage::{Company, later},
    world::{World, now},
};

fn assigns(world: &World, company: &Company, to: Assignment, limit: u8) {
    let change =
        SettingsChange { assignment: Change::To(to), assignment_limit: Change::To(limit), ..SettingsChange::default() };
    world.db.write(company.office.clone(), move |store| settings::change(store, change)).wait().unwrap();
}

fn assign(world: &World, company: &Company, at: u64) -> Progress {
    world.db.write(company.housekeeper(), move |store| assignment::assign_next(store, later(at))).wait().unwrap()
}

fn agent_of(world: &World, company: &Company, id: HandoffId) -> Option<String> {
    let handoff = world.see(company, move |store| store.handoff(id)).unwrap();
    match handoff.state {
        State::Assigned(agent) => Some(agent.name),
        _ => None,
    }
}

fn queues(world: &World) -> Vec<CompanyCode> {
    world.db.lobby(|lobby| lobby.companies_with_queue(9)).wait().unwrap()
}

#[test]
fn only_companies_that_chose_it_have_sessions_assigned_and_the_longest_wait_comes_first() {
    for world in World::each() {
        let [company, other] = ["tesla", "spacex"].map(|name| world.company(name));
        let ben = world.agent(&company, "ben");
        there(&world, &[&ben, &world.agent(&other, "cleo")]);
        assert_eq!(queues(&world), []);
        let [first, second] = [1, 2].map(|at| waiting(&world, &company, at).1);
        assert_eq!((queues(&world), assign(&world, &company, 3)), (vec![company.code], Progress::Done));
        assigns(&world, &company, Assignment::RoundRobin, 1);
        assert_eq!(assign(&world, &company, 3), Progress::Given);
        assert_eq!([first, second].map(|id| agent_of(&world, &company, id).is_some()), [true, false]);
        // The agent has as many as it may.
        assert_eq!((assign(&world, &company, 4), queues(&world)), (Progress::Done, vec![company.code]));
        assigns(&world, &company, Assignment::RoundRobin, 0);
        // Nobody is there after ten minutes without a call.
        let late = now().plus(std::time::Duration::from_secs(601));
        let due = world.db.read(company.housekeeper(), move |store| assignment::is_due(store, late)).wait();
        assert!(!due.unwrap());
        assert_eq!((assign(&world, &company, 5), queues(&world)), (Progress::Given, vec![]));
    }
}

#[test]
fn two_processes_do_not_exceed_the_limit_of_an_agent() {
    for world in World::each() {
        let company = world.company("tesla");
        let ben = world.agent(&company, "ben");
        there(&world, &[&ben]);
        assigns(&world, &company, Assignment::LeastLoaded, 2);
        for at in 1..=6 {
            waiting(&world, &company, at);
        }
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    while assign(&world, &company, 9) != Progress::Done {}
                });
            }
        });
        let open = world.db.read(company.housekeeper(), |store| handoff::desk_list::DeskLists::open_of_agents(store));
        assert_eq!(open.wait().unwrap(), HashMap::from([(ben.id(), 2)]));
    }
}
