-- What a visitor says of one answer of the bot; the last word counts.
CREATE TABLE feedback (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    -- The position of the bot's message.
    seq BIGINT NOT NULL,
    helpful BOOLEAN NOT NULL,
    comment TEXT,
    -- The visitor's question, if the answer did not help.
    question TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (company_id, session_key, seq),
    FOREIGN KEY (company_id, session_key, seq) REFERENCES messages (company_id, session_key, seq) ON DELETE CASCADE
);

-- What a visitor says of its conversation; the last word counts.
CREATE TABLE ratings (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    score BIGINT NOT NULL CHECK (score BETWEEN 1 AND 5),
    comment TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (company_id, session_key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
);

-- When the visitor left, if it has not written since.
ALTER TABLE sessions ADD COLUMN left_at TIMESTAMPTZ;

-- Row-level security, as for the other rows of a session.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
    guarded TEXT;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['feedback', 'ratings'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
        EXECUTE format(
            'CREATE POLICY may_select ON %I FOR SELECT USING (%s OR %s = ''platform'')', guarded, company, door
        );
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
END
$$;
