-- Work that a committed change asks the server to do in the background. A company has at most one job of a
-- kind; another change raises its revision.
CREATE TABLE jobs (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    kind TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    -- When the lease of the process that runs it expires.
    leased_until TIMESTAMPTZ,
    last_error TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (company_id, kind)
);
INSERT INTO jobs (company_id, kind, revision, due_at, attempts, created_at)
SELECT code, 'encode_entries', 1, now(), 0, now() FROM companies WHERE knowledge_version > 0;

-- The vectors of entries, by the model that made them and a hash of the texts of the entry.
CREATE TABLE entry_vectors (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    model TEXT NOT NULL,
    text_hash BYTEA NOT NULL,
    vector BYTEA NOT NULL,
    PRIMARY KEY (company_id, model, text_hash)
);

-- The lobby reads jobs, because the server looks for due ones before it acts for a company.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
    guarded TEXT;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['jobs', 'entry_vectors'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format('CREATE POLICY may_insert ON %I FOR INSERT WITH CHECK (%s)', guarded, company);
        EXECUTE format(
            'CREATE POLICY may_update ON %I FOR UPDATE USING (%s) WITH CHECK (%s)', guarded, company, company
        );
        EXECUTE format('CREATE POLICY may_delete ON %I FOR DELETE USING (%s)', guarded, company);
        EXECUTE format(
            'CREATE POLICY may_migrate ON %I TO CURRENT_USER USING (%s = ''migration'') WITH CHECK (%s = ''migration'')',
            guarded, door, door
        );
    END LOOP;
    EXECUTE format(
        'CREATE POLICY may_select ON jobs FOR SELECT USING (%s OR %s IN (''platform'', ''lobby''))', company, door
    );
    EXECUTE format(
        'CREATE POLICY may_select ON entry_vectors FOR SELECT USING (%s OR %s = ''platform'')', company, door
    );
END
$$;
