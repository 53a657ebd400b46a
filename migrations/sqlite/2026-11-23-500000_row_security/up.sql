-- SQLite has no row-level security. Isolation there depends on types, composite keys and tests.
SELECT 1;
