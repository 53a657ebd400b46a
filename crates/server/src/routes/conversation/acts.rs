//! Read positions, feedback, ratings, and leaving.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use chatbot::SessionStatus;
use handoff::{
    Rating,
    visitor::{self, FeedbackError},
};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::access::Refused;

use crate::{
    app::App,
    http::{
        body::{Valid, body},
        error::ApiError,
        rules::{boolean, integer, text},
    },
    limits::Scope,
    routes::{
        endpoint::{Endpoint, at},
        holder::admit_counted,
        in_session::{InSession, SessionAlone},
    },
};

/// Maximum length of a comment, in characters.
const LONGEST_COMMENT: usize = 1000;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        of_a_session(
            at("/api/chatbot/read/")
                .limited(Scope::Conversation)
                .post("Notes how far a visitor has read.", mark_read)
                .about("The position is never lowered, and never raised beyond the last message."),
        ),
        of_a_session(
            at("/api/chatbot/feedback/")
                .limited(Scope::Conversation)
                .post("Says whether an answer of the bot helped. The last call for a message counts.", give_feedback)
                .refuses(FeedbackError::MessageNotFound)
                .refuses(FeedbackError::NotFromBot),
        ),
        of_a_session(
            at("/api/chatbot/rate/")
                .limited(Scope::Conversation)
                .post("Rates a conversation from 1 to 5. The last call counts.", rate),
        ),
        of_a_session(
            at("/api/chatbot/end/")
                .limited(Scope::Conversation)
                .post("Says that a visitor leaves. An open handoff is resolved.", leave)
                .about("Without an open handoff the status stays as it is. The visitor may come back at any time."),
        ),
    ]
}

/// Adds what all these calls are refused with.
fn of_a_session(endpoint: Endpoint) -> Endpoint {
    endpoint
        .refuses(ApiError::required("session_id"))
        .refuses(Refused::CompanySuspended)
        .refuses(Refused::SessionNotFound)
}

body! {
    /// How far a visitor has read.
    struct ReadBody {
        seq: i64 = integer(),
    }
}

body! {
    /// Whether an answer of the bot helped.
    struct FeedbackBody {
        seq: i64 = integer(),
        helpful: bool = boolean(),
        comment: Option<String> = text().max(LONGEST_COMMENT).optional(),
    }
}

body! {
    /// The rating of a conversation.
    struct RateBody {
        score: i64 = integer().between(1, 5),
        comment: Option<String> = text().max(LONGEST_COMMENT).optional(),
    }
}

#[derive(Serialize, JsonSchema)]
struct ReadView {
    visitor_read_seq: i64,
}

/// Notes how far the caller has read.
async fn mark_read(
    req: HttpRequest,
    Valid(body): Valid<InSession<ReadBody>>,
    app: web::Data<App>,
) -> Result<Json<ReadView>, ApiError> {
    let (id, ReadBody { seq }) = body.split()?;
    let (visitor, _) = admit_counted(&req, &app, &id).await?;
    let read = app.db.write(visitor, move |store| visitor::mark_read(store, seq)?.ok_or(Refused::SessionNotFound));
    Ok(Json(ReadView { visitor_read_seq: read.await? }))
}

#[derive(Serialize, JsonSchema)]
struct FeedbackView {
    seq: i64,
    helpful: bool,
}

/// Stores whether an answer helped the caller.
async fn give_feedback(
    req: HttpRequest,
    Valid(body): Valid<InSession<FeedbackBody>>,
    app: web::Data<App>,
) -> Result<Json<FeedbackView>, ApiError> {
    let (id, FeedbackBody { seq, helpful, comment }) = body.split()?;
    let (visitor, _) = admit_counted(&req, &app, &id).await?;
    let (comment, now) = (written(comment), app.now());
    app.db.write(visitor, move |store| visitor::give_feedback(store, seq, helpful, comment, now)).await?;
    Ok(Json(FeedbackView { seq, helpful }))
}

#[derive(Serialize, JsonSchema)]
struct RatingView {
    score: i64,
}

/// Stores the caller's rating of its conversation.
async fn rate(
    req: HttpRequest,
    Valid(body): Valid<InSession<RateBody>>,
    app: web::Data<App>,
) -> Result<Json<RatingView>, ApiError> {
    let (id, RateBody { score, comment }) = body.split()?;
    let (visitor, _) = admit_counted(&req, &app, &id).await?;
    let (rating, now) = (Rating { score, comment: written(comment) }, app.now());
    let rated = app.db.write(visitor, move |store| visitor::rate(store, &rating, now)?.ok_or(Refused::SessionNotFound));
    rated.await?;
    Ok(Json(RatingView { score }))
}

#[derive(Serialize, JsonSchema)]
struct LeftView {
    #[schemars(extend("enum" = SessionStatus::WORDS))]
    status: &'static str,
}

/// Records that the caller leaves.
async fn leave(
    req: HttpRequest,
    Valid(body): Valid<InSession<SessionAlone>>,
    app: web::Data<App>,
) -> Result<Json<LeftView>, ApiError> {
    let (id, SessionAlone) = body.split()?;
    let (visitor, _) = admit_counted(&req, &app, &id).await?;
    let now = app.now();
    let left = app.db.write(visitor, move |store| visitor::leave(store, now)?.ok_or(Refused::SessionNotFound));
    Ok(Json(LeftView { status: left.await?.as_str() }))
}

/// A blank comment is none.
fn written(comment: Option<String>) -> Option<String> {
    comment.filter(|comment| !comment.is_empty())
}
