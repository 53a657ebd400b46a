//! Who is connected, as processes tell each other.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    sync::{Mutex, mpsc},
};

use tenancy::Fault;

use super::*;
use crate::realtime::roster::{Connections, Local, Roster, share};

/// A process as the test sets it. After some exchanges it stops.
struct Fake {
    here: Connections,
    /// What was known of the others after each change.
    elsewhere: Mutex<Vec<Connections>>,
}

impl Local for Fake {
    fn connected(&self) -> Connections {
        self.here.clone()
    }

    fn set_elsewhere(&self, elsewhere: Connections) {
        self.elsewhere.lock().unwrap().push(elsewhere);
    }
}

/// A roster that answers with these texts, one exchange after the other, and loses its connection where there is none.
struct Scripted<'a> {
    answers: &'a RefCell<Vec<Option<Vec<String>>>>,
    told: &'a RefCell<Vec<String>>,
    stop: &'a RefCell<Option<mpsc::Sender<()>>>,
    has_left: &'a Cell<bool>,
}

impl Roster for Scripted<'_> {
    fn exchange(&mut self, connected: &str) -> Result<Vec<String>, StoreError> {
        self.told.borrow_mut().push(connected.to_owned());
        let answer = self.answers.borrow_mut().remove(0);
        if self.answers.borrow().is_empty() {
            self.stop.borrow_mut().take();
        }
        answer.ok_or_else(|| StoreError::new(Fault::Unavailable, "lost"))
    }

    fn leave(self) -> Result<(), StoreError> {
        self.has_left.set(true);
        Ok(())
    }
}

/// Lets a process exchange with a roster that gives these answers. Returns what it has told and what it then knew.
fn exchange(here: Connections, answers: Vec<Option<Vec<String>>>) -> (Vec<String>, Vec<Connections>) {
    let fake = Fake { here, elsewhere: Mutex::default() };
    let (stop, stopped) = mpsc::channel();
    let (answers, told, stop) = (RefCell::new(answers), RefCell::default(), RefCell::new(Some(stop)));
    let has_left = Cell::new(false);
    share(&fake, &stopped, || Ok(Scripted { answers: &answers, told: &told, stop: &stop, has_left: &has_left }));
    assert!(has_left.get());
    (told.into_inner(), fake.elsewhere.into_inner().unwrap())
}

/// Returns what a process tells another one.
fn told(here: Connections) -> String {
    let other = || Some(vec!["another process".to_owned()]);
    exchange(here, vec![other(), other()]).0.remove(1)
}

fn connections(session: &str, occupants: Vec<Occupant>) -> Connections {
    let session = SessionId::parse(session).unwrap();
    Connections { sessions: [(session, occupants)].into(), agents: HashSet::from([AgentId::new(3)]) }
}

#[test]
fn what_one_process_writes_another_reads() {
    let noor = Occupant::Staff { user: UserId::new(7), name: "Noor \"N\" Haddad".to_owned() };
    let here = connections("TES001_1", vec![Occupant::Visitor, noor.clone(), Occupant::Superadmin, Occupant::Visitor]);
    let told = told(here.clone());
    assert_eq!(super::roster::told(here), told, "equal connections are written as equal texts");
    let (_, known) = exchange(Connections::default(), vec![Some(vec![told])]);
    // A superadmin is not told.
    assert_eq!(known, [connections("TES001_1", vec![Occupant::Visitor, noor])]);
}

#[test]
fn a_lost_connection_is_replaced_and_nobody_is_known_meanwhile() {
    let told = told(connections("TES001_1", vec![Occupant::Visitor]));
    let others = || Some(vec!["of another version".to_owned(), told.clone()]);
    let (_, known) = exchange(Connections::default(), vec![others(), others(), None, others()]);
    let visitor = connections("TES001_1", vec![Occupant::Visitor]);
    assert_eq!(known, [visitor.clone(), Connections::default(), visitor]);
}

#[test]
fn a_process_that_is_alone_tells_nobody_who_is_connected() {
    let here = connections("TES001_1", vec![Occupant::Visitor]);
    let (alone, _) = exchange(here.clone(), vec![Some(vec![]), Some(vec![])]);
    let (nobody, _) = exchange(Connections::default(), vec![Some(vec![]), Some(vec![])]);
    assert_eq!(alone, nobody);
    assert_ne!(told(here), nobody[0]);
}
