DROP INDEX notes_newest;
DROP INDEX notes_by_key;
ALTER TABLE notes DROP COLUMN client_message_id;
ALTER TABLE notes DROP COLUMN idempotency_key;
