-- Tickets, which replace access tokens when a socket is opened. The key is the SHA-256 of the ticket's
-- text. A ticket works once and expires after a minute.
CREATE TABLE tickets (
    hash BYTEA PRIMARY KEY NOT NULL,
    user_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_version BIGINT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX tickets_by_user ON tickets (user_id);
