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

-- What visitors have found unhelpful so far.
INSERT INTO misses (company_id, session_key, seq, cause, question, created_at)
SELECT company_id, session_key, seq, 'thumb_down', substr(question, 1, 1000), created_at FROM feedback
WHERE question IS NOT NULL ORDER BY created_at;
INSERT INTO jobs (company_id, kind, revision, due_at, attempts, created_at)
SELECT DISTINCT company_id, 'encode_misses', 1, unixepoch() * 1000000, 0, unixepoch() * 1000000 FROM misses;
