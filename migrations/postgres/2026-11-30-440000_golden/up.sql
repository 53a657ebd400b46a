-- Golden questions: a company's test set, each with what is to come of it.
CREATE TABLE golden_questions (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    question TEXT NOT NULL,
    -- The hash of what makes two questions the same.
    question_hash BYTEA NOT NULL,
    -- The id of the entry that answers it, which may have been removed since. Without one, nothing is to be answered.
    chunk_id TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, question_hash)
);
CREATE INDEX golden_questions_listed ON golden_questions (company_id, id);

-- Row-level security, as for the entries.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
BEGIN
    ALTER TABLE golden_questions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE golden_questions FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'CREATE POLICY may_select ON golden_questions FOR SELECT USING (%s OR %s = ''platform'')', company, door
    );
    EXECUTE format('CREATE POLICY may_insert ON golden_questions FOR INSERT WITH CHECK (%s)', company);
    EXECUTE format(
        'CREATE POLICY may_update ON golden_questions FOR UPDATE USING (%s) WITH CHECK (%s)', company, company
    );
    EXECUTE format('CREATE POLICY may_delete ON golden_questions FOR DELETE USING (%s)', company);
    EXECUTE format(
        'CREATE POLICY may_migrate ON golden_questions TO CURRENT_USER USING (%s = ''migration'') '
        'WITH CHECK (%s = ''migration'')',
        door, door
    );
END
$$;
