//! What accounts, their passwords and their tokens are refused.

use identity::{
    HashError, InvalidEmail,
    admins::CreateAdminError,
    agents::{CreateAgentError, ResetAgentPasswordError},
    first_login::FirstLoginError,
    password::{ChoiceError, PasswordRefusal},
    refresh::RefreshError,
    sign_in::SignInError,
    tokens::SignError,
};
use tenancy::access::Denied;

use crate::http::{
    code::Code,
    error::{ApiError, TokenProblem},
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
            FirstLoginError::Store(error) => error.into(),
        }
    }
}

impl From<ChoiceError> for ApiError {
    fn from(error: ChoiceError) -> Self {
        match error {
            ChoiceError::Refused(refusal) => refusal.into(),
            ChoiceError::Mismatch => Self::non_field("New passwords don't match."),
        }
    }
}

impl From<PasswordRefusal> for ApiError {
    fn from(refusal: PasswordRefusal) -> Self {
        Self::field("new_password", refusal.to_string())
    }
}

/// The body's rule lets some texts through that are no addresses after all.
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
            CreateAgentError::SeatLimitReached { current, max, plan } => {
                no_seat(format!("Agent limit reached: {current} of {max} seats of the {plan} plan are taken."))
                    .with("current_count", current)
                    .with("max_allowed", max)
                    .with("suggestion", "Upgrade the plan to add more agents.")
                    .with("current_plan", plan)
            }
            CreateAgentError::SubscriptionCancelled { current } => {
                no_seat("The subscription was cancelled, so no agents can be added.")
                    .with("current_count", current)
                    .with("max_allowed", 0)
                    .with("suggestion", "Renew the subscription to add agents.")
                    .with("current_plan", "Cancelled")
                    .with("is_cancelled", true)
            }
            CreateAgentError::NoActivePlan => no_seat("The company has no active plan, so no agents can be added."),
            CreateAgentError::Store(error) => error.into(),
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
