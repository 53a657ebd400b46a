//! `/ws/subscription/{company_id}/` and `/ws/config/{company_id}/`, which existing clients open without a token.
//!
//! The first says whether the company is served, which visitors notice anyway. Its plan is not named.

use std::convert::Infallible;

use actix_web::web;
use serde_json::json;
use tenancy::{
    CompanyCode,
    access::{self, Anybody, Refused},
};

use super::{
    entry::{Closing, Refusal},
    follow, frames,
    incoming::{self, Frame},
    wire::{End, Received, Wire},
};
use crate::{app::App, http::error::ApiError, realtime::Poked, views::AsText};

/// Number of pings after which the state is read again.
const CHECK_EVERY: u32 = 3;

/// Serves a connection until it ends. `tells_state` is whether it says if the company is served.
pub(super) async fn serve(mut wire: Wire, app: web::Data<App>, company: String, tells_state: bool) {
    let Err(end) = follow(&mut wire, &app, &company, tells_state).await;
    wire.end(end).await;
}

async fn follow(wire: &mut Wire, app: &web::Data<App>, company: &str, tells_state: bool) -> Result<Infallible, End> {
    let absent = || Refusal::new(Closing::Absent, Refused::CompanyNotFound);
    let code = CompanyCode::parse(company).map_err(|_| absent())?;
    let mut is_active = is_active(app, code).await?.ok_or_else(absent)?;
    // Only the end of the server is waited for.
    let stopping = app.hub.follow(&Anybody::default());
    if tells_state {
        wire.send(state(code, is_active)).await?;
    }
    let mut ticks = 0_u32;
    loop {
        let received = tokio::select! {
            received = wire.receive() => received?,
            poked = stopping.poked() => match poked {
                Poked::Stopping => return Err(End::Closed(Closing::Stopping)),
                Poked::Something | Poked::StaffChanged => continue,
            },
        };
        let asks = match &received {
            Received::Text(text) => matches!(incoming::parse(text), Ok(Frame::CheckStatus)),
            Received::Tick => {
                ticks += 1;
                false
            }
            Received::TooMany(_) => false,
        };
        if !tells_state || !(asks || matches!(received, Received::Tick) && ticks.is_multiple_of(CHECK_EVERY)) {
            follow::answer(wire, received).await?;
            continue;
        }
        let now = match self::is_active(app, code).await {
            Ok(now) => now.unwrap_or(false),
            Err(refusal) if refusal.closing == Closing::Busy => {
                wire.send(frames::error(&refusal.error, None)).await?;
                continue;
            }
            Err(refusal) => return Err(End::Refused(refusal)),
        };
        if now != is_active {
            is_active = now;
            let kind = if now { "subscription_reactivated" } else { "subscription_cancelled" };
            wire.send(frames::written(&json!({ "type": kind, "company_id": AsText(code) }))).await?;
        }
        if asks {
            wire.send(state(code, is_active)).await?;
        }
    }
}

fn state(company: CompanyCode, is_active: bool) -> bytestring::ByteString {
    let message = if is_active { "Active" } else { "Not active" };
    frames::written(&json!({
        "type": "subscription_status", "company_id": AsText(company), "is_active": is_active, "plan_name": null,
        "message": message,
    }))
}

/// Returns whether visitors of a company are served. `None` if there is no such company.
async fn is_active(app: &App, company: CompanyCode) -> Result<Option<bool>, Refusal> {
    match app.lobby_of(company, move |lobby| access::visitor(lobby, Some(company), None)).await {
        Ok(_) => Ok(Some(true)),
        Err(Refused::CompanySuspended) => Ok(Some(false)),
        Err(Refused::Store(error)) => Err(ApiError::from(error).into()),
        Err(_) => Ok(None),
    }
}
