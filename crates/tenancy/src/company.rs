//! A company and its status.

use crate::CompanyCode;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// The code, which is also the company's id.
    pub code: CompanyCode,
    /// Display name. It follows the name of the admin who owns the company.
    pub name: String,
    /// Whether the company is served.
    pub status: CompanyStatus,
}

crate::word_enum! {
    /// Whether a company is served.
    pub enum CompanyStatus {
        /// Staff may sign in, and visitors are answered.
        Active => "active",
        /// Staff may not sign in, and visitors get the error that the company is not active.
        Suspended => "suspended",
        /// The company is treated as if it did not exist. Its data is kept.
        Closed => "closed",
    }
}

impl CompanyStatus {
    /// Returns whether staff may sign in and visitors are answered.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active)
    }
}
