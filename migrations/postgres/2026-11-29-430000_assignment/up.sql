-- The server looks for companies in whose queue somebody waits, before it acts for one of them.
DO $$
DECLARE
    company CONSTANT TEXT := '(company_id = current_setting(''app.company'', true))';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
BEGIN
    DROP POLICY may_select ON queue_counts;
    EXECUTE format(
        'CREATE POLICY may_select ON queue_counts FOR SELECT USING (%s OR %s IN (''platform'', ''lobby''))', company, door
    );
END
$$;
