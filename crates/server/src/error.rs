//! Every refusal of the domain with the status and code it gets: the one place
//! where they are chosen. Matches have no `_`, so that a new variant does not
//! compile until somebody has picked both.

mod chat;
mod companies;
mod desk;
mod identity;

use tenancy::access::Refused;

use crate::http::{code::Code, error::ApiError};

/// A visitor who was turned away at the door.
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
