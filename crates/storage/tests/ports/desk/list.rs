//! The lists of conversations at the desk.

use chatbot::{Sender, SessionStatus, Step};
use handoff::{
    Opening, Priority, desk,
    desk_list::{self, Contact, ListCounts, ListFilter, ListPage, ListPosition, ListRow, View},
    sending::{self, OutgoingMessage},
};
use tenancy::{
    AgentId, HandoffId, SessionId, Timestamp,
    access::{Agent, Desk},
};

use crate::{
    stage::{Company, later, text},
    world::{World, now},
};

/// Two agents, and sessions in every state. Times are in the order in which they are made.
struct Scene {
    world: World,
    company: Company,
    ben: Agent,
    cleo: Agent,
    /// The visitor left before giving a name.
    quiet: SessionId,
    /// The visitor left during the intake.
    named: SessionId,
    /// In the queue, with a low and twice with a high priority.
    queued: [SessionId; 3],
    /// Assigned to Ben and to Cleo.
    bens: SessionId,
    cleos: SessionId,
    /// Resolved by Ben.
    done: SessionId,
    /// Resolved by Ben, and the visitor wrote again.
    again: SessionId,
}

impl Scene {
    fn each() -> impl Iterator<Item = Self> {
        World::each().into_iter().map(|world| {
            let company = world.company("tesla");
            let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
            let say = |session: Option<SessionId>, words: &str, at: u64| {
                world.turn(&world.visitor(&company, session), &text(words), later(at)).session
            };
            let quiet = say(None, "hello", 1);
            let named = say(None, "hello", 2);
            say(Some(named), "Zoe \u{d6}zil", 3);
            let escalated = |priority, at| {
                let (session, _) = world.session(&company, "Ann Ray");
                (session, escalate(&world, &company, session, priority, at))
            };
            let queued = [(Priority::Low, 10), (Priority::High, 20), (Priority::High, 12)]
                .map(|(priority, at)| escalated(priority, at).0);
            let of = |agent: &Agent, at| {
                let (session, id) = escalated(Priority::Medium, at);
                let agent = agent.id();
                let assign =
                    world.db.write(company.office.clone(), move |store| desk::assign(store, id, agent, later(at + 1)));
                assign.wait().unwrap();
                (session, id)
            };
            let resolved = |at| {
                let (session, id) = of(&ben, at);
                let resolve = world.db.write(company.desk(), move |store| desk::resolve(store, id, "", later(at + 2)));
                resolve.wait().unwrap();
                session
            };
            let ((bens, _), (cleos, _)) = (of(&ben, 30), of(&cleo, 40));
            let (done, again) = (resolved(50), resolved(60));
            say(Some(again), "thank you", 70);
            Self { world, company, ben, cleo, quiet, named, queued, bens, cleos, done, again }
        })
    }

    fn page(&self, desk: &Desk, filter: &ListFilter, after: Option<ListPosition>, limit: usize) -> ListPage {
        let filter = filter.clone();
        let page = self.world.db.read(desk.clone(), move |store| desk_list::page(store, &filter, after, limit));
        page.wait().unwrap()
    }

    fn rows(&self, desk: &Desk, view: View) -> Vec<ListRow> {
        self.page(desk, &all_of(view), None, 200).rows
    }

    /// Returns the sessions of a list, and checks that pages of every size add up to it.
    fn list(&self, desk: &Desk, filter: &ListFilter) -> Vec<SessionId> {
        let whole = ids(&self.page(desk, filter, None, 200).rows);
        for limit in 1..4 {
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = self.page(desk, filter, after, limit);
                assert!(page.rows.len() <= limit);
                paged.extend(ids(&page.rows));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, whole, "{limit} at a time: {filter:?}");
        }
        whole
    }

    fn views(&self, desk: &Desk) -> [Vec<SessionId>; 5] {
        View::ALL.map(|view| self.list(desk, &all_of(view)))
    }
}

fn escalate(world: &World, company: &Company, session: SessionId, priority: Priority, at: u64) -> HandoffId {
    let opening = Opening { reason: "help".into(), priority };
    world.db.write(company.desk(), move |store| desk::escalate(store, session, &opening, later(at))).wait().unwrap().id
}

fn all_of(view: View) -> ListFilter {
    ListFilter { view, search: None, priority: None, agent: None }
}

fn ids(rows: &[ListRow]) -> Vec<SessionId> {
    rows.iter().map(|row| row.session).collect()
}

#[test]
fn every_view_has_its_sessions_in_its_order_on_pages_of_any_size() {
    for scene in Scene::each() {
        let Scene { quiet, named, queued: [low, late, early], bens, cleos, done, again, .. } = scene;
        let queue = vec![early, late, low];
        let all = vec![again, done, cleos, bens, late, early, low, named, quiet];
        assert_eq!(
            scene.views(&scene.company.desk()),
            [vec![], queue.clone(), vec![again, named, quiet], vec![done], all]
        );
        let all = vec![again, done, bens, late, early, low];
        assert_eq!(scene.views(&scene.ben.clone().into()), [vec![bens], queue.clone(), vec![again], vec![done], all]);
        assert_eq!(
            scene.views(&scene.cleo.clone().into()),
            [vec![cleos], queue, vec![], vec![], vec![cleos, late, early, low]]
        );
    }
}

#[test]
fn mine_is_ordered_by_what_visitors_wrote_and_not_by_answers() {
    for scene in Scene::each() {
        let ben = Desk::from(scene.ben.clone());
        let (second, _) = scene.world.session(&scene.company, "Bea Ray");
        let id = escalate(&scene.world, &scene.company, second, Priority::Low, 80);
        let agent = scene.ben.id();
        let assign =
            scene.world.db.write(scene.company.office.clone(), move |store| desk::assign(store, id, agent, later(81)));
        assign.wait().unwrap();
        let say = |session, at| {
            scene.world.turn(&scene.world.visitor(&scene.company, Some(session)), &text("hello?"), later(at));
        };
        say(scene.bens, 90);
        let answer = |session, at| {
            let message = OutgoingMessage { text: Some("yes?".into()), ..OutgoingMessage::default() };
            let sent =
                scene.world.db.write(ben.clone(), move |store| sending::send(store, session, message, later(at)));
            sent.wait().unwrap();
        };
        answer(second, 95);
        assert_eq!(scene.list(&ben, &all_of(View::Mine)), [scene.bens, second]);
        say(second, 100);
        assert_eq!(scene.list(&ben, &all_of(View::Mine)), [second, scene.bens]);
        assert_eq!(scene.list(&ben, &all_of(View::All))[0], second);
    }
}

#[test]
fn conditions_narrow_a_list_on_pages_of_any_size() {
    for scene in Scene::each() {
        let Scene { quiet, named, queued: [low, late, early], bens, cleos, done, again, .. } = scene;
        let desk = scene.company.desk();
        let of = |agent: AgentId| Some(agent);
        let (ben, cleo) = (scene.ben.id(), scene.cleo.id());
        for (filter, expected) in [
            (ListFilter { priority: Some(Priority::High), ..all_of(View::All) }, vec![late, early]),
            (ListFilter { priority: Some(Priority::High), ..all_of(View::Queue) }, vec![early, late]),
            (ListFilter { priority: Some(Priority::Medium), ..all_of(View::Bot) }, vec![again]),
            (ListFilter { priority: Some(Priority::Urgent), ..all_of(View::All) }, vec![]),
            (ListFilter { agent: of(ben), ..all_of(View::All) }, vec![again, done, bens]),
            (ListFilter { agent: of(cleo), ..all_of(View::All) }, vec![cleos]),
            (ListFilter { agent: of(ben), ..all_of(View::Queue) }, vec![]),
        ] {
            assert_eq!(scene.list(&desk, &filter), expected, "{filter:?}");
        }
        let of_ben = Desk::from(scene.ben.clone());
        assert_eq!(scene.list(&of_ben, &ListFilter { agent: of(cleo), ..all_of(View::All) }), []);
        assert_eq!(scene.list(&of_ben, &ListFilter { agent: of(ben), ..all_of(View::All) }), [again, done, bens]);

        let uuid = |session: SessionId| session.as_str().split_once('_').unwrap().1.to_owned();
        let anns = vec![again, done, cleos, bens, late, early, low];
        for (search, expected) in [
            ("ray ANN", anns.clone()),
            ("98412 34567", anns),
            ("ozil", vec![named]),
            ("nobody", vec![]),
            ("%", vec![]),
            (quiet.as_str(), vec![quiet]),
            (&quiet.as_str()[..30], vec![quiet]),
            (&uuid(done)[..13].to_uppercase(), vec![done]),
        ] {
            let filter = ListFilter { search: Some(search.to_owned()), ..all_of(View::All) };
            assert_eq!(scene.list(&desk, &filter), expected, "{search}");
        }
        let waiting = ListFilter { search: Some("ann".into()), ..all_of(View::Queue) };
        assert_eq!(scene.list(&desk, &waiting), [early, late, low]);
        for (search, expected) in [(late, vec![late]), (bens, vec![])] {
            let filter = ListFilter { search: Some(search.as_str().to_owned()), ..all_of(View::Queue) };
            assert_eq!(scene.list(&desk, &filter), expected);
        }
        // Neither words nor a whole id reach what an agent may not see.
        for search in [named.as_str(), "ozil", cleos.as_str()] {
            let filter = ListFilter { search: Some(search.to_owned()), ..all_of(View::All) };
            assert_eq!(scene.list(&of_ben, &filter), [], "{search}");
        }
    }
}

#[test]
fn a_row_has_what_is_known_of_the_conversation() {
    for scene in Scene::each() {
        let desk = scene.company.desk();
        let row = |session| scene.rows(&desk, View::All).into_iter().find(|row| row.session == session).unwrap();
        let quiet = row(scene.quiet);
        assert_eq!((quiet.status, quiet.step, quiet.visitor), (SessionStatus::Active, Step::Name, None));
        assert_eq!((quiet.handoff, quiet.last_active), (None, later(1)));
        let last = quiet.last_message.unwrap();
        assert_eq!((last.seq, last.from, last.at), (2, Sender::Bot, later(1)));

        let named = row(scene.named);
        assert_ne!(named.step, Step::Complete);
        assert_eq!(named.visitor, Some(Contact { name: Some("Zoe \u{d6}zil".into()), phone: None, email: None }));

        let bens = row(scene.bens);
        assert_eq!((bens.status, bens.step, bens.since()), (SessionStatus::Assigned, Step::Complete, later(30)));
        let handoff = bens.handoff.unwrap();
        assert_eq!((handoff.priority, handoff.reason.as_str()), (Priority::Medium, "help"));
        assert_eq!(handoff.agent.unwrap().name, "ben");
        let phone = Some("+977-9841234567".to_owned());
        assert_eq!(bens.visitor, Some(Contact { name: Some("Ann Ray".into()), phone, email: None }));
        assert_eq!(row(scene.queued[0]).since(), later(10));
        assert_eq!(row(scene.done).since(), later(52));
        assert_eq!(row(scene.again).handoff.unwrap().agent.unwrap().name, "ben");
    }
}

#[test]
fn unread_are_the_visitors_messages_behind_what_staff_have_read() {
    for scene in Scene::each() {
        let ben = Desk::from(scene.ben.clone());
        let say = |at: u64| {
            scene.world.turn(&scene.world.visitor(&scene.company, Some(scene.bens)), &text("hello?"), later(at));
        };
        let mine = || {
            let page = scene.page(&ben, &all_of(View::Mine), None, 9);
            (page.rows[0].unread, page.counts.mine_unread)
        };
        let read = |seq: i64| {
            let key = scene.world.stored(&scene.company, scene.bens).key;
            let read = format!("UPDATE sessions SET staff_read_seq = {seq} WHERE key = {}", key.get());
            scene.world.scratch.execute(&read).unwrap();
        };
        // The visitor's greeting is the first message, the bot's answer the second.
        assert_eq!(mine(), (1, 1));
        say(80);
        say(81);
        assert_eq!(mine(), (3, 1));
        read(3);
        assert_eq!(mine(), (1, 1));
        read(4);
        assert_eq!(mine(), (0, 0));
        for at in 0..120 {
            say(90 + at);
        }
        assert_eq!(mine(), (100, 1));
    }
}

#[test]
fn counts_are_the_callers_and_the_queues() {
    for scene in Scene::each() {
        let counts = |desk: Desk| scene.page(&desk, &all_of(View::Bot), None, 1).counts;
        let queue = ListCounts { queue: 3, longest_wait_since: Some(later(10)), ..ListCounts::default() };
        assert_eq!(counts(scene.company.desk()), queue);
        assert_eq!(counts(scene.ben.clone().into()), ListCounts { mine: 1, mine_unread: 1, ..queue });
        for session in scene.queued {
            let message = OutgoingMessage { text: Some("hi".into()), ..OutgoingMessage::default() };
            let cleo = Desk::from(scene.cleo.clone());
            scene.world.db.write(cleo, move |store| sending::send(store, session, message, later(90))).wait().unwrap();
        }
        let cleo = ListCounts { mine: 4, mine_unread: 4, ..ListCounts::default() };
        assert_eq!(counts(scene.cleo.clone().into()), cleo);
    }
}

#[test]
fn a_search_goes_on_where_it_stopped_looking() {
    for scene in Scene::each() {
        // Older than all others, and too many for one call.
        let micros = |at: Timestamp| at.micros();
        let (series, at) = if matches!(scene.world.scratch.options.target, storage::Target::Sqlite(_)) {
            (
                "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 2500)",
                micros(now()).to_string(),
            )
        } else {
            let at = format!("('epoch'::timestamptz + {} * interval '1 microsecond')", micros(now()));
            ("WITH s (n) AS (SELECT generate_series(1::bigint, 2500))", at)
        };
        let insert = format!(
            "INSERT INTO sessions (company_id, id, status, step, collected, welcomed, person_acted, last_seq, bot_epoch, \
             revision, last_used, created_at, updated_at) {series} SELECT '{code}', '{code}_' || n, 'active', 'phone', \
             '{{\"name\": \"Bulk\"}}', TRUE, FALSE, 0, 0, 1, {at}, {at}, {at} FROM s WHERE n <= 2500",
            code = scene.company.code
        );
        scene.world.scratch.execute(&insert).unwrap();
        let desk = scene.company.desk();
        let searched = |search: &str, after| {
            let filter = ListFilter { search: Some(search.into()), ..all_of(View::Bot) };
            scene.page(&desk, &filter, after, 200)
        };
        let first = searched("nobody", None);
        assert_eq!((first.rows.len(), first.next.is_some()), (0, true));
        let second = searched("nobody", first.next);
        assert_eq!((second.rows.len(), second.next), (0, None));

        let (mut found, mut calls, mut after) = (0, 0, None);
        loop {
            let page = searched("bulk", after);
            (found, calls, after) = (found + page.rows.len(), calls + 1, page.next);
            if after.is_none() {
                break;
            }
        }
        assert_eq!((found, calls), (2_500, 13));
    }
}
