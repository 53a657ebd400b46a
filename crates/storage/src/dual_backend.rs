//! Statements that both databases support but the derived connection does not: `ON CONFLICT` and `UNION`.

use diesel::{
    Connection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sqlite::Sqlite,
};

use crate::conn::AnyBackend;

/// A statement that both backends can render.
#[derive(Debug, Clone, Copy, QueryId)]
pub(crate) struct DualBackend<Q>(Q);

/// Makes a statement run on [`crate::conn::Db`], if both backends can render it.
pub(crate) fn dual_backend<Q>(query: Q) -> DualBackend<Q> {
    DualBackend(query)
}

impl<Q: QueryFragment<Pg> + QueryFragment<Sqlite>> QueryFragment<AnyBackend> for DualBackend<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, AnyBackend>) -> QueryResult<()> {
        AnyBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<Q: Query> Query for DualBackend<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C: Connection> RunQueryDsl<C> for DualBackend<Q> {}
