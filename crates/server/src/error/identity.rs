//! Errors about accounts, passwords and tokens.

use identity::{
    HashError, InvalidEmail,
    admins::CreateAdminError,
    agents::{
        CreateAgentError, ResetAgentPasswordError,
        change::{DeleteAgentError, UpdateAgentError},
    },
    change_password::ChangePasswordError,
    first_login::FirstLoginError,
    password::{ChoiceError, PasswordPolicyError},
    presence::PresenceError,
    refresh::RefreshError,
    sign_in::SignInError,
    tokens::SignError,
};
use tenancy::access::Denied;

use crate::{
    http::{
        code::Code,
        error::{ApiError, TokenProblem},
    },
    views::seats,
};

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Invalid => Self::invalid_credentials("Invalid credentials or inactive account."),
            SignInError::AgentMissing => Self::not_found("Agent profile not found"),
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<FirstLoginError> for ApiError {
    fn from(error: FirstLoginError) -> Self {
        match error {
            FirstLoginError::CurrentIncorrect => Self::invalid_credentials("Current password is incorrect."),
            FirstLoginError::AlreadySet => Self::non_field("Password has already been set."),
            FirstLoginError::Refused(error) => error.into(),
            FirstLoginError::Store(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for ApiError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::CurrentIncorrect => Self::invalid_credentials("Current password is incorrect."),
            ChangePasswordError::Store(error) => error.into(),
        }
    }
}

impl From<ChoiceError> for ApiError {
    fn from(error: ChoiceError) -> Self {
        match error {
            ChoiceError::Policy(error) => error.into(),
            ChoiceError::Mismatch => Self::non_field("New passwords don't match."),
        }
    }
}

impl From<PasswordPolicyError> for ApiError {
    fn from(error: PasswordPolicyError) -> Self {
        Self::field("new_password", error.to_string())
    }
}

/// The body's rule accepts some texts that are not e-mail addresses.
impl From<InvalidEmail> for ApiError {
    fn from(_: InvalidEmail) -> Self {
        Self::field("email", "Enter a valid email address.")
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Denied(Denied::Gone) => Self::unauthorized(TokenProblem::UserGone),
            RefreshError::Denied(Denied::Inactive) => Self::unauthorized(TokenProblem::UserInactive),
            RefreshError::Denied(Denied::Outdated) | RefreshError::Invalid => {
                Self::unauthorized(TokenProblem::RefreshInvalid)
            }
            RefreshError::Denied(Denied::Store(error)) | RefreshError::Store(error) => error.into(),
        }
    }
}

impl From<CreateAdminError> for ApiError {
    fn from(error: CreateAdminError) -> Self {
        match error {
            CreateAdminError::EmailTaken => Self::field("email", "A user with this email already exists."),
            CreateAdminError::PlanInvalid => Self::field("plan_id", "Invalid plan ID or plan is not active."),
            CreateAdminError::CompanyInvalid => Self::field("company_id", "Company not found or not active."),
            CreateAdminError::Store(error) => error.into(),
        }
    }
}

impl From<CreateAgentError> for ApiError {
    fn from(error: CreateAgentError) -> Self {
        match error {
            CreateAgentError::AgentExists => Self::field("email", "agent with this email already exists."),
            CreateAgentError::EmailTaken => Self::field("email", "This email is already in use."),
            CreateAgentError::SeatLimitReached { current, max, plan } => no_seat(seats::full(current, max, plan))
                .with("current_count", current)
                .with("max_allowed", max)
                .with("suggestion", seats::UPGRADE)
                .with("current_plan", plan),
            CreateAgentError::SubscriptionCancelled { current } => no_seat(seats::CANCELLED)
                .with("current_count", current)
                .with("max_allowed", 0)
                .with("suggestion", seats::RENEW)
                .with("current_plan", "Cancelled")
                .with("is_cancelled", true),
            CreateAgentError::NoActivePlan => no_seat(seats::NO_PLAN),
            CreateAgentError::Store(error) => error.into(),
        }
    }
}

impl From<UpdateAgentError> for ApiError {
    fn from(error: UpdateAgentError) -> Self {
        match error {
            UpdateAgentError::NotFound => Self::not_found("Agent not found or does not belong to your company"),
            UpdateAgentError::AgentExists => Self::field("email", "agent with this email already exists."),
            UpdateAgentError::EmailTaken => Self::field("email", "This email is already in use."),
            UpdateAgentError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteAgentError> for ApiError {
    fn from(error: DeleteAgentError) -> Self {
        match error {
            DeleteAgentError::NotFound => Self::not_found("Agent not found"),
            DeleteAgentError::Store(error) => error.into(),
        }
    }
}

impl From<PresenceError> for ApiError {
    fn from(error: PresenceError) -> Self {
        match error {
            PresenceError::Gone => Self::unauthorized(TokenProblem::UserGone),
            PresenceError::Inactive => Self::unauthorized(TokenProblem::UserInactive),
            PresenceError::Store(error) => error.into(),
        }
    }
}

impl From<ResetAgentPasswordError> for ApiError {
    fn from(error: ResetAgentPasswordError) -> Self {
        match error {
            ResetAgentPasswordError::NotFound => Self::field("agent_id", "Agent not found or inactive."),
            ResetAgentPasswordError::Store(error) => error.into(),
        }
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        Self::internal(error)
    }
}

impl From<SignError> for ApiError {
    fn from(error: SignError) -> Self {
        Self::internal(error)
    }
}

fn no_seat(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::forbidden(Code::AgentLimitReached, message).with("upgrade_needed", true)
}
