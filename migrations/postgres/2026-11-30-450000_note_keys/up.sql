-- What tells a repeated request for a note from a new one.
ALTER TABLE notes ADD COLUMN idempotency_key TEXT;
ALTER TABLE notes ADD COLUMN client_message_id TEXT;
CREATE UNIQUE INDEX notes_by_key ON notes (company_id, session_key, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- The newest notes of a company. A process looks for those that another one did not tell it of.
CREATE INDEX notes_newest ON notes (company_id, id);
