-- Questions of visitors that were not answered well, each at the message of the bot that did not answer it.
CREATE TABLE misses (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    -- The position of the bot's message.
    seq BIGINT NOT NULL,
    cause TEXT NOT NULL CHECK (cause IN ('low', 'thumb_down', 'escalated')),
    question TEXT NOT NULL,
    -- The vector of the question, and the model that made it.
    model TEXT,
    vector BYTEA,
    created_at TIMESTAMPTZ NOT NULL,
    -- When staff closed the question.
    closed_at TIMESTAMPTZ,
    UNIQUE (company_id, session_key, seq),
    FOREIGN KEY (company_id, session_key, seq) REFERENCES messages (company_id, session_key, seq) ON DELETE CASCADE
);
CREATE INDEX misses_open ON misses (company_id, created_at, id) WHERE closed_at IS NULL;

-- What visitors have found unhelpful so far.
INSERT INTO misses (company_id, session_key, seq, cause, question, created_at)
SELECT company_id, session_key, seq, 'thumb_down', substr(question, 1, 1000), created_at FROM feedback
WHERE question IS NOT NULL ORDER BY created_at;
INSERT INTO jobs (company_id, kind, revision, due_at, attempts, created_at)
SELECT DISTINCT company_id, 'encode_misses', 1, now(), 0, now() FROM misses;

-- Row-level security, as for the other rows of a session.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
BEGIN
    ALTER TABLE misses ENABLE ROW LEVEL SECURITY;
    ALTER TABLE misses FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY may_select ON misses FOR SELECT USING (%s OR %s = ''platform'')', company, door);
    EXECUTE format('CREATE POLICY may_insert ON misses FOR INSERT WITH CHECK (%s)', company);
    EXECUTE format('CREATE POLICY may_update ON misses FOR UPDATE USING (%s) WITH CHECK (%s)', company, company);
    EXECUTE format('CREATE POLICY may_delete ON misses FOR DELETE USING (%s)', company);
    EXECUTE format(
        'CREATE POLICY may_migrate ON misses TO CURRENT_USER USING (%s = ''migration'') WITH CHECK (%s = ''migration'')',
        door, door
    );
END
$$;
