//! The migrations of both databases make the same schema.

use std::collections::BTreeSet;

use storage::testing::Scratch;

/// Asserts that two catalogue queries, one for each database, return the same rows.
fn same(sqlite: &str, postgres: &str) {
    let scratch = Scratch::sqlite();
    drop(scratch.open());
    let left: BTreeSet<_> = scratch.lines(sqlite).into_iter().collect();
    assert!(left.len() > 20, "{left:?}");
    if let Some(scratch) = Scratch::postgres() {
        let right: BTreeSet<_> = scratch.lines(postgres).into_iter().collect();
        let differing: Vec<_> = left.symmetric_difference(&right).collect();
        assert!(differing.is_empty(), "{differing:#?}");
    }
}

#[test]
fn tables_have_the_same_columns() {
    same(
        "SELECT m.name || '.' || c.name || ' ' || c.type || CASE WHEN c.\"notnull\" THEN ' not null' ELSE '' END \
         || CASE WHEN c.dflt_value IS NULL THEN '' ELSE ' default' END AS line \
         FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '%diesel%'",
        "SELECT table_name || '.' || column_name || ' ' || CASE \
           WHEN data_type IN ('text', 'jsonb') THEN 'TEXT' \
           WHEN data_type IN ('bigint', 'integer', 'boolean', 'timestamp with time zone') THEN 'INTEGER' \
           WHEN data_type = 'bytea' THEN 'BLOB' ELSE data_type END \
         || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END \
         || CASE WHEN column_default IS NULL THEN '' ELSE ' default' END AS line \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '%diesel%'",
    );
}

#[test]
fn tables_have_the_same_keys_and_indexes() {
    same(
        "SELECT m.name || CASE WHEN i.\"unique\" THEN ' unique ' ELSE ' ' END \
         || (SELECT group_concat(coalesce(name, 'expression'), ',') \
              FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) \
         || CASE WHEN i.partial THEN ' partial' ELSE '' END AS line \
         FROM sqlite_schema m JOIN pragma_index_list(m.name) i \
         WHERE m.type = 'table' AND m.name NOT LIKE '%diesel%' \
         UNION SELECT m.name || ' unique ' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '%diesel%' \
         AND c.pk = 1 AND (SELECT max(pk) FROM pragma_table_info(m.name)) = 1",
        "SELECT t.relname || CASE WHEN i.indisunique THEN ' unique ' ELSE ' ' END \
         || (SELECT string_agg(coalesce(a.attname, 'expression'), ',' ORDER BY k.at) \
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (num, at) \
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num) \
         || CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END AS line \
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid \
         WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '%diesel%'",
    );
}

#[test]
fn tables_refer_to_each_other_alike() {
    same(
        "SELECT m.name || ' (' || group_concat(f.\"from\", ',' ORDER BY f.seq) || ') ' || f.\"table\" || ' (' \
         || group_concat(f.\"to\", ',' ORDER BY f.seq) || ') ' || f.on_delete AS line \
         FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id",
        "SELECT t.relname || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY k.at) \
           FROM unnest(c.conkey) WITH ORDINALITY k (num, at) \
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) \
         || ') ' || f.relname || ' (' || (SELECT string_agg(a.attname, ',' ORDER BY k.at) \
           FROM unnest(c.confkey) WITH ORDINALITY k (num, at) \
           JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.num) \
         || ') ' || CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'a' THEN 'NO ACTION' ELSE 'other' END AS line \
         FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid \
         WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace",
    );
}

#[test]
fn texts_that_lists_are_ordered_by_compare_by_bytes() {
    let Some(scratch) = Scratch::postgres() else { return };
    let ordered = "table_schema = 'public' AND (column_name IN ('company_id', 'code', 'email_key', 'name_key') \
                   OR (table_name, column_name) = ('plans', 'name'))";
    let columns = |condition: &str| {
        scratch.lines(&format!(
            "SELECT table_name || '.' || column_name AS line FROM information_schema.columns WHERE {ordered} {condition}"
        ))
    };
    assert!(columns("").contains(&"admins.name_key".to_owned()));
    assert_eq!(columns("AND collation_name IS DISTINCT FROM 'C'"), [""; 0]);
}
