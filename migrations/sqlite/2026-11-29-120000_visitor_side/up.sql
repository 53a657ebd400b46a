-- What a visitor says of one answer of the bot; the last word counts.
CREATE TABLE feedback (
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    -- The position of the bot's message.
    seq INTEGER NOT NULL,
    helpful INTEGER NOT NULL,
    comment TEXT,
    -- The visitor's question, if the answer did not help.
    question TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, session_key, seq),
    FOREIGN KEY (company_id, session_key, seq) REFERENCES messages (company_id, session_key, seq) ON DELETE CASCADE
) STRICT;

-- What a visitor says of its conversation; the last word counts.
CREATE TABLE ratings (
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
    comment TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, session_key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
) STRICT;

-- When the visitor left, if it has not written since.
ALTER TABLE sessions ADD COLUMN left_at INTEGER;
