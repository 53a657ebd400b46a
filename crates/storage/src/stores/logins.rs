//! Inserting accounts, in the same way for every store.

use diesel::{dsl::exists, prelude::*};
use identity::accounts::{LoginReservation, Logins, NewAccount};
use tenancy::{StoreError, Timestamp, UserId, access::Caller};

use crate::{
    conn::Db,
    dual_backend::dual_backend,
    error::IntoStoreError as _,
    schema::accounts,
    scope::with_logins,
    store::{CompanyStore, LobbyStore},
    types::At,
};

impl Logins for LobbyStore<'_> {
    fn reserve_login(&mut self, account: &NewAccount, now: Timestamp) -> Result<LoginReservation, StoreError> {
        reserve(self.conn, account, now)
    }
}

impl<C: Caller> Logins for CompanyStore<'_, C> {
    fn reserve_login(&mut self, account: &NewAccount, now: Timestamp) -> Result<LoginReservation, StoreError> {
        with_logins(self.conn, |conn| reserve(conn, account, now))
    }
}

/// Inserts the account, and checks what is taken only if the insert did nothing. Another transaction could take
/// a login name between a check and the insert, and a unique violation would abort the transaction on
/// PostgreSQL.
fn reserve(conn: &mut Db, account: &NewAccount, now: Timestamp) -> Result<LoginReservation, StoreError> {
    let id: Option<i64> = dual_backend(
        diesel::insert_into(accounts::table)
            .values((
                accounts::username.eq(&account.username),
                accounts::email.eq(account.email.as_str()),
                accounts::email_key.eq(account.email.key()),
                accounts::password_hash.eq(account.hash.as_str()),
                accounts::role.eq(account.role.as_str()),
                accounts::token_version.eq(account.version.0),
                accounts::is_active.eq(true),
                accounts::first_login.eq(account.first_login),
                accounts::first_name.eq(&account.names.first),
                accounts::last_name.eq(&account.names.last),
                accounts::date_joined.eq(At(now)),
                accounts::handed_out_at.eq(account.first_login.then_some(At(now))),
            ))
            .on_conflict_do_nothing()
            .returning(accounts::id),
    )
    .get_result(conn)
    .optional()
    .into_store_error()?;
    if let Some(id) = id {
        return Ok(LoginReservation::Account(UserId::new(id)));
    }
    let same_email = accounts::table.filter(accounts::email_key.eq(account.email.key()));
    let email_taken = diesel::select(exists(same_email)).get_result(conn).into_store_error()?;
    Ok(if email_taken { LoginReservation::EmailTaken } else { LoginReservation::UsernameTaken })
}
