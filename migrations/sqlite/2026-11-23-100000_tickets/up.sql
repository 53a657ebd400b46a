-- Stand-ins for access tokens on sockets, under the SHA-256 of their text: each
-- works once and for a minute.
CREATE TABLE tickets (
    hash BLOB PRIMARY KEY NOT NULL,
    user_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_version INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tickets_by_user ON tickets (user_id);
