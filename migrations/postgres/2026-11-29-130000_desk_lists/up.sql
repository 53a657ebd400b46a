-- Lists of conversations whose cost must not grow with the size of a company.

-- The agent that the session's handoff names, as in handoffs.agent_id. An index cannot span two tables, and
-- the lists of an agent are ordered by columns of this one.
ALTER TABLE sessions ADD COLUMN handled_by BIGINT;
UPDATE sessions SET handled_by = (
    SELECT agent_id FROM handoffs
    WHERE handoffs.company_id = sessions.company_id AND handoffs.session_key = sessions.key
)
WHERE EXISTS (
    SELECT 1 FROM handoffs
    WHERE handoffs.company_id = sessions.company_id AND handoffs.session_key = sessions.key
        AND handoffs.agent_id IS NOT NULL
);
CREATE INDEX sessions_by_activity ON sessions (company_id, status, updated_at, key);
CREATE INDEX sessions_of_agent ON sessions (company_id, handled_by, status, updated_at, key)
    WHERE handled_by IS NOT NULL;
CREATE INDEX sessions_assigned ON sessions (company_id, handled_by, last_used, key) WHERE status = 'assigned';
-- The condition has the same form as that of handoffs_waiting.
CREATE INDEX handoffs_by_urgency ON handoffs (company_id, priority, escalated_at, id)
    WHERE resolved_at IS NULL AND NOT (agent_id IS NOT NULL);

-- The length of each company's queue. Like the other stored counts, it is written by the transaction that
-- changes the rows.
CREATE TABLE queue_counts (
    company_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES companies (code),
    waiting BIGINT NOT NULL
);
INSERT INTO queue_counts (company_id, waiting)
SELECT company_id, count(*) FROM handoffs WHERE resolved_at IS NULL AND agent_id IS NULL GROUP BY company_id;

DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
BEGIN
    ALTER TABLE queue_counts ENABLE ROW LEVEL SECURITY;
    ALTER TABLE queue_counts FORCE ROW LEVEL SECURITY;
    EXECUTE format(
        'CREATE POLICY may_select ON queue_counts FOR SELECT USING (%s OR %s = ''platform'')', company, door
    );
    EXECUTE format('CREATE POLICY may_insert ON queue_counts FOR INSERT WITH CHECK (%s)', company);
    EXECUTE format(
        'CREATE POLICY may_update ON queue_counts FOR UPDATE USING (%s) WITH CHECK (%s)', company, company
    );
    EXECUTE format('CREATE POLICY may_delete ON queue_counts FOR DELETE USING (%s)', company);
    EXECUTE format(
        'CREATE POLICY may_migrate ON queue_counts TO CURRENT_USER USING (%s = ''migration'') WITH CHECK (%s = ''migration'')',
        door, door
    );
END
$$;
