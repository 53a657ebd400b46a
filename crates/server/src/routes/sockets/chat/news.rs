//! What a connection is sent of its session.
//!
//! What reads from the database is boxed. A connection is idle for most of the time, and would hold room for it.

use chatbot::{Message, Sender};
use futures_util::future::LocalBoxFuture;
use handoff::{
    EventKind, QueuePlace,
    live::{Batch, Standing},
    visitor::Window,
};
use tenancy::access::Staff;
use tokio::time::Instant;

use super::{
    Chat, RETRY,
    caller::{Party, locate},
    join,
};
use crate::{
    http::error::ApiError,
    realtime::{Due, Happened, News, Next, Occupant, QUEUE_PAUSE, Seen, Typing, relay::Typist},
    routes::sockets::{
        entry::{Closing, Refusal},
        frames, incoming,
        wire::End,
    },
};

impl Chat {
    /// Does what the hub asks for.
    pub(super) async fn news(&mut self, next: Next) -> Result<(), End> {
        match next {
            Next::Stopping => Err(End::Closed(Closing::Stopping)),
            Next::StaffChanged if self.is_visitor() => Ok(()),
            Next::StaffChanged => self.readmit().await,
            Next::Lagged => self.lagged().await,
            // The session may have left the agent's sight, so agents always read.
            Next::Changed(head) if self.is_agent() || self.line.position().changed(head) == Due::Read => {
                self.catch_up().await
            }
            Next::Changed(_) => Ok(()),
            Next::QueueMoved => {
                if self.is_visitor() && self.standing == Standing::Waiting {
                    self.queue_at.get_or_insert_with(|| Instant::now() + QUEUE_PAUSE);
                }
                Ok(())
            }
            Next::DatabaseLost => self.unreadable(ApiError::overloaded(RETRY).into()).await,
            Next::News(news, seen) => match &*news {
                News::Happened(happened) => self.happened(happened, seen).await,
                News::Typing(typing) => {
                    let frame = frames::typing(self.caller.of(), typing, self.caller.app.now());
                    self.wire.send(frame).await
                }
                News::Status(_) => Ok(()),
            },
        }
    }

    async fn happened(&mut self, happened: &Happened, seen: Seen) -> Result<(), End> {
        let (of, now) = (self.caller.of(), self.caller.app.now());
        let frame = match &happened.event.kind {
            EventKind::Message(message) => return self.message(happened, message).await,
            // The hub gives notes to no connection to a session.
            EventKind::Read { .. } | EventKind::ProfileSaved | EventKind::Prioritised | EventKind::NoteAdded(_) => {
                return Ok(());
            }
            EventKind::Erased => return Err(End::Refused(Refusal::absent())),
            EventKind::FileShared(file) => frames::file_shared(of, file, &self.caller.links()),
            // A later read of the session has told the client of this and of what came after it.
            EventKind::Escalated { .. }
            | EventKind::Resolved { .. }
            | EventKind::Assigned { .. }
            | EventKind::Transferred { .. }
                if seen == Seen::Yes =>
            {
                return Ok(());
            }
            EventKind::Escalated { .. } => {
                self.standing = Standing::Waiting;
                self.enter_queue();
                happened.text(|| frames::standing(of, &self.standing, now))
            }
            EventKind::Resolved { .. } => {
                self.standing = Standing::Bot;
                self.leave_queue();
                happened.text(|| frames::standing(of, &self.standing, now))
            }
            EventKind::Assigned { agent, .. } | EventKind::Transferred { to: agent, .. } => {
                self.standing = Standing::Assigned(agent.clone());
                self.leave_queue();
                happened.text(|| frames::standing(of, &self.standing, now))
            }
        };
        if self.is_agent() && !matches!(happened.event.kind, EventKind::FileShared(_)) {
            // The session may have left the agent's sight. No messages come after this position.
            if let Err(refusal) = Box::pin(self.caller.read(&self.party, Window::After(i64::MAX))).await {
                self.unreadable(refusal).await?;
            }
        }
        self.wire.send(frame).await
    }

    /// Sends a message that was just stored, after those before it.
    async fn message(&mut self, happened: &Happened, message: &Message) -> Result<(), End> {
        match self.line.position().stored(message.seq) {
            // The worker may have sent a part of it.
            Due::Nothing => return self.wire.finish().await,
            Due::Read => return self.catch_up().await,
            Due::Send => {}
        }
        if self.line.shows(message) {
            self.wire.send_message(message.seq, self.line.frame(happened, message)).await?;
        }
        self.line.pass(message.seq);
        Ok(())
    }

    /// Sends all messages that were stored and not sent yet.
    pub(super) fn catch_up(&mut self) -> LocalBoxFuture<'_, Result<(), End>> {
        Box::pin(async move {
            match self.read_unsent().await {
                Ok(batch) => self.show(batch).await,
                Err(refusal) => self.unreadable(refusal).await,
            }
        })
    }

    /// The same after news were dropped, of which the client is told.
    fn lagged(&mut self) -> LocalBoxFuture<'_, Result<(), End>> {
        Box::pin(async move {
            let batch = match self.read_unsent().await {
                Ok(batch) => batch,
                Err(refusal) => return self.unreadable(refusal).await,
            };
            let positions = Some((batch.session.last_seq, self.line.position().seq() + 1));
            self.wire.send(frames::resync("lagged", positions)).await?;
            self.show(batch).await
        })
    }

    /// Sends the messages of a batch, and of the next ones until there are no more.
    async fn show(&mut self, mut batch: Batch) -> Result<(), End> {
        (self.retry_at, self.queue_at) = (None, None);
        loop {
            self.line.name_bot(batch.bot_name);
            join::replay(&mut self.wire, &self.line, &batch.messages).await?;
            self.listening.has_read(batch.session.head(), batch.queue.is_some());
            self.show_standing(batch.standing).await?;
            self.show_queue(batch.queue).await?;
            let last = batch.messages.last().map(|message| message.seq);
            if !self.line.pass_read(last, batch.session.last_seq, batch.has_more) {
                return Ok(());
            }
            batch = match self.read_unsent().await {
                Ok(batch) => batch,
                Err(refusal) => return self.unreadable(refusal).await,
            };
        }
    }

    /// Says who answers now, if the client was not told.
    async fn show_standing(&mut self, standing: Standing) -> Result<(), End> {
        if self.standing == standing {
            return Ok(());
        }
        self.standing = standing;
        let frame = frames::standing(self.caller.of(), &self.standing, self.caller.app.now());
        self.wire.send(frame).await
    }

    /// Says which place in the queue the visitor has, if the client was not told.
    async fn show_queue(&mut self, queue: Option<QueuePlace>) -> Result<(), End> {
        if self.queue == queue {
            return Ok(());
        }
        self.queue = queue;
        let Some(place) = queue else { return Ok(()) };
        self.wire.send(frames::queue_position(self.caller.of(), place, self.caller.app.now())).await
    }

    /// Has the place of a visitor in the queue read and sent. Staff see the queue itself.
    fn enter_queue(&mut self) {
        if self.is_visitor() {
            self.listening.shows_queue(true);
            self.queue_at = Some(Instant::now());
        }
    }

    fn leave_queue(&mut self) {
        self.listening.shows_queue(false);
        (self.queue, self.queue_at) = (None, None);
    }

    /// Tells the client once that the session cannot be read now, and tries again until it can. Other refusals end the
    /// connection.
    async fn unreadable(&mut self, refusal: Refusal) -> Result<(), End> {
        if refusal.closing != Closing::Busy {
            return Err(End::Refused(refusal));
        }
        // The next attempt reads the place in the queue too.
        self.queue_at = None;
        let is_known = self.retry_at.replace(Instant::now() + RETRY).is_some();
        if is_known { Ok(()) } else { self.wire.send(frames::error(&refusal.error, None)).await }
    }

    /// Checks that the caller still has access, and sends what it has missed.
    pub(super) fn readmit(&mut self) -> LocalBoxFuture<'_, Result<(), End>> {
        Box::pin(async move {
            let session = self.caller.session;
            let (company, id) = (session.scope().company(), session.id());
            let admitted = match &self.party {
                Party::Visitor(_) => {
                    locate(&self.caller.app, company, id).await.map(|(visitor, _)| Party::Visitor(visitor))
                }
                Party::Staff(sign_in, _) => {
                    sign_in.admit(&self.caller.app).await.map(|staff| Party::Staff(*sign_in, staff))
                }
            };
            match admitted {
                Ok(party) => {
                    self.party = party;
                    self.catch_up().await
                }
                Err(refusal) => self.unreadable(refusal).await,
            }
        })
    }

    /// Reads the messages that were stored and not sent yet.
    async fn read_unsent(&self) -> Result<Batch, Refusal> {
        self.listening.settled().await;
        self.listening.begin_reading();
        self.caller.read(&self.party, Window::After(self.line.position().seq())).await
    }

    fn is_visitor(&self) -> bool {
        matches!(self.party, Party::Visitor(_))
    }

    fn is_agent(&self) -> bool {
        matches!(&self.party, Party::Staff(_, Staff::Agent(_)))
    }

    /// Tells the others in the session that the caller types. Superadmins only listen, and somebody without a token who
    /// claims to be staff is not believed.
    pub(super) fn tell_typing(&self, typing: incoming::Typing) {
        let incoming::Typing { is_typing, claims_other } = typing;
        let (typist, sender, name) = match self.party.occupant() {
            Occupant::Visitor if claims_other => return,
            Occupant::Superadmin => return,
            Occupant::Visitor => (Typist::Visitor, Sender::User, None),
            Occupant::Staff { user, name } => (Typist::Staff(user), Sender::Agent, Some(name)),
        };
        self.listening.tell_typing(typist, Typing { is_typing, sender, name });
    }
}
