ALTER TABLE accounts DROP COLUMN handed_out_at;
