-- Stand-ins for access tokens on sockets, under the SHA-256 of their text: each
-- works once and for a minute.
CREATE TABLE tickets (
    hash BYTEA PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_version BIGINT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX tickets_by_user ON tickets (user_id);
