-- Until when an agent counts as connected; NULL if it has no connection. The processes that have its connections
-- renew it.
ALTER TABLE agents ADD COLUMN connected_until INTEGER;
CREATE INDEX agents_by_connection ON agents (connected_until) WHERE connected_until IS NOT NULL;

-- The processes that serve this database, and who is connected to each, as JSON. A SQLite database has one process,
-- which writes nothing here.
CREATE TABLE processes (
    id TEXT PRIMARY KEY NOT NULL,
    revision INTEGER NOT NULL,
    connected TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
