ALTER TABLE companies DROP COLUMN visitor_salt;
DROP INDEX profiles_by_person;
DROP INDEX profiles_by_email;
DROP INDEX profiles_by_phone;
ALTER TABLE profiles DROP COLUMN email_key;
ALTER TABLE profiles DROP COLUMN phone_key;
