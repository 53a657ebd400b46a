//! Finding the company of an object. Superadmins name objects without their company.

use diesel::prelude::*;
use tenancy::{AgentId, CompanyCode, HandoffId, ProfileId, SessionId, StoreError};

use super::directory::code;
use crate::{
    error::IntoStoreError as _,
    schema::{agents, companies, handoffs, profiles, sessions},
    store::PlatformStore,
};

/// An object that belongs to one company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say everything")]
pub enum Place {
    Company(CompanyCode),
    /// The shared library. Its company is closed, so it cannot be named by its code.
    Library,
    Agent(AgentId),
    Handoff(HandoffId),
    Profile(ProfileId),
    Session(SessionId),
}

impl PlatformStore<'_> {
    /// Returns the company that an object belongs to, or `None` if the object does not exist or its company is
    /// closed.
    ///
    /// # Errors
    /// Only if the store fails.
    pub fn locate(&mut self, place: Place) -> Result<Option<CompanyCode>, StoreError> {
        let open = companies::table.filter(companies::status.ne("closed")).select(companies::code);
        let found: Option<String> = match place {
            Place::Library => return Ok(Some(CompanyCode::shared_library())),
            Place::Company(code) => open.filter(companies::code.eq(code.as_str())).first(self.conn),
            Place::Agent(id) => {
                let row = agents::table.filter(agents::id.eq(id.get()).and(agents::company_id.eq_any(open)));
                row.select(agents::company_id).first(self.conn)
            }
            Place::Handoff(id) => {
                let row = handoffs::table.filter(handoffs::id.eq(id.get()).and(handoffs::company_id.eq_any(open)));
                row.select(handoffs::company_id).first(self.conn)
            }
            Place::Profile(id) => {
                let row = profiles::table.filter(profiles::id.eq(id.get()).and(profiles::company_id.eq_any(open)));
                row.select(profiles::company_id).first(self.conn)
            }
            Place::Session(id) => {
                let row = sessions::table.filter(sessions::id.eq(id.as_str()).and(sessions::company_id.eq_any(open)));
                row.select(sessions::company_id).first(self.conn)
            }
        }
        .optional()
        .into_store_error()?;
        found.as_deref().map(code).transpose()
    }
}
