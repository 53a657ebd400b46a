//! `switchboard doctor`, and a server that refuses to start if companies could reach each other's rows.

use crate::binary::Home;

const DOCTOR: [&str; 2] = ["doctor", "--isolation"];

#[test]
fn the_doctor_finds_no_gaps_in_what_migrate_made_and_leaves_nothing() {
    let sqlite = Home::sqlite();
    sqlite.run(&DOCTOR, "").refused(&sqlite.without_a_database());
    for home in [Some(sqlite), Home::postgres()].into_iter().flatten() {
        home.run(&["migrate"], "").ok();
        let report = home.run(&DOCTOR, "").ok();
        assert!(report.ends_with("\nno gaps\n"), "{report}");
        let all = format!("{report}every uploaded file is in the database\n");
        assert_eq!(home.run(&["doctor"], "").ok(), all, "without a flag, all tests run");
        assert_eq!(home.database.lines("SELECT code AS line FROM companies"), ["SHARED"]);
        assert_eq!(home.database.lines("SELECT username AS line FROM accounts"), [""; 0]);
    }
}

#[test]
fn a_policy_that_was_removed_by_hand_is_named_and_nothing_is_served() {
    let Some(home) = Home::postgres() else { return };
    home.database.execute("DROP POLICY may_select ON messages").unwrap();
    let sick = home.run(&DOCTOR, "");
    assert_eq!(sick.status.code(), Some(1));
    assert!(
        sick.stdout.contains("gap: table messages has 0 policies for SELECT where it needs one\n"),
        "{}",
        sick.stdout
    );
    assert!(sick.stderr.starts_with("switchboard: companies are not kept apart: found "), "{}", sick.stderr);
    home.run(&["serve"], "").refused(
        "the database cannot be opened: companies are not kept apart: found 1: \
         table messages has 0 policies for SELECT where it needs one",
    );

    home.database.execute("CREATE POLICY may_select ON messages FOR SELECT USING (true)").unwrap();
    let sick = home.run(&DOCTOR, "");
    assert!(sick.stdout.contains("gap: table messages: company SELFTESTA sees rows"), "{}", sick.stdout);
}

#[test]
fn nothing_is_served_as_a_role_that_no_policy_binds() {
    let Some(home) = Home::postgres() else { return };
    let (_, owner) = home.database.urls();
    let home = home.with("SWITCHBOARD_DATABASE", owner.unwrap());
    let refused = home.run(&["serve"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("role switchboard_test_owner owns tables"), "{}", refused.stderr);
}
