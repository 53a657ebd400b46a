//! Visitors who hold a session's id: how a request names the session, and how its caller is admitted.

use std::future::{self, Ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderName};
use tenancy::{
    CompanyCode, SessionId,
    access::{self, Refused, SessionAccess, Visitor},
};

use crate::{
    app::App,
    http::{
        describe::{Argument, Operation},
        error::ApiError,
        origin,
        params::Params,
    },
    limits::{self, BucketName},
};

const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");

/// The session id that a request names, in the header `X-Session-Id` or else in the query.
pub(super) struct NamedSession(pub(super) String);

impl FromRequest for NamedSession {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = req.headers().get(SESSION_ID).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let header = header.as_deref().map(str::trim).filter(|id| !id.is_empty());
        let id = header.map(str::to_owned).or_else(|| Params::of(req).text("session_id").map(str::to_owned));
        future::ready(id.map(Self).ok_or_else(|| ApiError::required("session_id")))
    }
}

impl Argument for NamedSession {
    fn describe(operation: Operation) -> Operation {
        operation
            .session()
            .refusal(ApiError::required("session_id"))
            .refusal(Refused::CompanySuspended.into())
            .refusal(Refused::SessionNotFound.into())
    }
}

/// Admits a caller as the visitor of a session. The session's id also tells the company.
pub(super) async fn admit(app: &App, id: &str) -> Result<(Visitor, SessionAccess), Refused> {
    let id = SessionId::parse(id).map_err(|_| Refused::SessionNotFound)?;
    let claim = id.company().unwrap_or_else(CompanyCode::shared_library);
    let visitor = app.lobby_of(claim, move |lobby| access::visitor(lobby, None, Some(id))).await?;
    let session = visitor.session().ok_or(Refused::SessionNotFound)?;
    Ok((visitor, session))
}

/// Admits as [`admit`], and counts the call by its session. A call that names no existing session is counted by its
/// address.
///
/// Visitors behind one address thus have limits of their own, and an address cannot try ids without end.
pub(super) async fn admit_counted(
    req: &HttpRequest,
    app: &App,
    id: &str,
) -> Result<(Visitor, SessionAccess), ApiError> {
    match admit(app, id).await {
        Ok((visitor, session)) => {
            limits::count(req, BucketName::ConversationSession(session.id())).await?;
            Ok((visitor, session))
        }
        Err(refused) => {
            if matches!(refused, Refused::SessionNotFound) {
                limits::count(req, BucketName::UnknownSession(origin::of(req)?)).await?;
            }
            Err(refused.into())
        }
    }
}
