-- Row-level security, in addition to the filters of the queries. Every policy checks the door and the
-- company that the transaction has set (`app.door`, `app.company`). An unset setting is NULL, or empty
-- if an earlier transaction on the connection had set it. Neither value is a door or a company code, so
-- such a transaction can neither read nor write rows. The settings are read for each row: a sub-select
-- would read them once, but it costs the many small statements of a chat turn more than it saves.

-- Sets up one table: a policy for each command, and a policy for the owner's migrations.
CREATE FUNCTION pg_temp.guard(
    guarded TEXT, to_select TEXT, to_insert TEXT, to_update TEXT, to_delete TEXT
) RETURNS VOID LANGUAGE plpgsql AS $guard$
DECLARE
    company CONSTANT TEXT := 'current_setting(''app.company'', true)';
    door CONSTANT TEXT := 'current_setting(''app.door'', true)';
    condition TEXT;
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    to_select := replace(replace(to_select, ':company', company), ':door', door);
    to_insert := replace(replace(to_insert, ':company', company), ':door', door);
    to_update := replace(replace(to_update, ':company', company), ':door', door);
    to_delete := replace(replace(to_delete, ':company', company), ':door', door);
    EXECUTE format('CREATE POLICY may_select ON %I FOR SELECT USING (%s)', guarded, to_select);
    EXECUTE format('CREATE POLICY may_insert ON %I FOR INSERT WITH CHECK (%s)', guarded, to_insert);
    EXECUTE format(
        'CREATE POLICY may_update ON %I FOR UPDATE USING (%s) WITH CHECK (%s)', guarded, to_update, to_update
    );
    EXECUTE format('CREATE POLICY may_delete ON %I FOR DELETE USING (%s)', guarded, to_delete);
    -- FORCE applies the policies to the owner as well. CURRENT_USER is stored as the owner's name, so no
    -- other role gets this policy.
    condition := format('(%s = ''migration'')', door);
    EXECUTE format(
        'CREATE POLICY may_migrate ON %I TO CURRENT_USER USING %s WITH CHECK %s', guarded, condition, condition
    );
END
$guard$;

-- Company tables. Through every door, a transaction writes only rows of the company that it has set.
-- The platform also reads the rows of all companies, for its lists.
SELECT pg_temp.guard(
    guarded, 'company_id = :company OR :door = ''platform''', 'company_id = :company', 'company_id = :company',
    'company_id = :company'
)
FROM unnest(ARRAY[
    'agent_sessions', 'activities', 'assignments', 'profiles', 'messages', 'message_files', 'handoffs', 'transfers',
    'idempotency_keys', 'opening_keys', 'documents', 'chunks', 'profile_counts', 'handoff_counts'
]) AS guarded;

-- The same, and the lobby reads them to find the company of a session or file.
SELECT pg_temp.guard(
    guarded, 'company_id = :company OR :door IN (''platform'', ''lobby'')', 'company_id = :company',
    'company_id = :company', 'company_id = :company'
)
FROM unnest(ARRAY['sessions', 'attachments']) AS guarded;

-- Staff: the same, and the lobby reads them to find the company of an account. A new row refers to an
-- account, so inserting it needs `app.logins` for that statement, like inserting the account itself.
SELECT pg_temp.guard(
    guarded, 'company_id = :company OR :door IN (''platform'', ''lobby'')',
    'company_id = :company AND current_setting(''app.logins'', true) = ''on''',
    'company_id = :company', 'company_id = :company'
)
FROM unnest(ARRAY['admins', 'agents']) AS guarded;

-- The platform opens companies. Transactions of a company change its own row. Companies are never deleted.
SELECT pg_temp.guard(
    'companies', 'code = :company OR :door IN (''platform'', ''lobby'')', ':door = ''platform''', 'code = :company',
    'FALSE'
);

-- Platform tables.
SELECT pg_temp.guard(
    'company_numbers', ':door = ''platform''', ':door = ''platform''', ':door = ''platform''', ':door = ''platform'''
);
SELECT pg_temp.guard(
    'plans', 'nullif(:door, '''') IS NOT NULL', ':door = ''platform''', ':door = ''platform''', ':door = ''platform'''
);

-- Lobby tables. A company has access to the accounts of its own staff: to an agent's account through
-- the row in agents, to an admin's through the row in admins. Both tables refer to an account at most
-- once over all companies, so a row that names an account of another role or company gives no access.
-- Two things are impossible that way: creating an account, whose login name may be taken elsewhere, and
-- deleting an account that no staff row refers to. A company does these with `app.logins` set for that
-- statement. Neither way allows it to create, change or delete a superadmin.
SELECT pg_temp.guard(
    'accounts',
    ':door IN (''platform'', ''lobby'') OR current_setting(''app.logins'', true) = ''on''
        OR role = ''AGENT'' AND EXISTS (SELECT FROM agents WHERE user_id = accounts.id AND company_id = :company)
        OR role = ''ADMIN'' AND EXISTS (SELECT FROM admins WHERE user_id = accounts.id AND company_id = :company)',
    ':door = ''lobby'' OR current_setting(''app.logins'', true) = ''on'' AND role <> ''SUPERADMIN''',
    ':door = ''lobby''
        OR role = ''AGENT'' AND EXISTS (SELECT FROM agents WHERE user_id = accounts.id AND company_id = :company)
        OR role = ''ADMIN'' AND EXISTS (SELECT FROM admins WHERE user_id = accounts.id AND company_id = :company)',
    'current_setting(''app.logins'', true) = ''on'' AND role <> ''SUPERADMIN'''
);
SELECT pg_temp.guard(
    'refresh_families',
    ':door = ''lobby'' OR role = ''AGENT''
        AND EXISTS (SELECT FROM agents WHERE agents.user_id = refresh_families.user_id AND company_id = :company)',
    ':door = ''lobby''',
    ':door = ''lobby'' OR role = ''AGENT''
        AND EXISTS (SELECT FROM agents WHERE agents.user_id = refresh_families.user_id AND company_id = :company)',
    ':door = ''lobby'''
);
SELECT pg_temp.guard(guarded, ':door = ''lobby''', ':door = ''lobby''', ':door = ''lobby''', ':door = ''lobby''')
FROM unnest(ARRAY['tickets', 'sign_in_addresses']) AS guarded;

DROP FUNCTION pg_temp.guard(TEXT, TEXT, TEXT, TEXT, TEXT);
