ALTER TABLE agents DROP COLUMN last_seen;
ALTER TABLE sessions DROP COLUMN dialogue;
