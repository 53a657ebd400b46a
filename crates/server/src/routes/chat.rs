//! `POST /api/chatbot/chat/`: a visitor writes.

use actix_web::{HttpRequest, HttpResponse, web};
use attachments::LinkSigner;
use chatbot::Reply;
use handoff::turn::{Ask, Exchange};
use serde::Serialize;
use tenancy::{
    AttachmentId, CompanyCode, SessionId, Timestamp,
    access::{self, Refused},
};

use super::idempotency;
use crate::{
    app::App,
    auth::{Anyone, ClientIp},
    http::{
        body::{Valid, body},
        code::Code,
        error::ApiError,
        routes::at,
        rules::{integer_list, text},
    },
    turn::{self, Turned},
    views::{FileRow, MessageRow},
};

pub(super) fn register(config: &mut web::ServiceConfig) {
    config.service(at("/api/chatbot/chat/").post(chat));
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
#[derive(Serialize)]
struct ChatReply {
    response: String,
    #[serde(flatten)]
    reply: Reply,
    session_id: String,
    user_message: MessageRow,
    last_seq: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<FileRow>>,
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
) -> Result<HttpResponse, ApiError> {
    let key = idempotency::key(&req, body.client_message_id.as_deref())?;
    if body.message.as_deref().is_none_or(str::is_empty) && body.attachment_ids.is_empty() {
        return Err(ApiError::non_field("Either message content or attachments must be provided"));
    }
    let company = company(body.company_id.as_deref(), staff.as_ref())?;
    let session = body.session_id.as_deref().and_then(|id| SessionId::parse(id).ok());
    let visitor = app.lobby(move |lobby| access::visitor(lobby, Some(company), session)).await?;
    let ask = Ask {
        text: body.message,
        context: body.context,
        attachments: body.attachment_ids.into_iter().map(AttachmentId::new).collect(),
        key,
        client_message_id: body.client_message_id,
        ip,
    };
    match turn::take(app.clone(), visitor, ask).await? {
        Turned::Done(exchange) => {
            let replayed = exchange.replayed;
            let reply = ChatReply::new(*exchange, &app.links, app.now());
            Ok(idempotency::reply(replayed).json(reply))
        }
        Turned::InProgress { retry_after } => {
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
