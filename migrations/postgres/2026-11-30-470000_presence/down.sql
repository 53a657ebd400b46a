DROP TABLE processes;
DROP INDEX agents_by_connection;
ALTER TABLE agents DROP COLUMN connected_until;
