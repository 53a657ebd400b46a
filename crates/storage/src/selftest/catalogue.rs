//! What the database's catalogue says: policies, roles and rights on PostgreSQL, keys on both databases.

use diesel::result::QueryResult;

use super::{policies, query::lines, reach, rows::TABLES};
use crate::conn::Db;

/// Finds the gaps that the catalogue shows.
pub(super) fn gaps(conn: &mut Db) -> QueryResult<Vec<String>> {
    let (names, queries): (_, &[&str]) = match conn {
        Db::Pg(_) => (
            POSTGRES_TABLES,
            &[
                ROLES,
                RIGHTS,
                NO_TABLES,
                DEFINERS,
                SECURITY,
                POLICIES,
                OWNERS,
                KEYS,
                REFERENCES,
                reach::DEFINERS,
                reach::TABLES,
                reach::RULES,
                reach::TRIGGERS,
                reach::DEFAULTS,
            ],
        ),
        Db::Sqlite(_) => (SQLITE_TABLES, &[SQLITE_KEYS, SQLITE_REFERENCES, SQLITE_ENFORCED]),
    };
    let mut gaps = Vec::new();
    for query in queries {
        gaps.extend(lines(conn, query)?);
    }
    if conn.is_postgres() {
        gaps.extend(policies::gaps(conn)?);
    }
    let found = lines(conn, names)?;
    let unknown = found.iter().filter(|name| TABLES.iter().all(|table| table.name != *name));
    gaps.extend(unknown.map(|name| format!("table {name} has a company column, but the self-test has no row for it")));
    let missing = TABLES.iter().filter(|table| !table.is_companies() && !found.iter().any(|name| name == table.name));
    gaps.extend(missing.map(|table| format!("table {} has no company column", table.name)));
    gaps.sort();
    Ok(gaps)
}

/// Tables with a company column.
const POSTGRES_TABLES: &str = "\
    SELECT t.relname::text AS line FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p')
        AND a.attname = 'company_id' AND NOT a.attisdropped";

/// This role must be bound by the policies and must not be able to change them. The same is true of every role that
/// it can take. CREATEROLE counts, because a role that has it can make itself a member of any role, including the owner.
const ROLES: &str = "\
    SELECT format('role %s %s', CASE rolname WHEN current_user THEN rolname::text
        ELSE format('%s is a member of %s, which', current_user, rolname) END, may) AS line FROM pg_roles, LATERAL (VALUES
        (rolsuper, 'is a superuser'), (rolbypassrls, 'has BYPASSRLS'), (rolcreaterole, 'has CREATEROLE')
    ) AS right_of (has, may)
    WHERE has AND (rolname = current_user
        OR pg_has_role(oid, 'MEMBER') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user))
    UNION ALL
    SELECT format('role %s is a member of %s', current_user, rolname) FROM pg_roles
    WHERE rolname IN ('pg_read_all_data', 'pg_read_all_stats', 'pg_monitor', 'pg_write_all_data', 'pg_maintain', 'pg_read_server_files', 'pg_write_server_files',
        'pg_execute_server_program') AND pg_has_role(oid, 'MEMBER')
    UNION ALL
    SELECT DISTINCT format('role %s owns tables, or is a member of their owner %s', current_user, relowner::regrole)
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'MEMBER')";

/// Rights beyond those that a migration grants, held by this role itself, by PUBLIC or by a role that it is a
/// member of. Policies do not restrict TRUNCATE, and foreign keys and triggers can reveal other companies' rows.
const RIGHTS: &str = "\
    WITH rights AS (
        SELECT oid, relacl AS acl FROM pg_class
        UNION ALL
        SELECT attrelid, attacl FROM pg_attribute WHERE NOT attisdropped
    )
    SELECT DISTINCT format('%s %s: the right to %s%s is more than the server needs',
        CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, relname, privilege_type,
        CASE WHEN is_grantable THEN ', and to pass it on,' END) AS line
    FROM pg_class JOIN rights USING (oid) CROSS JOIN LATERAL aclexplode(acl)
    WHERE relnamespace = 'public'::regnamespace AND acl IS NOT NULL
        AND (grantee = 0 OR pg_has_role(grantee, 'MEMBER'))
        AND (is_grantable OR privilege_type <> ALL (CASE
            WHEN relkind = 'S' THEN '{}'
            WHEN relname = '__diesel_schema_migrations' THEN '{SELECT}'
            WHEN relname = 'audit_entries' THEN '{SELECT, INSERT}'
            WHEN relname = 'audit_heads' THEN '{SELECT, INSERT, UPDATE}'
            ELSE '{SELECT, INSERT, UPDATE, DELETE}'
        END::text[]))";

/// A function that runs as its owner is restricted by the owner's policies, not by the caller's.
const DEFINERS: &str = "\
    SELECT format('function %s runs as %s, not as its caller', oid::regprocedure, proowner::regrole) AS line
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef";

/// A view shows what its owner may see.
const NO_TABLES: &str = "\
    SELECT format('%s is not a table, so policies do not protect it', relname) AS line FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')";

const SECURITY: &str = "\
    SELECT format('table %s: row-level security is not %s', relname, what) AS line FROM pg_class, LATERAL (VALUES
        (relrowsecurity, 'enabled'), (relforcerowsecurity, 'forced')
    ) AS setting (done, what)
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND relname <> '__diesel_schema_migrations' AND NOT done";

/// For every command that this role has the right to, exactly one policy permits it, with a condition that names
/// the door or the company, and in a company table the row's company. Without the right, no policy is needed.
const POLICIES: &str = "\
    WITH tables AS (
        SELECT oid, relname, EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = oid AND attname = 'company_id' AND NOT attisdropped
        ) AS of_company
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND relname <> '__diesel_schema_migrations'
    ), policies AS (
        SELECT polrelid, polcmd, pg_get_expr(polqual, polrelid) AS shown, pg_get_expr(polwithcheck, polrelid) AS written
        FROM pg_policy WHERE polpermissive AND (polroles = '{0}'
            OR EXISTS (SELECT FROM unnest(polroles) AS role WHERE role <> 0 AND pg_has_role(role, 'MEMBER')))
    )
    SELECT format('table %s has %s policies for %s where it needs one', relname, count(polrelid), command) AS line
    FROM tables CROSS JOIN (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE')) AS c (cmd, command)
    LEFT JOIN policies ON polrelid = oid AND polcmd IN (cmd::\"char\", '*')
    WHERE CASE cmd WHEN 'd' THEN has_table_privilege(oid, 'DELETE') ELSE has_any_column_privilege(oid, command) END
    GROUP BY relname, command HAVING count(polrelid) <> 1
    UNION ALL
    SELECT format('table %s: the policy for %s has no %s that binds it', relname, polcmd, clause)
    FROM policies JOIN tables ON oid = polrelid CROSS JOIN LATERAL (VALUES
        ('USING', shown, polcmd IN ('r', 'w', 'd', '*')), ('WITH CHECK', written, polcmd IN ('a', 'w', '*'))
    ) AS c (clause, condition, needed)
    WHERE needed AND (condition IS NULL OR condition <> 'false'
        AND condition NOT LIKE CASE WHEN of_company THEN '%company_id = %app.company%' ELSE '%app.%' END)";

/// FORCE restricts the owner too, so the owner needs a policy for migrations, and no other role may have one.
const OWNERS: &str = "\
    SELECT format('table %s has no policy for migrations of its owner', relname) AS line FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> '__diesel_schema_migrations'
        AND NOT EXISTS (
            SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polcmd = '*' AND polroles = ARRAY[relowner]
                AND pg_get_expr(polqual, polrelid) LIKE '%app.door%migration%'
                AND pg_get_expr(polwithcheck, polrelid) LIKE '%app.door%migration%'
        )";

/// Company columns are never null and reference a company, and columns that reference rows have a foreign key.
/// `user_id` is unique: staff may access an account because no other company can name the same one.
const KEYS: &str = "\
    WITH columns AS (
        SELECT t.oid, t.relname, a.attname, a.attnum, a.attnotnull, a.atttypid
        FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND EXISTS (
            SELECT FROM pg_attribute k WHERE k.attrelid = t.oid AND k.attname = 'company_id' AND NOT k.attisdropped
        )
    )
    SELECT format('table %s: company_id may be empty', relname) AS line FROM columns
    WHERE attname = 'company_id' AND NOT attnotnull
    UNION ALL
    SELECT format('table %s: %s has no foreign key', relname, attname) FROM columns
    WHERE (attname = 'company_id' OR atttypid = 'bigint'::regtype AND attname ~ '_(id|key)$')
        AND NOT EXISTS (
            SELECT FROM pg_constraint c WHERE c.conrelid = columns.oid AND c.contype = 'f' AND attnum = ANY (c.conkey)
        )
    UNION ALL
    SELECT format('table %s: an account may be named twice', relname) FROM columns
    WHERE attname = 'user_id' AND NOT EXISTS (
        SELECT FROM pg_constraint c WHERE c.conrelid = columns.oid AND c.contype = 'u' AND c.conkey = ARRAY[attnum]
    )";

/// A foreign key to a table with a company column includes that column.
const REFERENCES: &str = "\
    SELECT format('table %s: the foreign key %s %s', conrelid::regclass, conname, flaw) AS line
    FROM pg_constraint
    JOIN pg_attribute own ON own.attrelid = conrelid AND own.attname = 'company_id'
    LEFT JOIN pg_attribute other ON other.attrelid = confrelid AND other.attname = 'company_id'
    CROSS JOIN LATERAL (VALUES
        (NOT convalidated, 'is not validated'),
        (other.attnum IS NOT NULL AND array_position(conkey, own.attnum)
            IS DISTINCT FROM array_position(confkey, other.attnum), 'is not composite'),
        (other.attnum IS NOT NULL AND array_position(conkey, own.attnum) IS NULL, 'leaves the company out')
    ) AS f (has, flaw)
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND has";

const SQLITE_TABLES: &str = "\
    SELECT m.name AS line FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.name = 'company_id'";

const SQLITE_KEYS: &str = "\
    SELECT 'table ' || m.name || ': company_id may be empty' AS line
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.name = 'company_id' AND NOT c.\"notnull\"
    UNION ALL
    SELECT 'table ' || m.name || ': ' || c.name || ' has no foreign key'
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'company_id')
        AND (c.name = 'company_id'
            OR c.type = 'INTEGER' AND (c.name LIKE '%\\_id' ESCAPE '\\' OR c.name LIKE '%\\_key' ESCAPE '\\'))
        AND NOT EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name) f WHERE f.\"from\" = c.name)";

const SQLITE_REFERENCES: &str = "\
    SELECT 'table ' || m.name || ': the foreign key to ' || f.\"table\" || ' is not composite' AS line
    FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
    WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'company_id')
        AND EXISTS (SELECT 1 FROM pragma_table_info(f.\"table\") WHERE name = 'company_id')
    GROUP BY m.name, f.id
    HAVING sum(f.\"from\" = 'company_id' AND f.\"to\" = 'company_id') = 0";

const SQLITE_ENFORCED: &str =
    "SELECT 'foreign keys are not enforced' AS line FROM pragma_foreign_keys WHERE foreign_keys = 0";
