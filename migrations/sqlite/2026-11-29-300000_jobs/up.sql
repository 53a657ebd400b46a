-- Work that a committed change asks the server to do in the background. A company has at most one job of a
-- kind; another change raises its revision.
CREATE TABLE jobs (
    company_id TEXT NOT NULL REFERENCES companies (code),
    kind TEXT NOT NULL,
    revision INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    -- When the lease of the process that runs it expires.
    leased_until INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, kind)
) STRICT;
INSERT INTO jobs (company_id, kind, revision, due_at, attempts, created_at)
SELECT code, 'encode_entries', 1, unixepoch() * 1000000, 0, unixepoch() * 1000000
FROM companies WHERE knowledge_version > 0;

-- The vectors of entries, by the model that made them and a hash of the texts of the entry.
CREATE TABLE entry_vectors (
    company_id TEXT NOT NULL REFERENCES companies (code),
    model TEXT NOT NULL,
    text_hash BLOB NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (company_id, model, text_hash)
) STRICT;
