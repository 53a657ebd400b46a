//! `platform/jobs/`: the background jobs of all companies, for superadmins.

use actix_web::web::{self, Json};
use jobs::{JobList as _, Kind, ListedJob};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tenancy::{CompanyCode, Timestamp, access::Superadmin};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::Auth,
    http::{describe::parameter, error::ApiError, params::Params},
    views::{AsText, TimestampText},
};

/// Jobs per page by default.
const USUAL: i64 = 50;
/// Most jobs per page.
const MOST: i64 = 200;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/platform/jobs/")
            .get("Lists the background jobs that wait, run or failed, by company.", list)
            .about(
                "A job is `due` until a process runs it, and `failed` while it waits for its next attempt after a \
                 failure. A job that ended well is not listed. For the next page, send `next` as `cursor`.",
            )
            .query(parameter(
                "limit",
                "Jobs per page. A number out of range is replaced by the nearest allowed one.",
                json!({ "type": "integer", "default": USUAL, "x-maximum": MOST }),
            ))
            .query(parameter("cursor", "The `next` of the page before.", json!({ "type": "string" })))
            .refuses(ApiError::invalid_parameter("cursor")),
    ]
}

#[derive(Serialize, JsonSchema)]
struct JobPage {
    results: Vec<JobRow>,
    /// The value of `cursor` for the next page; null on the last page.
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct JobRow {
    company_id: String,
    kind: &'static str,
    /// `due`, `running` or `failed`.
    state: &'static str,
    /// How often it was tried since the last change, a running attempt included.
    attempts: u32,
    created_at: TimestampText,
    /// When it is to be run next.
    due_at: TimestampText,
    /// Why the last attempt failed.
    last_error: Option<String>,
}

impl JobRow {
    fn new(job: ListedJob, now: Timestamp) -> Self {
        Self {
            company_id: job.company.to_string(),
            kind: job.kind.as_str(),
            state: job.state(now).as_str(),
            attempts: job.attempts,
            created_at: AsText(job.created_at),
            due_at: AsText(job.due_at),
            last_error: job.last_error,
        }
    }
}

/// Lists a page of the jobs.
async fn list(
    Auth(superadmin): Auth<Superadmin>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<JobPage>, ApiError> {
    let limit = params.integer("limit")?.unwrap_or(USUAL).clamp(1, MOST);
    let after = match params.text("cursor") {
        None => None,
        Some(cursor) => Some(place(cursor).ok_or_else(|| ApiError::invalid_parameter("cursor"))?),
    };
    // One more job than the page shows tells whether there is a next page.
    let read = app.db.platform_read(superadmin, move |platform| platform.jobs(after, limit + 1));
    let mut jobs = read.await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = jobs.len() > page;
    jobs.truncate(page);
    let next = jobs.last().filter(|_| more).map(|job| format!("{}.{}", job.company, job.kind.as_str()));
    let now = app.now();
    Ok(Json(JobPage { results: jobs.into_iter().map(|job| JobRow::new(job, now)).collect(), next }))
}

/// Reads a cursor: the company and the kind of the last job of a page.
fn place(cursor: &str) -> Option<(CompanyCode, Kind)> {
    let (company, kind) = cursor.split_once('.')?;
    Some((CompanyCode::parse(company).ok()?, Kind::parse(kind)?))
}
