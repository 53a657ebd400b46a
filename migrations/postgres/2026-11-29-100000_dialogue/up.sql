-- What the bot remembers of a conversation beyond its messages; null is the default.
ALTER TABLE sessions ADD COLUMN dialogue JSONB;
-- When the agent last called the server. It counts as there for some minutes after that.
ALTER TABLE agents ADD COLUMN last_seen TIMESTAMPTZ;
