-- Lists of conversations whose cost must not grow with the size of a company.

-- The agent that the session's handoff names, as in handoffs.agent_id. An index cannot span two tables, and
-- the lists of an agent are ordered by columns of this one.
ALTER TABLE sessions ADD COLUMN handled_by INTEGER;
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
    company_id TEXT PRIMARY KEY NOT NULL REFERENCES companies (code),
    waiting INTEGER NOT NULL
) STRICT;
INSERT INTO queue_counts (company_id, waiting)
SELECT company_id, count(*) FROM handoffs WHERE resolved_at IS NULL AND agent_id IS NULL GROUP BY company_id;
