//! What else in a PostgreSQL database this role can reach, and what changes its statements.

/// Schemas of the database itself, and of the server's own tables.
macro_rules! foreign {
    () => {
        "nspname NOT IN ('public', 'pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'"
    };
}

/// The roles whose rights this role has or can take.
macro_rules! roles {
    () => {
        "roles AS (SELECT oid FROM pg_roles WHERE pg_has_role(oid, 'MEMBER'))"
    };
}

/// A function in another schema that runs as its owner, and that this role may call.
pub(super) const DEFINERS: &str = concat!(
    "WITH ",
    roles!(),
    " SELECT format('function %s runs as %s, not as its caller', p.oid::regprocedure, proowner::regrole) AS line
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
    WHERE prosecdef AND ",
    foreign!(),
    " AND EXISTS (
        SELECT FROM roles WHERE has_schema_privilege(roles.oid, n.oid, 'USAGE')
            AND has_function_privilege(roles.oid, p.oid, 'EXECUTE'))"
);

/// A table, view or foreign table in another schema that this role may read or write. The server uses none.
pub(super) const TABLES: &str = concat!(
    "WITH ",
    roles!(),
    " SELECT format('table %s.%s is outside the schema public, and this role can reach it', nspname, relname) AS line
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND ",
    foreign!(),
    " AND EXISTS (
        SELECT FROM roles WHERE has_schema_privilege(roles.oid, n.oid, 'USAGE')
            AND (has_any_column_privilege(roles.oid, c.oid, 'SELECT, INSERT, UPDATE')
                OR has_table_privilege(roles.oid, c.oid, 'DELETE, TRUNCATE')))
    UNION ALL
    SELECT format('table pg_catalog.%s: the right to read it is more than the server needs', relname)
    FROM pg_class c
    WHERE relnamespace = 'pg_catalog'::regnamespace
        AND relname IN ('pg_authid', 'pg_largeobject', 'pg_statistic', 'pg_statistic_ext_data', 'pg_user_mapping')
        AND relkind = 'r' AND EXISTS (SELECT FROM roles WHERE has_any_column_privilege(roles.oid, c.oid, 'SELECT'))
        AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
);

/// A rule replaces a statement or adds another one.
pub(super) const RULES: &str = "\
    SELECT format('table %s: the rule %s changes its statements', relname, rulename) AS line
    FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')";

/// The server has no triggers but those of its foreign keys.
pub(super) const TRIGGERS: &str = "\
    SELECT format('table %s: the trigger %s is not the server''s', relname, tgname) AS line
    FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal";

/// The policies trust these settings, so no connection may begin with them. `role` and `session_replication_role`
/// would change what binds it.
pub(super) const DEFAULTS: &str = "\
    SELECT format('a default of %s sets %s', CASE setrole WHEN 0 THEN 'the database' ELSE format('role %s',
        setrole::regrole) END, split_part(setting, '=', 1)) AS line
    FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS setting
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND (setrole = 0 OR setrole = current_user::regrole)
        AND lower(setting) ~ '^(app\\.|role=|session_replication_role=)'
    UNION ALL
    SELECT format('a connection begins with %s', name) FROM unnest(ARRAY['app.door', 'app.company', 'app.logins']) AS name
    WHERE nullif(current_setting(name, true), '') IS NOT NULL";
