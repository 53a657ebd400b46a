ALTER TABLE chunks DROP COLUMN updated_at;
ALTER TABLE chunks DROP COLUMN alternatives;
