//! Who may open a socket, and the codes with which the server closes one.

use actix_web::{HttpRequest, ResponseError as _, http::header};
use identity::tickets::{self, Redemption};
use tenancy::{
    FamilyId, UserId,
    access::{self, Staff, TokenVersion},
};

use crate::{
    app::App,
    auth::turned_away,
    http::{
        error::{ApiError, TokenProblem},
        params::Params,
    },
};

/// The sub-protocol that carries a token: `Sec-WebSocket-Protocol: bearer,<token>`.
pub(super) const PROTOCOL: &str = "bearer";

/// Number of pings after which the access of a connection is checked again.
pub(super) const CHECK_EVERY: u32 = 3;

/// Codes with which the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// The caller has no valid token.
    Unauthorized,
    /// The caller may not use this.
    Forbidden,
    /// There is no such session, or none of an active company.
    Absent,
    /// The server stops.
    Stopping,
    /// The server is busy, or the client reads too slowly.
    Busy,
    /// The client sends too many frames.
    Abuse,
    /// A frame is too long.
    TooLong,
    /// A frame is not text.
    NotText,
    /// A text is not UTF-8.
    NotUtf8,
    /// A frame breaks the protocol.
    Broken,
    /// The client has closed the connection.
    Answer,
    /// The server failed.
    Failed,
}

impl Closing {
    /// Returns the number on the wire.
    pub(super) fn code(self) -> u16 {
        match self {
            Self::Answer => 1000,
            Self::Stopping => 1001,
            Self::Broken => 1002,
            Self::NotText => 1003,
            Self::NotUtf8 => 1007,
            Self::Abuse => 1008,
            Self::TooLong => 1009,
            Self::Failed => 1011,
            Self::Busy => 1013,
            Self::Unauthorized => 4001,
            Self::Forbidden => 4003,
            Self::Absent => 4004,
        }
    }
}

/// Why a connection ends, with what its client is told before.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) closing: Closing,
    pub(super) error: ApiError,
}

impl Refusal {
    pub(super) fn new(closing: Closing, error: impl Into<ApiError>) -> Self {
        Self { closing, error: error.into() }
    }

    /// The refusal of a session that does not exist, or that is not the caller's.
    pub(super) fn absent() -> Self {
        Self::new(Closing::Absent, access::Refused::SessionNotFound)
    }

    /// The refusal of a caller whose role may not do this.
    pub(super) fn forbidden() -> Self {
        Self::new(Closing::Forbidden, ApiError::permission_denied())
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        let closing = match error.status_code().as_u16() {
            401 => Closing::Unauthorized,
            403 => Closing::Forbidden,
            404 => Closing::Absent,
            429 => Closing::Abuse,
            503 => Closing::Busy,
            _ => Closing::Failed,
        };
        Self { closing, error }
    }
}

/// The sign-in of staff who opened a connection. It is checked again while the connection is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignIn {
    user: UserId,
    version: TokenVersion,
    family: Option<FamilyId>,
}

/// Returns the token of a handshake: `token` in the query, or the word after `bearer` in the sub-protocols.
pub(super) fn token(req: &HttpRequest) -> Option<String> {
    if let Some(token) = Params::of(req).text("token") {
        return Some(token.to_owned());
    }
    let mut words = protocols(req);
    words.find(|word| *word == PROTOCOL)?;
    words.next().filter(|token| !token.is_empty()).map(str::to_owned)
}

/// Returns whether a handshake offers the sub-protocol that carries a token.
pub(super) fn offers_bearer(req: &HttpRequest) -> bool {
    protocols(req).any(|word| word == PROTOCOL)
}

/// Returns the sub-protocols that a handshake offers.
fn protocols(req: &HttpRequest) -> impl Iterator<Item = &str> {
    let headers = req.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    headers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).map(str::trim)
}

/// Admits the bearer of an access token or of a ticket, which is used up.
pub(super) async fn admit(app: &App, token: String) -> Result<(SignIn, Staff), Refusal> {
    let now = app.now();
    if let Ok(verified) = app.signer.verify_access(&token, now) {
        let sign_in = SignIn { user: verified.claims.user, version: verified.claims.version, family: verified.family };
        return Ok((sign_in, sign_in.admit(app).await?));
    }
    let redeemed = app.lobby_write_of(token.clone(), move |lobby| tickets::redeem(lobby, &token, now)).await;
    match redeemed.map_err(ApiError::from)? {
        Redemption::Admitted { staff, version, family } => Ok((SignIn { user: staff.user(), version, family }, staff)),
        Redemption::Refused => Err(ApiError::unauthorized(TokenProblem::Invalid).into()),
    }
}

impl SignIn {
    /// Admits the account again.
    pub(super) async fn admit(self, app: &App) -> Result<Staff, Refusal> {
        let Self { user, version, family } = self;
        let admitted = app.lobby_of(user, move |lobby| access::bearer(lobby, user, version, family)).await;
        Ok(admitted.map_err(turned_away)?)
    }
}
