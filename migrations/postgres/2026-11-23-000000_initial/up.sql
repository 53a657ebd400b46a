-- The same tables as for SQLite, with native timestamps and JSON documents. Company codes and the
-- columns that lists are ordered by use COLLATE "C": they compare by bytes, as in SQLite.

-- Lobby and platform tables: no company column.

CREATE TABLE company_numbers (
    prefix TEXT PRIMARY KEY NOT NULL,
    last_number BIGINT NOT NULL
);

CREATE TABLE companies (
    code TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'closed')),
    settings JSONB,
    settings_version BIGINT NOT NULL DEFAULT 0,
    knowledge_version BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL
);

-- The reserved company that owns the shared library. It is closed, so visitors cannot reach it and
-- lists do not show it.
INSERT INTO companies (code, name, status, created_at) VALUES ('SHARED', 'Shared library', 'closed', 'epoch');

CREATE TABLE accounts (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('SUPERADMIN', 'ADMIN', 'AGENT')),
    token_version BIGINT NOT NULL,
    is_active BOOLEAN NOT NULL,
    first_login BOOLEAN NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    date_joined TIMESTAMPTZ NOT NULL
);

-- The claims of each family's newest pair of tokens. Times are in seconds, as in the tokens, so that
-- signing the claims again gives the same two tokens.
CREATE TABLE refresh_families (
    id TEXT PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('SUPERADMIN', 'ADMIN', 'AGENT')),
    company TEXT,
    token_version BIGINT NOT NULL,
    access_id TEXT NOT NULL,
    refresh_id TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    access_expires BIGINT NOT NULL,
    refresh_expires BIGINT NOT NULL,
    spent_id TEXT,
    spent_at TIMESTAMPTZ,
    revoked BOOLEAN NOT NULL
);
CREATE INDEX refresh_families_by_user ON refresh_families (user_id);

CREATE TABLE plans (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    max_agents INTEGER NOT NULL,
    price_cents BIGINT NOT NULL,
    is_active BOOLEAN NOT NULL,
    company_name TEXT NOT NULL,
    search_key TEXT NOT NULL,
    expiry_date TEXT,
    created_at TIMESTAMPTZ NOT NULL
);

-- Company tables: each has a company_id, is unique by (company_id, id), and refers to other company
-- tables by both columns, so that no row can refer to another company's row.

CREATE TABLE admins (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    user_id BIGINT NOT NULL UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    address TEXT NOT NULL,
    contact_person TEXT NOT NULL,
    contact_number TEXT NOT NULL,
    phone_number TEXT NOT NULL,
    PRIMARY KEY (company_id, user_id)
);

CREATE TABLE agents (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    user_id BIGINT NOT NULL UNIQUE REFERENCES accounts (id),
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    specialization TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'AVAILABLE', 'BUSY', 'OFFLINE')),
    last_active TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, id)
);

CREATE TABLE agent_sessions (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    agent_id BIGINT NOT NULL,
    login_time TIMESTAMPTZ NOT NULL,
    logout_time TIMESTAMPTZ,
    ip TEXT,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id) ON DELETE CASCADE
);
CREATE INDEX agent_sessions_by_agent ON agent_sessions (company_id, agent_id, login_time);

CREATE TABLE activities (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    agent_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    metadata JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    ip TEXT,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id) ON DELETE CASCADE
);
CREATE INDEX activities_newest ON activities (company_id, created_at, id);
CREATE INDEX activities_by_agent ON activities (company_id, agent_id, created_at, id);

CREATE TABLE assignments (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    plan_id BIGINT NOT NULL REFERENCES plans (id),
    status TEXT NOT NULL CHECK (status IN ('active', 'expired', 'cancelled', 'upgraded')),
    start_at TIMESTAMPTZ NOT NULL,
    expiry_at TIMESTAMPTZ NOT NULL,
    notes TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, id)
);
CREATE UNIQUE INDEX one_active_assignment ON assignments (company_id) WHERE status = 'active';

CREATE TABLE sessions (
    key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('active', 'escalated', 'assigned', 'resolved')),
    step TEXT NOT NULL,
    collected JSONB,
    welcomed BOOLEAN NOT NULL,
    person_acted BOOLEAN NOT NULL,
    last_seq BIGINT NOT NULL,
    bot_epoch BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    visitor_read_seq BIGINT NOT NULL DEFAULT 0,
    staff_read_seq BIGINT NOT NULL DEFAULT 0,
    last_used TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, key)
);

CREATE TABLE profiles (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    persistent_user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT,
    address TEXT,
    country_code TEXT NOT NULL,
    is_favorite BOOLEAN NOT NULL DEFAULT FALSE,
    search_key TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, session_key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
);
CREATE INDEX profiles_newest ON profiles (company_id, created_at, id);

CREATE TABLE messages (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    content TEXT,
    detail JSONB NOT NULL,
    client_message_id TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, session_key, seq),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
);

CREATE TABLE attachments (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    original_name TEXT NOT NULL,
    filename TEXT NOT NULL,
    blob_key TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    kind TEXT NOT NULL,
    content_type TEXT NOT NULL,
    uploader TEXT NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
);
CREATE INDEX attachments_by_session ON attachments (company_id, session_key);

CREATE TABLE message_files (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    message_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    attachment_id BIGINT NOT NULL,
    PRIMARY KEY (company_id, message_id, position),
    FOREIGN KEY (company_id, message_id) REFERENCES messages (company_id, id) ON DELETE CASCADE,
    FOREIGN KEY (company_id, attachment_id) REFERENCES attachments (company_id, id) ON DELETE CASCADE
);
CREATE INDEX message_files_by_attachment ON message_files (company_id, attachment_id);

CREATE TABLE handoffs (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    agent_id BIGINT,
    escalated_at TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    reason TEXT NOT NULL,
    notes TEXT,
    priority TEXT NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    UNIQUE (company_id, id),
    UNIQUE (company_id, session_key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE,
    FOREIGN KEY (company_id, agent_id) REFERENCES agents (company_id, id)
);
CREATE INDEX handoffs_newest ON handoffs (company_id, escalated_at, id);
CREATE INDEX handoffs_by_agent ON handoffs (company_id, agent_id, escalated_at, id);

CREATE TABLE transfers (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    handoff_id BIGINT NOT NULL,
    from_agent_id BIGINT,
    to_agent_id BIGINT,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, id),
    FOREIGN KEY (company_id, handoff_id) REFERENCES handoffs (company_id, id) ON DELETE CASCADE,
    FOREIGN KEY (company_id, from_agent_id) REFERENCES agents (company_id, id),
    FOREIGN KEY (company_id, to_agent_id) REFERENCES agents (company_id, id)
);
CREATE INDEX transfers_by_handoff ON transfers (company_id, handoff_id);
CREATE INDEX transfers_by_from ON transfers (company_id, from_agent_id);
CREATE INDEX transfers_by_to ON transfers (company_id, to_agent_id);

CREATE TABLE idempotency_keys (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    session_key BIGINT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('visitor', 'staff')),
    key TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    lease_until TIMESTAMPTZ,
    reply_seq BIGINT,
    last_seq BIGINT,
    PRIMARY KEY (company_id, session_key, side, key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
);

CREATE TABLE opening_keys (
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    ip TEXT NOT NULL,
    key TEXT NOT NULL,
    session_key BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (company_id, ip, key),
    FOREIGN KEY (company_id, session_key) REFERENCES sessions (company_id, key) ON DELETE CASCADE
);
CREATE INDEX opening_keys_by_session ON opening_keys (company_id, session_key);
CREATE INDEX opening_keys_by_age ON opening_keys (company_id, created_at);

CREATE TABLE documents (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    title TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, title)
);

CREATE TABLE chunks (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id TEXT COLLATE "C" NOT NULL REFERENCES companies (code),
    document_id BIGINT NOT NULL,
    chunk_id TEXT NOT NULL,
    section TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    page BIGINT NOT NULL,
    position BIGINT NOT NULL,
    UNIQUE (company_id, id),
    UNIQUE (company_id, chunk_id),
    FOREIGN KEY (company_id, document_id) REFERENCES documents (company_id, id) ON DELETE CASCADE
);
CREATE INDEX chunks_in_order ON chunks (company_id, document_id, position);
