-- Until when an agent counts as connected; NULL if it has no connection. The processes that have its connections
-- renew it.
ALTER TABLE agents ADD COLUMN connected_until TIMESTAMPTZ;
CREATE INDEX agents_by_connection ON agents (connected_until) WHERE connected_until IS NOT NULL;

-- The processes that serve this database, and who is connected to each, as JSON. Each process writes its row often and
-- writes it again after a crash of the database, so the rows need no log.
CREATE UNLOGGED TABLE processes (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    revision BIGINT NOT NULL,
    connected TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);

DO $$
DECLARE
    lobby CONSTANT TEXT := '(current_setting(''app.door'', true) = ''lobby'')';
    migration CONSTANT TEXT := '(current_setting(''app.door'', true) = ''migration'')';
BEGIN
    ALTER TABLE processes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE processes FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY may_select ON processes FOR SELECT USING (%s)', lobby);
    EXECUTE format('CREATE POLICY may_insert ON processes FOR INSERT WITH CHECK (%s)', lobby);
    EXECUTE format('CREATE POLICY may_update ON processes FOR UPDATE USING (%s) WITH CHECK (%s)', lobby, lobby);
    EXECUTE format('CREATE POLICY may_delete ON processes FOR DELETE USING (%s)', lobby);
    EXECUTE format(
        'CREATE POLICY may_migrate ON processes TO CURRENT_USER USING (%s) WITH CHECK (%s)', migration, migration
    );
END
$$;
