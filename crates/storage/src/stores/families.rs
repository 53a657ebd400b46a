//! Refresh token families.

use diesel::prelude::*;
use identity::{
    accounts::Role,
    refresh::{Families, Family, SpentToken},
    tokens::{FamilyId, Grant},
};
use tenancy::{StoreError, Timestamp, UserId, access::TokenVersion};

use super::directory::code;
use crate::{
    conn::Db,
    error::{IntoStoreError as _, decode_enum},
    schema::refresh_families,
    store::LobbyStore,
    types::At,
};

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = refresh_families, treat_none_as_null = true)]
struct FamilyRow {
    id: String,
    user_id: i64,
    role: String,
    company: Option<String>,
    token_version: i64,
    access_id: String,
    refresh_id: String,
    issued_at: i64,
    access_expires: i64,
    refresh_expires: i64,
    spent_id: Option<String>,
    spent_at: Option<At>,
    revoked: bool,
    started_at: i64,
}

impl FamilyRow {
    fn of(family: &Family) -> Self {
        let Family { newest, started_at, spent, revoked } = family;
        Self {
            id: newest.family.to_string(),
            user_id: newest.user.get(),
            role: newest.role.to_string(),
            company: newest.company.map(|code| code.to_string()),
            token_version: newest.version.0,
            access_id: newest.access_id.to_string(),
            refresh_id: newest.refresh_id.to_string(),
            issued_at: newest.issued_at,
            access_expires: newest.access_expires,
            refresh_expires: newest.refresh_expires,
            spent_id: spent.map(|spent| spent.id.to_string()),
            spent_at: spent.map(|spent| At(spent.at)),
            revoked: *revoked,
            started_at: *started_at,
        }
    }

    fn into_family(self) -> Result<Family, StoreError> {
        let newest = Grant {
            user: UserId::new(self.user_id),
            role: decode_enum(Role::parse(&self.role), "role")?,
            company: self.company.as_deref().map(code).transpose()?,
            version: TokenVersion(self.token_version),
            family: decode_enum(self.id.parse().ok(), "family id")?,
            access_id: decode_enum(self.access_id.parse().ok(), "token id")?,
            refresh_id: decode_enum(self.refresh_id.parse().ok(), "token id")?,
            issued_at: self.issued_at,
            access_expires: self.access_expires,
            refresh_expires: self.refresh_expires,
        };
        let spent = match self.spent_id.zip(self.spent_at) {
            Some((id, At(at))) => Some(SpentToken { id: decode_enum(id.parse().ok(), "token id")?, at }),
            None => None,
        };
        Ok(Family { newest, started_at: self.started_at, spent, revoked: self.revoked })
    }
}

impl Families for LobbyStore<'_> {
    fn family_for_update(&mut self, id: FamilyId) -> Result<Option<Family>, StoreError> {
        let query = refresh_families::table.find(id.to_string());
        let row: Option<FamilyRow> = match &mut *self.conn {
            Db::Pg(conn) => query.for_update().first(conn),
            Db::Sqlite(conn) => query.first(conn),
        }
        .optional()
        .into_store_error()?;
        row.map(FamilyRow::into_family).transpose()
    }

    fn insert_family(&mut self, family: &Family, now: Timestamp) -> Result<(), StoreError> {
        let expired = refresh_families::table
            .filter(refresh_families::user_id.eq(family.newest.user.get()))
            .filter(refresh_families::refresh_expires.le(now.seconds()))
            .filter(refresh_families::access_expires.le(now.seconds()));
        diesel::delete(expired).execute(self.conn).into_store_error()?;
        diesel::insert_into(refresh_families::table)
            .values(FamilyRow::of(family))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }

    fn update_family(&mut self, family: &Family) -> Result<(), StoreError> {
        let row = FamilyRow::of(family);
        diesel::update(refresh_families::table.find(row.id.clone())).set(row).execute(self.conn).into_store_error()?;
        Ok(())
    }

    fn revoke_families(&mut self, user: UserId) -> Result<(), StoreError> {
        diesel::update(refresh_families::table.filter(refresh_families::user_id.eq(user.get())))
            .set(refresh_families::revoked.eq(true))
            .execute(self.conn)
            .into_store_error()?;
        Ok(())
    }
}
