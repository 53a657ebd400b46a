//! Subscriptions: a caller's place in the hub, held while it waits or is connected.

use std::{rc::Rc, sync::Arc};

use chatbot::SessionHead;
use tenancy::{
    CompanyCode,
    access::{Anybody, Caller as _, CompanyScope, Desk, SessionAccess},
};

use super::{
    bell::{Bell, Wake},
    hub::Hub,
    news::Typing,
    presence::Occupant,
    queue::{Next, Queue},
    relay::Typist,
    topics::{Place, SeatKey},
    worker::{Line, Worker},
};

impl Hub {
    /// Subscribes a visitor to the news of its session.
    pub(crate) fn subscribe(self: &Arc<Self>, session: SessionAccess) -> Waiting {
        let bell = Arc::new(Bell::default());
        let key = self.lock().sit(session, Occupant::Visitor, Place::Poll(Arc::clone(&bell)), None);
        Waiting { hub: Arc::clone(self), session, key, bell }
    }

    /// Has the news of a session delivered to a connection of this caller.
    pub(crate) fn listen(self: &Arc<Self>, session: SessionAccess, occupant: Occupant) -> Listening {
        let queue = Arc::new(Queue::default());
        let key = self.lock().sit(session, occupant, Place::Open(Arc::clone(&queue)), None);
        Listening { hub: Arc::clone(self), topic: Topic::Session(session), key, queue, worker: None }
    }

    /// The same for a connection with a line, which this worker serves.
    pub(crate) fn listen_on(
        self: &Arc<Self>,
        worker: &Rc<Worker>,
        line: Rc<impl Line + 'static>,
        session: SessionAccess,
        occupant: Occupant,
    ) -> Listening {
        let queue = Arc::new(Queue::default());
        let mailbox = Some(Arc::clone(&worker.mailbox));
        let key = self.lock().sit(session, occupant, Place::Open(Arc::clone(&queue)), mailbox);
        worker.sit(session.id(), key, line, Arc::clone(&queue));
        let (hub, topic) = (Arc::clone(self), Topic::Session(session));
        Listening { hub, topic, key, queue, worker: Some(Rc::clone(worker)) }
    }

    /// Has the news of all sessions of the caller's company delivered.
    pub(crate) fn listen_at(self: &Arc<Self>, desk: &Desk) -> Listening {
        let queue = Arc::new(Queue::default());
        let key = self.lock().sit_at_desk(desk.scope().company(), &queue);
        Listening { hub: Arc::clone(self), topic: Topic::Desk(desk.scope()), key, queue, worker: None }
    }

    /// Lets anybody learn that something has happened in a company, and nothing else: the caller has proved nothing.
    pub(crate) fn follow(self: &Arc<Self>, anybody: &Anybody) -> Following {
        let bell = Arc::new(Bell::default());
        let key = self.lock().follow(anybody.company(), &bell);
        Following { hub: Arc::clone(self), company: anybody.company(), key, bell }
    }
}

/// A caller that waits for news of one session. Dropping it ends the subscription.
pub(crate) struct Waiting {
    hub: Arc<Hub>,
    session: SessionAccess,
    key: SeatKey,
    pub(super) bell: Arc<Bell>,
}

impl Waiting {
    /// States what the caller has read, and whether a place in the queue was part of it.
    pub(crate) fn has_read(&self, head: SessionHead, shows_queue: bool) {
        self.bell.shows_queue(shows_queue);
        self.hub.note(self.session, self.key, head);
    }

    /// Waits until there is a reason to read again.
    pub(crate) async fn woken(&self) -> Wake {
        self.bell.rung().await
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.hub.lock().leave(self.session, self.key);
    }
}

/// The topic of a connection.
#[derive(Debug, Clone, Copy)]
enum Topic {
    Session(SessionAccess),
    Desk(CompanyScope),
}

/// An open connection's place in the hub. Dropping it ends the delivery.
pub(crate) struct Listening {
    hub: Arc<Hub>,
    topic: Topic,
    key: SeatKey,
    pub(super) queue: Arc<Queue>,
    /// The worker that has the connection's line.
    worker: Option<Rc<Worker>>,
}

impl Listening {
    /// Waits for what the connection has to do next.
    pub(crate) async fn next(&self) -> Next {
        self.queue.next().await
    }

    /// Returns what the connection has to do next, if there is something to do now.
    pub(crate) fn ready(&self) -> Option<Next> {
        self.queue.take()
    }

    /// States that the connection begins to read its session.
    pub(crate) fn begin_reading(&self) {
        self.queue.begin_reading();
    }

    /// Waits until all that has happened until now is in the queue, or was sent.
    pub(crate) async fn settled(&self) {
        if let Some(worker) = &self.worker {
            worker.settled().await;
        }
    }

    /// States which state of the session the connection has read, and whether a place in the queue was part of it.
    pub(crate) fn has_read(&self, head: SessionHead, shows_queue: bool) {
        self.queue.shows_queue(shows_queue);
        if let Topic::Session(session) = self.topic {
            self.hub.note(session, self.key, head);
        }
    }

    /// States whether the client is told its place in the queue from now on.
    pub(crate) fn shows_queue(&self, shows_queue: bool) {
        self.queue.shows_queue(shows_queue);
    }

    /// Tells the other connections of the session that the caller types.
    pub(crate) fn tell_typing(&self, typist: Typist, typing: Typing) {
        if let Topic::Session(session) = self.topic {
            self.hub.tell_typing(session, self.key, typist, typing);
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        match self.topic {
            Topic::Session(session) => {
                self.hub.lock().leave(session, self.key);
                if let Some(worker) = &self.worker {
                    worker.leave(session.id(), self.key);
                }
            }
            Topic::Desk(scope) => self.hub.lock().leave_desk(scope.company(), self.key),
        }
    }
}

/// A place in the hub without any content. Dropping it ends the following.
pub(crate) struct Following {
    hub: Arc<Hub>,
    company: Option<CompanyCode>,
    key: SeatKey,
    pub(super) bell: Arc<Bell>,
}

/// What a follower of a company learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poked {
    /// Something has happened.
    Something,
    /// Accounts of staff were changed.
    StaffChanged,
    /// The server stops.
    Stopping,
}

impl Following {
    /// Waits until something has happened.
    pub(crate) async fn poked(&self) -> Poked {
        loop {
            match self.bell.rung().await {
                Wake::Stopping => return Poked::Stopping,
                Wake::StaffChanged => return Poked::StaffChanged,
                Wake::Changed => return Poked::Something,
                Wake::QueueMoved | Wake::DatabaseLost => {}
            }
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.hub.lock().unfollow(self.company, self.key);
    }
}
