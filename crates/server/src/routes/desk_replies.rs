//! `desk/replies/` and `desk/colleagues/`: what helps staff to answer, and who else is there.

use actix_web::web::{self, Json};
use handoff::{
    colleagues::{self, Colleague},
    saved_replies::{
        self, FillError, LONGEST_SHORTCUT, LONGEST_TEXT, LONGEST_TITLE, Names, ReplyChange, ReplyText,
        SavedReplies as _, SavedReply, SavedReplyError, Scope, Shortcut,
    },
};
use identity::agents::AgentStatus;
use knowledge::markup::neutralise;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tenancy::{SavedReplyId, SessionId, access::Desk};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Valid, body},
        created::Created,
        describe::parameter,
        error::ApiError,
        field_errors::FieldError,
        params::Params,
        paths::PathId,
        rules::{Single, choice, text},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/desk/replies/")
            .get("Lists the saved replies of the company and the caller's own.", list)
            .about(
                "By shortcut. In `text`, `{name}` stands for the visitor's name and `{agent}` for the writer's. With \
                 `session_id`, `filled` is the text with both filled in; a name that is not known is left out.",
            )
            .query(parameter(
                "session_id",
                "The session whose visitor is written to.",
                json!({ "type": "string" }),
            ))
            .refuses(FillError::SessionNotFound)
            .post("Saves a reply, for the whole company or for the caller alone.", create)
            .about(
                "Only admins save replies of the company. A shortcut has letters, digits, `-` and `_`, and is unique within \
                 its scope; capitals become small letters.",
            )
            .refuses(SavedReplyError::OnlyAdmins)
            .refuses(SavedReplyError::ShortcutInUse)
            .refuses(SavedReplyError::TooMany),
        at("/api/desk/replies/{id:[0-9]+}/")
            .patch("Changes a saved reply. What is not sent stays.", update)
            .refuses(SavedReplyError::NotFound)
            .refuses(SavedReplyError::OnlyAdmins)
            .refuses(SavedReplyError::ShortcutInUse)
            .delete("Deletes a saved reply.", delete)
            .refuses(SavedReplyError::NotFound)
            .refuses(SavedReplyError::OnlyAdmins),
        at("/api/desk/colleagues/")
            .get("Lists the active agents of the company, the caller among them.", list_colleagues)
            .about("By name. `open` is the number of open handoffs that name the agent."),
    ]
}

fn shortcut() -> impl Single<Value = Shortcut> {
    text().max(LONGEST_SHORTCUT).then(|text: String| {
        Shortcut::parse(&text).ok_or_else(|| FieldError::new("Use letters, digits, - and _ only."))
    })
}

body! {
    /// A reply to save.
    struct ReplyBody {
        shortcut: Shortcut = shortcut(),
        title: String = text().max(LONGEST_TITLE),
        text: String = text().max(LONGEST_TEXT),
        scope: Scope = choice(Scope::parse, Scope::WORDS).optional().or(Scope::Own),
    }
}

body! {
    /// Changes of a saved reply.
    struct ReplyChangeBody {
        shortcut: Option<Shortcut> = shortcut().optional(),
        title: Option<String> = text().max(LONGEST_TITLE).optional().not_blank(),
        text: Option<String> = text().max(LONGEST_TEXT).optional().not_blank(),
    }
}

/// A saved reply.
#[derive(Serialize, JsonSchema)]
struct SavedReplyRow {
    id: i64,
    shortcut: String,
    title: String,
    text: String,
    #[schemars(extend("enum" = Scope::WORDS))]
    scope: &'static str,
    /// The text with the names filled in; null without a `session_id`.
    filled: Option<String>,
}

impl SavedReplyRow {
    fn new(saved: SavedReply, names: Option<&Names>) -> Self {
        let SavedReply { id, scope, reply: ReplyText { shortcut, title, text } } = saved;
        Self {
            id: id.get(),
            shortcut: shortcut.as_str().to_owned(),
            title,
            filled: names.map(|names| names.fill(&text)),
            text,
            scope: scope.as_str(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct DeletedReply {
    message: &'static str,
}

/// An agent as its colleagues see it.
#[derive(Serialize, JsonSchema)]
struct ColleagueRow {
    id: i64,
    name: String,
    #[schemars(extend("enum" = AgentStatus::WORDS))]
    status: &'static str,
    /// Number of open handoffs.
    open: i64,
}

impl From<Colleague> for ColleagueRow {
    fn from(Colleague { id, name, status, open }: Colleague) -> Self {
        Self { id: id.get(), name, status: status.as_str(), open }
    }
}

/// Lists the saved replies of the company and the caller's own.
async fn list(
    Auth(desk): Auth<Desk>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<Vec<SavedReplyRow>>, ApiError> {
    let session = match params.text("session_id") {
        None => None,
        Some(text) => Some(SessionId::parse(text).map_err(|_| FillError::SessionNotFound)?),
    };
    let read = app.db.read(desk, move |store| {
        let names = match session {
            None => None,
            Some(session) => Some(saved_replies::names(store, session)?),
        };
        Ok::<_, FillError>((store.saved_replies()?, names))
    });
    let (saved, names) = read.await?;
    Ok(Json(saved.into_iter().map(|saved| SavedReplyRow::new(saved, names.as_ref())).collect()))
}

fn safe(text: &str) -> String {
    neutralise(text).into_owned()
}

/// Saves a reply, for the whole company or for the caller alone.
async fn create(
    Auth(desk): Auth<Desk>,
    Valid(body): Valid<ReplyBody>,
    app: web::Data<App>,
) -> Result<Created<SavedReplyRow>, ApiError> {
    let reply = ReplyText { shortcut: body.shortcut, title: safe(&body.title), text: body.text };
    let (scope, now) = (body.scope, app.now());
    let saved = app.db.write(desk, move |store| saved_replies::create(store, scope, reply, now)).await?;
    Ok(Created(SavedReplyRow::new(saved, None)))
}

/// Changes a saved reply.
async fn update(
    Auth(desk): Auth<Desk>,
    PathId(id): PathId,
    Valid(body): Valid<ReplyChangeBody>,
    app: web::Data<App>,
) -> Result<Json<SavedReplyRow>, ApiError> {
    let id = SavedReplyId::new(id);
    let title = body.title.map(|title| safe(&title));
    let change = ReplyChange { shortcut: body.shortcut, title, text: body.text };
    let saved = app.db.write(desk, move |store| saved_replies::update(store, id, change)).await?;
    Ok(Json(SavedReplyRow::new(saved, None)))
}

/// Deletes a saved reply.
async fn delete(
    Auth(desk): Auth<Desk>,
    PathId(id): PathId,
    app: web::Data<App>,
) -> Result<Json<DeletedReply>, ApiError> {
    let id = SavedReplyId::new(id);
    app.db.write(desk, move |store| saved_replies::delete(store, id)).await?;
    Ok(Json(DeletedReply { message: "Saved reply deleted successfully" }))
}

/// Lists the active agents of the company.
async fn list_colleagues(Auth(desk): Auth<Desk>, app: web::Data<App>) -> Result<Json<Vec<ColleagueRow>>, ApiError> {
    let found = app.db.read(desk, |store| colleagues::list(store)).await?;
    Ok(Json(found.into_iter().map(ColleagueRow::from).collect()))
}
