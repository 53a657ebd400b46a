//! What visitors do with their own conversation, besides writing messages. This file has `GET messages/`: the
//! conversation, at once or as soon as there is news.

mod acts;
mod asked;
mod poll;
mod transcript;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use chatbot::{Detail, Message, Outcome, Reply, SessionStatus, Step};
use handoff::{
    AgentRef,
    visitor::{Overview, Page},
};
use schemars::JsonSchema;
use serde::Serialize;

use self::asked::Asked;
use super::{
    chat::StoredReplyKeys,
    endpoint::{Endpoint, at},
    holder::{NamedSession, admit_counted},
};
use crate::{
    app::App,
    http::{error::ApiError, params::Params},
    limits::Scope,
    views::{FileLinks, MessageRow, StoredReply},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let messages = at("/api/chatbot/messages/")
        .limited(Scope::Conversation)
        .get("Shows a visitor its own conversation.", messages)
        .about(
            "With `wait` the answer comes as soon as there is a message after `after` or `session` has changed, and \
             without news after that time. Without `after` and `before` the newest messages are shown.",
        );
    let messages = Asked::parameters().into_iter().fold(messages, Endpoint::query).refuses(asked::both());
    [vec![messages], acts::endpoints(), transcript::endpoints()].into_iter().flatten().collect()
}

/// A conversation as its visitor sees it.
#[derive(Serialize, JsonSchema)]
struct OwnConversationView {
    session: OwnSessionView,
    messages: Vec<VisitorMessageRow>,
    has_more: bool,
}

#[derive(Serialize, JsonSchema)]
struct OwnSessionView {
    session_id: String,
    #[schemars(extend("enum" = SessionStatus::WORDS))]
    status: &'static str,
    agent: Option<AgentName>,
    queue: Option<QueueView>,
    #[schemars(extend("enum" = or_null(&Outcome::WORDS)))]
    outcome: Option<&'static str>,
    profile_completed: bool,
    #[schemars(extend("enum" = or_null(&Step::WORDS)))]
    collecting: Option<&'static str>,
    visitor_read_seq: i64,
    staff_read_seq: i64,
    last_seq: i64,
    /// Differs from that of an earlier answer if anything but `queue` and `visitor_read_seq` has changed.
    version: String,
}

/// The values of a key that is one of these words, or null.
fn or_null<'w>(words: &[&'w str]) -> Vec<Option<&'w str>> {
    words.iter().copied().map(Some).chain([None]).collect()
}

#[derive(Serialize, JsonSchema)]
struct AgentName {
    name: String,
}

/// The place of a waiting session in the queue. Position 1 is the next.
#[derive(Serialize, JsonSchema)]
struct QueueView {
    position: i64,
    waiting: i64,
}

/// A message with the name of its sender, which is null for the visitor. `reply` is the bot's whole reply
/// without its text, and null for other senders.
#[derive(Serialize, JsonSchema)]
struct VisitorMessageRow {
    #[serde(flatten)]
    message: MessageRow,
    sender_name: Option<String>,
    #[schemars(with = "Option<StoredReplyKeys>")]
    reply: Option<StoredReply<Reply>>,
}

impl OwnConversationView {
    fn new(page: Page, links: &FileLinks<'_>) -> Self {
        let Page { overview, bot_name, messages, has_more } = page;
        let row = |message| VisitorMessageRow::new(message, &bot_name, links);
        Self { session: OwnSessionView::new(overview), messages: messages.into_iter().map(row).collect(), has_more }
    }
}

impl OwnSessionView {
    fn new(overview: Overview) -> Self {
        let version = version(&overview);
        let Overview { session, collecting, agent, queue } = overview;
        Self {
            session_id: session.id.as_str().to_owned(),
            status: session.status.as_str(),
            agent: agent.map(|AgentRef { name, .. }| AgentName { name }),
            queue: queue.map(|place| QueueView { position: place.position, waiting: place.waiting }),
            outcome: session.outcome().map(Outcome::as_str),
            profile_completed: session.profile_completed(),
            collecting: collecting.map(Step::as_str),
            visitor_read_seq: session.visitor_read_seq,
            staff_read_seq: session.staff_read_seq,
            last_seq: session.last_seq,
            version,
        }
    }
}

/// Returns a text that tells two states of a conversation apart.
///
/// The place in the queue is left out: it may change all the time, and every change would be answered at once. So is
/// what the visitor itself has read.
fn version(overview: &Overview) -> String {
    let Overview { session, collecting, agent, .. } = overview;
    let agent = agent.as_ref().map(|agent| &agent.name);
    let mut hasher = DefaultHasher::new();
    (session.status.as_str(), agent, session.outcome().map(Outcome::as_str)).hash(&mut hasher);
    (session.profile_completed(), collecting.map(Step::as_str)).hash(&mut hasher);
    (session.staff_read_seq, session.last_seq).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

impl VisitorMessageRow {
    fn new(message: Message, bot_name: &str, links: &FileLinks<'_>) -> Self {
        let row = MessageRow::new(&message, links);
        let (sender_name, reply) = match message.detail {
            Detail::User { .. } => (None, None),
            Detail::Bot { reply } => (Some(bot_name.to_owned()), Some(StoredReply::new(*reply, message.seq))),
            Detail::Agent { name, .. } | Detail::Admin { name, .. } => (Some(name), None),
        };
        Self { message: row, sender_name, reply }
    }
}

/// Shows the caller's conversation, at once or as soon as there is news.
async fn messages(
    NamedSession(id): NamedSession,
    params: Params,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<OwnConversationView>, ApiError> {
    let asked = Asked::read(&params)?;
    let (visitor, session) = admit_counted(&req, &app, &id).await?;
    let page = poll::read(&app, &visitor, session, &asked).await?;
    Ok(Json(OwnConversationView::new(page, &app.file_links(&req, app.now()))))
}
