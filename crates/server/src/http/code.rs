//! The stable words that clients branch on.

/// The `code` of an error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// Fields or their combination are wrong.
    ValidationError,
    /// The body cannot be read at all.
    ParseError,
    /// A failed sign-in, whatever the reason.
    InvalidCredentials,
    /// The session already has an open handoff.
    AlreadyEscalated,
    /// Any other 400.
    BadRequest,
    /// No token where one is needed.
    NotAuthenticated,
    /// A token that is malformed, expired, forged, revoked or of the wrong type.
    TokenNotValid,
    /// An `Authorization` header that is not two words.
    BadAuthorizationHeader,
    /// The token's account is gone.
    UserNotFound,
    /// The token's account or its company is not active.
    UserInactive,
    /// The caller's role may not do this.
    PermissionDenied,
    /// The session is assigned to another agent or to none.
    NotAssigned,
    /// The session has no open handoff.
    NotEscalated,
    /// The plan has no room for another agent.
    AgentLimitReached,
    /// The company is suspended.
    CompanyInactive,
    /// A file link is forged or has run out.
    LinkInvalid,
    /// There is no such path, page or object.
    NotFound,
    /// The path is known, the method is not.
    MethodNotAllowed,
    /// The body is larger than the endpoint takes.
    PayloadTooLarge,
    /// The body has a type that no endpoint reads.
    UnsupportedMediaType,
    /// The state machine has no such move.
    IllegalTransition,
    /// The first request with this idempotency key is still running.
    RequestInProgress,
    /// An idempotency key came back with another body.
    IdempotencyKeyReuse,
    /// Too many calls.
    RateLimited,
    /// Too many failed sign-ins.
    LoginThrottled,
    /// The server is at fault.
    InternalError,
    /// The server is busy; the same call may succeed in a moment.
    Overloaded,
}

impl Code {
    /// Every code.
    pub(crate) const ALL: [Self; 27] = [
        Self::ValidationError,
        Self::ParseError,
        Self::InvalidCredentials,
        Self::AlreadyEscalated,
        Self::BadRequest,
        Self::NotAuthenticated,
        Self::TokenNotValid,
        Self::BadAuthorizationHeader,
        Self::UserNotFound,
        Self::UserInactive,
        Self::PermissionDenied,
        Self::NotAssigned,
        Self::NotEscalated,
        Self::AgentLimitReached,
        Self::CompanyInactive,
        Self::LinkInvalid,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::IllegalTransition,
        Self::RequestInProgress,
        Self::IdempotencyKeyReuse,
        Self::RateLimited,
        Self::LoginThrottled,
        Self::InternalError,
        Self::Overloaded,
    ];

    /// The word as it stands in the body.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ValidationError => "validation_error",
            Self::ParseError => "parse_error",
            Self::InvalidCredentials => "invalid_credentials",
            Self::AlreadyEscalated => "already_escalated",
            Self::BadRequest => "bad_request",
            Self::NotAuthenticated => "not_authenticated",
            Self::TokenNotValid => "token_not_valid",
            Self::BadAuthorizationHeader => "bad_authorization_header",
            Self::UserNotFound => "user_not_found",
            Self::UserInactive => "user_inactive",
            Self::PermissionDenied => "permission_denied",
            Self::NotAssigned => "not_assigned",
            Self::NotEscalated => "not_escalated",
            Self::AgentLimitReached => "agent_limit_reached",
            Self::CompanyInactive => "company_inactive",
            Self::LinkInvalid => "link_invalid",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::IllegalTransition => "illegal_transition",
            Self::RequestInProgress => "request_in_progress",
            Self::IdempotencyKeyReuse => "idempotency_key_reuse",
            Self::RateLimited => "rate_limited",
            Self::LoginThrottled => "login_throttled",
            Self::InternalError => "internal_error",
            Self::Overloaded => "overloaded",
        }
    }
}
