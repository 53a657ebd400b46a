//! Whose knowledge a call is about.

use serde_json::json;
use storage::Place;
use tenancy::{
    CompanyCode, StoreError,
    access::{Caller as _, Desk, Office, Refused, Staff, Supervisor},
    audit::Action,
};

use crate::{
    app::{App, CompanyJob, Failure, Output},
    http::{
        body::Raw,
        describe::{Parameter, parameter},
        error::ApiError,
        field_errors::FieldErrors,
        params::Params,
        rules::{Single as _, boolean},
    },
};

/// A company, or the shared library, which only superadmins can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Company(CompanyCode),
    Library,
}

pub(super) fn no_target() -> ApiError {
    ApiError::bad_request("company_id or shared is required")
}

/// Describes `company_id` in the query.
pub(super) fn company_id() -> Parameter {
    parameter("company_id", "For a superadmin: the company.", json!({ "type": "string" }))
}

/// Describes `shared` in the query.
pub(super) fn shared() -> Parameter {
    parameter("shared", "For a superadmin: `true` for the shared library.", json!({ "type": "string" }))
}

/// Reads a boolean from the query; without it, it is false. A name without a value is neither true nor false: who wrote
/// `?dry_run` or `?shared` meant something by it.
///
/// # Errors
/// 400 for what is no boolean.
pub(super) fn is_set(params: &Params, name: &'static str) -> Result<bool, ApiError> {
    let Some(word) = params.text(name) else {
        let is_blank = params.has_any(&[name]);
        return if is_blank { Err(ApiError::field(name, "This field may not be blank.")) } else { Ok(false) };
    };
    let read = boolean().accept(Raw::Text(word.to_owned()));
    read.map_err(|error| ApiError::fields(FieldErrors::of(name, error)))
}

impl Target {
    /// Returns whose knowledge a call writes: that of the caller's own company, whatever is named, or what a superadmin
    /// names. What its body names counts before what the query names.
    ///
    /// # Errors
    /// 400 if a superadmin names nothing, 404 for what is no code of a company.
    pub(super) fn written(
        supervisor: &Supervisor,
        params: &Params,
        company: Option<&str>,
        shared: Option<bool>,
    ) -> Result<Self, ApiError> {
        let shared = match shared {
            Some(shared) => shared,
            None => is_set(params, "shared")?,
        };
        match supervisor {
            Supervisor::Admin(admin) => Ok(Self::Company(admin.scope().company())),
            Supervisor::Superadmin(_) => {
                Self::named(company.filter(|code| !code.is_empty()).or(params.text("company_id")), shared)
            }
        }
    }

    /// Returns whose knowledge a call of staff of any role reads, with what the query names.
    ///
    /// # Errors
    /// As [`Target::written`].
    pub(super) fn of_staff(staff: &Staff, params: &Params) -> Result<Self, ApiError> {
        match staff.company() {
            Some(own) => Ok(Self::Company(own)),
            None => Self::named(params.text("company_id"), is_set(params, "shared")?),
        }
    }

    fn named(company: Option<&str>, shared: bool) -> Result<Self, ApiError> {
        if shared {
            return Ok(Self::Library);
        }
        let code = company.ok_or_else(no_target)?;
        Ok(Self::Company(CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound)?))
    }

    /// Returns the company; `None` for the library.
    pub(super) fn company(self) -> Option<CompanyCode> {
        match self {
            Self::Company(company) => Some(company),
            Self::Library => None,
        }
    }

    /// Returns where the rows are.
    pub(super) const fn place(self) -> Place {
        match self {
            Self::Company(company) => Place::Company(company),
            Self::Library => Place::Library,
        }
    }

    /// Writes as one who runs the company, or the library.
    ///
    /// # Errors
    /// Those of the job, and 404 for a company that does not exist.
    pub(super) async fn write<T: Output, E: Failure>(
        self,
        app: &App,
        supervisor: Supervisor,
        purpose: Action,
        job: impl CompanyJob<Office, T, E>,
    ) -> Result<T, ApiError>
    where
        ApiError: From<E>,
    {
        let written = app.office_write(supervisor, self.place(), purpose, job).await?;
        written.ok_or_else(|| Refused::CompanyNotFound.into())
    }

    /// Reads as staff of the company, or of the library.
    ///
    /// # Errors
    /// 404 for a company that does not exist, and that of a store that fails.
    pub(super) async fn read<T: Output>(
        self,
        app: &App,
        staff: Staff,
        job: impl CompanyJob<Desk, T, StoreError>,
    ) -> Result<T, ApiError> {
        let read = app.desk_read(staff, self.place(), job).await?;
        read.ok_or_else(|| Refused::CompanyNotFound.into())
    }
}
