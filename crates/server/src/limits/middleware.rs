//! What stands around every endpoint: counting by address, before anything is read.

use std::time::Duration;

use actix_web::{
    Error, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};
use identity::Origin;

use super::{BucketName, count, throttle};
use crate::{
    app::App,
    auth::{self, names_a_token},
    http::{error::ApiError, params::Params},
};

/// How an endpoint is limited.
///
/// An endpoint for which every caller needs a token is [`Scope::Staff`], any other is
/// [`Scope::Public`], unless its registration says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// By address, with all public endpoints that have no scope of their own.
    Public,
    /// By account, once it is known.
    Staff,
    /// Refresh tokens: by address.
    Refresh,
    /// Chat: by address here, by session in the handler.
    Chat,
    /// Uploads: by address here, by session in the handler, and by account where staff upload.
    Upload,
    /// Files: as public where there is a signature or no token, else by account.
    Media,
    /// Failed sign-ins, by address and account; see [`throttle`].
    SignIn,
    /// Not at all.
    Unlimited,
}

impl Scope {
    /// The refusal of a call beyond the limit, with an example of the time to wait.
    pub(crate) fn refusal(self) -> Option<ApiError> {
        match self {
            Self::Unlimited => None,
            Self::SignIn => Some(ApiError::login_throttled(Duration::from_mins(5))),
            Self::Public | Self::Staff | Self::Refresh | Self::Chat | Self::Upload | Self::Media => {
                Some(ApiError::rate_limited(Duration::from_secs(30)))
            }
        }
    }

    /// Counts a request by its address, where its scope does that.
    async fn admit(self, req: &HttpRequest) -> Result<(), ApiError> {
        let key = match self {
            Self::Staff | Self::Unlimited => return Ok(()),
            Self::SignIn => return throttle::has_room(req).await,
            Self::Media if names_a_token(req) && !is_signed(req) => return Ok(()),
            Self::Public | Self::Media => BucketName::Public,
            Self::Refresh => BucketName::Refresh,
            Self::Chat => BucketName::Chat,
            Self::Upload => BucketName::Upload,
        };
        count(req, key(Origin::of(auth::client_ip(req)?))).await
    }
}

/// Refuses a request whose address has called too often; nothing of it has been read then.
///
/// # Errors
/// Only what an inner middleware failed with.
pub(crate) async fn guard<B>(
    scope: Scope,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    B: MessageBody + 'static,
{
    // Tests of the foundation mount endpoints without an application, and so without limits.
    let is_wired = req.app_data::<web::Data<App>>().is_some();
    match if is_wired { scope.admit(req.request()).await } else { Ok(()) } {
        Ok(()) => next.call(req).await.map(ServiceResponse::map_into_boxed_body),
        Err(refused) => Ok(req.error_response(refused)),
    }
}

/// Whether a link carries a signature, good or bad.
fn is_signed(req: &HttpRequest) -> bool {
    Params::of(req).get("sig").is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{http::describe::Token, routes};

    /// Every endpoint that is neither plainly public nor plainly for staff.
    const OF_THEIR_OWN: [(&str, Scope); 14] = [
        ("/api/admin-dashboard/agent-first-login/", Scope::SignIn),
        ("/api/admin-dashboard/agent-login/", Scope::SignIn),
        ("/api/auth/admin-first-login/", Scope::SignIn),
        ("/api/auth/login/", Scope::SignIn),
        ("/api/auth/token/refresh/", Scope::Refresh),
        ("/api/chatbot/chat/", Scope::Chat),
        ("/api/chatbot/upload/", Scope::Upload),
        ("/api/human-handoff/agent/upload/", Scope::Upload),
        ("/docs/", Scope::Unlimited),
        ("/docs/{file}/", Scope::Unlimited),
        ("/healthz/", Scope::Unlimited),
        ("/media/{path:.*}/", Scope::Media),
        ("/openapi.json/", Scope::Unlimited),
        ("/readyz/", Scope::Unlimited),
    ];

    #[test]
    fn every_endpoint_is_limited_by_address_or_account_unless_it_is_named_here() {
        let mut own = BTreeMap::new();
        for endpoint in routes::all().into_iter().flat_map(|(_, endpoints)| endpoints) {
            let mut tokens = endpoint.operations().iter().map(|operation| operation.token);
            match endpoint.scope() {
                Scope::Staff => assert!(tokens.all(|token| token == Token::Needed), "{}", endpoint.path()),
                Scope::Public => assert!(tokens.any(|token| token != Token::Needed), "{}", endpoint.path()),
                scope => assert_eq!(own.insert(endpoint.path(), scope), None),
            }
        }
        assert_eq!(own, BTreeMap::from(OF_THEIR_OWN));
    }
}
