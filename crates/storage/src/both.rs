//! Statements that are valid on both databases but that the derived connection
//! declares unsupported: `ON CONFLICT` and `UNION`.

use diesel::{
    Connection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sqlite::Sqlite,
};

use crate::conn::AnyBackend;

/// A statement that both inner backends can render.
#[derive(Debug, Clone, Copy, QueryId)]
pub(crate) struct Both<Q>(Q);

/// Lets a statement run on [`crate::conn::Db`] if both inner backends can render it.
pub(crate) fn both<Q>(query: Q) -> Both<Q> {
    Both(query)
}

impl<Q: QueryFragment<Pg> + QueryFragment<Sqlite>> QueryFragment<AnyBackend> for Both<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, AnyBackend>) -> QueryResult<()> {
        AnyBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<Q: Query> Query for Both<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C: Connection> RunQueryDsl<C> for Both<Q> {}
