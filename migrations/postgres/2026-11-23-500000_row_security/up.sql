-- The second wall: every row is behind a policy that knows the door and the company which a
-- transaction named (`app.door`, `app.company`). What is not named is NULL, or empty once a
-- transaction has named it on the connection; neither is a company's code or a door, so it shows and
-- writes nothing. The settings are read for each row: a sub-select would read them once, and costs
-- each of a turn's many small statements more than reading them for its few rows.

-- Sets up a table: one policy for each command, and the owner's way for migrations.
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
    -- FORCE binds the owner too. CURRENT_USER is the owner, by name: no other role has this policy.
    condition := format('(%s = ''migration'')', door);
    EXECUTE format(
        'CREATE POLICY may_migrate ON %I TO CURRENT_USER USING %s WITH CHECK %s', guarded, condition, condition
    );
END
$guard$;

-- Company tables. Their rows are written for the company that was named, whichever the door; read
-- also by the platform, which lists over all companies.
SELECT pg_temp.guard(
    guarded, 'company_id = :company OR :door = ''platform''', 'company_id = :company', 'company_id = :company',
    'company_id = :company'
)
FROM unnest(ARRAY[
    'agent_sessions', 'activities', 'assignments', 'profiles', 'messages', 'message_files', 'handoffs', 'transfers',
    'idempotency_keys', 'opening_keys', 'documents', 'chunks', 'profile_counts', 'handoff_counts'
]) AS guarded;

-- The same, and read in the lobby: where is a session, whose file is it.
SELECT pg_temp.guard(
    guarded, 'company_id = :company OR :door IN (''platform'', ''lobby'')', 'company_id = :company',
    'company_id = :company', 'company_id = :company'
)
FROM unnest(ARRAY['sessions', 'attachments']) AS guarded;

-- Staff: the same, whose account is it. A new row names an account, so it is made where accounts are:
-- with `app.logins` set for that statement.
SELECT pg_temp.guard(
    guarded, 'company_id = :company OR :door IN (''platform'', ''lobby'')',
    'company_id = :company AND current_setting(''app.logins'', true) = ''on''',
    'company_id = :company', 'company_id = :company'
)
FROM unnest(ARRAY['admins', 'agents']) AS guarded;

-- Companies are opened by the platform, changed by whoever is inside, and never deleted.
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

-- Lobby tables. A company reaches the accounts of its own staff: an agent's by its row in agents, an
-- admin's by its row in admins. Either names an account once, over all companies, so a row that names
-- an account of another role or another company's reaches nothing. What a company cannot do by that,
-- making an account whose name may be anybody's and deleting one that is nobody's any more, it does
-- with `app.logins` set for that statement. Superadmins cannot be changed, made or deleted either way.
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
