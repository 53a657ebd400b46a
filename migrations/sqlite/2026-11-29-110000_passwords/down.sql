DROP INDEX accounts_by_cost;
ALTER TABLE refresh_families DROP COLUMN started_at;
ALTER TABLE tickets DROP COLUMN family;
ALTER TABLE accounts DROP COLUMN handed_out_at;
