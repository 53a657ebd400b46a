-- The audit log: one chain of entries for each company, and one for the installation, which belongs
-- to the reserved company. Rows hold ids and fixed words, but no personal data.

-- The length of each chain and the seal of its end.
CREATE TABLE audit_heads (
    company_id TEXT PRIMARY KEY NOT NULL REFERENCES companies (code),
    entries INTEGER NOT NULL,
    mac BLOB NOT NULL
) STRICT;

CREATE TABLE audit_entries (
    company_id TEXT NOT NULL REFERENCES audit_heads (company_id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_user INTEGER,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT,
    reason TEXT,
    mac BLOB NOT NULL,
    PRIMARY KEY (company_id, seq)
) STRICT;

-- SQLite has no roles from which the right could be revoked. A process that can write the file can
-- also drop these triggers.
CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries
BEGIN SELECT raise(ABORT, 'the audit log is appended to and nothing else'); END;
CREATE TRIGGER audit_entries_keep BEFORE DELETE ON audit_entries
BEGIN SELECT raise(ABORT, 'the audit log is appended to and nothing else'); END;
