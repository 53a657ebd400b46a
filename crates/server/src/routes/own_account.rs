//! The caller's own account: its data, signing out everywhere, and tickets for sockets.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use identity::{
    accounts::Accounts as _,
    sign_out,
    tickets::{self, LIFE},
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::FairnessKey;
use tenancy::access::{Denied, Staff};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::{Auth, admitted, claims, turned_away},
    http::{
        body::{Body, Fields, Valid},
        describe::Field,
        error::ApiError,
        field_errors::FieldErrors,
    },
    views::UserView,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/auth/profile/").get("Shows the caller's own account.", profile).reads_token(true),
        at("/api/auth/logout-all/")
            .post("Signs the caller out everywhere.", logout_all)
            .about("Ends every access token, refresh token and ticket of the caller, including the current ones."),
        at("/api/auth/ws-ticket/")
            .post("Issues a ticket for a socket.", ws_ticket)
            .about("The ticket replaces the access token of this call, once and within a minute."),
    ]
}

/// A body without fields. It must still be readable.
struct Nothing;

impl Body for Nothing {
    const NAMES: Option<&'static [&'static str]> = Some(&[]);

    fn read(_: Fields<'_>) -> Result<Self, FieldErrors> {
        Ok(Self)
    }

    fn name() -> String {
        "Nothing".to_owned()
    }

    fn describe() -> Vec<Field> {
        Vec::new()
    }
}

#[derive(Serialize, JsonSchema)]
struct SignedOut {
    message: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct TicketReply {
    ticket: String,
    expires_in: u64,
}

/// Shows the caller's own account.
async fn profile(req: HttpRequest, app: web::Data<App>) -> Result<Json<UserView>, ApiError> {
    let now = app.now();
    let account = admitted(&req, move |lobby, staff| lobby.own_account(&staff, now)?.ok_or(Denied::Gone)).await?;
    Ok(Json(UserView::new(&account, now)))
}

/// Ends all tokens and tickets of the caller.
async fn logout_all(
    Auth(staff): Auth<Staff>,
    _: Valid<Nothing>,
    app: web::Data<App>,
) -> Result<Json<SignedOut>, ApiError> {
    let fairness_key = FairnessKey::of_staff(staff.company());
    app.db.lobby_write_in(fairness_key, move |lobby| sign_out::everywhere(lobby, staff.user())).await?;
    Ok(Json(SignedOut { message: "Signed out everywhere" }))
}

/// Issues a ticket that is bound to the access token of this call.
async fn ws_ticket(
    Auth(staff): Auth<Staff>,
    _: Valid<Nothing>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<TicketReply>, ApiError> {
    let (claims, now) = (claims(&req)?, app.now());
    let fairness_key = FairnessKey::of_staff(staff.company());
    let ticket = app.db.lobby_write_in(fairness_key, move |lobby| tickets::issue(lobby, &claims, now)).await;
    let ticket = ticket.map_err(turned_away)?;
    Ok(Json(TicketReply { ticket: ticket.expose().to_owned(), expires_in: LIFE.as_secs() }))
}
