//! `POST /api/chatbot/chat/`: a visitor's message and its answer.

use std::{net::IpAddr, time::Duration};

mod visitor_client;

use actix_web::{HttpRequest, web};
use chatbot::{ClientInfo, Reply};
use handoff::turn::{Ask, Exchange, TurnError};
use identity::Origin;
use knowledge::Citation;
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::{
    AttachmentId, CompanyCode, SessionId,
    access::{self, Caller as _, Refused, Visitor},
};

use self::visitor_client::VisitorClient;
use super::{
    endpoint::{Endpoint, at},
    holder,
    idempotency::{self, Replayable},
    in_session::InSession,
};
use crate::{
    app::App,
    auth::Anyone,
    client::ClientIp,
    http::{
        body::{Valid, body},
        error::ApiError,
        rules::{integer_list, text},
    },
    limits::{self, BucketName, Scope},
    pairing::{Arrival, Party, Transport},
    turn::{self, TurnOutcome},
    views::{FileLinks, FileRow, MessageRow},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/chatbot/chat/")
            .limited(Scope::Chat)
            .post("Takes a visitor's message and answers it.", chat)
            .about("A new session starts if `session_id` is missing, unknown or of another company.")
            .refuses(Refused::CompanyMissing)
            .refuses(Refused::CompanySuspended)
            .refuses(Refused::CompanyNotFound)
            .refuses(idempotency::in_progress(Duration::from_secs(1)))
            .refuses(TurnError::KeyReused),
        at("/api/chatbot/request-person/")
            .limited(Scope::Chat)
            .post("Calls a person, as a visitor's wish in the chat does.", request_person)
            .about("While a person is called already, the reply tells the state.")
            .refuses(ApiError::required("session_id"))
            .refuses(Refused::CompanySuspended)
            .refuses(Refused::SessionNotFound)
            .refuses(idempotency::in_progress(Duration::from_secs(1)))
            .refuses(TurnError::KeyReused),
    ]
}

/// The label of messages whose client sends none.
const CONTEXT: &str = "Initial conversation";

body! {
    /// A visitor's message.
    pub(super) struct ChatBody {
        pub(super) message: Option<String> = text().max(2000).optional().not_null(),
        session_id: Option<String> = text().max(100).optional().not_blank(),
        company_id: Option<String> = text().max(20).optional().not_blank(),
        context: String = text().max(500).optional().not_blank().or(CONTEXT),
        pub(super) attachment_ids: Vec<i64> = integer_list().optional_or_empty(),
        pub(super) client_message_id: Option<String> = text().max(64).optional().not_blank(),
        client: Option<ClientInfo> = VisitorClient.optional(),
    }
}

body! {
    /// A wish for a person.
    struct PersonBody {
        reason: Option<String> = text().max(500).optional(),
        client_message_id: Option<String> = text().max(64).optional().not_blank(),
        client: Option<ClientInfo> = VisitorClient.optional(),
    }
}

/// The message of a visitor who calls a person without a word.
const NO_REASON: &str = "Talk to a person";

/// The bot's reply to a message.
#[derive(Serialize, JsonSchema)]
struct ChatReply {
    response: String,
    #[serde(flatten)]
    #[schemars(with = "ReplyKeys")]
    reply: Reply,
    session_id: String,
    user_message: MessageRow,
    last_seq: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<FileRow>>,
}

/// The keys of [`Reply`], for the document. `Reply` is stored in this form, so its crate serialises it.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReplyKeys {
    suggestions: Vec<String>,
    r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    collecting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temp_data: Option<std::collections::BTreeMap<String, Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escalated: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citations: Option<Vec<CitationView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_specific: Option<bool>,
}

/// The keys of a reply beside its text, as the conversation shows them.
#[derive(Serialize, JsonSchema)]
pub(super) struct StoredReplyKeys {
    #[serde(flatten)]
    reply: ReplyKeys,
    last_seq: i64,
}

/// A passage of the knowledge that an answer cites.
#[derive(Serialize, JsonSchema)]
pub(super) struct CitationView {
    document_id: i64,
    title: String,
    chunk_id: String,
    start: usize,
    end: usize,
    snippet: String,
}

impl From<Citation> for CitationView {
    fn from(citation: Citation) -> Self {
        let Citation { document_id, title, chunk_id, start, end, snippet } = citation;
        Self { document_id: document_id.get(), title, chunk_id, start, end, snippet }
    }
}

impl ChatReply {
    fn new(exchange: Exchange, links: &FileLinks<'_>) -> Self {
        let Exchange { session, user, mut reply, last_seq, .. } = exchange;
        let files = user.attachments.iter().map(|file| FileRow::new(file, links));
        Self {
            response: std::mem::take(&mut reply.response),
            reply,
            session_id: session.as_str().to_owned(),
            last_seq,
            attachments: (!user.attachments.is_empty()).then(|| files.collect()),
            user_message: MessageRow::new(&user, links),
        }
    }
}

/// Answers a visitor's message, or only stores it while staff answer the session.
async fn chat(
    Anyone(staff): Anyone,
    ClientIp(ip): ClientIp,
    req: HttpRequest,
    Valid(body): Valid<ChatBody>,
    app: web::Data<App>,
) -> Result<Replayable<ChatReply>, ApiError> {
    let key = idempotency::key(&req, body.client_message_id.as_deref())?;
    if body.message.as_deref().is_none_or(str::is_empty) && body.attachment_ids.is_empty() {
        return Err(TurnError::Empty.into());
    }
    let company = company(body.company_id.as_deref(), staff.as_ref())?;
    let session = body.session_id.as_deref().and_then(|id| SessionId::parse(id).ok());
    // Checked before the database is read, so that calls beyond the budget cost next to nothing.
    limits::has_room(&req, BucketName::ChatCompany(company)).await?;
    let visitor = app.lobby_of(company, move |lobby| access::visitor(lobby, Some(company), session)).await?;
    match say(&app, &req, visitor, body, Sending { key, ip, transport: Transport::Call }).await? {
        Said::Exchange(exchange) => Ok(replayable(*exchange, &app, &req)),
        // Only a frame is dropped.
        Said::Dropped => Err(idempotency::in_progress(Duration::from_secs(1))),
    }
}

/// How a visitor's message was sent.
pub(super) struct Sending {
    /// The idempotency key.
    pub(super) key: Option<String>,
    /// The address of the client.
    pub(super) ip: Option<IpAddr>,
    /// How it arrived.
    pub(super) transport: Transport,
}

/// The result of a visitor's message.
pub(super) enum Said {
    /// It was answered, now or by an earlier request.
    Exchange(Box<Exchange>),
    /// It is a frame whose message arrived as a call before.
    Dropped,
}

/// Counts the message of an admitted visitor and answers it, or only stores it while staff answer the session.
///
/// Every transport of visitors' messages calls this function.
pub(super) async fn say(
    app: &web::Data<App>,
    req: &HttpRequest,
    visitor: Visitor,
    body: ChatBody,
    sending: Sending,
) -> Result<Said, ApiError> {
    let Sending { key, ip, transport } = sending;
    let bucket = match visitor.session() {
        Some(session) => BucketName::ChatSession(session.id()),
        None => BucketName::NewSession(Origin::of(ip)),
    };
    limits::count(req, bucket).await?;
    limits::count(req, BucketName::ChatCompany(visitor.scope().company())).await?;
    let mut ask = Ask {
        text: body.message,
        wants_person: false,
        context: body.context,
        attachments: body.attachment_ids.into_iter().map(AttachmentId::new).collect(),
        key,
        client_message_id: body.client_message_id,
        ip,
        client: said_of_itself(body.client),
    };
    let has_files = !ask.attachments.is_empty();
    let (Some(session), Some(text), None, true) =
        (visitor.session(), ask.text.clone(), &ask.key, transport.can_be_paired(has_files))
    else {
        return settled(turn::take(app.clone(), visitor, ask).await?).map(Said::Exchange);
    };
    let party = Party::Visitor(session.id());
    match app.pairs.arrive(party.clone(), &text, &ask.context, transport, app.now()) {
        Arrival::SecondFrame => Ok(Said::Dropped),
        // The frame had no files, so its answer would lose those of the call.
        Arrival::SecondCall { .. } if has_files => {
            settled(turn::take(app.clone(), visitor, ask).await?).map(Said::Exchange)
        }
        Arrival::SecondCall { key, context } => {
            (ask.key, ask.context) = (Some(key), context);
            wait_for_first(app, &visitor, &ask).await.map(Said::Exchange)
        }
        Arrival::First { key, number } => {
            ask.key = key;
            let taken = turn::take(app.clone(), visitor, ask).await;
            if taken.is_err() {
                app.pairs.withdraw(party, &text, number);
            }
            settled(taken?).map(Said::Exchange)
        }
    }
}

/// Returns what a client says of itself, if it says anything.
fn said_of_itself(client: Option<ClientInfo>) -> Option<ClientInfo> {
    client.filter(|client| *client != ClientInfo::default())
}

/// How often a call looks for the answer of the frame that brought its message.
const LOOKS: u32 = 120;
/// How long it waits between two looks.
const LOOK_WAIT: Duration = Duration::from_millis(250);

/// Returns the answer of the frame that brought the same message, also if it is still being composed.
async fn wait_for_first(app: &web::Data<App>, visitor: &Visitor, ask: &Ask) -> Result<Box<Exchange>, ApiError> {
    for _ in 0..LOOKS {
        if let TurnOutcome::Done(exchange) = turn::take(app.clone(), visitor.clone(), ask.clone()).await? {
            return Ok(exchange);
        }
        tokio::time::sleep(LOOK_WAIT).await;
    }
    Err(idempotency::in_progress(LOOK_WAIT))
}

fn settled(outcome: TurnOutcome) -> Result<Box<Exchange>, ApiError> {
    match outcome {
        TurnOutcome::Done(exchange) => Ok(exchange),
        TurnOutcome::InProgress { retry_after } => Err(idempotency::in_progress(retry_after)),
    }
}

fn replayable(exchange: Exchange, app: &App, req: &HttpRequest) -> Replayable<ChatReply> {
    Replayable { replayed: exchange.replayed, reply: ChatReply::new(exchange, &app.file_links(req, app.now())) }
}

/// Calls a person for a visitor.
async fn request_person(
    ClientIp(ip): ClientIp,
    req: HttpRequest,
    Valid(body): Valid<InSession<PersonBody>>,
    app: web::Data<App>,
) -> Result<Replayable<ChatReply>, ApiError> {
    let (id, body) = body.split()?;
    let key = idempotency::key(&req, body.client_message_id.as_deref())?;
    let (visitor, session) = holder::admit(&app, &id).await?;
    limits::count(&req, BucketName::ChatSession(session.id())).await?;
    limits::count(&req, BucketName::ChatCompany(visitor.scope().company())).await?;
    let ask = Ask {
        text: Some(body.reason.filter(|reason| !reason.is_empty()).unwrap_or_else(|| NO_REASON.to_owned())),
        wants_person: true,
        context: CONTEXT.to_owned(),
        attachments: Vec::new(),
        key,
        client_message_id: body.client_message_id,
        ip,
        client: said_of_itself(body.client),
    };
    Ok(replayable(*settled(turn::take(app.clone(), visitor, ask).await?)?, &app, &req))
}

/// Returns the named company, or without one the company of a staff caller.
pub(super) fn company(named: Option<&str>, staff: Option<&access::Staff>) -> Result<CompanyCode, Refused> {
    match (named, staff.and_then(access::Staff::company)) {
        (Some(code), _) => CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound),
        (None, Some(own)) => Ok(own),
        (None, None) => Err(Refused::CompanyMissing),
    }
}
