-- Questions of visitors that were not answered well, each at the message of the bot that did not answer it.
CREATE TABLE misses (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    -- The position of the bot's message.
    seq INTEGER NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('low', 'thumb_down', 'escalated')),
    question TEXT NOT NULL,
    -- The vector of the question, and the model that made it.
    model TEXT,
    vector BLOB,
    created_at INTEGER NOT NULL,
    -- When staff closed the question.
    closed_at INTEGER,
    UNIQUE (company_id, session_key, seq),
    FOREIGN KEY (company_id, session_key, seq) REFERENCES messages (company_id, session_key, seq) ON DELETE CASCADE
) STRICT;
CREATE INDEX misses_open ON misses (company_id, created_at, id) WHERE closed_at IS NULL;
