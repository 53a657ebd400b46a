//! Errors of a superadmin's work on admins and subscriptions.

use identity::{
    admins::{DeleteAdminError, ResetAdminPasswordError, UpdateAdminError},
    subscriptions::{CancelError, ChangePlanError, RenewError, UpgradeError},
};

use crate::http::error::ApiError;

impl From<UpdateAdminError> for ApiError {
    fn from(error: UpdateAdminError) -> Self {
        match error {
            UpdateAdminError::NotFound => Self::not_found("Admin not found"),
            UpdateAdminError::EmailTaken => Self::field("email", "This email is already in use."),
            UpdateAdminError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteAdminError> for ApiError {
    fn from(error: DeleteAdminError) -> Self {
        match error {
            DeleteAdminError::NotFound => Self::not_found("Admin not found"),
            DeleteAdminError::Store(error) => error.into(),
        }
    }
}

impl From<ResetAdminPasswordError> for ApiError {
    fn from(error: ResetAdminPasswordError) -> Self {
        match error {
            ResetAdminPasswordError::NotFound => Self::field("admin_id", "Admin not found or inactive."),
            ResetAdminPasswordError::Store(error) => error.into(),
        }
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound => Self::not_found("Active assignment not found"),
            CancelError::Store(error) => error.into(),
        }
    }
}

impl From<RenewError> for ApiError {
    fn from(error: RenewError) -> Self {
        match error {
            RenewError::NotFound => Self::not_found("Assignment not found"),
            RenewError::ExpiryPassed => Self::field("expiry_date", "Expiry date must be in the future."),
            RenewError::Store(error) => error.into(),
        }
    }
}

impl From<UpgradeError> for ApiError {
    fn from(error: UpgradeError) -> Self {
        match error {
            UpgradeError::NotFound => Self::not_found("Active assignment not found"),
            UpgradeError::PlanNotFound => Self::not_found("New plan not found"),
            UpgradeError::Store(error) => error.into(),
        }
    }
}

impl From<ChangePlanError> for ApiError {
    fn from(error: ChangePlanError) -> Self {
        match error {
            ChangePlanError::AdminNotFound => Self::not_found("Admin not found"),
            ChangePlanError::NoActivePlan => Self::bad_request("Admin has no active plan assignment"),
            ChangePlanError::SamePlan => Self::bad_request("Admin is already on this plan"),
            ChangePlanError::PlanInvalid => Self::field("new_plan_id", "Invalid plan ID or plan is not active."),
            ChangePlanError::Store(error) => error.into(),
        }
    }
}
