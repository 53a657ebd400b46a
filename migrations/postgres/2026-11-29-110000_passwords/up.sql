-- When a password was handed out that must be replaced first; null for other passwords. Those that are in use
-- already count from now.
ALTER TABLE accounts ADD COLUMN handed_out_at TIMESTAMPTZ;
UPDATE accounts SET handed_out_at = now() WHERE first_login;
-- The family of the access token that a ticket replaces; null if that token has none.
ALTER TABLE tickets ADD COLUMN family TEXT;
-- When the family's sign-in was, in seconds since 1970. For families that exist already it is the newest known time.
ALTER TABLE refresh_families ADD COLUMN started_at BIGINT NOT NULL DEFAULT 0;
UPDATE refresh_families SET started_at = issued_at;
-- Every sign-in asks for the highest bcrypt cost of all hashes, which begin with `$2b$12$`.
CREATE INDEX accounts_by_cost ON accounts (SUBSTR(password_hash, 5, 2));
