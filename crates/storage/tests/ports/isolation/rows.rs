//! The rows of a company, as texts that every change shows in.

use crate::{stage::Company, world::World};

pub(super) const TABLES: [(&str, &str); 25] = [
    (
        "sessions",
        "status || ' ' || revision || ' ' || last_seq || ' ' || bot_epoch || visitor_read_seq || staff_read_seq",
    ),
    ("profiles", "id || name || is_favorite"),
    ("messages", "id || ' ' || seq"),
    ("attachments", "id || blob_key"),
    ("message_files", "message_id || ' ' || attachment_id"),
    (
        "handoffs",
        "id || ' ' || coalesce(agent_id, 0) || reason || priority || coalesce(notes, '') || coalesce(CAST(packet AS TEXT), '') || (resolved_at IS NULL)",
    ),
    ("transfers", "id || ' '"),
    ("idempotency_keys", "key || seq || (lease_until IS NULL)"),
    ("opening_keys", "key || session_key"),
    ("feedback", "seq || ' ' || helpful"),
    ("ratings", "session_key || ' ' || score"),
    ("misses", "id || ' ' || cause || (closed_at IS NULL) || (vector IS NULL)"),
    ("golden_questions", "id || question"),
    ("notes", "id || ' ' || after_seq || text"),
    ("saved_replies", "id || shortcut"),
    ("activities", "id || kind"),
    ("agents", "id || status || name"),
    ("assignments", "id || status"),
    ("chunks", "id || answer"),
    ("documents", "id || title"),
    ("profile_counts", "profiles || ''"),
    ("handoff_counts", "agent_id || ' ' || assigned || ' ' || resolved"),
    ("queue_counts", "waiting || ''"),
    ("jobs", "kind || revision || attempts || (leased_until IS NULL) || coalesce(last_error, '')"),
    ("entry_vectors", "model"),
];

/// Returns all rows of the company, each as the table's name and the columns that a change would show in.
pub(super) fn rows(world: &World, company: &Company) -> Vec<String> {
    let of = |(table, columns)| {
        format!("SELECT '{table}: ' || {columns} AS line FROM {table} WHERE company_id = '{}'", company.code)
    };
    let accounts = format!(
        "SELECT 'accounts: ' || username || first_name || token_version AS line FROM accounts \
         WHERE id IN (SELECT user_id FROM agents WHERE company_id = '{}')",
        company.code
    );
    world.scratch.lines(&format!("{} UNION ALL {accounts} ORDER BY 1", TABLES.map(of).join(" UNION ALL ")))
}
