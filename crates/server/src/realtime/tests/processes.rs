//! What a process does with the pokes of others.

use std::time::Duration;

use super::*;
use crate::realtime::{
    queue::{Next, Seen},
    relay::{Outgoing, Poke},
};

/// Two hubs, and what the first one tells the second.
struct Two {
    here: Arc<Hub>,
    there: Arc<Hub>,
    outgoing: Arc<Outgoing>,
}

impl Two {
    fn new() -> Self {
        let outgoing = Arc::new(Outgoing::default());
        Self { here: Arc::new(Hub::relayed(Arc::clone(&outgoing))), there: Arc::default(), outgoing }
    }

    /// Publishes events here, and passes on what is told about them.
    fn publish(&self, events: Vec<Event>) -> Vec<Poke> {
        self.here.publish(events);
        let pokes = self.outgoing.take_within(Duration::ZERO);
        self.there.receive(&pokes);
        pokes
    }
}

#[test]
fn an_event_wakes_the_callers_of_its_session_in_another_process() {
    let two = Two::new();
    let [same, other, foreign] = ["TES001_1", "TES001_2", "SPA001_1"].map(|id| two.there.subscribe(access(id)));
    for waiting in [&same, &other, &foreign] {
        waiting.has_read(head(1), true);
    }
    let open = two.there.listen(access("TES001_1"), Occupant::Visitor);
    two.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    assert_eq!([&same, &other, &foreign].map(woken), [Some(Wake::Changed), None, None]);
    assert!(matches!(open.ready(), Some(Next::Changed(None))));
    two.publish(vec![event("TES001_1", escalated())]);
    assert_eq!([&other, &foreign].map(woken), [Some(Wake::QueueMoved), None]);
}

#[test]
fn a_poke_about_messages_names_the_last_one() {
    let two = Two::new();
    let open = two.there.listen(access("TES001_1"), Occupant::Visitor);
    let stored = [3, 4].map(|seq| event("TES001_1", EventKind::Message(Box::new(message(seq)))));
    assert_eq!(two.publish(stored.to_vec()).len(), 1);
    assert!(matches!(open.ready(), Some(Next::Changed(Some(4)))));
    assert!(open.ready().is_none());
}

#[test]
fn what_concerns_nobody_elsewhere_is_not_told() {
    let two = Two::new();
    let read = EventKind::Read { side: Side::Visitor, seq: 1 };
    assert_eq!(two.publish(vec![event("TES001_1", read)]), []);
}

#[test]
fn staff_of_other_processes_check_their_access() {
    let two = Two::new();
    let open = two.there.listen(access("TES001_1"), Occupant::Visitor);
    let foreign = two.there.listen(access("SPA001_1"), Occupant::Visitor);
    two.here.staff_changed(CompanyCode::parse("TES001").ok());
    two.there.receive(&two.outgoing.take_within(Duration::ZERO));
    assert!(matches!(open.ready(), Some(Next::StaffChanged)));
    assert!(foreign.ready().is_none());
    two.here.staff_changed(None);
    two.there.receive(&two.outgoing.take_within(Duration::ZERO));
    assert!(matches!(foreign.ready(), Some(Next::StaffChanged)));
}

#[test]
fn a_connection_is_asked_once_about_each_state_that_a_check_finds() {
    let hub = Arc::new(Hub::default());
    let open = hub.listen(access("TES001_1"), Occupant::Visitor);
    open.has_read(head(5), false);
    let row = [SessionRowId::new(1)];
    let check = |revision| hub.compare(&row, &[(row[0], head(revision))]);
    check(5);
    assert!(open.ready().is_none());
    check(6);
    assert!(matches!(open.ready(), Some(Next::Changed(Some(6)))));
    check(6);
    assert!(open.ready().is_none());
    // Without a new message, something else has changed.
    hub.compare(&row, &[(row[0], SessionHead { revision: 7, ..head(6) })]);
    assert!(matches!(open.ready(), Some(Next::Changed(None))));
    hub.compare(&row, &[]);
    assert!(matches!(open.ready(), Some(Next::Changed(None))));
}

#[test]
fn news_that_came_before_a_connection_read_are_known_as_such() {
    let hub = Arc::new(Hub::default());
    let open = hub.listen(access("TES001_1"), Occupant::Visitor);
    let publish = || hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    let seen = || match open.ready() {
        Some(Next::News(_, seen)) => Some(seen),
        _ => None,
    };
    publish();
    publish();
    open.begin_reading();
    publish();
    assert_eq!([seen(), seen(), seen(), seen()], [Some(Seen::Yes), Some(Seen::Yes), Some(Seen::No), None]);
}
