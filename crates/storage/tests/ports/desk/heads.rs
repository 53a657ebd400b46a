//! The newest changes of a company.

use handoff::{
    Priority, desk,
    desk_head::{DeskHeads as _, DeskState, MOST_COMPARED},
    notes, priority,
};

use crate::{
    stage::{later, text},
    world::World,
};

#[test]
fn the_newest_changes_of_a_company_tell_what_its_staff_see() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let (ben, (one, _)) = (world.agent(&tesla, "ben"), world.session(&tesla, "Ann Ray"));
        let (other, _) = world.session(&spacex, "Bob Ray");
        let head = || world.see(&tesla, |store| store.desk_head());
        let state = |open| DeskState { last_seq: world.stored(&tesla, one).last_seq, open };
        let states = || head().sessions.iter().map(|change| (change.session, change.state)).collect::<Vec<_>>();
        assert_eq!((states(), head().notes), (vec![(one, state(None))], vec![]));
        let handoff = world.escalated(&tesla, one, later(1));
        let waits = state(Some((None, Priority::Medium))).open.map(|(agent, _)| agent);
        assert_eq!(states()[0].1.open.map(|(agent, _)| agent), waits);
        let change = world.db.write(tesla.desk(), move |store| priority::change(store, one, Priority::Low));
        change.wait().unwrap();
        assert_eq!(states(), [(one, state(Some((None, Priority::Low))))]);
        let id = ben.id();
        world.db.write(tesla.office.clone(), move |store| desk::assign(store, handoff, id, later(2))).wait().unwrap();
        assert_eq!(states(), [(one, state(Some((Some(id), Priority::Low))))]);
        let resolve = world.db.write(tesla.desk(), move |store| desk::resolve(store, handoff, "", later(3)));
        resolve.wait().unwrap();
        assert_eq!(states(), [(one, state(None))]);

        // The newest one is first, also of another status.
        let opened = world.turn(&world.visitor(&tesla, None), &text("hi"), later(4)).session;
        assert_eq!(states().into_iter().map(|(session, _)| session).collect::<Vec<_>>(), [opened, one]);
        let note = |session| {
            let text = "private".to_owned().into();
            let write = world.db.write(tesla.desk(), move |store| notes::write(store, session, text, later(5)));
            (session, write.wait().unwrap().into_note().id)
        };
        let (first, second) = (note(one), note(opened));
        assert_eq!(head().notes, [second, first]);
        let foreign = world.see(&spacex, |store| store.desk_head());
        assert_eq!((foreign.sessions.len(), foreign.sessions[0].session), (1, other));
        assert_eq!(foreign.notes, []);
    }
}

#[test]
fn old_changes_are_left_out() {
    for world in World::each() {
        let tesla = world.company("tesla");
        let opened: Vec<_> = (0..u64::try_from(MOST_COMPARED).unwrap() + 2)
            .map(|at| world.turn(&world.visitor(&tesla, None), &text("hi"), later(at)).session)
            .collect();
        let found = world.see(&tesla, |store| store.desk_head());
        let found: Vec<_> = found.sessions.iter().rev().map(|change| change.session).collect();
        assert_eq!(found, opened[2..]);
    }
}
