//! Visitor profiles, for admins and superadmins.

use actix_web::web::{self, Json};
use chatbot::{AllProfiles as _, EarlierSession, ProfileFilter, ProfileListing, ProfileStats, Profiles as _, Session};
use handoff::{
    erase::{self, EraseError},
    reading,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use storage::Place;
use tenancy::{
    ProfileId, StoreError, Timestamp,
    access::{Office, Supervisor},
    audit::Action,
};

use super::endpoint::{Endpoint, at};
use crate::{
    app::{App, run_to_completion},
    auth::Auth,
    blobs::delete_all,
    http::{
        describe::{created_from, created_to, page, parameter, per_page, zone},
        error::ApiError,
        page::{Paging, ProfilesPage},
        params::Params,
        paths::PathId,
    },
    views::{AsText, ProfileRow, TimestampText, metadata},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/admin-dashboard/user-profiles/")
            .get("Lists profiles, newest first.", list)
            .about("Pages: `page`, `per_page` (10, at most 100).")
            .query(page())
            .query(per_page(100))
            .query(parameter(
                "search",
                "Parts of the name, phone number or e-mail address, in any order. Case, accents and the spelling of the \
                 phone number are ignored.",
                json!({ "type": "string" }),
            ))
            .query(parameter("country_code", "Exactly this calling code. A bare `+` is read as a plus.", json!({ "type": "string" })))
            .query(created_from())
            .query(created_to())
            .query(zone())
            .refuses(ApiError::not_a_date("created_from"))
            .refuses(ApiError::not_a_zone("tz")),
        at("/api/admin-dashboard/user-profiles/stats/")
            .get("Shows statistics of the profiles that the caller may see.", stats),
        at("/api/admin-dashboard/user-profiles/{id:[0-9]+}/")
            .get("Shows a profile with its session, the person's earlier sessions and its last 50 messages.", detail)
            .refuses(absent()),
        at("/api/admin-dashboard/user-profiles/{id:[0-9]+}/delete/")
            .delete("Deletes a profile with its session, messages, files and handoff.", delete)
            .refuses(absent()),
    ]
}

fn absent() -> ApiError {
    EraseError::NotFound.into()
}

#[derive(Clone, Serialize, JsonSchema)]
struct ListedProfile {
    #[serde(flatten)]
    profile: ProfileRow,
    session_info: SessionInfo,
}

#[derive(Clone, Serialize, JsonSchema)]
struct SessionInfo {
    session_id: String,
    status: &'static str,
    is_escalated: bool,
    /// True: the profile is made when the intake is complete.
    profile_completed: bool,
    created_at: TimestampText,
}

impl From<ProfileListing> for ListedProfile {
    fn from(listing: ProfileListing) -> Self {
        Self {
            session_info: SessionInfo {
                session_id: listing.profile.session_id.as_str().to_owned(),
                status: listing.status.as_str(),
                is_escalated: listing.status.is_escalated(),
                profile_completed: true,
                created_at: AsText(listing.session_created_at),
            },
            profile: ProfileRow::whole(&listing.profile),
        }
    }
}

/// Lists profiles, newest first.
async fn list(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<ProfilesPage<ListedProfile>>, ApiError> {
    let paging = Paging::profiles(&params);
    let created = params.created()?;
    let filter = ProfileFilter {
        search: params.text("search").map(str::to_owned),
        country_code: params.code("country_code"),
        created_from: created.from,
        created_before: created.before,
    };
    let page = match supervisor {
        Supervisor::Admin(admin) => {
            app.db
                .read(Office::from(admin), move |store| {
                    paging.fetch(|offset, limit| store.page_of_profiles(&filter, offset, limit))
                })
                .await
        }
        Supervisor::Superadmin(superadmin) => {
            app.db
                .platform_read(superadmin, move |platform| {
                    paging.fetch(|offset, limit| platform.page_of_all_profiles(&filter, offset, limit))
                })
                .await
        }
    };
    let page = page.map_err(|error: StoreError| ApiError::from(error))?;
    Ok(Json(ProfilesPage::from(page.map(ListedProfile::from))))
}

#[derive(Serialize, JsonSchema)]
struct ProfileDetail {
    profile: ProfileRow,
    session_info: Option<SessionDetail>,
    earlier_sessions: Vec<EarlierSessionRow>,
    chat_history: Vec<HistoryLine>,
}

#[derive(Serialize, JsonSchema)]
struct EarlierSessionRow {
    session_id: String,
    status: &'static str,
    created_at: TimestampText,
}

impl From<EarlierSession> for EarlierSessionRow {
    fn from(session: EarlierSession) -> Self {
        Self {
            session_id: session.session_id.as_str().to_owned(),
            status: session.status.as_str(),
            created_at: AsText(session.created_at),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct SessionDetail {
    session_id: String,
    status: &'static str,
    profile_completed: bool,
    profile_collection_state: &'static str,
    is_escalated: bool,
    created_at: TimestampText,
    updated_at: TimestampText,
}

impl From<Session> for SessionDetail {
    fn from(session: Session) -> Self {
        Self {
            session_id: session.id.as_str().to_owned(),
            status: session.status.as_str(),
            profile_completed: session.profile_completed(),
            profile_collection_state: session.step.as_str(),
            is_escalated: session.status.is_escalated(),
            created_at: AsText(session.created_at),
            updated_at: AsText(session.updated_at),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct HistoryLine {
    message_type: &'static str,
    content: Option<String>,
    timestamp: TimestampText,
    metadata: Value,
    seq: i64,
}

/// Shows a profile with its session and its last messages.
async fn detail(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    app: web::Data<App>,
) -> Result<Json<ProfileDetail>, ApiError> {
    let id = ProfileId::new(id);
    let found = app.office_read(supervisor, Place::Profile(id), move |store| reading::profile(store, id));
    let found = found.await?.flatten().ok_or_else(absent)?;
    let history = found.messages.into_iter().map(|message| HistoryLine {
        message_type: message.detail.sender().as_str(),
        metadata: metadata(&message),
        content: message.content,
        timestamp: AsText(message.timestamp),
        seq: message.seq,
    });
    Ok(Json(ProfileDetail {
        profile: ProfileRow::whole(&found.profile),
        chat_history: history.collect(),
        earlier_sessions: found.earlier.into_iter().map(EarlierSessionRow::from).collect(),
        session_info: found.session.map(SessionDetail::from),
    }))
}

#[derive(Serialize, JsonSchema)]
struct StatsView {
    total_profiles: i64,
    profiles_today: i64,
    profiles_this_week: i64,
    profiles_this_month: i64,
    by_country: serde_json::Map<String, Value>,
    with_email: i64,
    without_email: i64,
    escalated_sessions: i64,
    total_users: i64,
    favorite_users: i64,
    active_users: i64,
    new_users_today: i64,
    timezone: &'static str,
    current_time: TimestampText,
}

impl StatsView {
    fn new(stats: ProfileStats, now: Timestamp) -> Self {
        Self {
            total_profiles: stats.total,
            profiles_today: stats.today,
            profiles_this_week: stats.this_week,
            profiles_this_month: stats.this_month,
            by_country: stats.by_country.into_iter().map(|(code, count)| (code, count.into())).collect(),
            with_email: stats.with_email,
            without_email: stats.total - stats.with_email,
            escalated_sessions: stats.escalated_sessions,
            total_users: stats.total,
            favorite_users: stats.favorites,
            active_users: stats.active,
            new_users_today: stats.used_today,
            timezone: "UTC",
            current_time: AsText(now),
        }
    }
}

/// Shows statistics of the profiles that the caller may see.
async fn stats(Auth(supervisor): Auth<Supervisor>, app: web::Data<App>) -> Result<Json<StatsView>, ApiError> {
    let now = app.now();
    let stats = match supervisor {
        Supervisor::Admin(admin) => app.db.read(Office::from(admin), move |store| store.profile_stats(now)).await,
        Supervisor::Superadmin(superadmin) => {
            app.db.platform_read(superadmin, move |platform| platform.all_profile_stats(now)).await
        }
    };
    let stats = stats.map_err(|error: StoreError| ApiError::from(error))?;
    Ok(Json(StatsView::new(stats, now)))
}

#[derive(Serialize, JsonSchema)]
struct Deleted {
    message: &'static str,
}

/// Deletes a profile with its session and everything that belongs to it.
///
/// Blobs are deleted after their rows: a blob without a row only takes space, a row without its
/// blob would be an error.
async fn delete(
    Auth(supervisor): Auth<Supervisor>,
    PathId(id): PathId,
    app: web::Data<App>,
) -> Result<Json<Deleted>, ApiError> {
    let id = ProfileId::new(id);
    let erased = app
        .office_write(supervisor, Place::Profile(id), Action::ProfileDeleted, move |store| erase::profile(store, id));
    let blobs = erased.await?.ok_or_else(absent)?;
    let blob_store = app.blobs.clone();
    run_to_completion(async move { delete_all(&*blob_store, blobs).await }).await?;
    Ok(Json(Deleted { message: "User profile deleted successfully" }))
}
