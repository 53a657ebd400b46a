-- Private notes of staff. They are no messages: nothing that a visitor reads comes from this table.
CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    -- The position of the message that the note follows; 0 before the first one.
    after_seq INTEGER NOT NULL,
    author TEXT NOT NULL CHECK (author IN ('agent', 'admin', 'superadmin')),
    -- The author's display name; a superadmin has none.
    name TEXT,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
) STRICT;
CREATE INDEX notes_of_session ON notes (company_id, session_key, after_seq, id);
