DO $$
DECLARE
    guarded RECORD;
BEGIN
    FOR guarded IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', guarded.policyname, guarded.tablename);
    END LOOP;
    FOR guarded IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND rowsecurity LOOP
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', guarded.tablename);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', guarded.tablename);
    END LOOP;
END
$$;
