-- Timestamps are whole microseconds since 1970; documents are JSON text.

-- Lobby and platform tables: no company column.

CREATE TABLE company_numbers (
    prefix TEXT PRIMARY KEY NOT NULL,
    last_number INTEGER NOT NULL
) STRICT;

CREATE TABLE companies (
    code TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'closed')),
    settings TEXT,
    settings_version INTEGER NOT NULL DEFAULT 0,
    knowledge_version INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

-- The reserved company that owns the shared library. It is closed, so visitors cannot reach it and
-- lists do not show it.
INSERT INTO companies (code, name, status, created_at) VALUES ('SHARED', 'Shared library', 'closed', 0);

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('SUPERADMIN', 'ADMIN', 'AGENT')),
    token_version INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    first_login INTEGER NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    date_joined INTEGER NOT NULL
) STRICT;

-- The claims of each family's newest pair of tokens. Times are in seconds, as in the tokens, so that
-- signing the claims again gives the same two tokens.
CREATE TABLE refresh_families (
    id TEXT PRIMARY KEY NOT NULL,
    user_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('SUPERADMIN', 'ADMIN', 'AGENT')),
    company TEXT,
    token_version INTEGER NOT NULL,
    access_id TEXT NOT NULL,
    refresh_id TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    access_expires INTEGER NOT NULL,
    refresh_expires INTEGER NOT NULL,
    spent_id TEXT,
    spent_at INTEGER,
    revoked INTEGER NOT NULL
) STRICT;
CREATE INDEX refresh_families_by_user ON refresh_families (user_id);

CREATE TABLE plans (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL,
    max_agents INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    company_name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    expiry_date TEXT,
    created_at INTEGER NOT NULL
) STRICT;

-- Company tables: each has a company_id, is unique by (company_id, id), and refers to other company
-- tables by both columns, so that no row can refer to another company's row.

CREATE TABLE admins (
    company_id TEXT NOT NULL REFERENCES companies (code),
    user_id INTEGER NOT NULL UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    address TEXT NOT NULL,
    contact_person TEXT NOT NULL,
    contact_number TEXT NOT NULL,
    phone_number TEXT NOT NULL,
    PRIMARY KEY (company_id, user_id)
) STRICT;

CREATE TABLE agents (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    user_id INTEGER NOT NULL UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    specialization TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'AVAILABLE', 'BUSY', 'OFFLINE')),
    last_active INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (company_id, id)
) STRICT;

CREATE TABLE agent_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    agent_id INTEGER NOT NULL,
    login_time INTEGER NOT NULL,
    logout_time INTEGER,
    ip TEXT,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX agent_sessions_by_agent ON agent_sessions (company_id, agent_id, login_time);

CREATE TABLE activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    agent_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ip TEXT,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX activities_newest ON activities (company_id, created_at, id);
CREATE INDEX activities_by_agent ON activities (company_id, agent_id, created_at, id);

CREATE TABLE assignments (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    plan_id INTEGER NOT NULL REFERENCES plans (id),
    status TEXT NOT NULL CHECK (status IN ('active', 'expired', 'cancelled', 'upgraded')),
    start_at INTEGER NOT NULL,
    expiry_at INTEGER NOT NULL,
    notes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (company_id, id)
) STRICT;
CREATE UNIQUE INDEX one_active_assignment ON assignments (company_id) WHERE status = 'active';

CREATE TABLE sessions (
    key INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('active', 'escalated', 'assigned', 'resolved')),
    step TEXT NOT NULL,
    collected TEXT,
    welcomed INTEGER NOT NULL,
    person_acted INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    bot_epoch INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    visitor_read_seq INTEGER NOT NULL DEFAULT 0,
    staff_read_seq INTEGER NOT NULL DEFAULT 0,
    last_used INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (company_id, key)
) STRICT;

CREATE TABLE profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    persistent_user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT,
    address TEXT,
    country_code TEXT NOT NULL,
    is_favorite INTEGER NOT NULL DEFAULT 0,
    search_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, session_key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
) STRICT;
CREATE INDEX profiles_newest ON profiles (company_id, created_at, id);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    content TEXT,
    detail TEXT NOT NULL,
    client_message_id TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, session_key, seq),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
) STRICT;

CREATE TABLE attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    original_name TEXT NOT NULL,
    filename TEXT NOT NULL,
    blob_key TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content_type TEXT NOT NULL,
    uploader TEXT NOT NULL,
    uploaded_at INTEGER NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
) STRICT;
CREATE INDEX attachments_by_session ON attachments (company_id, session_key);

CREATE TABLE message_files (
    company_id TEXT NOT NULL REFERENCES companies (code),
    message_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    attachment_id INTEGER NOT NULL,
    PRIMARY KEY (company_id, message_id, position),
    FOREIGN KEY (company_id, message_id) REFERENCES messages (company_id, id) ON DELETE CASCADE,
    FOREIGN KEY (company_id, attachment_id) REFERENCES attachments (company_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX message_files_by_attachment ON message_files (company_id, attachment_id);

CREATE TABLE handoffs (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    agent_id INTEGER,
    escalated_at INTEGER NOT NULL,
    resolved_at INTEGER,
    reason TEXT NOT NULL,
    notes TEXT,
    priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    UNIQUE (company_id, id),
    UNIQUE (company_id, session_key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE,
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id)
) STRICT;
CREATE INDEX handoffs_newest ON handoffs (company_id, escalated_at, id);
CREATE INDEX handoffs_by_agent ON handoffs (company_id, agent_id, escalated_at, id);

CREATE TABLE transfers (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    handoff_id INTEGER NOT NULL,
    from_agent_id INTEGER,
    to_agent_id INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, handoff_id) REFERENCES handoffs (company_id, id) ON DELETE CASCADE,
    FOREIGN KEY (company_id, from_agent_id) REFERENCES agents (company_id, id),
    FOREIGN KEY (company_id, to_agent_id) REFERENCES agents (company_id, id)
) STRICT;
CREATE INDEX transfers_by_handoff ON transfers (company_id, handoff_id);
CREATE INDEX transfers_by_from ON transfers (company_id, from_agent_id);
CREATE INDEX transfers_by_to ON transfers (company_id, to_agent_id);

CREATE TABLE idempotency_keys (
    company_id TEXT NOT NULL REFERENCES companies (code),
    session_key INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('visitor', 'staff')),
    key TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    seq INTEGER NOT NULL,
    lease_until INTEGER,
    reply_seq INTEGER,
    last_seq INTEGER,
    PRIMARY KEY (company_id, session_key, side, key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
) STRICT;

CREATE TABLE opening_keys (
    company_id TEXT NOT NULL REFERENCES companies (code),
    ip TEXT NOT NULL,
    key TEXT NOT NULL,
    session_key INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (company_id, ip, key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
) STRICT;
CREATE INDEX opening_keys_by_session ON opening_keys (company_id, session_key);
CREATE INDEX opening_keys_by_age ON opening_keys (company_id, created_at);

CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, title)
) STRICT;

CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    company_id TEXT NOT NULL REFERENCES companies (code),
    document_id INTEGER NOT NULL,
    chunk_id TEXT NOT NULL,
    section TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    page INTEGER NOT NULL,
    position INTEGER NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, chunk_id),
    FOREIGN KEY (company_id, document_id) REFERENCES documents (company_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX chunks_in_order ON chunks (company_id, document_id, position);
