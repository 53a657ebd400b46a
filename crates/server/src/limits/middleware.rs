//! The middleware around every endpoint, which counts by address before the body is read.

use std::time::Duration;

use actix_web::{
    Error, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use super::{BucketName, Limiter, count, has_room, headers};
use crate::http::{bearer, error::ApiError, origin, params::Params};

/// How an endpoint is limited.
///
/// Unless its registration says otherwise, an endpoint is [`Scope::Staff`] if all its operations need a
/// token, else [`Scope::Public`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// By address, together with all other public endpoints that have no scope of their own.
    Public,
    /// By account, in `auth`.
    Staff,
    /// Refresh tokens: by address.
    Refresh,
    /// Chat: by address here, by session in the handler.
    Chat,
    /// Uploads: by address here, by session in the handler, and by account where staff upload.
    Upload,
    /// What visitors do with their conversation: by address here, by session in the handler. An address that
    /// names too many unknown sessions is refused.
    Conversation,
    /// Files: like public endpoints if there is a signature or no token, else by account.
    Media,
    /// Handshakes of sockets: by address.
    Socket,
    /// Failed sign-ins, by address and account; see [`throttle`](crate::throttle).
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
            Self::Public
            | Self::Staff
            | Self::Refresh
            | Self::Chat
            | Self::Upload
            | Self::Conversation
            | Self::Socket
            | Self::Media => Some(ApiError::rate_limited(Duration::from_secs(30))),
        }
    }

    /// Counts a request by its address, if its scope is limited by address.
    async fn admit(self, req: &HttpRequest) -> Result<(), ApiError> {
        let name = match self {
            Self::Staff | Self::Unlimited => return Ok(()),
            Self::SignIn => return has_sign_in_left(req).await,
            Self::Media if bearer::is_sent(req) && !is_signed(req) => return Ok(()),
            Self::Public | Self::Media => BucketName::Public,
            Self::Refresh => BucketName::Refresh,
            Self::Socket => BucketName::Socket,
            Self::Chat => BucketName::Chat,
            Self::Upload => BucketName::Upload,
            Self::Conversation => {
                has_room(req, BucketName::UnknownSession(origin::of(req)?)).await?;
                BucketName::Conversation
            }
        };
        count(req, name(origin::of(req)?)).await
    }
}

/// Refuses a caller whose origin has used up its failed sign-ins.
async fn has_sign_in_left(req: &HttpRequest) -> Result<(), ApiError> {
    let limiter = Limiter::of(req)?;
    let Some(level) = limiter.look(&BucketName::SignIn(origin::of(req)?), limiter.now()).await else { return Ok(()) };
    headers::note(req, level);
    if level.remaining == 0 { Err(ApiError::login_throttled(level.reset)) } else { Ok(()) }
}

/// Refuses a request whose address has called too often, before its body is read.
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
    match scope.admit(req.request()).await {
        Ok(()) => next.call(req).await.map(ServiceResponse::map_into_boxed_body),
        Err(refused) => Ok(req.error_response(refused)),
    }
}

/// Returns whether a link carries a signature, valid or not.
fn is_signed(req: &HttpRequest) -> bool {
    Params::of(req).get("sig").is_some()
}
