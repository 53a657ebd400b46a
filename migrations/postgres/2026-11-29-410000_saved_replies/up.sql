-- Texts that staff write again and again: of an agent, of an admin, or without either of the company.
CREATE TABLE saved_replies (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    agent_id BIGINT,
    -- The account of the admin.
    admin_id BIGINT,
    shortcut TEXT COLLATE "C" NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK (agent_id IS NULL OR admin_id IS NULL),
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id) ON DELETE CASCADE,
    FOREIGN KEY (company_id, admin_id) REFERENCES admins (company_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX saved_replies_of_company ON saved_replies (company_id, shortcut)
    WHERE agent_id IS NULL AND admin_id IS NULL;
CREATE UNIQUE INDEX saved_replies_of_agent ON saved_replies (company_id, agent_id, shortcut) WHERE agent_id IS NOT NULL;
CREATE UNIQUE INDEX saved_replies_of_admin ON saved_replies (company_id, admin_id, shortcut) WHERE admin_id IS NOT NULL;

-- Row-level security, as for the other tables of a company.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
BEGIN
    ALTER TABLE saved_replies ENABLE ROW LEVEL SECURITY;
    ALTER TABLE saved_replies FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'CREATE POLICY may_select ON saved_replies FOR SELECT USING (%s OR %s = ''platform'')', company, door
    );
    EXECUTE format('CREATE POLICY may_insert ON saved_replies FOR INSERT WITH CHECK (%s)', company);
    EXECUTE format('CREATE POLICY may_update ON saved_replies FOR UPDATE USING (%s) WITH CHECK (%s)', company, company);
    EXECUTE format('CREATE POLICY may_delete ON saved_replies FOR DELETE USING (%s)', company);
    EXECUTE format(
        'CREATE POLICY may_migrate ON saved_replies TO CURRENT_USER USING (%s = ''migration'') '
        'WITH CHECK (%s = ''migration'')',
        door, door
    );
END
$$;
