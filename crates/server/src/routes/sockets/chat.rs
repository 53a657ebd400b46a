//! A connection to one session.

mod acts;
mod caller;
mod join;
mod line;
mod news;

use std::{collections::VecDeque, pin::Pin, rc::Rc};

use actix_web::{HttpRequest, web};
use handoff::{QueuePlace, live::Standing};
use serde_json::Value;
use tenancy::access::{SessionAccess, Visitor};
use tokio::time::Instant;

use self::{
    acts::{Answer, Done, Told},
    caller::{Caller, Party},
    join::{Joined, begin, join},
    line::ChatLine,
};
use super::{
    entry::{CHECK_EVERY, Closing},
    frames::{self, MOST_BEFORE_A_PONG},
    incoming::{self, Frame},
    wire::{End, Received, Wire},
};
use crate::{
    app::App,
    http::error::ApiError,
    realtime::{Due, Listening, Next},
};

/// How long a connection waits before it reads again what it could not read.
const RETRY: std::time::Duration = std::time::Duration::from_secs(2);
/// Most frames of a connection that wait for an earlier one.
const MOST_WAITING: usize = 40;

/// A frame that is being handled. It yields the frames that answer it.
type Act = Pin<Box<dyn Future<Output = Done>>>;

struct Chat {
    caller: Rc<Caller>,
    wire: Wire,
    listening: Listening,
    /// How far the messages were sent.
    line: Rc<ChatLine>,
    party: Party,
    /// Who answers, as it was last read or sent.
    standing: Standing,
    /// The place in the queue that the client was last sent.
    queue: Option<QueuePlace>,
    /// The frame that is being handled, and those that wait for it.
    acting: Option<Act>,
    waiting: VecDeque<Frame>,
    /// When to read again, if reading has failed.
    retry_at: Option<Instant>,
    /// When to read the place in the queue, if the queue has moved.
    queue_at: Option<Instant>,
    ticks: u32,
}

/// Serves a connection until it ends.
pub(super) async fn serve(mut wire: Wire, app: web::Data<App>, req: HttpRequest, company: String, session: String) {
    // Boxed because an idle connection would hold room for it, as for all that is boxed here.
    let joined = Box::pin(join(&mut wire, app, req, company, session)).await;
    run(joined, wire).await;
}

/// Serves the connection of a visitor who was admitted, until it ends. It begins after the message at `after`.
pub(super) async fn serve_visitor(
    mut wire: Wire,
    app: web::Data<App>,
    req: HttpRequest,
    visitor: Visitor,
    session: SessionAccess,
    after: Option<i64>,
) {
    let caller = Rc::new(Caller { app, req, session });
    let joined = Box::pin(begin(&mut wire, caller, Party::Visitor(visitor), after)).await;
    run(joined, wire).await;
}

/// Serves a connection that has begun, if it has, and ends it.
async fn run(joined: Result<Joined, End>, wire: Wire) {
    let mut chat = match joined {
        Ok(joined) => Chat::new(joined, wire),
        Err(end) => return Box::pin(wire.end(end)).await,
    };
    let end = loop {
        let step = chat.step().await;
        if let Err(end) = Box::pin(chat.handle(step)).await {
            break end;
        }
    };
    Box::pin(chat.end(end)).await;
}

/// What happens next on a connection.
enum Step {
    Received(Result<Received, End>),
    Next(Next),
    Acted(Done),
    ReadAgain,
}

impl Chat {
    fn new(joined: Joined, wire: Wire) -> Self {
        let Joined { caller, listening, line, party, standing, queue } = joined;
        Self {
            caller,
            wire,
            listening,
            line,
            party,
            standing,
            queue,
            acting: None,
            waiting: VecDeque::new(),
            retry_at: None,
            queue_at: None,
            ticks: 0,
        }
    }

    async fn end(mut self, end: End) {
        if matches!(end, End::Closed(Closing::Stopping)) {
            let _ = self.finish().await;
        }
        let Self { wire, listening, line, .. } = self;
        drop((listening, line));
        wire.end(end).await;
    }

    /// Answers what the client has sent before the server stops.
    async fn finish(&mut self) -> Result<(), End> {
        while let Some(acting) = self.acting.take() {
            let done = acting.await;
            self.acted(done).await?;
        }
        self.catch_up().await
    }

    /// Waits for what happens next.
    async fn step(&mut self) -> Step {
        let acted = async {
            match &mut self.acting {
                Some(acting) => acting.await,
                None => std::future::pending().await,
            }
        };
        let read_at = self.retry_at.into_iter().chain(self.queue_at).min();
        let read_again = async {
            match read_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        self.line.set_waiting(true);
        let step = tokio::select! {
            next = self.listening.next() => Step::Next(next),
            acted = acted => Step::Acted(acted),
            received = self.wire.receive() => Step::Received(received),
            () = read_again => Step::ReadAgain,
        };
        self.line.set_waiting(false);
        step
    }

    async fn handle(&mut self, step: Step) -> Result<(), End> {
        match step {
            Step::Next(next) => self.news(next).await,
            Step::Received(received) => self.received(received?).await,
            Step::ReadAgain => self.catch_up().await,
            Step::Acted(acted) => {
                self.acting = None;
                self.acted(acted).await
            }
        }
    }

    /// Sends the answer to a frame, and begins with the next one.
    async fn acted(&mut self, done: Done) -> Result<(), End> {
        match done {
            Ok(None) => {}
            Ok(Some(Told::Frame(frame))) => self.wire.send(frame).await?,
            Ok(Some(Told::Again(seq, frame))) => match self.line.position().stored(seq) {
                Due::Nothing => self.wire.send(frame).await?,
                // The message comes with those before it, in order.
                Due::Send | Due::Read => self.catch_up().await?,
            },
            Err(Answer::Refused(error, id)) => {
                error.log("socket");
                self.wire.send(frames::error(&error, id)).await?;
            }
            Err(Answer::End(refusal)) => return Err(End::Refused(refusal)),
        }
        self.act_next();
        Ok(())
    }

    async fn received(&mut self, received: Received) -> Result<(), End> {
        let (refused, id) = match received {
            Received::Tick => {
                self.ticks += 1;
                return if self.ticks.is_multiple_of(CHECK_EVERY) { self.readmit().await } else { Ok(()) };
            }
            Received::TooMany(None) => return Ok(()),
            Received::TooMany(Some(wait)) => (ApiError::rate_limited(wait), None),
            Received::Text(text) => match incoming::parse(&text) {
                Ok(Frame::Ping(timestamp)) => return self.pong(&timestamp).await,
                Ok(Frame::Typing(typing)) => {
                    self.tell_typing(typing);
                    return Ok(());
                }
                Ok(Frame::Unknown | Frame::Status(_) | Frame::CheckStatus) => return Ok(()),
                Ok(frame) if self.waiting.len() < MOST_WAITING => {
                    self.waiting.push_back(frame);
                    self.act_next();
                    return Ok(());
                }
                Ok(Frame::Say(message)) => (ApiError::rate_limited(RETRY), message.client_message_id()),
                Ok(_) => (ApiError::rate_limited(RETRY), None),
                Err(error) => (error, None),
            },
        };
        self.wire.send(frames::error(&refused, id)).await
    }

    /// Answers a ping, after the news that came before it.
    async fn pong(&mut self, timestamp: &Value) -> Result<(), End> {
        self.listening.settled().await;
        for _ in 0..MOST_BEFORE_A_PONG {
            let Some(next) = self.listening.ready() else { break };
            self.news(next).await?;
        }
        self.wire.send(frames::pong(timestamp)).await
    }

    /// Begins with the next frame that waits, unless one is being handled. The frames of a connection are handled one
    /// after the other.
    fn act_next(&mut self) {
        if self.acting.is_none()
            && let Some(frame) = self.waiting.pop_front()
        {
            self.acting = Some(Box::pin(acts::act(Rc::clone(&self.caller), self.party.clone(), frame)));
        }
    }
}
