DROP TABLE handoff_counts;
DROP TABLE profile_counts;
DROP INDEX handoffs_everywhere;
DROP INDEX profiles_everywhere;
DROP INDEX handoffs_resolved;
DROP INDEX handoffs_assigned;
DROP INDEX handoffs_waiting;
DROP INDEX profiles_by_country;
