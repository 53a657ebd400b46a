//! Checks on PostgreSQL that every policy has the expression that this version of the program expects.
//!
//! The server's version decides how an expression is printed, so texts cannot be compared. Instead the server
//! plans both the policy's expression and the expected one, and the plans are compared. Nothing is executed, and
//! the expected expressions are not stored in the database, where they could be altered together with the policy.

use diesel::{connection::SimpleConnection as _, result::QueryResult};

use super::query::lines;
use crate::conn::Db;

/// The expected policies of some tables. In a condition, `:company` is the company that the transaction named,
/// `:door` its door, and `:logins` whether it has login names enabled.
struct Policies {
    tables: &'static [&'static str],
    select: &'static str,
    insert: &'static str,
    /// The audit log has no policies for changes and deletion, so those are forbidden.
    update: Option<&'static str>,
    delete: Option<&'static str>,
}

const OWN: &str = "company_id = :company";
const OWN_OR_PLATFORM: &str = "company_id = :company OR :door = 'platform'";
const OWN_OR_PLATFORM_OR_LOBBY: &str = "company_id = :company OR :door IN ('platform', 'lobby')";
const LOBBY: &str = ":door = 'lobby'";
const PLATFORM: &str = ":door = 'platform'";
const MIGRATION: &str = ":door = 'migration'";

/// Accounts of the company's own staff, and all accounts in the lobby.
const OF_STAFF: &str = "\
    :door = 'lobby'
    OR role = 'AGENT' AND EXISTS (SELECT FROM agents WHERE user_id = accounts.id AND company_id = :company)
    OR role = 'ADMIN' AND EXISTS (SELECT FROM admins WHERE user_id = accounts.id AND company_id = :company)";
const OF_STAFF_OR_PLATFORM_OR_LOGINS: &str = "\
    :door IN ('platform', 'lobby') OR :logins
    OR role = 'AGENT' AND EXISTS (SELECT FROM agents WHERE user_id = accounts.id AND company_id = :company)
    OR role = 'ADMIN' AND EXISTS (SELECT FROM admins WHERE user_id = accounts.id AND company_id = :company)";
/// Refresh tokens of the company's agents, and all of them in the lobby.
const OF_AGENTS: &str = "\
    :door = 'lobby' OR role = 'AGENT'
        AND EXISTS (SELECT FROM agents WHERE agents.user_id = refresh_families.user_id AND company_id = :company)";

const POLICIES: &[Policies] = &[
    Policies {
        tables: &[
            "agent_sessions",
            "activities",
            "assignments",
            "profiles",
            "messages",
            "message_files",
            "handoffs",
            "transfers",
            "idempotency_keys",
            "opening_keys",
            "feedback",
            "ratings",
            "misses",
            "golden_questions",
            "notes",
            "saved_replies",
            "documents",
            "chunks",
            "profile_counts",
            "handoff_counts",
            "entry_vectors",
        ],
        select: OWN_OR_PLATFORM,
        insert: OWN,
        update: Some(OWN),
        delete: Some(OWN),
    },
    Policies {
        tables: &["sessions", "attachments", "jobs", "queue_counts"],
        select: OWN_OR_PLATFORM_OR_LOBBY,
        insert: OWN,
        update: Some(OWN),
        delete: Some(OWN),
    },
    Policies {
        tables: &["admins", "agents"],
        select: OWN_OR_PLATFORM_OR_LOBBY,
        insert: "company_id = :company AND :logins",
        update: Some(OWN),
        delete: Some(OWN),
    },
    Policies { tables: &["audit_heads"], select: OWN_OR_PLATFORM, insert: OWN, update: Some(OWN), delete: None },
    Policies { tables: &["audit_entries"], select: OWN_OR_PLATFORM, insert: OWN, update: None, delete: None },
    Policies {
        tables: &["companies"],
        select: "code = :company OR :door IN ('platform', 'lobby')",
        insert: PLATFORM,
        update: Some("code = :company"),
        delete: Some("FALSE"),
    },
    Policies {
        tables: &["company_numbers"],
        select: PLATFORM,
        insert: PLATFORM,
        update: Some(PLATFORM),
        delete: Some(PLATFORM),
    },
    Policies {
        tables: &["plans"],
        select: "nullif(:door, '') IS NOT NULL",
        insert: PLATFORM,
        update: Some(PLATFORM),
        delete: Some(PLATFORM),
    },
    Policies {
        tables: &["accounts"],
        select: OF_STAFF_OR_PLATFORM_OR_LOGINS,
        insert: ":door = 'lobby' OR :logins AND role <> 'SUPERADMIN'",
        update: Some(OF_STAFF),
        delete: Some(":logins AND role <> 'SUPERADMIN'"),
    },
    Policies {
        tables: &["refresh_families"],
        select: OF_AGENTS,
        insert: LOBBY,
        update: Some(OF_AGENTS),
        delete: Some(LOBBY),
    },
    Policies {
        tables: &["tickets", "sign_in_addresses", "processes"],
        select: LOBBY,
        insert: LOBBY,
        update: Some(LOBBY),
        delete: Some(LOBBY),
    },
];

/// Renders the expected policies as SQL rows: the table, the command as the catalogue writes it, the condition.
fn expected() -> String {
    let mut rows = Vec::new();
    for Policies { tables, select, insert, update, delete } in POLICIES {
        let commands =
            [("r", Some(*select)), ("a", Some(*insert)), ("w", *update), ("d", *delete), ("*", Some(MIGRATION))];
        for (command, condition) in commands {
            let Some(condition) = condition else { continue };
            let condition = condition
                .replace(":company", "current_setting('app.company', true)")
                .replace(":door", "current_setting('app.door', true)")
                .replace(":logins", "current_setting('app.logins', true) = 'on'");
            rows.extend(tables.iter().map(|table| format!("('{table}', '{command}', $if${condition}$if$)")));
        }
    }
    rows.join(", ")
}

/// Finds the policies that differ from what is expected.
pub(super) fn gaps(conn: &mut Db) -> QueryResult<Vec<String>> {
    conn.begin("BEGIN")?;
    let found = compare(conn);
    let ended = conn.rollback();
    let found = found?;
    ended?;
    Ok(found)
}

/// Compares all policies in one round trip. It compares the policies of a table together, and one by one only if
/// that shows a difference. Restrictive policies are skipped, because they can only forbid more.
fn compare(conn: &mut Db) -> QueryResult<Vec<String>> {
    conn.batch_execute(&format!(
        "DO $run$
        DECLARE
            policy RECORD;
            line TEXT;
            conditions TEXT;
            plans TEXT[];
            alike BOOLEAN;
            all_alike BOOLEAN;
            gaps TEXT[] := '{{}}';
        BEGIN
            FOR policy IN
                WITH expected (relname, cmd, condition) AS (VALUES {}), clauses AS (
                    SELECT c.relname, polname, clause, says, condition
                    FROM pg_policy p JOIN pg_class c ON c.oid = polrelid
                    CROSS JOIN LATERAL (VALUES
                        (1, polqual, polcmd <> 'a'), (2, polwithcheck, polcmd IN ('a', 'w', '*'))
                    ) AS v (clause, tree, needed)
                    CROSS JOIN LATERAL coalesce(pg_get_expr(tree, polrelid), 'NULL') AS says
                    LEFT JOIN expected e ON e.relname = c.relname AND e.cmd = polcmd::TEXT
                    WHERE relnamespace = 'public'::REGNAMESPACE AND polpermissive AND needed
                )
                SELECT relname, polname, bool_and(condition IS NOT NULL) AS known,
                    string_agg(format('(%s)', says), ', ' ORDER BY polname, clause) AS says,
                    string_agg(format('(%s)', condition), ', ' ORDER BY polname, clause) AS expected
                FROM clauses GROUP BY GROUPING SETS ((relname), (relname, polname))
                ORDER BY relname, polname NULLS FIRST
            LOOP
                CONTINUE WHEN policy.polname IS NOT NULL AND all_alike;
                plans := '{{}}';
                BEGIN
                    FOREACH conditions IN ARRAY ARRAY[policy.says, policy.expected] LOOP
                        EXIT WHEN NOT policy.known;
                        plans := plans || ''::TEXT;
                        FOR line IN EXECUTE
                            format('EXPLAIN (VERBOSE, COSTS OFF) SELECT %s FROM public.%I', conditions, policy.relname)
                        LOOP
                            plans[cardinality(plans)] := plans[cardinality(plans)] || line || chr(10);
                        END LOOP;
                    END LOOP;
                EXCEPTION WHEN OTHERS THEN
                    plans := '{{}}';
                END;
                alike := coalesce(cardinality(plans) = 2 AND plans[1] = plans[2], FALSE);
                IF policy.polname IS NULL THEN
                    all_alike := alike;
                ELSIF NOT alike THEN
                    gaps := gaps || format('table %s: the policy %s says something else than it should',
                        policy.relname, policy.polname);
                END IF;
            END LOOP;
            PERFORM set_config('app.outcomes', array_to_string(gaps, chr(31)), true);
        END
        $run$",
        expected()
    ))?;
    let gaps = lines(conn, "SELECT current_setting('app.outcomes') AS line")?.concat();
    Ok(gaps.split('\u{1f}').filter(|gap| !gap.is_empty()).map(str::to_owned).collect())
}
