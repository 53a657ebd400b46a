//! The caller's own account: its data, its password, signing out everywhere, and tickets for sockets.

use actix_web::{
    HttpRequest,
    web::{self, Json},
};
use identity::{
    Hasher, OwnWords, Password,
    accounts::Accounts as _,
    change_password::{self, ChangePasswordError},
    password::ChosenPassword,
    sign_out,
    tickets::{self, LIFE},
    tokens::TokenPair,
};
use schemars::JsonSchema;
use serde::Serialize;
use storage::{FairnessKey, LobbyStore};
use tenancy::access::{Denied, Staff};

use super::endpoint::{Endpoint, at};
use crate::{
    app::App,
    auth::{Auth, admitted, claims, turned_away},
    http::{
        body::{Body, Fields, Valid, body},
        describe::Field,
        error::ApiError,
        field_errors::FieldErrors,
        rules::password,
    },
    limits::Scope,
    throttle,
    views::UserView,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/auth/profile/").get("Shows the caller's own account.", profile).reads_token(true),
        at("/api/auth/change-password/")
            .limited(Scope::SignIn)
            .post("Changes the caller's password.", change_password)
            .about(
                "Ends every access token, refresh token and ticket of the caller, including the current ones. The \
                 reply has a new pair, with which this caller stays signed in. A wrong current password counts as a \
                 failed sign-in.",
            )
            .refuses(ChangePasswordError::CurrentIncorrect),
        at("/api/auth/logout-all/")
            .post("Signs the caller out everywhere.", logout_all)
            .about("Ends every access token, refresh token and ticket of the caller, including the current ones."),
        at("/api/auth/ws-ticket/")
            .post("Issues a ticket for a socket.", ws_ticket)
            .about("The ticket replaces the access token of this call, once and within a minute."),
    ]
}

body! {
    /// The caller's password and its replacement.
    struct ChangePasswordBody {
        current_password: String = password(),
        new_password: String = password(),
    }
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

/// The pair of tokens with which the caller stays signed in.
#[derive(Serialize, JsonSchema)]
struct ChangedPassword {
    message: &'static str,
    access: String,
    refresh: String,
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

/// Changes the caller's password, and issues the first tokens after it.
async fn change_password(
    Auth(staff): Auth<Staff>,
    Valid(body): Valid<ChangePasswordBody>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<ChangedPassword>, ApiError> {
    let (user, company, lifetimes, now) = (staff.user(), staff.company(), app.lifetimes, app.now());
    let fairness_key = FairnessKey::of_staff(staff.company());
    let account = app.db.lobby_in(fairness_key, move |lobby| lobby.own_account(&staff, now)).await?;
    let account = account.ok_or_else(|| turned_away(Denied::Gone))?;
    let chosen = ChosenPassword::new(Password::new(body.new_password), account.email.as_str())?;
    let current = Password::new(body.current_password);
    chosen.replaces(&current)?;
    OwnWords::of(&account).check(&chosen)?;
    let find = move |lobby: &mut LobbyStore<'_>, _: &str, origin, now| change_password::find(lobby, user, origin, now);
    let changed = throttle::attempt(&req, account.username, find, async |candidate, fairness_key| {
        let work = move |hasher: &Hasher| (candidate.check(hasher, &current), hasher.hash(chosen.password()));
        let (checked, hash) = app.hashes.run(fairness_key, work).await?;
        let hash = hash?;
        let complete =
            move |lobby: &mut LobbyStore<'_>| change_password::complete(lobby, checked, &hash, lifetimes, now);
        Ok(app.db.lobby_write_in(fairness_key, complete).await?)
    });
    let TokenPair { access, refresh } = app.signer.sign(&changed.await?)?;
    app.hub.staff_changed(company);
    Ok(Json(ChangedPassword { message: "Password changed successfully", access, refresh }))
}

/// Ends all tokens and tickets of the caller.
async fn logout_all(
    Auth(staff): Auth<Staff>,
    _: Valid<Nothing>,
    app: web::Data<App>,
) -> Result<Json<SignedOut>, ApiError> {
    let company = staff.company();
    let signed_out = move |lobby: &mut LobbyStore<'_>| sign_out::everywhere(lobby, staff.user());
    app.db.lobby_write_in(FairnessKey::of_staff(company), signed_out).await?;
    app.hub.staff_changed(company);
    Ok(Json(SignedOut { message: "Signed out everywhere" }))
}

/// Issues a ticket that is bound to the access token of this call.
async fn ws_ticket(
    Auth(staff): Auth<Staff>,
    _: Valid<Nothing>,
    req: HttpRequest,
    app: web::Data<App>,
) -> Result<Json<TicketReply>, ApiError> {
    let (token, now) = (claims(&req)?, app.now());
    let fairness_key = FairnessKey::of_staff(staff.company());
    let ticket = app.db.lobby_write_in(fairness_key, move |lobby| tickets::issue(lobby, &token, now)).await;
    let ticket = ticket.map_err(turned_away)?;
    Ok(Json(TicketReply { ticket: ticket.expose().to_owned(), expires_in: LIFE.as_secs() }))
}
