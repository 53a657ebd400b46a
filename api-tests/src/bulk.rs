//! Companies with very many sessions. The rows are inserted with SQL, without the doors.

use std::time::Duration;

use storage::{Target, testing::Scratch};
use tenancy::Timestamp;

/// Inserts sessions for a company, evenly spread over a year, the newest an hour before `now`. Each has
/// a profile and a handoff.
///
/// Of 1,000 sessions, 20 are pending, 30 are assigned, 650 are resolved and 300 are active again. All
/// handoffs that are not pending are spread over the company's agents. Six in ten profiles have an
/// e-mail address, and one in ten has the country code `+91`.
///
/// # Panics
/// If the database reports an error.
pub fn fill(database: &Scratch, company: &str, sessions: u32, now: Timestamp) {
    let newest = now.minus(Duration::from_hours(1)).micros();
    let step = 365 * 86_400_000_000 / i64::from(sessions.max(1));
    // Times are whole microseconds; n runs from 1 to the number of sessions.
    let made = format!("({newest} - ({sessions} - n) * {step})");
    let used = format!("({made} + (n * 7919 % 1000) * 60000000)");
    let (series, moment): (String, fn(&str) -> String) = match database.options.target {
        Target::Sqlite(_) => (
            format!("WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {sessions})"),
            str::to_owned,
        ),
        Target::Postgres(_) => (format!("WITH s (n) AS (SELECT generate_series(1::bigint, {sessions}))"), |micros| {
            format!("('epoch'::timestamptz + {micros} * interval '1 microsecond')")
        }),
    };
    let (made, used) = (moment(&made), moment(&used));
    let minute = match database.options.target {
        Target::Sqlite(_) => "60000000",
        Target::Postgres(_) => "interval '1 minute'",
    };
    let statements = format!(
        "BEGIN;
         INSERT INTO sessions (company_id, id, status, step, welcomed, person_acted, last_seq, bot_epoch, revision,
             last_used, created_at, updated_at)
         {series}
         SELECT '{company}', '{company}_00000000-0000-4000-8000-' || (100000000000 + n),
             CASE WHEN n * 7919 % 1000 < 20 THEN 'escalated' WHEN n * 7919 % 1000 < 50 THEN 'assigned'
                 WHEN n * 7919 % 1000 < 700 THEN 'resolved' ELSE 'active' END,
             'complete', TRUE, n * 7919 % 1000 < 50, 0, 1, 1, {used}, {made}, {used}
         FROM s WHERE n <= {sessions};

         INSERT INTO profiles (company_id, session_key, persistent_user_id, name, phone, email, country_code,
             search_key, created_at)
         SELECT company_id, key, 'user_' || (100000000000 + key), name, phone, email,
             CASE key % 10 WHEN 0 THEN '+1' WHEN 1 THEN '+44' WHEN 2 THEN '+91' WHEN 3 THEN '+61' ELSE '+977' END,
             lower(name) || '\n' || phone || '\n' || coalesce(email, ''), created_at
         FROM (
             SELECT company_id, key, created_at, 'Visitor Number ' || key AS name,
                 '+977-98' || (10000000 + key * 7919 % 90000000) AS phone,
                 CASE WHEN key % 10 < 6 THEN 'visitor.' || key || '@mail.example' END AS email
             FROM sessions WHERE company_id = '{company}' AND last_seq = 0
         ) AS known;

         INSERT INTO handoffs (company_id, session_key, agent_id, escalated_at, resolved_at, reason, priority)
         SELECT s.company_id, s.key, CASE WHEN s.status <> 'escalated' THEN a.id END, s.created_at + {minute},
             CASE WHEN s.status IN ('resolved', 'active') THEN s.created_at + {minute} END,
             'The visitor asked for a person.',
             CASE s.key % 4 WHEN 0 THEN 'low' WHEN 1 THEN 'medium' WHEN 2 THEN 'high' ELSE 'urgent' END
         FROM sessions s
         LEFT JOIN (
             SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM agents WHERE company_id = '{company}'
         ) AS a ON a.place = s.key % (SELECT count(*) FROM agents WHERE company_id = '{company}')
         WHERE s.company_id = '{company}' AND s.last_seq = 0;

         DELETE FROM profile_counts WHERE company_id = '{company}';
         INSERT INTO profile_counts (company_id, profiles)
         SELECT company_id, count(*) FROM profiles WHERE company_id = '{company}' GROUP BY company_id;
         DELETE FROM handoff_counts WHERE company_id = '{company}';
         INSERT INTO handoff_counts (company_id, agent_id, assigned, resolved)
         SELECT company_id, agent_id, count(*) - count(resolved_at), count(resolved_at) FROM handoffs
         WHERE company_id = '{company}' AND agent_id IS NOT NULL GROUP BY company_id, agent_id;
         DELETE FROM queue_counts WHERE company_id = '{company}';
         INSERT INTO queue_counts (company_id, waiting)
         SELECT company_id, count(*) FROM handoffs
         WHERE company_id = '{company}' AND agent_id IS NULL AND resolved_at IS NULL GROUP BY company_id;
         UPDATE sessions SET handled_by = (
             SELECT agent_id FROM handoffs WHERE company_id = '{company}' AND session_key = sessions.key
         )
         WHERE company_id = '{company}';
         COMMIT;"
    );
    database.execute(&statements).unwrap_or_else(|error| panic!("{company} was not filled: {error}"));
    if matches!(database.options.target, Target::Postgres(_)) {
        // In production, autovacuum would have run long before a company is this large.
        for table in ["sessions", "profiles", "handoffs"] {
            database.execute(&format!("VACUUM (ANALYZE) {table}")).unwrap_or_else(|error| panic!("{table}: {error}"));
        }
    }
}
