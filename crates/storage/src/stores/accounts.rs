//! Credentials, and a caller's own account.

use diesel::{
    dsl::{auto_type, sql},
    prelude::*,
    sql_types::{Nullable, Text},
};
use identity::{
    Email, PasswordHash,
    accounts::{Account, Accounts, Contact, Credentials, Role},
};
use tenancy::{
    AgentId, CompanyCode, StoreError, Timestamp, UserId,
    access::{Staff, TokenVersion},
};

use super::{
    account_row::AccountRow,
    admins::{self as admin_rows, AdminRow},
    assignments::current_of,
    companies::CompanyRow,
};
use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::{accounts, admins, agents, companies},
    scope,
    store::LobbyStore,
    types::At,
};

/// The highest bcrypt cost. The text of a hash begins with `$2b$12$`; costs have two digits and so sort as text.
/// The index `accounts_by_cost` has the same expression, so the database reads its end and not the table.
const HIGHEST_COST: &str = "MAX(SUBSTR(password_hash, 5, 2))";

#[derive(Queryable)]
struct CredentialsRow {
    id: i64,
    username: String,
    email: String,
    password_hash: String,
    role: String,
    token_version: i64,
    is_active: bool,
    first_login: bool,
    handed_out_at: Option<At>,
}

/// The columns of [`CredentialsRow`].
#[auto_type]
fn credentials() -> _ {
    accounts::table.select((
        accounts::id,
        accounts::username,
        accounts::email,
        accounts::password_hash,
        accounts::role,
        accounts::token_version,
        accounts::is_active,
        accounts::first_login,
        accounts::handed_out_at,
    ))
}

impl CredentialsRow {
    fn into_credentials(self) -> Result<Credentials, StoreError> {
        Ok(Credentials {
            user: UserId::new(self.id),
            role: decode_enum(Role::parse(&self.role), "role")?,
            email: Email::from_stored(self.email),
            hash: PasswordHash::from_stored(self.password_hash),
            version: TokenVersion(self.token_version),
            active: self.is_active,
            first_login: self.first_login,
            handed_out_at: self.handed_out_at.map(|At(at)| at),
        })
    }
}

impl Accounts for LobbyStore<'_> {
    fn credentials_by_login(&mut self, login: &str, email_key: &str) -> Result<Option<Credentials>, StoreError> {
        let mut rows: Vec<CredentialsRow> = credentials()
            .filter(accounts::username.eq(login).or(accounts::email_key.eq(email_key)))
            .load(self.conn)
            .into_store_error()?;
        let by_name = rows.iter().position(|row| row.username == login).unwrap_or(0);
        let row = (by_name < rows.len()).then(|| rows.swap_remove(by_name));
        row.map(CredentialsRow::into_credentials).transpose()
    }

    fn credentials_by_email(&mut self, email_key: &str) -> Result<Option<Credentials>, StoreError> {
        let row: Option<CredentialsRow> =
            credentials().filter(accounts::email_key.eq(email_key)).first(self.conn).optional().into_store_error()?;
        row.map(CredentialsRow::into_credentials).transpose()
    }

    fn credentials_of(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        let row: Option<CredentialsRow> =
            credentials().filter(accounts::id.eq(user.get())).first(self.conn).optional().into_store_error()?;
        row.map(CredentialsRow::into_credentials).transpose()
    }

    fn credentials_for_update(&mut self, user: UserId) -> Result<Option<Credentials>, StoreError> {
        let query = credentials().filter(accounts::id.eq(user.get()));
        let row: Option<CredentialsRow> = match &mut *self.conn {
            Db::Pg(conn) => query.for_update().first(conn),
            Db::Sqlite(conn) => query.first(conn),
        }
        .optional()
        .into_store_error()?;
        row.map(CredentialsRow::into_credentials).transpose()
    }

    fn set_password(&mut self, user: UserId, hash: &PasswordHash) -> Result<(), StoreError> {
        diesel::update(accounts::table.find(user.get()))
            .set((
                accounts::password_hash.eq(hash.as_str()),
                accounts::first_login.eq(false),
                accounts::handed_out_at.eq(None::<At>),
                accounts::token_version.eq(accounts::token_version + 1),
            ))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn renew_hash(&mut self, user: UserId, hash: &PasswordHash) -> Result<(), StoreError> {
        diesel::update(accounts::table.find(user.get()))
            .set(accounts::password_hash.eq(hash.as_str()))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn highest_cost(&mut self) -> Result<u32, StoreError> {
        let highest = sql::<Nullable<Text>>(HIGHEST_COST);
        let cost: Option<String> = accounts::table.select(highest).first(self.conn).into_store_error()?;
        Ok(cost.and_then(|cost| cost.parse().ok()).unwrap_or(0))
    }

    fn end_tokens(&mut self, user: UserId) -> Result<(), StoreError> {
        diesel::update(accounts::table.find(user.get()))
            .set(accounts::token_version.eq(accounts::token_version + 1))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn own_account(&mut self, caller: &Staff, now: Timestamp) -> Result<Option<Account>, StoreError> {
        let found = match caller.company() {
            None => self.superadmin(caller.user())?,
            Some(code) => match caller {
                Staff::Agent(agent) => self.agent(code, agent.id())?,
                Staff::Superadmin(_) | Staff::Admin(_) => self.admin(code, caller.user())?,
            },
        };
        let Some(mut account) = found else { return Ok(None) };
        if let Some(code) = caller.company() {
            scope::enter(self.conn, code)?;
            account.plan = current_of(self.conn, code, now)?;
        }
        Ok(Some(account))
    }
}

impl LobbyStore<'_> {
    fn superadmin(&mut self, user: UserId) -> Result<Option<Account>, StoreError> {
        let row: Option<AccountRow> = accounts::table
            .find(user.get())
            .select(AccountRow::as_select())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        row.map(AccountRow::into_account).transpose()
    }

    fn admin(&mut self, code: CompanyCode, user: UserId) -> Result<Option<Account>, StoreError> {
        let row: Option<AdminRow> = admin_rows::joined()
            .filter(admins::company_id.eq(code.as_str()).and(admins::user_id.eq(user.get())))
            .select(admin_rows::columns())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        row.map(admin_rows::account).transpose()
    }

    fn agent(&mut self, code: CompanyCode, id: AgentId) -> Result<Option<Account>, StoreError> {
        let row: Option<(AccountRow, CompanyRow, String, String)> = agents::table
            .inner_join(accounts::table.on(accounts::id.eq(agents::user_id)))
            .inner_join(companies::table.on(companies::code.eq(agents::company_id)))
            .filter(agents::company_id.eq(code.as_str()).and(agents::id.eq(id.get())))
            .select((AccountRow::as_select(), CompanyRow::as_select(), agents::name, agents::phone))
            .first(self.conn)
            .optional()
            .into_store_error()?;
        let Some((row, company, name, phone_number)) = row else { return Ok(None) };
        Ok(Some(Account {
            agent: Some(id),
            contact: Some(Contact { name, phone_number, ..Contact::default() }),
            company: Some(company.into_company()?),
            ..row.into_account()?
        }))
    }
}

#[cfg(test)]
mod tests {
    use diesel::{connection::SimpleConnection as _, sql_query};

    use super::*;
    use crate::{
        conn::{Purpose, open},
        testing::Scratch,
    };

    #[derive(QueryableByName)]
    struct SqliteStep {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[derive(QueryableByName)]
    struct PostgresStep {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }

    #[test]
    fn the_highest_cost_is_the_end_of_an_index_however_many_accounts_there_are() {
        let query = format!("SELECT {HIGHEST_COST} FROM accounts");
        for scratch in Scratch::each() {
            drop(scratch.open());
            let plan: Vec<String> = match open(&scratch.options.target, Purpose::Write).unwrap() {
                Db::Sqlite(mut conn) => {
                    let steps = sql_query(format!("EXPLAIN QUERY PLAN {query}")).load::<SqliteStep>(&mut conn);
                    steps.unwrap().into_iter().map(|step| step.detail).collect()
                }
                Db::Pg(mut conn) => {
                    // An empty table would be scanned, so the planner is kept from it.
                    conn.batch_execute("BEGIN; SET LOCAL app.door = 'lobby'; SET LOCAL enable_seqscan = off").unwrap();
                    let steps = sql_query(format!("EXPLAIN {query}")).load::<PostgresStep>(&mut conn);
                    steps.unwrap().into_iter().map(|step| step.line).collect()
                }
            };
            let plan = plan.join("\n");
            // SQLite searches an index for one end and would scan it otherwise. PostgreSQL stops after one row.
            let is_end = (plan.starts_with("SEARCH") || plan.contains("Limit") && plan.contains("Backward"))
                && plan.contains("accounts_by_cost");
            assert!(is_end, "{plan}");
        }
    }
}
