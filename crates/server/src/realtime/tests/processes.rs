//! What a process does with the pokes of others.

use std::{collections::BTreeMap, time::Duration};

use handoff::event_name::EventName;

use super::*;
use crate::realtime::{
    arrivals::{Arrival, Read},
    queue::{Next, Seen},
    relay::{Outgoing, Poke, Typist},
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
    let session = SessionId::parse("TES001_1").unwrap();
    let told = two.publish(stored.to_vec());
    // Each message is named besides, for the staff.
    let names = [3, 4].map(|seq| Poke::Event(session, EventName::Message(seq)));
    assert_eq!((told.len(), &told[1..]), (3, names.as_slice()));
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

/// Returns the news that wait for a connection.
fn news(open: &Listening) -> Vec<Arc<News>> {
    let next = std::iter::from_fn(|| open.ready());
    next.filter_map(|next| if let Next::News(news, _) = next { Some(news) } else { None }).collect()
}

#[test]
fn what_staff_are_shown_of_another_process_is_read_once_and_told() {
    let two = Two::new();
    let code = CompanyCode::parse("TES001").unwrap();
    // Without staff nothing is read.
    two.publish(vec![event("TES001_1", escalated())]);
    assert_eq!(two.there.arrivals.take(), BTreeMap::new());
    let desks = [(); 2].map(|()| two.there.listen_at(&desk()));
    two.publish(vec![event("TES001_1", escalated()), event("SPA001_1", escalated())]);
    let session = SessionId::parse("TES001_1").unwrap();
    let arrived = vec![Arrival::Event(session, EventName::Escalated(HandoffId::new(1)))];
    assert_eq!(two.there.arrivals.take(), BTreeMap::from([(code, arrived)]));
    assert!(desks.iter().all(|desk| desk.ready().is_none()), "it is not read yet");
    two.there.tell_arrived(code, vec![Read::Event(event("TES001_1", escalated()))]);
    for desk in &desks {
        let told = news(desk);
        assert!(matches!(&*told[0], News::Happened(happened) if happened.event.session == session), "{told:?}");
    }
    // What cannot be read any more, and what is too much, has them load their lists.
    two.there.tell_arrived(code, vec![Read::Gone]);
    assert!(matches!(desks[0].ready(), Some(Next::Changed(None))));
    two.publish((0..201).map(|_| event("TES001_1", escalated())).collect());
    assert!(matches!(desks[0].ready(), Some(Next::Changed(None))));
    // No name says what this has changed.
    two.there.arrivals.take();
    two.publish(vec![event("TES001_1", EventKind::Prioritised)]);
    assert!(matches!(desks[1].ready(), Some(Next::Changed(None))));
    assert_eq!(two.there.arrivals.take(), BTreeMap::new());
}

#[test]
fn who_types_elsewhere_is_told_in_the_session_only_and_staff_by_the_name_that_is_known() {
    let two = Two::new();
    let (session, user) = (access("TES001_1"), UserId::new(7));
    let [open, other, foreign] =
        ["TES001_1", "TES001_2", "SPA001_1"].map(|id| two.there.listen(access(id), Occupant::Visitor));
    let poll = two.there.subscribe(session);
    let here = two.here.listen(session, Occupant::Visitor);
    let typing = |typist, is_typing| {
        let sender = chatbot::Sender::User;
        here.tell_typing(typist, Typing { is_typing, sender, name: Some("not told".to_owned()) });
        let pokes = two.outgoing.take_within(Duration::ZERO);
        two.there.receive(&pokes);
        let told = news(&open);
        told.iter().map(|news| format!("{news:?}")).collect::<Vec<_>>()
    };
    let frame = |is_typing: bool, sender: &str, name: &str| {
        vec![format!("Typing(Typing {{ is_typing: {is_typing}, sender: {sender}, name: {name} }})")]
    };
    assert_eq!(typing(Typist::Visitor, true), frame(true, "User", "None"));
    assert_eq!(typing(Typist::Visitor, false), frame(false, "User", "None"));
    assert_eq!(typing(Typist::Staff(user), true), [""; 0], "nobody has told of this person");
    let noor = Occupant::Staff { user, name: "Noor".to_owned() };
    two.there.set_elsewhere([(session.id(), vec![Occupant::Visitor, noor])].into());
    assert_eq!(typing(Typist::Staff(user), true), frame(true, "Agent", "Some(\"Noor\")"));
    assert_eq!(typing(Typist::Staff(UserId::new(8)), true), [""; 0]);
    assert!(news(&other).is_empty() && news(&foreign).is_empty() && woken(&poll).is_none());
}
