//! The safeguards between companies, and that the self-test notices when one is missing.

use storage::{Database, IsolationError, OpenError, Options, Target, testing::Scratch};

use crate::world::World;

/// Returns the gaps that the self-test finds.
pub(crate) fn gaps(scratch: &Scratch) -> Vec<String> {
    Database::inspect_isolation(&scratch.options.target).unwrap().gaps
}

/// Applies each change, asserts that the server refuses to open the database, and reverts the change.
/// Returns the number of changes.
fn each_is_noticed(scratch: &Scratch, changes: &[(String, String)]) -> usize {
    let (mut survivors, as_server) = (Vec::new(), Options { owner: None, ..scratch.options.clone() });
    for (change, back) in changes {
        scratch.execute(change).unwrap_or_else(|error| panic!("{change}: {error}"));
        let refused = Database::open(&as_server);
        if !matches!(refused.map(drop), Err(OpenError::Isolation(IsolationError::Gaps(_)))) {
            survivors.push(change);
        }
        scratch.execute(back).unwrap_or_else(|error| panic!("{back}: {error}"));
    }
    assert!(survivors.is_empty(), "{} of {} survive: {survivors:#?}", survivors.len(), changes.len());
    assert_eq!(gaps(scratch), [""; 0], "the changes are reverted");
    changes.len()
}

/// Runs a query whose rows are two statements, separated by a tab.
fn pairs(scratch: &Scratch, query: &str) -> Vec<(String, String)> {
    let lines = scratch.lines(query);
    let pair = |line: &String| line.split_once('\t').map(|(one, two)| (one.to_owned(), two.to_owned())).unwrap();
    lines.iter().map(pair).collect()
}

/// The tables that have policies.
const GUARDED: &str = "FROM pg_tables WHERE schemaname = 'public' AND tablename <> '__diesel_schema_migrations'";

#[test]
fn companies_are_kept_apart_on_every_database() {
    for world in World::each() {
        let found = Database::inspect_isolation(&world.scratch.options.target).unwrap();
        assert_eq!(found.gaps, [""; 0]);
        let postgres = matches!(world.scratch.options.target, Target::Postgres(_));
        assert!(found.tables > 20 && found.calls > 60 && (found.statements > 400) == postgres, "{found:?}");
        assert_eq!(world.count("companies WHERE code LIKE 'SELFTEST%'"), "0", "the self-test left something");
        assert_eq!(world.count("accounts"), "1", "the self-test left something");
    }
}

#[test]
fn every_dropped_policy_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let policies = pairs(
        &scratch,
        "SELECT format('DROP POLICY %I ON %I', policyname, tablename) || E'\\t' || format( \
         'CREATE POLICY %I ON %I FOR %s TO %s %s %s', policyname, tablename, cmd, array_to_string(roles, ', '), \
         'USING (' || qual || ')', 'WITH CHECK (' || with_check || ')') AS line \
         FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname",
    );
    let count = each_is_noticed(&scratch, &policies);
    assert!(count > 130, "{count}");
}

#[test]
fn every_policy_that_lets_everything_through_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let policies = pairs(
        &scratch,
        "SELECT format('ALTER POLICY %I ON %I %s %s', policyname, tablename, CASE WHEN qual IS NOT NULL THEN \
         'USING (true)' END, CASE WHEN with_check IS NOT NULL THEN 'WITH CHECK (true)' END) || E'\\t' || format( \
         'ALTER POLICY %I ON %I %s %s', policyname, tablename, 'USING (' || qual || ')', \
         'WITH CHECK (' || with_check || ')') AS line \
         FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname",
    );
    assert!(each_is_noticed(&scratch, &policies) > 130);
}

#[test]
fn every_policy_that_lets_one_company_more_through_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let more = "OR current_setting(''app.company'', true) = ''COM001''";
    let policies = pairs(
        &scratch,
        &format!(
            "SELECT format('ALTER POLICY %I ON %I %s %s', policyname, tablename, 'USING (' || qual || ' {more})', \
             CASE WHEN qual IS NULL OR cmd = 'ALL' THEN 'WITH CHECK (' || with_check || ' {more})' END) || E'\\t' || \
             format('ALTER POLICY %I ON %I %s %s', policyname, tablename, 'USING (' || qual || ')', \
             'WITH CHECK (' || with_check || ')') AS line \
             FROM pg_policies WHERE schemaname = 'public' ORDER BY tablename, policyname"
        ),
    );
    assert!(each_is_noticed(&scratch, &policies) > 130);
}

#[test]
fn what_a_policy_says_of_one_company_alone_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let qual = scratch
        .lines("SELECT qual AS line FROM pg_policies WHERE tablename = 'messages' AND policyname = 'may_select'");
    let change = |qual: &str| format!("ALTER POLICY may_select ON messages USING ({qual})");
    scratch.execute(&change(&format!("{} OR company_id = 'COM001'", qual[0]))).unwrap();
    assert_eq!(gaps(&scratch), ["table messages: the policy may_select says something else than it should"]);
    let [in_other_words, narrower] = ["messages.company_id", "FALSE AND company_id"];
    scratch.execute(&change(&qual[0].replace("company_id", in_other_words))).unwrap();
    assert_eq!(gaps(&scratch), [""; 0]);
    scratch.execute(&change(&qual[0].replace("company_id", narrower))).unwrap();
    assert_ne!(gaps(&scratch), [""; 0]);
}

#[test]
fn every_right_beyond_what_the_server_needs_is_noticed_and_taken_away() {
    let Some(scratch) = Scratch::postgres() else { return };
    let runtime = scratch.lines_without_a_door("SELECT current_user::text AS line").unwrap().concat();
    let mut changes: Vec<(String, String)> = Vec::new();
    for (right, on) in [
        ("TRUNCATE, TRIGGER, REFERENCES", "ALL TABLES IN SCHEMA public"),
        ("TRUNCATE", "audit_entries"),
        ("TRIGGER", "messages"),
        ("REFERENCES (id)", "messages"),
        ("UPDATE", "audit_entries"),
        ("UPDATE (reason)", "audit_entries"),
        ("DELETE", "audit_heads"),
        ("INSERT", "__diesel_schema_migrations"),
        ("USAGE", "ALL SEQUENCES IN SCHEMA public"),
    ] {
        for to in [runtime.as_str(), "PUBLIC"] {
            changes.push((format!("GRANT {right} ON {on} TO {to}"), format!("REVOKE {right} ON {on} FROM {to}")));
        }
    }
    let (to, from) = (format!("TO {runtime} WITH GRANT OPTION"), format!("FROM {runtime}"));
    changes
        .push((format!("GRANT SELECT ON messages {to}"), format!("REVOKE GRANT OPTION FOR SELECT ON messages {from}")));
    each_is_noticed(&scratch, &changes);
    for (change, _) in changes.iter().filter(|(change, _)| !change.ends_with("PUBLIC")) {
        scratch.execute(change).unwrap();
    }
    assert!(gaps(&scratch).len() > 50);
    drop(scratch.open());
    assert_eq!(gaps(&scratch), [""; 0], "the next migration resets the rights");
}

#[test]
fn a_function_that_runs_as_the_owner_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let create =
        "CREATE FUNCTION peek() RETURNS BIGINT LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM messages'";
    each_is_noticed(&scratch, &[(create.into(), "DROP FUNCTION peek()".into())]);
    scratch.execute(create).unwrap();
    assert!(gaps(&scratch).concat().starts_with("function peek() runs as "), "{:?}", gaps(&scratch));
}

#[test]
fn every_table_without_its_wall_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let mut changes = Vec::new();
    for [change, back] in [
        ["ALTER TABLE %1$I DISABLE ROW LEVEL SECURITY", "ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY"],
        ["ALTER TABLE %1$I NO FORCE ROW LEVEL SECURITY", "ALTER TABLE %1$I FORCE ROW LEVEL SECURITY"],
        ["CREATE POLICY more ON %1$I USING (true)", "DROP POLICY more ON %1$I"],
        [
            "CREATE POLICY more ON %1$I FOR SELECT USING (current_setting('app.door', true) = 'company')",
            "DROP POLICY more ON %1$I",
        ],
    ] {
        let change = change.replace('\'', "''");
        changes.extend(pairs(
            &scratch,
            &format!("SELECT format('{change}', tablename) || E'\\t' || format('{back}', tablename) AS line {GUARDED}"),
        ));
    }
    assert!(each_is_noticed(&scratch, &changes) > 100);
}

#[test]
fn every_missing_key_of_a_company_table_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let of_company = "EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attname = 'company_id')";
    let mut changes = pairs(
        &scratch,
        &format!(
            "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) || E'\\t' || \
             format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
             AS line FROM pg_constraint \
             WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND {of_company} \
             AND NOT (array_length(conkey, 1) = 1 AND EXISTS (SELECT FROM pg_constraint more WHERE \
             more.conrelid = pg_constraint.conrelid AND more.contype = 'f' AND more.oid <> pg_constraint.oid \
             AND more.conkey @> pg_constraint.conkey))"
        ),
    );
    changes.push((
        "ALTER TABLE transfers DROP CONSTRAINT transfers_company_id_handoff_id_fkey, \
         ADD CONSTRAINT other FOREIGN KEY (handoff_id) REFERENCES handoffs (id)"
            .into(),
        "ALTER TABLE transfers DROP CONSTRAINT other, ADD CONSTRAINT transfers_company_id_handoff_id_fkey \
         FOREIGN KEY (company_id, handoff_id) REFERENCES handoffs (company_id, id) ON DELETE CASCADE"
            .into(),
    ));
    for table in ["admins", "agents"] {
        changes.push((
            format!("ALTER TABLE {table} DROP CONSTRAINT {table}_user_id_key"),
            format!("ALTER TABLE {table} ADD UNIQUE (user_id)"),
        ));
    }
    changes.push((
        "ALTER TABLE sessions ALTER company_id DROP NOT NULL".into(),
        "ALTER TABLE sessions ALTER company_id SET NOT NULL".into(),
    ));
    assert!(each_is_noticed(&scratch, &changes) > 20);
}

#[test]
fn a_company_table_that_nobody_guards_is_noticed() {
    for scratch in Scratch::each() {
        drop(scratch.open());
        scratch.execute("CREATE TABLE leaks (company_id TEXT, agent_id BIGINT REFERENCES agents (id))").unwrap();
        let gaps = gaps(&scratch);
        let says = |text: &str| gaps.iter().any(|gap| gap.starts_with("table leaks") && gap.contains(text));
        assert!(says("has a company column, but"), "{gaps:#?}");
        assert!(says("company_id may be empty"), "{gaps:#?}");
        assert!(says("company_id has no foreign key"), "{gaps:#?}");
        assert!(says("is not composite") || says("leaves the company out"), "{gaps:#?}");
        if matches!(scratch.options.target, Target::Postgres(_)) {
            assert!(says("row-level security is not enabled") && says("row-level security is not forced"));
            assert!(says("policy for migrations"), "{gaps:#?}");
        }
    }
}

#[test]
fn a_role_that_could_pass_the_wall_is_refused() {
    let Some(scratch) = Scratch::postgres() else { return };
    let open_as = |target: Target| {
        let refused = Database::open(&Options { target, ..scratch.options.clone() }).map(drop).unwrap_err();
        let OpenError::Isolation(IsolationError::Gaps(gaps)) = refused else { panic!("{refused:?}") };
        gaps.join("\n")
    };
    let owner = scratch.options.owner.clone().unwrap();
    assert!(open_as(owner).contains("owns tables"));
    let superuser = open_as(scratch.superuser().unwrap());
    assert!(superuser.contains("is a superuser") && superuser.contains("owns tables"), "{superuser}");
}

#[test]
fn a_transaction_that_names_nothing_sees_and_writes_nothing() {
    let Some(scratch) = Scratch::postgres() else { return };
    let world = World::new(scratch);
    let plan = world.plan(tenancy::plans::PlanName::Pro, 2);
    world.open("Tesla", "ann@t.com", &plan).unwrap();
    for table in world.scratch.lines(&format!("SELECT tablename::text AS line {GUARDED}")) {
        let seen = world.scratch.lines_without_a_door(&format!("SELECT CAST(count(*) AS TEXT) AS line FROM {table}"));
        assert_eq!(seen, Ok(vec!["0".to_owned()]), "{table}");
        let inserted = format!("INSERT INTO {table} DEFAULT VALUES RETURNING '' AS line");
        assert!(world.scratch.lines_without_a_door(&inserted).is_err(), "{table}");
    }
    assert_ne!(world.count("admins"), "0");
}

/// No row that a transaction of a company can store gives it access to accounts other than those of its
/// own staff.
#[test]
fn a_company_reaches_no_account_but_its_own_staff() {
    let Some(scratch) = Scratch::postgres() else { return };
    let world = World::new(scratch);
    let plan = world.plan(tenancy::plans::PlanName::Pro, 2);
    let [own, other] = [("Tesla", "ann@t.com"), ("Acme", "bob@a.com")].map(|(name, address)| {
        let created = world.open(name, address, &plan).unwrap();
        let agent = world.hire(&world.office(&created), &format!("agent.{address}")).wait().unwrap();
        (created.company.code, created.user, agent.user)
    });
    let as_company = |before: &str, sql: &str| {
        let door = format!("SET LOCAL app.door = 'company'; SET LOCAL app.company = '{}'; {before}", own.0);
        world.scratch.lines_as_the_server(&door, sql)
    };
    let seen = |user| format!("SELECT password_hash AS line FROM accounts WHERE id = {user}");
    let changed = |user| format!("UPDATE accounts SET password_hash = '' WHERE id = {user} RETURNING '' AS line");
    for user in [own.1, own.2] {
        assert_eq!(as_company("", &seen(user)).unwrap().len(), 1);
        assert_eq!(as_company("", &changed(user)).unwrap().len(), 1);
        let promoted = format!("UPDATE accounts SET role = 'SUPERADMIN' WHERE id = {user} RETURNING '' AS line");
        assert!(as_company("", &promoted).unwrap_err().contains("row-level security"));
    }
    for user in [world.boss.user(), other.1, other.2] {
        let agent = format!(
            "INSERT INTO agents (company_id, user_id, name, phone, specialization, status, created_at) \
             VALUES ('{}', {user}, '', '', '', 'PENDING', now())",
            own.0
        );
        let admin = format!(
            "INSERT INTO admins (company_id, user_id, name, name_key, address, contact_person, contact_number, \
             phone_number) VALUES ('{}', {user}, '', '', '', '', '', '')",
            own.0
        );
        for row in [&agent, &admin] {
            let refused = as_company("", &format!("{row} RETURNING '' AS line")).unwrap_err();
            assert!(refused.contains("row-level security"), "{refused}");
        }
        let logins = |row: &str| format!("SET LOCAL app.logins = 'on'; {row}; SET LOCAL app.logins = 'off'");
        let moved = format!("UPDATE agents SET user_id = {user}");
        let family = format!(
            "SET LOCAL app.door = 'lobby'; INSERT INTO refresh_families SELECT 'theirs', id, role, NULL, 0, '', '', 0, 0, \
             0, NULL, NULL, FALSE FROM accounts WHERE id = {user}; SET LOCAL app.door = 'company'"
        );
        // A row that a key refuses, such as an agent of two companies, needs no further check.
        let mut stored = 0;
        for row in [logins(&agent), moved, logins(&admin)] {
            let before = format!("{family}; {row}");
            if as_company(&before, "SELECT '' AS line").is_err() {
                continue;
            }
            stored += 1;
            assert_eq!(as_company(&before, &seen(user)), Ok(Vec::new()), "{row}");
            assert_eq!(as_company(&before, &changed(user)), Ok(Vec::new()), "{row}");
            for statement in ["SELECT '' AS line FROM refresh_families", "DELETE FROM accounts RETURNING '' AS line"] {
                let found = as_company(&before, statement);
                assert!(found.as_ref().is_ok_and(Vec::is_empty), "{row}: {found:?}");
            }
        }
        assert_ne!(stored, 0, "{user}");
    }
}
