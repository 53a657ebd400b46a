mod processes;
mod roster;
mod simulation;

use std::{cell::Cell, rc::Rc, sync::Arc};

use chatbot::{Detail, Message, SessionHead, Side};
use handoff::{AgentRef, Event, EventKind, Priority};
use storage::Sink as _;
use tenancy::{
    AgentId, CompanyCode, CompanyStatus, HandoffId, MessageId, SessionId, SessionRowId, StoreError, Timestamp, UserId,
    access::{self, AccountState, Desk, Directory, Role, SessionAccess, SessionLocation, Staff, TokenVersion},
};

use super::{subscriptions::Following, *};

/// A directory in which every session exists, and every account is that of an agent of one company.
struct Everywhere;

impl Directory for Everywhere {
    fn account_state(&mut self, _: UserId, _: Option<tenancy::FamilyId>) -> Result<Option<AccountState>, StoreError> {
        let company = CompanyCode::parse("TES001").unwrap();
        let role = Role::Agent { company, id: AgentId::new(1), name: "Bo".to_owned() };
        Ok(Some(AccountState { role, active: true, version: TokenVersion(0), signed_out: false }))
    }

    fn company(&mut self, _: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError> {
        Ok(None)
    }

    fn session(&mut self, id: SessionId) -> Result<Option<SessionLocation>, StoreError> {
        Ok(id.company().map(|company| SessionLocation {
            company,
            company_name: company.to_string(),
            status: CompanyStatus::Active,
            row_id: row(id),
        }))
    }

    fn agent(&mut self, id: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError> {
        let company = CompanyCode::parse("TES001").unwrap();
        Ok((id.get() == 1).then_some((company, CompanyStatus::Active)))
    }
}

/// The row id of a session: the number at the end of its id.
fn row(id: SessionId) -> SessionRowId {
    SessionRowId::new(id.as_str().rsplit('_').next().unwrap().parse().unwrap())
}

fn access(id: &str) -> SessionAccess {
    let id = SessionId::parse(id).unwrap();
    access::visitor(&mut Everywhere, None, Some(id)).unwrap().session().unwrap()
}

fn desk() -> Desk {
    match access::staff(&mut Everywhere, UserId::new(1), TokenVersion(0)) {
        Ok(Staff::Agent(agent)) => agent.into(),
        _ => panic!("no agent"),
    }
}

fn event(session: &str, kind: EventKind) -> Event {
    let session = SessionId::parse(session).unwrap();
    Event { company: session.company().unwrap(), session, kind }
}

fn escalated() -> EventKind {
    EventKind::Escalated { handoff: HandoffId::new(1), reason: "help".into(), priority: Priority::Low }
}

/// A visitor's message at a position.
fn message(seq: i64) -> Message {
    Message {
        id: MessageId::new(seq),
        seq,
        session: SessionRowId::new(1),
        content: None,
        detail: Detail::User { context: String::new(), outcome: None },
        timestamp: Timestamp::from_micros(0),
        client_message_id: None,
        attachments: Vec::new(),
    }
}

fn head(revision: i64) -> SessionHead {
    SessionHead { revision, staff_read_seq: 0, last_seq: revision }
}

/// Returns why a caller was woken, `None` if it still waits.
fn woken(waiting: &Waiting) -> Option<Wake> {
    waiting.bell.answer()
}

#[test]
fn an_event_wakes_all_callers_of_its_session_and_no_others() {
    let hub = Arc::new(Hub::default());
    let [one, two, other, foreign] =
        ["TES001_1", "TES001_1", "TES001_2", "SPA001_1"].map(|id| hub.subscribe(access(id)));
    hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    assert_eq!([&one, &two, &other, &foreign].map(woken), [Some(Wake::Changed), Some(Wake::Changed), None, None]);
}

/// A line that counts what is sent over it while it is free.
#[derive(Default)]
struct Counting {
    is_free: Cell<bool>,
    sent: Cell<usize>,
}

impl Line for Counting {
    fn send_now(&self, _: &Happened) -> bool {
        self.sent.update(|sent| sent + usize::from(self.is_free.get()));
        self.is_free.get()
    }
}

#[actix_web::test]
async fn a_worker_sends_over_lines_that_are_free_and_fills_the_queues_of_others() {
    let (hub, worker) = (Arc::new(Hub::default()), Rc::<Worker>::default());
    let lines = [(); 3].map(|()| Rc::<Counting>::default());
    let [free, busy, foreign] = ["TES001_1", "TES001_1", "TES001_2"];
    let open = [free, busy, foreign].map(access);
    let mut listening: Vec<_> = open
        .into_iter()
        .zip(&lines)
        .map(|(session, line)| hub.listen_on(&worker, Rc::clone(line), session, Occupant::Visitor))
        .collect();
    let without_line = hub.listen(access(free), Occupant::Visitor);
    lines[0].is_free.set(true);
    lines[2].is_free.set(true);
    let told = |open: &Listening| matches!(open.ready(), Some(Next::News(..)));
    hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    assert!(without_line.queue.take().is_some(), "without a line, the hub itself fills the queue");
    assert!(!worker.pass_on(1), "one line is told at a time");
    assert!(worker.pass_on(1) || worker.pass_on(1));
    assert_eq!(lines.each_ref().map(|line| line.sent.get()), [1, 0, 0]);
    assert_eq!([&listening[0], &listening[1], &listening[2]].map(told), [false, true, false]);
    actix_web::rt::spawn(Rc::clone(&worker).run());
    // Nothing overtakes what waits in the queue.
    listening[0].queue.queue_moved();
    hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    listening[0].settled().await;
    assert_eq!(lines[0].sent.get(), 1);
    assert!(matches!(listening[0].ready(), Some(Next::QueueMoved)) && told(&listening[0]));
    // What was told before a connection reads is in its queue when it begins to.
    hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    listening[1].settled().await;
    listening[1].begin_reading();
    assert!(matches!(listening[1].queue.take(), Some(Next::News(_, Seen::Yes))));
    drop(listening.remove(0));
    hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    listening[0].settled().await;
    assert_eq!((lines[0].sent.get(), Rc::strong_count(&lines[0])), (2, 1), "nothing is kept of a closed connection");
}

#[test]
fn a_worker_that_does_not_keep_up_has_its_connections_read() {
    let (hub, worker) = (Arc::new(Hub::default()), Rc::<Worker>::default());
    let line = Rc::<Counting>::default();
    let open = hub.listen_on(&worker, line, access("TES001_1"), Occupant::Visitor);
    for _ in 0..5_000 {
        hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    }
    assert!(matches!(open.ready(), Some(Next::Lagged)));
}

#[test]
fn a_moved_queue_is_told_to_the_connections_that_show_it() {
    let hub = Arc::new(Hub::default());
    let [waits, talks, fresh] =
        ["TES001_1", "TES001_2", "TES001_4"].map(|id| hub.listen(access(id), Occupant::Visitor));
    waits.has_read(head(1), true);
    talks.has_read(head(1), false);
    hub.publish(vec![event("TES001_3", escalated())]);
    let told = [&waits, &talks, &fresh].map(|open| matches!(open.ready(), Some(Next::QueueMoved)));
    assert_eq!(told, [true, false, true]);
}

#[test]
fn a_moved_queue_wakes_the_callers_of_its_company_that_show_it() {
    let hub = Arc::new(Hub::default());
    let [waits, talks, foreign, fresh] =
        ["TES001_1", "TES001_2", "SPA001_1", "TES001_4"].map(|id| hub.subscribe(access(id)));
    waits.has_read(head(1), true);
    talks.has_read(head(1), false);
    foreign.has_read(head(1), true);
    let agent = AgentRef { id: AgentId::new(1), name: "Bo".into() };
    let moves = [
        escalated(),
        EventKind::Assigned { handoff: HandoffId::new(1), agent: agent.clone() },
        EventKind::Resolved { handoff: HandoffId::new(1), agent: None },
        EventKind::Erased,
    ];
    for kind in moves {
        hub.publish(vec![event("TES001_3", kind)]);
        // Who has not said what it has read is woken, because it may have read before the move.
        let expected = [Some(Wake::QueueMoved), None, None, Some(Wake::QueueMoved)];
        assert_eq!([&waits, &talks, &foreign, &fresh].map(woken), expected);
    }
    hub.publish(vec![event("TES001_3", EventKind::Resolved { handoff: HandoffId::new(1), agent: Some(agent) })]);
    assert_eq!([&waits, &talks, &foreign, &fresh].map(woken), [None; 4]);
}

#[test]
fn what_staff_have_read_wakes_the_visitor_and_what_it_has_read_itself_does_not() {
    let hub = Arc::new(Hub::default());
    let waiting = hub.subscribe(access("TES001_1"));
    hub.publish(vec![event("TES001_1", EventKind::Read { side: Side::Visitor, seq: 1 })]);
    assert_eq!(woken(&waiting), None);
    hub.publish(vec![event("TES001_1", EventKind::Read { side: Side::Staff, seq: 1 })]);
    assert_eq!(woken(&waiting), Some(Wake::Changed));
}

#[actix_web::test]
async fn what_happens_before_a_caller_waits_is_not_lost() {
    let hub = Arc::new(Hub::default());
    let waiting = hub.subscribe(access("TES001_1"));
    hub.publish(vec![event("TES001_1", escalated())]);
    assert_eq!(waiting.woken().await, Wake::Changed);
    hub.lose_database();
    assert_eq!(waiting.woken().await, Wake::DatabaseLost);
}

#[actix_web::test]
async fn a_stop_wakes_everybody_now_and_later() {
    let hub = Arc::new(Hub::default());
    let before = hub.subscribe(access("TES001_1"));
    hub.stop();
    let after = hub.subscribe(access("SPA001_2"));
    assert_eq!([before.woken().await, after.woken().await], [Wake::Stopping; 2]);
}

#[test]
fn a_dropped_subscription_leaves_nothing() {
    let hub = Arc::new(Hub::default());
    let [one, two] = ["TES001_1", "TES001_1"].map(|id| hub.subscribe(access(id)));
    drop(one);
    assert_eq!(hub.rows(), [SessionRowId::new(1)]);
    hub.publish(vec![event("TES001_1", escalated())]);
    assert_eq!(woken(&two), Some(Wake::Changed));
    drop(two);
    assert!(hub.rows().is_empty() && hub.lock().companies.is_empty());
}

#[test]
fn a_check_wakes_the_callers_whose_session_is_another_or_gone() {
    let hub = Arc::new(Hub::default());
    let [same, moved, gone, fresh] =
        ["TES001_1", "TES001_2", "SPA001_3", "TES001_4"].map(|id| hub.subscribe(access(id)));
    let asked = [1, 2, 3, 4].map(SessionRowId::new);
    for waiting in [&same, &moved, &gone] {
        waiting.has_read(head(5), false);
    }
    let late = hub.subscribe(access("TES001_2"));
    late.has_read(head(6), false);
    let new = hub.subscribe(access("TES001_9"));
    new.has_read(head(1), false);
    let heads = [1, 2, 4].map(|row| (SessionRowId::new(row), head(if row == 1 { 5 } else { 6 })));
    hub.compare(&asked, &heads);
    let woken = [&same, &moved, &late, &gone, &fresh, &new].map(woken);
    assert_eq!(woken, [None, Some(Wake::Changed), None, Some(Wake::Changed), None, None]);
}

#[test]
fn somebody_who_has_proved_nothing_learns_only_that_something_has_happened() {
    let hub = Arc::new(Hub::default());
    let [there, nowhere] = [1, 2].map(|id| hub.follow(&access::anybody(&mut Everywhere, AgentId::new(id)).unwrap()));
    let told = |following: &Following| following.bell.answer();
    hub.publish(vec![event("SPA001_1", escalated())]);
    hub.publish(vec![event("TES001_1", EventKind::ProfileSaved)]);
    assert_eq!([&there, &nowhere].map(told), [None, None]);
    hub.publish(vec![event("TES001_1", escalated())]);
    assert_eq!([&there, &nowhere].map(told), [Some(Wake::Changed), None]);
    hub.stop();
    assert_eq!([&there, &nowhere].map(told), [Some(Wake::Stopping); 2]);
    drop((there, nowhere));
    assert!(hub.lock().companies.is_empty());
}

#[test]
fn who_sits_at_a_session_is_known_until_it_leaves_and_only_in_its_company() {
    let hub = Arc::new(Hub::default());
    let staff = |user, name: &str| Occupant::Staff { user: UserId::new(user), name: name.to_owned() };
    let session = access("TES001_1");
    let sit = |occupant| hub.listen(session, occupant);
    let present = |company: &str| {
        let Present { visitor, staff } = hub.present(access(company).scope(), session.id());
        (visitor, staff.join(" "))
    };
    let nobody = (false, String::new());
    assert_eq!(present("TES001_2"), nobody);
    // Two people may have one name.
    let seats = [staff(2, "Cy"), staff(1, "Bo"), staff(1, "Bo"), staff(3, "Bo"), Occupant::Superadmin].map(sit);
    let poll = hub.subscribe(session);
    assert_eq!(present("TES001_2"), (true, "Bo Bo Cy".to_owned()));
    assert_eq!(present("SPA001_1"), nobody);
    drop(poll);
    assert_eq!(present("TES001_2"), (false, "Bo Bo Cy".to_owned()));
    drop(seats);
    assert_eq!(present("TES001_2"), nobody);
}
