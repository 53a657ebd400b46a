ALTER TABLE sessions DROP COLUMN left_at;
DROP TABLE ratings;
DROP TABLE feedback;
