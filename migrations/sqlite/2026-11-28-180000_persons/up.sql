-- Visitors of one company with the same phone or e-mail address are the same person. The keys are the
-- phone's digits and the folded address, empty where there is none. The program computes them together
-- with the search keys.
ALTER TABLE profiles ADD COLUMN phone_key TEXT NOT NULL DEFAULT '';
ALTER TABLE profiles ADD COLUMN email_key TEXT NOT NULL DEFAULT '';
UPDATE profiles SET search_key = '';
CREATE INDEX profiles_by_phone ON profiles (company_id, phone_key, id);
CREATE INDEX profiles_by_email ON profiles (company_id, email_key, id);
CREATE INDEX profiles_by_person ON profiles (company_id, persistent_user_id, session_key);
-- A random text that makes the ids of visitors unpredictable outside the server.
ALTER TABLE companies ADD COLUMN visitor_salt TEXT NOT NULL DEFAULT '';
UPDATE companies SET visitor_salt = lower(hex(randomblob(16)));
