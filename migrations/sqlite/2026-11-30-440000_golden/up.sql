-- Golden questions: a company's test set, each with what is to come of it.
CREATE TABLE golden_questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    question TEXT NOT NULL,
    -- The hash of what makes two questions the same.
    question_hash BLOB NOT NULL,
    -- The id of the entry that answers it, which may have been removed since. Without one, nothing is to be answered.
    chunk_id TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (company_id, question_hash)
) STRICT;
CREATE INDEX golden_questions_listed ON golden_questions (company_id, id);
