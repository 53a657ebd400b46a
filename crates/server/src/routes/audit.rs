//! `audit/`: the audit log, for admins and superadmins.

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

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{describe::parameter, error::ApiError, params::Params},
    views::{AsText, TimestampText},
};

/// Entries per page by default.
const USUAL: i64 = 50;
/// Most entries per page.
const MOST: i64 = 200;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/audit/")
            .get("Lists entries of the audit log, newest first.", list)
            .about(
                "An admin sees the log of their own company. A superadmin sees the log of the company that `company_id` \
                 names, or without it the log of the installation. For the next page, send `next_before` as `before`.",
            )
            .query(parameter(
                "company_id",
                "For a superadmin: the company whose log to show.",
                json!({ "type": "string" }),
            ))
            .query(parameter("before", "Only entries with a smaller `seq`.", json!({ "type": "integer" })))
            .query(parameter(
                "limit",
                "Entries per page. A number out of range is replaced by the nearest allowed one.",
                json!({ "type": "integer", "default": USUAL, "x-maximum": MOST }),
            ))
            .refuses(ApiError::invalid_parameter("before"))
            .refuses(Refused::CompanyNotFound),
    ]
}

#[derive(Serialize, JsonSchema)]
struct AuditPage {
    results: Vec<AuditRow>,
    /// The value of `before` for the next page; null on the last page.
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

/// Lists a page of one log. A superadmin also sees the logs of closed companies.
async fn list(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<AuditPage>, ApiError> {
    let before = params.integer("before")?;
    let limit = params.integer("limit")?.unwrap_or(USUAL).clamp(1, MOST);
    // One more entry than the page shows tells whether there is a next page.
    let read = move |office: &mut CompanyStore<'_, Office>| office.audit_entries(before, limit + 1);
    let mut entries = match supervisor {
        Supervisor::Admin(admin) => app.db.read(Office::from(admin), read).await?,
        Supervisor::Superadmin(superadmin) => {
            let company = match params.text("company_id") {
                Some(code) => CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound)?,
                None => CompanyCode::shared_library(),
            };
            let entries = app
                .db
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
