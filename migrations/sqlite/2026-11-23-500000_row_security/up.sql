-- SQLite has no row-level security: types, composite keys and tests carry the isolation there.
SELECT 1;
