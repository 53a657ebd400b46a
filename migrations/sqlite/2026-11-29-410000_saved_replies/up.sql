-- Texts that staff write again and again: of an agent, of an admin, or without either of the company.
CREATE TABLE saved_replies (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    agent_id INTEGER,
    -- The account of the admin.
    admin_id INTEGER,
    shortcut TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK (agent_id IS NULL OR admin_id IS NULL),
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id) ON DELETE CASCADE,
    FOREIGN KEY (company_id, admin_id) REFERENCES admins (company_id, user_id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX saved_replies_of_company ON saved_replies (company_id, shortcut)
    WHERE agent_id IS NULL AND admin_id IS NULL;
CREATE UNIQUE INDEX saved_replies_of_agent ON saved_replies (company_id, agent_id, shortcut) WHERE agent_id IS NOT NULL;
CREATE UNIQUE INDEX saved_replies_of_admin ON saved_replies (company_id, admin_id, shortcut) WHERE admin_id IS NOT NULL;
