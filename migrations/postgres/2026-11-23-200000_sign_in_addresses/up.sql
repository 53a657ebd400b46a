-- Lobby table: where each account has signed in from within 30 days, so that
-- failures from elsewhere do not lock it out there. An IPv4 address, or the
-- network of an IPv6 address.
CREATE TABLE sign_in_addresses (
    user_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, address)
);
