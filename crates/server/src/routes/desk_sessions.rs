//! `desk/sessions/`: all conversations of a company, for its staff.

mod cursor;

use actix_web::web::{self, Json};
use handoff::{
    Priority,
    desk_list::{self, ListFilter, MAX_ROWS, View},
};
use serde_json::json;
use storage::Place;
use tenancy::{
    AgentId, StoreError,
    access::{ActingAs as _, Caller as _, Refused, Staff},
};

use super::{
    endpoint::{Endpoint, at},
    which_company::which_company,
};
use crate::{
    app::App,
    auth::Auth,
    http::{describe::parameter, error::ApiError, params::Params},
    views::DeskListView,
};

/// Rows per page by default.
const USUAL: usize = 50;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/desk/sessions/")
            .get("Lists a company's conversations, with or without a handoff.", sessions)
            .about(
                "An agent sees the sessions whose handoff names it, open or resolved, and the queue: `mine` is its open \
                 ones, `queue` the whole queue, and the other views are its own sessions in that state, `all` with the \
                 queue. An admin sees every session, also those whose visitor left during the intake; `mine` is empty. A \
                 superadmin names a company and sees what its admin sees. Order: `mine` by the visitor's last message, \
                 newest first; `queue` by priority, then the longest wait first; the others by the last activity, newest \
                 first. With `q`, or with `priority` outside the queue, one call looks at 2,000 conversations at most: a \
                 page can then have fewer rows than `limit`, or none, and still a `next`. A whole session id is found at \
                 once. Two replies with the same `version` are the same but for `oldest_wait_s`. \
                 Of several processes, `online` and `viewers` know the one that answers, and the others if they share Redis.",
            )
            .query(parameter(
                "view",
                "Which conversations. By status, `mine` is assigned, `queue` escalated, `bot` active, `resolved` resolved.",
                json!({ "type": "string", "enum": View::WORDS, "default": View::All.as_str() }),
            ))
            .query(parameter(
                "q",
                "Words of the visitor's name, phone or e-mail address, in any order and spelling; or the beginning of a \
                 session id, with at least four characters of its UUID.",
                json!({ "type": "string" }),
            ))
            .query(parameter(
                "priority",
                "Only conversations whose handoff has this priority.",
                json!({ "type": "string", "enum": Priority::WORDS }),
            ))
            .query(parameter(
                "agent_id",
                "Only conversations whose handoff names this agent.",
                json!({ "type": "integer" }),
            ))
            .query(parameter(
                "limit",
                "Rows per page.",
                json!({ "type": "integer", "default": USUAL, "minimum": 1, "maximum": MAX_ROWS }),
            ))
            .query(parameter("cursor", "The `next` of the page before.", json!({ "type": "string" })))
            .query(parameter("company_id", "For a superadmin: the company.", json!({ "type": "string" })))
            .refuses(ApiError::invalid_parameter("view"))
            .refuses(ApiError::required("company_id"))
            .refuses(Refused::CompanyNotFound),
    ]
}

/// Lists a page of a company's conversations.
async fn sessions(
    Auth(staff): Auth<Staff>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<DeskListView>, ApiError> {
    let view = match params.text("view") {
        None => View::All,
        Some(word) => View::parse(word).ok_or_else(|| ApiError::invalid_parameter("view"))?,
    };
    let priority = match params.text("priority") {
        None => None,
        Some(word) => Some(Priority::parse(word).ok_or_else(|| ApiError::invalid_parameter("priority"))?),
    };
    let agent = params.integer("agent_id")?.map(AgentId::new);
    let limit = match params.integer("limit")? {
        None => USUAL,
        Some(given) => {
            let limit = usize::try_from(given).ok().filter(|limit| (1..=MAX_ROWS).contains(limit));
            limit.ok_or_else(|| ApiError::invalid_parameter("limit"))?
        }
    };
    let after = match params.text("cursor") {
        None => None,
        Some(cursor) => Some(cursor::read(view, cursor).ok_or_else(|| ApiError::invalid_parameter("cursor"))?),
    };
    let company = which_company(staff.company(), None, &params)?;
    let filter = ListFilter { view, search: params.text("q").map(str::to_owned), priority, agent };
    let read = app.desk_read(staff, Place::Company(company), move |store| {
        Ok::<_, StoreError>((store.caller().scope(), desk_list::page(store, &filter, after, limit)?))
    });
    let (scope, page) = read.await?.ok_or(Refused::CompanyNotFound)?;
    let next = page.next.as_ref().map(|position| cursor::write(view, position));
    let present = |session| app.hub.present(scope, session);
    Ok(Json(DeskListView::new(page, next, present, app.now())))
}
