DROP TABLE queue_counts;
DROP INDEX handoffs_by_urgency;
DROP INDEX sessions_of_agent;
DROP INDEX sessions_assigned;
DROP INDEX sessions_by_activity;
ALTER TABLE sessions DROP COLUMN handled_by;
