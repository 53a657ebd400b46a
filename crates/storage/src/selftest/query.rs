//! Queries that return one text per row.

use diesel::{QueryableByName, RunQueryDsl as _, result::QueryResult, sql_query, sql_types::Text};

use crate::conn::{Db, each_db};

#[derive(QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Runs a query with one text column, named `line`.
pub(super) fn lines(conn: &mut Db, sql: &str) -> QueryResult<Vec<String>> {
    let query = sql_query(sql);
    let rows: Vec<TextRow> = each_db!(conn, conn => query.load(conn))?;
    Ok(rows.into_iter().map(|row| row.line).collect())
}
