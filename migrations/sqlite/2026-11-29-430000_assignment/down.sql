-- SQLite has no policies.
SELECT 1;
