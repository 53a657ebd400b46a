//! Visitor profiles.

use chatbot::Profile;
use schemars::JsonSchema;
use serde::Serialize;

use super::{AsText, CompanyId, TimestampText};

/// A visitor's profile. Fields that the caller may not see are null.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct ProfileRow {
    id: Option<i64>,
    session_id: Option<String>,
    company_id: Option<CompanyId>,
    persistent_user_id: Option<String>,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
    country_code: Option<String>,
    created_at: Option<TimestampText>,
    last_used: Option<TimestampText>,
    is_favorite: Option<bool>,
}

impl ProfileRow {
    /// Shows the whole profile, for callers who may see it.
    pub(crate) fn whole(profile: &Profile) -> Self {
        Self {
            id: Some(profile.id.get()),
            session_id: Some(profile.session_id.as_str().to_owned()),
            company_id: Some(AsText(profile.company)),
            persistent_user_id: Some(profile.persistent_user_id.clone()),
            name: profile.name.clone(),
            phone: Some(profile.phone.clone()),
            email: profile.email.clone(),
            address: profile.address.clone(),
            country_code: Some(profile.country_code.clone()),
            created_at: Some(AsText(profile.created_at)),
            last_used: Some(AsText(profile.last_used)),
            is_favorite: Some(profile.is_favorite),
        }
    }

    /// Shows only the name, for any caller with the session id.
    pub(crate) fn name_only(profile: &Profile) -> Self {
        Self {
            id: None,
            session_id: None,
            company_id: None,
            persistent_user_id: None,
            name: profile.name.clone(),
            phone: None,
            email: None,
            address: None,
            country_code: None,
            created_at: None,
            last_used: None,
            is_favorite: None,
        }
    }
}
