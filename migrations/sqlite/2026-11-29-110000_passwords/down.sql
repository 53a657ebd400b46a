ALTER TABLE tickets DROP COLUMN family;
ALTER TABLE accounts DROP COLUMN handed_out_at;
