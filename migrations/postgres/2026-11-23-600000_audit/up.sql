-- The audit log: one chain of entries for each company, and one for the installation, which belongs
-- to the reserved company. Rows hold ids and fixed words, but no personal data.

-- The length of each chain and the seal of its end. A transaction that appends locks the row, so that
-- a chain never forks.
CREATE TABLE audit_heads (
    company_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES companies (code),
    entries BIGINT NOT NULL,
    mac BYTEA NOT NULL
);

-- Append-only: the runtime role may neither update nor delete entries.
CREATE TABLE audit_entries (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES audit_heads (company_id),
    seq BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_user BIGINT,
    action TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id TEXT,
    reason TEXT,
    mac BYTEA NOT NULL,
    PRIMARY KEY (company_id, seq)
);

-- Row-level security. Through every door, a transaction sets `app.company` before it appends to that
-- company's chain. The platform reads all chains, to verify them.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
    guarded TEXT;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['audit_heads', 'audit_entries'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format(
            'CREATE POLICY may_select ON %I FOR SELECT USING (%s OR %s = ''platform'')', guarded, company, door
        );
        EXECUTE format('CREATE POLICY may_insert ON %I FOR INSERT WITH CHECK (%s)', guarded, company);
        EXECUTE format(
            'CREATE POLICY may_migrate ON %I TO CURRENT_USER USING (%s = ''migration'') WITH CHECK (%s = ''migration'')',
            guarded, door, door
        );
    END LOOP;
    EXECUTE format(
        'CREATE POLICY may_update ON audit_heads FOR UPDATE USING (%s) WITH CHECK (%s)', company, company
    );
END
$$;
