ALTER TABLE handoffs DROP COLUMN packet;
