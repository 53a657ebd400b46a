-- Indexes for lists whose cost must not grow with the size of a company.
CREATE INDEX profiles_by_country ON profiles (company_id, country_code, created_at, id);
-- The condition has the same form as in the query of the queue. With `agent_id IS NULL`, SQLite would
-- prefer handoffs_by_agent, which also holds all handoffs that were resolved without an agent.
CREATE INDEX handoffs_waiting ON handoffs (company_id, escalated_at, id)
    WHERE resolved_at IS NULL AND NOT (agent_id IS NOT NULL);
CREATE INDEX handoffs_assigned ON handoffs (company_id, agent_id, escalated_at, id)
    WHERE resolved_at IS NULL AND agent_id IS NOT NULL;
CREATE INDEX handoffs_resolved ON handoffs (company_id, agent_id, resolved_at)
    WHERE resolved_at IS NOT NULL;

-- Indexes for lists over all companies. Every id is above zero, but only the queries of these lists
-- state it. So the planner cannot use the indexes for a query of one company, which would then scan
-- the rows of all companies.
CREATE INDEX profiles_everywhere ON profiles (created_at, id) WHERE id > 0;
CREATE INDEX handoffs_everywhere ON handoffs (escalated_at, id) WHERE id > 0;

-- Stored counts. The transaction that changes the rows updates them in its last statements.

CREATE TABLE profile_counts (
    company_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES companies (code),
    profiles BIGINT NOT NULL
);
INSERT INTO profile_counts (company_id, profiles)
SELECT company_id, count(*) FROM profiles GROUP BY company_id;

-- Number of open (assigned) and of resolved handoffs of each agent.
CREATE TABLE handoff_counts (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    agent_id BIGINT NOT NULL,
    assigned BIGINT NOT NULL,
    resolved BIGINT NOT NULL,
    PRIMARY KEY (company_id, agent_id),
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id) ON DELETE CASCADE
);
INSERT INTO handoff_counts (company_id, agent_id, assigned, resolved)
SELECT company_id, agent_id, count(*) - count(resolved_at), count(resolved_at)
FROM handoffs WHERE agent_id IS NOT NULL GROUP BY company_id, agent_id;
