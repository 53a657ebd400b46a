-- Private notes of staff. They are no messages: nothing that a visitor reads comes from this table.
CREATE TABLE notes (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    -- The position of the message that the note follows; 0 before the first one.
    after_seq BIGINT NOT NULL,
    author TEXT NOT NULL CHECK (author IN ('agent', 'admin', 'superadmin')),
    -- The author's display name; a superadmin has none.
    name TEXT,
    text TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
);
CREATE INDEX notes_of_session ON notes (company_id, session_key, after_seq, id);

-- Row-level security, as for the other rows of a session.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
BEGIN
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE notes FORCE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY may_select ON notes FOR SELECT USING (%s OR %s = ''platform'')', company, door);
    EXECUTE format('CREATE POLICY may_insert ON notes FOR INSERT WITH CHECK (%s)', company);
    EXECUTE format('CREATE POLICY may_update ON notes FOR UPDATE USING (%s) WITH CHECK (%s)', company, company);
    EXECUTE format('CREATE POLICY may_delete ON notes FOR DELETE USING (%s)', company);
    EXECUTE format(
        'CREATE POLICY may_migrate ON notes TO CURRENT_USER USING (%s = ''migration'') WITH CHECK (%s = ''migration'')',
        door, door
    );
END
$$;
