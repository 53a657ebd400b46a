//! The stable words that clients branch on.

tenancy::word_enum! {
    /// The `code` of an error body.
    pub(crate) enum Code {
        /// Some fields, or their combination, are not valid.
        ValidationError => "validation_error",
        /// The body cannot be parsed.
        ParseError => "parse_error",
        /// A failed sign-in, for any reason.
        InvalidCredentials => "invalid_credentials",
        /// The session already has an open handoff.
        AlreadyEscalated => "already_escalated",
        /// Any other 400.
        BadRequest => "bad_request",
        /// The call needs a token and has none.
        NotAuthenticated => "not_authenticated",
        /// The token is malformed, expired, forged, revoked or of the wrong type.
        TokenNotValid => "token_not_valid",
        /// The `Authorization` header is not two words.
        BadAuthorizationHeader => "bad_authorization_header",
        /// The token's account no longer exists.
        UserNotFound => "user_not_found",
        /// The token's account or its company is not active.
        UserInactive => "user_inactive",
        /// The caller's role may not do this.
        PermissionDenied => "permission_denied",
        /// The session is assigned to another agent or to no agent.
        NotAssigned => "not_assigned",
        /// Another agent has the session.
        AlreadyAssigned => "already_assigned",
        /// The session has no open handoff.
        NotEscalated => "not_escalated",
        /// The plan has no room for another agent.
        AgentLimitReached => "agent_limit_reached",
        /// The company is suspended.
        CompanyInactive => "company_inactive",
        /// A file link is forged or has expired.
        LinkInvalid => "link_invalid",
        /// There is no such path, page or object.
        NotFound => "not_found",
        /// The path exists, but not with this method.
        MethodNotAllowed => "method_not_allowed",
        /// The body is larger than the endpoint allows.
        PayloadTooLarge => "payload_too_large",
        /// The body has a type that no endpoint reads.
        UnsupportedMediaType => "unsupported_media_type",
        /// The state machine has no such transition.
        IllegalTransition => "illegal_transition",
        /// The change would lose golden questions.
        GoldenLost => "golden_lost",
        /// There are too few golden questions to compute a threshold from.
        GoldenTooFew => "golden_too_few",
        /// No threshold reaches the precision on the golden questions.
        PrecisionOutOfReach => "precision_out_of_reach",
        /// The first request with this idempotency key is still running.
        RequestInProgress => "request_in_progress",
        /// The idempotency key was already used with another body.
        IdempotencyKeyReuse => "idempotency_key_reuse",
        /// Too many calls.
        RateLimited => "rate_limited",
        /// Too many failed sign-ins.
        LoginThrottled => "login_throttled",
        /// The server failed.
        InternalError => "internal_error",
        /// The server is busy; the same call may succeed in a moment.
        Overloaded => "overloaded",
    }
}
