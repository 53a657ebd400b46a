-- Lobby table: the addresses from which each account signed in during the last 30 days. Failed
-- sign-ins from other addresses do not lock the account out at these. An address is an IPv4 address
-- or the network of an IPv6 address.
CREATE TABLE sign_in_addresses (
    user_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, address)
) STRICT;
