-- What was known when the handoff was last opened, as one document. Handoffs that were opened before have none.
ALTER TABLE handoffs ADD COLUMN packet TEXT;
