DROP INDEX profiles_without_key;
