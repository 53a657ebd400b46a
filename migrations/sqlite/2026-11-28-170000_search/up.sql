-- Searches over profiles ignore accents and the spelling of phones. SQL cannot fold texts like that, so the
-- program computes the keys that are empty, after the migrations. The index finds those rows.
UPDATE profiles SET search_key = '';
CREATE INDEX profiles_without_key ON profiles (id) WHERE search_key = '';
