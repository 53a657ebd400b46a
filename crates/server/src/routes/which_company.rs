//! Which company a call of staff is about.

use tenancy::{CompanyCode, access::Refused};

use crate::http::{error::ApiError, params::Params};

/// Returns the caller's own company, whatever is named. A superadmin has none, and names one in the body or, without a
/// value there, in the query.
///
/// # Errors
/// 400 if a superadmin names none, 404 for what is no code of a company.
pub(super) fn which_company(
    own: Option<CompanyCode>,
    sent: Option<&str>,
    params: &Params,
) -> Result<CompanyCode, ApiError> {
    if let Some(own) = own {
        return Ok(own);
    }
    let named = sent.filter(|code| !code.is_empty()).or(params.text("company_id"));
    let code = named.ok_or_else(|| ApiError::required("company_id"))?;
    Ok(CompanyCode::parse(code).map_err(|_| Refused::CompanyNotFound)?)
}
