//! Endpoints for visitors, except the chat.

mod country_code;

use actix_web::web::{self, Json};
use chatbot::{
    NewProfile, Profiles as _, Sessions as _,
    intake::{country, phone},
    profile::{self, SaveProfileError},
};
use handoff::{EventKind, Outbox as _};
use schemars::JsonSchema;
use serde::Serialize;
use storage::Place;
use tenancy::access::Refused;

pub(super) use self::country_code::CountryCode;
use super::{
    endpoint::{Endpoint, at},
    holder::admit,
    in_session::InSession,
};
use crate::{
    app::App,
    auth::Anyone,
    http::{
        body::{Valid, body},
        describe::session_id,
        error::ApiError,
        params::Params,
        rules::{email, name, text},
    },
    views::ProfileRow,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/chatbot/create-profile/")
            .post("Stores or replaces the profile of a session.", create_profile)
            .about("`country_code` may also be a country's name, ISO code or flag. A `phone` with a calling code of its own decides the country.")
            .refuses(ApiError::required("session_id"))
            .refuses(Refused::CompanySuspended)
            .refuses(Refused::SessionNotFound),
        at("/api/chatbot/session-status/")
            .get("Shows the status of a session.", session_status)
            .about("Staff who may see the session get the whole profile, other callers only the name.")
            .query(session_id())
            .refuses(ApiError::required("session_id"))
            .refuses(Refused::CompanySuspended)
            .refuses(Refused::SessionNotFound),
        at("/api/chatbot/validate-phone/")
            .post("Tells whether the intake would accept a phone number.", validate_phone)
            .about("`country_code` may also be a country's name, ISO code or flag. A `phone` with a calling code of its own decides the country."),
        at("/api/chatbot/country-codes/").get("Lists the countries that the intake offers.", country_codes),
    ]
}

/// The calling code when the client sends none.
const NEPAL: &str = "+977";

body! {
    /// A profile that the client collected itself.
    struct ProfileBody {
        name: String = name().max(100),
        phone: String = text().max(20),
        email: Option<String> = email().optional(),
        address: Option<String> = text().max(500).optional(),
        country_code: String = CountryCode.optional().or(NEPAL),
    }
}

body! {
    /// A phone number to check.
    struct PhoneBody {
        phone: String = text().max(20),
        country_code: String = CountryCode.optional().or(NEPAL),
    }
}

#[derive(Serialize, JsonSchema)]
struct ProfileReply {
    message: &'static str,
    persistent_user_id: String,
    profile: ProfileRow,
}

/// Stores or replaces the profile of a session.
async fn create_profile(
    Valid(body): Valid<InSession<ProfileBody>>,
    app: web::Data<App>,
) -> Result<Json<ProfileReply>, ApiError> {
    let (id, body) = body.split()?;
    let (visitor, session) = admit(&app, &id).await?;
    let (phone, country_code) = phone::normalise(&body.phone, &body.country_code);
    let new = NewProfile {
        name: body.name,
        phone,
        email: body.email.filter(|email| !email.is_empty()),
        address: body.address.filter(|address| !address.is_empty()),
        country_code,
    };
    let now = app.now();
    let save = app.db.write(visitor, move |store| {
        let mut profile = profile::save(store, session.row_id(), new, now)?;
        // The caller may have typed the phone or the e-mail address of somebody else.
        profile.persistent_user_id = store.visitor_id(session.row_id(), &profile.phone)?;
        store.emit(session.id(), EventKind::ProfileSaved);
        Ok::<_, SaveProfileError>(profile)
    });
    let profile = save.await?;
    Ok(Json(ProfileReply {
        message: "Profile saved successfully",
        persistent_user_id: profile.persistent_user_id.clone(),
        profile: ProfileRow::whole(&profile),
    }))
}

#[derive(Serialize, JsonSchema)]
struct StatusView {
    session_id: String,
    status: &'static str,
    is_escalated: bool,
    user_profile: Option<ProfileRow>,
}

/// Shows the status of a session, and its whole profile only to staff who may see it.
async fn session_status(
    Anyone(staff): Anyone,
    params: Params,
    app: web::Data<App>,
) -> Result<Json<StatusView>, ApiError> {
    let id = params.text("session_id").ok_or_else(|| ApiError::required("session_id"))?;
    let (visitor, access) = admit(&app, id).await?;
    let found = app.db.read(visitor, move |store| {
        let session = store.session(access.id())?.ok_or(Refused::SessionNotFound)?;
        let profile = store.profile_of(session.key)?;
        Ok::<_, Refused>((session, profile))
    });
    let (session, profile) = found.await?;
    let sees_all = match staff {
        Some(staff) if profile.is_some() => {
            let may_see = app.desk_read(staff, Place::Session(session.id), move |store| {
                handoff::reading::may_see(store, access.id())
            });
            may_see.await?.unwrap_or(false)
        }
        _ => false,
    };
    let row = |profile| if sees_all { ProfileRow::whole(profile) } else { ProfileRow::name_only(profile) };
    Ok(Json(StatusView {
        session_id: session.id.as_str().to_owned(),
        status: session.status.as_str(),
        is_escalated: session.status.is_escalated(),
        user_profile: profile.as_ref().map(row),
    }))
}

#[derive(Serialize, JsonSchema)]
struct PhoneView {
    valid: bool,
    message: String,
    provider: Option<&'static str>,
}

/// Tells whether the intake would accept a phone number.
async fn validate_phone(Valid(body): Valid<PhoneBody>) -> Json<PhoneView> {
    let check = phone::check(&body.phone, &body.country_code);
    let provider = check.provider.map(phone::Provider::as_str);
    Json(PhoneView { valid: check.valid, message: check.message, provider })
}

#[derive(Serialize, JsonSchema)]
struct CountryView {
    code: &'static str,
    country: &'static str,
    flag: &'static str,
}

/// Lists the countries that the intake offers.
async fn country_codes() -> Json<Vec<CountryView>> {
    let rows = country::COUNTRIES.iter().map(|country| CountryView {
        code: country.code,
        country: country.name,
        flag: country.flag,
    });
    Json(rows.collect())
}
