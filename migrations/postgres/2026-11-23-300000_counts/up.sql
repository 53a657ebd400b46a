-- Indexes of lists whose cost must not grow with a company.
CREATE INDEX profiles_by_country ON profiles (company_id, country_code, created_at, id);
-- Said as the query of the queue says it: of `agent_id IS NULL` SQLite thinks that handoffs_by_agent
-- is the better index, in which all stand that were resolved without an agent.
CREATE INDEX handoffs_waiting ON handoffs (company_id, escalated_at, id)
    WHERE resolved_at IS NULL AND NOT (agent_id IS NOT NULL);
CREATE INDEX handoffs_assigned ON handoffs (company_id, agent_id, escalated_at, id)
    WHERE resolved_at IS NULL AND agent_id IS NOT NULL;
CREATE INDEX handoffs_resolved ON handoffs (company_id, agent_id, resolved_at)
    WHERE resolved_at IS NOT NULL;

-- Lists over all companies. Every id is above zero, but only their queries say so: these indexes
-- must not serve a query of one company, which would then walk over everybody else's rows.
CREATE INDEX profiles_everywhere ON profiles (created_at, id) WHERE id > 0;
CREATE INDEX handoffs_everywhere ON handoffs (escalated_at, id) WHERE id > 0;

-- Counts that are kept: they move in the transaction that moves the rows, as the last thing it does.

CREATE TABLE profile_counts (
    company_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES companies (code),
    profiles BIGINT NOT NULL
);
INSERT INTO profile_counts (company_id, profiles)
SELECT company_id, count(*) FROM profiles GROUP BY company_id;

-- How many handoffs name an agent: those that are open and those that are resolved.
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
