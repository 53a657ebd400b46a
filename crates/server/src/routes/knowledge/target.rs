//! Whose knowledge a call is about.

use serde_json::json;
use storage::{CompanyStore, Place};
use tenancy::{
    CompanyCode, StoreError,
    access::{Caller as _, Desk, Office, Refused, Staff, Superadmin, Supervisor},
    audit::Action,
};

use crate::{
    app::App,
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

/// Returns an admin's own company, ignoring what is named, or the company that a superadmin names.
///
/// # Errors
/// 400 if a superadmin names nothing, 404 for what is no code of a company.
pub(super) fn company_of(supervisor: &Supervisor, named: Option<&str>) -> Result<CompanyCode, ApiError> {
    match supervisor {
        Supervisor::Admin(admin) => Ok(admin.scope().company()),
        Supervisor::Superadmin(_) => {
            let code = named.ok_or_else(|| ApiError::required("company_id"))?;
            Ok(CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound)?)
        }
    }
}

/// Reads a boolean from the query; without it, it is false.
///
/// # Errors
/// 400 for what is no boolean.
pub(super) fn is_set(params: &Params, name: &'static str) -> Result<bool, ApiError> {
    let Some(word) = params.text(name) else { return Ok(false) };
    let read = boolean().accept(Raw::Text(word.to_owned()));
    read.map_err(|error| ApiError::fields(FieldErrors::of(name, error)))
}

impl Target {
    /// Returns whose knowledge a call writes. What its body names counts before what the query names.
    ///
    /// # Errors
    /// As [`Target::of_supervisor`].
    pub(super) fn written(
        supervisor: &Supervisor,
        params: &Params,
        company: Option<&str>,
        shared: Option<bool>,
    ) -> Result<Self, ApiError> {
        let company = company.filter(|code| !code.is_empty()).or(params.text("company_id"));
        let shared = match shared {
            Some(shared) => shared,
            None => is_set(params, "shared")?,
        };
        Self::of_supervisor(supervisor, company, shared)
    }

    /// Returns the caller's own company, ignoring what is named, or what a superadmin names.
    ///
    /// # Errors
    /// 400 if a superadmin names nothing, 404 for what is no code of a company.
    pub(super) fn of_supervisor(supervisor: &Supervisor, named: Option<&str>, shared: bool) -> Result<Self, ApiError> {
        match supervisor {
            Supervisor::Admin(admin) => Ok(Self::Company(admin.scope().company())),
            Supervisor::Superadmin(_) => Self::named(named, shared),
        }
    }

    /// Does the same for staff of any role, with what the query names.
    ///
    /// # Errors
    /// As [`Target::of_supervisor`].
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

    /// Writes as one who runs the company, or the library.
    ///
    /// # Errors
    /// Those of the job, and 404 for a company that does not exist.
    pub(super) async fn write<T, E>(
        self,
        app: &App,
        supervisor: Supervisor,
        purpose: Action,
        job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        ApiError: From<E>,
    {
        let written = match (self, supervisor) {
            (Self::Company(company), supervisor) => {
                app.office_write(supervisor, Place::Company(company), purpose, job).await?
            }
            (Self::Library, Supervisor::Superadmin(superadmin)) => {
                let job = app.db.platform(superadmin, purpose, move |platform| {
                    let mut library = platform.office(CompanyCode::shared_library())?;
                    job(&mut library).map_err(ApiError::from)
                });
                Some(job.await?)
            }
            (Self::Library, Supervisor::Admin(_)) => None,
        };
        written.ok_or_else(|| Refused::CompanyNotFound.into())
    }

    /// Reads as staff of the company, or of the library.
    ///
    /// # Errors
    /// Those of the job, and 404 for a company that does not exist.
    pub(super) async fn read<T>(
        self,
        app: &App,
        staff: Staff,
        job: impl FnOnce(&mut CompanyStore<'_, Desk>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
    {
        let read = match (self, staff) {
            (Self::Company(company), staff) => app.desk_read(staff, Place::Company(company), job).await?,
            (Self::Library, Staff::Superadmin(superadmin)) => Some(read_library(app, superadmin, job).await?),
            (Self::Library, Staff::Admin(_) | Staff::Agent(_)) => None,
        };
        read.ok_or_else(|| Refused::CompanyNotFound.into())
    }
}

async fn read_library<T: Send + 'static>(
    app: &App,
    superadmin: Superadmin,
    job: impl FnOnce(&mut CompanyStore<'_, Desk>) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let read = app.db.platform_read(superadmin, move |platform| {
        let mut library = platform.office(CompanyCode::shared_library())?;
        job(&mut library.acting()).map_err(ApiError::from)
    });
    read.await
}
