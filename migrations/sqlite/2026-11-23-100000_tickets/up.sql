-- Tickets, which replace access tokens when a socket is opened. The key is the SHA-256 of the ticket's
-- text. A ticket works once and expires after a minute.
CREATE TABLE tickets (
    hash BLOB PRIMARY KEY NOT NULL,
    user_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_version INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tickets_by_user ON tickets (user_id);
