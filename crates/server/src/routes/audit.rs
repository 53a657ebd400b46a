//! `audit/`: what was done, for those who run companies.

use actix_web::web::{self, Json};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use storage::CompanyStore;
use tenancy::{
    CompanyCode,
    access::{Office, Refused, Supervisor},
    audit::{AuditEntry, AuditLog as _},
};

use crate::{
    app::App,
    auth::Auth,
    http::{
        code::Code,
        describe::parameter,
        error::ApiError,
        params::Params,
        routes::{Endpoint, at},
    },
    views::{AsText, TimestampText},
};

/// Entries on a page that names no number.
const USUAL: i64 = 50;
/// The most entries on a page.
const MOST: i64 = 200;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/audit/")
            .get("Lists what was done, newest first.", list)
            .about(
                "An admin sees the log of its own company; a superadmin that of the company it names, or without \
                 `company_id` the installation's own. The next page is asked for with `before`.",
            )
            .query(parameter("company_id", "Whose log, for a superadmin.", json!({ "type": "string" })))
            .query(parameter("before", "Shows entries of a smaller `seq` only.", json!({ "type": "integer" })))
            .query(parameter(
                "limit",
                "Entries on the page; a smaller or larger number means the least or the most there may be.",
                json!({ "type": "integer", "default": USUAL, "x-maximum": MOST }),
            ))
            .refuses(Code::BadRequest, "Invalid before parameter")
            .refuses(Code::NotFound, "Company not found"),
    ]
}

#[derive(Serialize, JsonSchema)]
struct AuditPage {
    results: Vec<AuditRow>,
    /// What `before` must be for the next page.
    next_before: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct AuditRow {
    seq: i64,
    at: TimestampText,
    actor: ActorView,
    action: String,
    object: ObjectView,
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ActorView {
    kind: String,
    user_id: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct ObjectView {
    kind: String,
    id: Option<String>,
}

impl From<AuditEntry> for AuditRow {
    fn from(entry: AuditEntry) -> Self {
        Self {
            seq: entry.seq,
            at: AsText(entry.at),
            actor: ActorView { kind: entry.actor_kind, user_id: entry.actor_user.map(tenancy::UserId::get) },
            action: entry.action,
            object: ObjectView { kind: entry.object_kind, id: entry.object_id },
            reason: entry.reason,
        }
    }
}

/// Lists a page of one log. A superadmin also sees those of closed companies.
async fn list(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<AuditPage>, ApiError> {
    let before = params.integer("before")?;
    let limit = params.integer("limit")?.unwrap_or(USUAL).clamp(1, MOST);
    // One more than is shown says whether there is a next page.
    let read = move |office: &mut CompanyStore<'_, Office>| office.audit_entries(before, limit + 1);
    let mut entries = match supervisor {
        Supervisor::Admin(admin) => app.read(Office::from(admin), read).await?,
        Supervisor::Superadmin(superadmin) => {
            let company = match params.text("company_id") {
                Some(code) => CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound)?,
                None => CompanyCode::shared_library(),
            };
            let entries = app
                .platform_read(superadmin, move |platform| read(&mut platform.office(company)?).map_err(Refused::from));
            entries.await?
        }
    };
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > page;
    entries.truncate(page);
    let next_before = entries.last().filter(|_| more).map(|entry| entry.seq);
    Ok(Json(AuditPage { results: entries.into_iter().map(AuditRow::from).collect(), next_before }))
}
