//! Maps every domain error to its HTTP status and code.
//!
//! This is the only place where they are chosen. The matches have no `_` arm, so a new variant
//! does not compile until it has both.

mod chat;
mod companies;
mod desk;
mod identity;
mod knowledge;

pub(crate) use desk::already_escalated;

use tenancy::access::Refused;

use crate::http::{code::Code, error::ApiError};

/// A visitor who was not admitted.
impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::CompanyMissing => {
                Self::bad_request("company_id is required. Name it in the request or sign in as its staff.")
            }
            Refused::CompanyNotFound => Self::not_found("Company not found"),
            Refused::CompanySuspended => Self::forbidden(Code::CompanyInactive, "Company is not active"),
            Refused::SessionNotFound => Self::not_found("Session not found"),
            Refused::Store(error) => error.into(),
        }
    }
}
