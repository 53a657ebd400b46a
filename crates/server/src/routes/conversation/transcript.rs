//! `GET /api/chatbot/transcript/`: a conversation as a text file.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ContentDisposition, ContentType, DispositionParam, DispositionType},
    web,
};
use handoff::visitor;
use tenancy::access::Refused;

use crate::{
    app::App,
    http::error::ApiError,
    limits::Scope,
    routes::{
        endpoint::{Endpoint, at},
        holder::{NamedSession, admit_counted},
    },
};

/// The name under which a browser saves it.
const FILE_NAME: &str = "transcript.txt";

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/chatbot/transcript/")
            .limited(Scope::Conversation)
            .get("Sends a visitor its conversation as a text file, with times in UTC.", transcript)
            .replies_file(),
    ]
}

/// Sends the caller its conversation.
async fn transcript(
    NamedSession(id): NamedSession,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, ApiError> {
    let (visitor, _) = admit_counted(&req, &app, &id).await?;
    let now = app.now();
    let text = app.db.read(visitor, move |store| visitor::transcript(store, now)?.ok_or(Refused::SessionNotFound));
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(FILE_NAME.to_owned())],
    };
    let text = text.await?;
    Ok(HttpResponse::Ok().insert_header(ContentType::plaintext()).insert_header(disposition).body(text))
}
