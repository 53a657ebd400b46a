//! What the lobby looks up to admit a caller: the state of an account, a company, the company of a session.

use diesel::prelude::*;
use tenancy::{
    AgentId, CompanyCode, CompanyStatus, FamilyId, SessionId, SessionRowId, StoreError, UserId,
    access::{AccountState, Directory, Role, SessionLocation, TokenVersion},
};

use crate::{
    conn::each_db,
    error::{IntoStoreError as _, decode_enum},
    schema::{accounts, admins, agents, companies, refresh_families, sessions},
    store::{LobbyStore, PlatformStore},
};

// One query joins the company of an admin and that of an agent, so the table needs a second name.
diesel::alias! {
    const ADMIN_COMPANY: Alias<AdminCompany> = companies as admin_company;
}

/// An account with its admin row and its agent row, of which it has at most one, and whether the family that was
/// asked about is revoked.
type AccountStateRow =
    ((String, bool, i64), Option<(String, String, String)>, Option<(String, i64, String, String)>, Option<bool>);

impl Directory for LobbyStore<'_> {
    fn account_state(&mut self, user: UserId, family: Option<FamilyId>) -> Result<Option<AccountState>, StoreError> {
        // No family has an empty id.
        let id = family.map(|family| family.to_string()).unwrap_or_default();
        let of_account = refresh_families::id.eq(id).and(refresh_families::user_id.eq(accounts::id));
        let row: Option<AccountStateRow> = each_db!(self.conn, conn => accounts::table
            .left_join(admins::table.on(admins::user_id.eq(accounts::id)))
            .left_join(ADMIN_COMPANY.on(ADMIN_COMPANY.field(companies::code).eq(admins::company_id)))
            .left_join(agents::table.on(agents::user_id.eq(accounts::id)))
            .left_join(companies::table.on(companies::code.eq(agents::company_id)))
            .left_join(refresh_families::table.on(of_account))
            .filter(accounts::id.eq(user.get()))
            .select((
                (accounts::role, accounts::is_active, accounts::token_version),
                (admins::company_id, admins::name, ADMIN_COMPANY.field(companies::status)).nullable(),
                (agents::company_id, agents::id, agents::name, companies::status).nullable(),
                refresh_families::revoked.nullable(),
            ))
            .first(conn))
        .optional()
        .into_store_error()?;
        let Some(((role, active, version), admin, agent, revoked)) = row else { return Ok(None) };
        let (role, company_active) = match (role.as_str(), admin, agent) {
            ("SUPERADMIN", ..) => (Role::Superadmin, true),
            ("ADMIN", Some((company, name, status)), _) => {
                (Role::Admin { company: code(&company)?, name }, self::status(&status)?.is_active())
            }
            ("AGENT", _, Some((company, id, name, status))) => {
                let role = Role::Agent { company: code(&company)?, id: AgentId::new(id), name };
                (role, self::status(&status)?.is_active())
            }
            _ => return Ok(None),
        };
        let signed_out = family.is_some() && revoked.unwrap_or(true);
        Ok(Some(AccountState { role, active: active && company_active, version: TokenVersion(version), signed_out }))
    }

    fn company(&mut self, code: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError> {
        let row: Option<(String, String)> = each_db!(self.conn, conn => companies::table
            .find(code.as_str())
            .select((companies::name, companies::status))
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(|(name, status)| Ok((name, self::status(&status)?))).transpose()
    }

    fn session(&mut self, id: SessionId) -> Result<Option<SessionLocation>, StoreError> {
        let row: Option<(String, i64, String, String)> = each_db!(self.conn, conn => sessions::table
            .inner_join(companies::table.on(companies::code.eq(sessions::company_id)))
            .filter(sessions::id.eq(id.as_str()))
            .select((sessions::company_id, sessions::key, companies::name, companies::status))
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(|(company, key, company_name, status)| {
            Ok(SessionLocation {
                company: code(&company)?,
                company_name,
                status: self::status(&status)?,
                row_id: SessionRowId::new(key),
            })
        })
        .transpose()
    }

    fn agent(&mut self, id: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError> {
        let row: Option<(String, String)> = each_db!(self.conn, conn => agents::table
            .inner_join(companies::table.on(companies::code.eq(agents::company_id)))
            .filter(agents::id.eq(id.get()))
            .select((agents::company_id, companies::status))
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(|(company, status)| Ok((code(&company)?, self::status(&status)?))).transpose()
    }
}

impl Directory for PlatformStore<'_> {
    fn account_state(&mut self, user: UserId, family: Option<FamilyId>) -> Result<Option<AccountState>, StoreError> {
        self.lobby().account_state(user, family)
    }

    fn company(&mut self, code: CompanyCode) -> Result<Option<(String, CompanyStatus)>, StoreError> {
        self.lobby().company(code)
    }

    fn session(&mut self, id: SessionId) -> Result<Option<SessionLocation>, StoreError> {
        self.lobby().session(id)
    }

    fn agent(&mut self, id: AgentId) -> Result<Option<(CompanyCode, CompanyStatus)>, StoreError> {
        self.lobby().agent(id)
    }
}

/// Parses the company code in a row.
pub(crate) fn code(text: &str) -> Result<CompanyCode, StoreError> {
    decode_enum(CompanyCode::parse(text).ok(), "company code")
}

/// Parses a company's status in a row.
pub(crate) fn status(text: &str) -> Result<CompanyStatus, StoreError> {
    decode_enum(CompanyStatus::parse(text), "company status")
}
