//! `chat-history/`: a session with its messages, for staff who may see it.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use handoff::{
    Feedback, Rating,
    reading::{self, History},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::Place;
use tenancy::{
    CompanyCode, SessionId,
    access::{Refused, Staff},
};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{
        describe::{parameter, session_id},
        error::ApiError,
        params::Params,
    },
    views::{AsText, HistoryRow, TimestampText},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/chatbot/chat-history/")
            .get("Shows a session with all its messages, oldest first.", show)
            .query(session_id())
            .query(parameter("company_id", "The session's company.", json!({ "type": "string" })).required())
            .refuses(ApiError::required("session_id"))
            .refuses(Refused::SessionNotFound),
    ]
}

#[derive(Serialize, JsonSchema)]
struct HistoryView {
    session_id: String,
    messages: Vec<HistoryRow>,
    session_info: HistorySession,
    feedback: Vec<FeedbackRow>,
    rating: Option<RatingRow>,
}

/// What the visitor says of one message of the bot.
#[derive(Serialize, JsonSchema)]
struct FeedbackRow {
    seq: i64,
    helpful: bool,
    comment: Option<String>,
}

/// What the visitor says of the conversation, from 1 to 5.
#[derive(Serialize, JsonSchema)]
struct RatingRow {
    score: i64,
    comment: Option<String>,
}

impl From<Feedback> for FeedbackRow {
    fn from(Feedback { seq, helpful, comment, .. }: Feedback) -> Self {
        Self { seq, helpful, comment }
    }
}

impl From<Rating> for RatingRow {
    fn from(Rating { score, comment }: Rating) -> Self {
        Self { score, comment }
    }
}

#[derive(Serialize, JsonSchema)]
struct HistorySession {
    status: &'static str,
    profile_completed: bool,
    is_escalated: bool,
    created_at: TimestampText,
    updated_at: TimestampText,
    visitor_read_seq: i64,
    staff_read_seq: i64,
    /// When the visitor left, if it has not written since.
    visitor_left_at: Option<TimestampText>,
}

/// Shows a session with all its messages.
async fn show(
    Auth(staff): Auth<Staff>,
    params: Params,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<HistoryView>, ApiError> {
    let named = |name| params.text(name).ok_or_else(|| ApiError::required(name));
    let (session, company) = (named("session_id")?, named("company_id")?);
    let session = SessionId::parse(session).map_err(|_| Refused::SessionNotFound)?;
    let company = CompanyCode::parse(company).map_err(|_| Refused::SessionNotFound)?;
    let found = app.desk_read(staff, Place::Session(session), move |store| reading::history(store, company, session));
    let History { session, messages, feedback, rating } = found.await?.flatten().ok_or(Refused::SessionNotFound)?;
    let links = app.file_links(&req, app.now());
    Ok(Json(HistoryView {
        session_id: session.id.as_str().to_owned(),
        messages: messages.iter().map(|message| HistoryRow::new(message, &links)).collect(),
        session_info: HistorySession {
            status: session.status.as_str(),
            profile_completed: session.profile_completed(),
            is_escalated: session.status.is_escalated(),
            created_at: AsText(session.created_at),
            updated_at: AsText(session.updated_at),
            visitor_read_seq: session.visitor_read_seq,
            staff_read_seq: session.staff_read_seq,
            visitor_left_at: session.left_at.map(AsText),
        },
        feedback: feedback.into_iter().map(FeedbackRow::from).collect(),
        rating: rating.map(RatingRow::from),
    }))
}
