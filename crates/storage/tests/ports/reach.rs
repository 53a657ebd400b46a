//! The self-test notices what the server's role could reach outside its tables, and what changes its statements.

use storage::{
    Database, IsolationError, OpenError, Options,
    testing::{PASSWORD, Scratch},
};

use crate::walls::gaps;

/// Applies each change as the superuser, asserts that the server refuses to open the database and names the gap, and
/// reverts the change.
fn each_is_named(scratch: &Scratch, changes: &[(&str, &str, &str)]) {
    let as_server = Options { owner: None, ..scratch.options.clone() };
    for (change, back, gap) in changes {
        scratch.execute_as_superuser(change).unwrap_or_else(|error| panic!("{change}: {error}"));
        let found = gaps(scratch);
        assert!(found.iter().any(|found| found.contains(gap)), "{change}: {found:?}");
        let refused = Database::open(&as_server).map(drop);
        assert!(matches!(refused, Err(OpenError::Isolation(IsolationError::Gaps(_)))), "{change}: {refused:?}");
        scratch.execute_as_superuser(back).unwrap_or_else(|error| panic!("{back}: {error}"));
        assert_eq!(gaps(scratch), [""; 0], "{back}");
    }
}

#[test]
fn everything_in_other_schemas_that_the_server_can_reach_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let runtime = scratch.lines_without_a_door("SELECT current_user::text AS line").unwrap().concat();
    scratch
        .execute_as_superuser(
            "CREATE SCHEMA side; CREATE TABLE side.copies AS SELECT 1 AS n; \
             CREATE FUNCTION side.peek() RETURNS BIGINT LANGUAGE sql SECURITY DEFINER AS \
             'SELECT count(*) FROM public.messages'; CREATE VIEW side.shown AS SELECT * FROM public.messages;",
        )
        .unwrap();
    assert_eq!(gaps(&scratch), [""; 0], "nothing of it can be reached");
    let usage = format!("GRANT USAGE ON SCHEMA side TO {runtime}");
    each_is_named(
        &scratch,
        &[(&usage, &usage.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), "function side.peek()")],
    );
    scratch.execute_as_superuser(&format!("DROP FUNCTION side.peek(); {usage}")).unwrap();
    assert_eq!(gaps(&scratch), [""; 0]);
    let mut grants = Vec::new();
    for right in ["SELECT", "INSERT", "UPDATE (n)", "DELETE", "TRUNCATE"] {
        for to in [runtime.as_str(), "PUBLIC"] {
            grants.push((
                format!("GRANT {right} ON side.copies TO {to}"),
                format!("REVOKE {right} ON side.copies FROM {to}"),
                "table side.copies is outside",
            ));
        }
    }
    grants.push((
        format!("GRANT SELECT ON side.shown TO {runtime}"),
        format!("REVOKE SELECT ON side.shown FROM {runtime}"),
        "table side.shown is outside",
    ));
    grants.push((
        format!("GRANT SELECT ON pg_catalog.pg_statistic TO {runtime}"),
        format!("REVOKE SELECT ON pg_catalog.pg_statistic FROM {runtime}"),
        "table pg_catalog.pg_statistic",
    ));
    let grants: Vec<_> = grants.iter().map(|(change, back, gap)| (change.as_str(), back.as_str(), *gap)).collect();
    each_is_named(&scratch, &grants);
}

#[test]
fn rules_triggers_and_defaults_that_the_server_did_not_make_are_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let runtime = scratch.lines_without_a_door("SELECT current_user::text AS line").unwrap().concat();
    let database = scratch.lines("SELECT current_database()::text AS line").concat();
    scratch
        .execute_as_superuser(
            "CREATE SCHEMA side; CREATE FUNCTION side.note() RETURNS TRIGGER LANGUAGE plpgsql AS \
             'BEGIN RETURN NEW; END'",
        )
        .unwrap();
    let of_role = format!("ALTER ROLE {runtime} IN DATABASE {database}");
    let changes = [
        (
            "CREATE RULE copy AS ON INSERT TO messages DO ALSO NOTIFY copied".to_owned(),
            "DROP RULE copy ON messages".to_owned(),
            "table messages: the rule copy",
        ),
        (
            "CREATE TRIGGER note BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION side.note()".to_owned(),
            "DROP TRIGGER note ON sessions".to_owned(),
            "table sessions: the trigger note",
        ),
        (format!("{of_role} SET app.door = 'platform'"), format!("{of_role} RESET ALL"), "sets app.door"),
        (format!("{of_role} SET app.company = 'TES001'"), format!("{of_role} RESET ALL"), "sets app.company"),
        (
            format!("{of_role} SET session_replication_role = 'replica'"),
            format!("{of_role} RESET ALL"),
            "sets session_replication_role",
        ),
        (
            format!("ALTER DATABASE {database} SET app.logins = 'on'"),
            format!("ALTER DATABASE {database} RESET ALL"),
            "a default of the database sets app.logins",
        ),
    ];
    let changes: Vec<_> = changes.iter().map(|(change, back, gap)| (change.as_str(), back.as_str(), *gap)).collect();
    each_is_named(&scratch, &changes);
}

#[test]
fn a_role_that_can_take_another_that_reads_everything_is_noticed() {
    let Some(scratch) = Scratch::postgres() else { return };
    let runtime = scratch.lines_without_a_door("SELECT current_user::text AS line").unwrap().concat();
    // Roles belong to the whole server, so this test has roles of its own.
    let database = scratch.lines("SELECT current_database()::text AS line").concat();
    let [login, other] = ["login", "other"].map(|name| format!("{database}_{name}"));
    let make =
        format!("CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'; GRANT {runtime} TO {login}; CREATE ROLE {other}");
    scratch.execute_as_superuser(&make).unwrap();
    let target = scratch.as_role(&login).unwrap();
    let found = || Database::inspect_isolation(&target).unwrap().gaps.join("\n");
    let mut missed = Vec::new();
    for (change, back, gap) in [
        (
            format!("GRANT pg_read_all_data TO {login}"),
            format!("REVOKE pg_read_all_data FROM {login}"),
            "pg_read_all_data",
        ),
        (format!("GRANT pg_monitor TO {login}"), format!("REVOKE pg_monitor FROM {login}"), "pg_monitor"),
        (
            format!("ALTER ROLE {other} BYPASSRLS; GRANT {other} TO {login}"),
            format!("ALTER ROLE {other} NOBYPASSRLS; REVOKE {other} FROM {login}"),
            "which has BYPASSRLS",
        ),
    ] {
        scratch.execute_as_superuser(&change).unwrap();
        if !found().contains(gap) {
            missed.push((change, found()));
        }
        scratch.execute_as_superuser(&back).unwrap();
        assert!(!found().contains(gap), "{}", found());
    }
    scratch.execute_as_superuser(&format!("DROP ROLE {login}; DROP ROLE {other}")).unwrap();
    assert!(missed.is_empty(), "{missed:#?}");
}
