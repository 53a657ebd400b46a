//! The columns of an account that lists and profiles show.

use diesel::prelude::*;
use identity::{
    Email,
    accounts::{Account, PersonName, Role},
};
use tenancy::{StoreError, UserId};

use crate::{error::decode_enum, schema::accounts, types::At};

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(super) struct AccountRow {
    id: i64,
    username: String,
    email: String,
    role: String,
    is_active: bool,
    first_name: String,
    last_name: String,
    date_joined: At,
}

impl AccountRow {
    /// Returns the account without agent, contact, company and plan, which a superadmin does not have.
    pub(super) fn into_account(self) -> Result<Account, StoreError> {
        Ok(Account {
            user: UserId::new(self.id),
            role: decode_enum(Role::parse(&self.role), "role")?,
            agent: None,
            username: self.username,
            email: Email::from_stored(self.email),
            names: PersonName { first: self.first_name, last: self.last_name },
            contact: None,
            company: None,
            plan: None,
            date_joined: self.date_joined.0,
            is_active: self.is_active,
        })
    }
}
