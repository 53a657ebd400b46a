//! `POST /api/chatbot/chat/`: a visitor writes.

use actix_web::{HttpRequest, web};
use attachments::LinkSigner;
use chatbot::Reply;
use handoff::turn::{Ask, Exchange};
use identity::Origin;
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::{
    AttachmentId, CompanyCode, SessionId, Timestamp,
    access::{self, Refused},
};

use super::{
    endpoint::{Endpoint, at},
    idempotency::{self, Replayable},
};
use crate::{
    app::App,
    auth::Anyone,
    client::ClientIp,
    http::{
        body::{Valid, body},
        code::Code,
        error::ApiError,
        rules::{integer_list, text},
    },
    limits::{self, BucketName, Scope},
    turn::{self, TurnOutcome},
    views::{FileRow, MessageRow},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/chatbot/chat/")
            .limited(Scope::Chat)
            .post("Takes a visitor's message and answers it.", chat)
            .about("An unknown or foreign `session_id`, or none, begins a new session.")
            .refuses(Code::BadRequest, "company_id is required. Name it in the request or sign in as its staff.")
            .refuses(Code::CompanyInactive, "Company is not active")
            .refuses(Code::NotFound, "Company not found")
            .refuses(Code::RequestInProgress, "The first request with this key is still running.")
            .refuses(Code::IdempotencyKeyReuse, "This idempotency key was used for another message."),
    ]
}

body! {
    /// A visitor's message.
    struct ChatBody {
        message: Option<String> = text().max(2000).optional().not_null(),
        session_id: Option<String> = text().max(100).optional().not_blank(),
        company_id: Option<String> = text().max(20).optional().not_blank(),
        context: String = text().max(500).optional().not_blank().or("Initial conversation"),
        attachment_ids: Vec<i64> = integer_list().optional_or_empty(),
        client_message_id: Option<String> = text().max(64).optional().not_blank(),
    }
}

/// The one shape of a reply.
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

/// The keys of [`Reply`], whose serialised form is stored and so stays with its crate.
#[derive(Serialize, JsonSchema)]
struct ReplyKeys {
    suggestions: Vec<String>,
    r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    collecting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temp_data: Option<std::collections::BTreeMap<String, Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escalated: Option<bool>,
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

/// A citation, as [`Reply`] shows it.
#[derive(Serialize, JsonSchema)]
struct CitationView {
    document_id: i64,
    title: String,
    chunk_id: String,
    start: usize,
    end: usize,
    snippet: String,
}

impl ChatReply {
    fn new(exchange: Exchange, links: &LinkSigner, now: Timestamp) -> Self {
        let Exchange { session, user, mut reply, last_seq, .. } = exchange;
        let files = user.attachments.iter().map(|file| FileRow::new(file, links, now));
        Self {
            response: std::mem::take(&mut reply.response),
            reply,
            session_id: session.as_str().to_owned(),
            last_seq,
            attachments: (!user.attachments.is_empty()).then(|| files.collect()),
            user_message: MessageRow::new(&user, links, now),
        }
    }
}

/// Answers a visitor, or notes what the visitor says while a person does.
async fn chat(
    Anyone(staff): Anyone,
    ClientIp(ip): ClientIp,
    req: HttpRequest,
    Valid(body): Valid<ChatBody>,
    app: web::Data<App>,
) -> Result<Replayable<ChatReply>, ApiError> {
    let key = idempotency::key(&req, body.client_message_id.as_deref())?;
    if body.message.as_deref().is_none_or(str::is_empty) && body.attachment_ids.is_empty() {
        return Err(ApiError::non_field("Either message content or attachments must be provided"));
    }
    let company = company(body.company_id.as_deref(), staff.as_ref())?;
    let session = body.session_id.as_deref().and_then(|id| SessionId::parse(id).ok());
    // Before the database is asked, so that calls beyond the budget cost next to nothing.
    limits::has_room(&req, BucketName::ChatCompany(company)).await?;
    let visitor = app.lobby_of(company, move |lobby| access::visitor(lobby, Some(company), session)).await?;
    let bucket = match visitor.session() {
        Some(session) => BucketName::ChatSession(session.id()),
        None => BucketName::NewSession(Origin::of(ip)),
    };
    limits::count(&req, bucket).await?;
    limits::count(&req, BucketName::ChatCompany(company)).await?;
    let ask = Ask {
        text: body.message,
        context: body.context,
        attachments: body.attachment_ids.into_iter().map(AttachmentId::new).collect(),
        key,
        client_message_id: body.client_message_id,
        ip,
    };
    match turn::take(app.clone(), visitor, ask).await? {
        TurnOutcome::Done(exchange) => {
            let replayed = exchange.replayed;
            let reply = ChatReply::new(*exchange, &app.links, app.now());
            Ok(Replayable { replayed, reply })
        }
        TurnOutcome::InProgress { retry_after } => {
            let message = "The first request with this key is still running.";
            Err(ApiError::conflict(Code::RequestInProgress, message).retry_after(retry_after))
        }
    }
}

/// The company that is named, or a staff caller's own.
pub(super) fn company(named: Option<&str>, staff: Option<&access::Staff>) -> Result<CompanyCode, Refused> {
    match (named, staff.and_then(access::Staff::company)) {
        (Some(code), _) => CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound),
        (None, Some(own)) => Ok(own),
        (None, None) => Err(Refused::CompanyMissing),
    }
}
