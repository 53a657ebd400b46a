//! SQL types that differ between the two databases, and the Rust types of their columns.

use std::io::Write as _;

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, HasSqlType, SqlType, Text},
    sqlite::Sqlite,
};
use serde::{Serialize, de::DeserializeOwned};
use tenancy::{Fault, StoreError, Timestamp};

use crate::conn::AnyBackend;

/// The SQL type of a moment: `timestamptz` on PostgreSQL, microseconds since 1970 as an integer on SQLite.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

/// The SQL type of a document: `jsonb` on PostgreSQL, JSON text on SQLite.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
pub struct Doc;

impl diesel::sql_types::SqlOrd for Instant {}

/// A moment in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Instant)]
pub(crate) struct At(pub(crate) Timestamp);

/// A JSON document in a column, as text that is not parsed yet.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Doc)]
pub(crate) struct Json(pub(crate) String);

impl Json {
    /// Renders a value as a document.
    pub(crate) fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, StoreError> {
        serde_json::to_string(value).map(Self).map_err(|error| StoreError::new(Fault::Broken, error))
    }

    /// Parses the document.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(&self.0).map_err(|error| StoreError::new(Fault::Broken, error))
    }
}

/// Microseconds from 1970 to 2000, the epoch of PostgreSQL's timestamps.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

impl ToSql<Instant, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.micros().saturating_sub(POSTGRES_EPOCH);
        ToSql::<BigInt, Pg>::to_sql(&micros, &mut out.reborrow())
    }
}

impl FromSql<Instant, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let micros: i64 = FromSql::<BigInt, Pg>::from_sql(value)?;
        Ok(Self(Timestamp::from_micros(micros.saturating_add(POSTGRES_EPOCH))))
    }
}

impl ToSql<Instant, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.micros());
        Ok(IsNull::No)
    }
}

impl FromSql<Instant, Sqlite> for At {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros: i64 = FromSql::<BigInt, Sqlite>::from_sql(value)?;
        Ok(Self(Timestamp::from_micros(micros)))
    }
}

/// The version byte in front of the text of a `jsonb` in PostgreSQL's binary format.
const JSONB_VERSION: u8 = 1;

impl ToSql<Doc, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB_VERSION])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Doc, Pg> for Json {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            [JSONB_VERSION, text @ ..] => Ok(Self(std::str::from_utf8(text)?.to_owned())),
            _ => Err("unknown version of jsonb".into()),
        }
    }
}

impl ToSql<Doc, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_str());
        Ok(IsNull::No)
    }
}

impl FromSql<Doc, Sqlite> for Json {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Text, Sqlite>::from_sql(value).map(Self)
    }
}

macro_rules! any_type {
    ($($sql:ty => $rust:ty),*) => {$(
        impl HasSqlType<$sql> for AnyBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }

        impl ToSql<$sql, AnyBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, AnyBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }

        impl FromSql<$sql, AnyBackend> for $rust {
            fn from_sql(value: <AnyBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<$rust, $sql>()
            }
        }
    )*};
}

any_type!(Instant => At, Doc => Json);
