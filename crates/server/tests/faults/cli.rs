//! The command line: refused configurations, and operations on accounts and companies.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    binary::{Home, run, switchboard},
    site::{AGENT, OWNER, PASSWORD, QUESTION, ROOT, Site},
    wire::Caller,
};

const SHORT_SECRET: &str = "switchboard: SWITCHBOARD_SECRET must have at least 32 bytes\n";

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn postgres_without_a_secret_and_without_a_data_folder_refuses_to_start() {
    let Some(home) = Home::postgres() else { return };
    let home = home.without("SWITCHBOARD_DATA_DIR");
    for command in ["serve", "check"] {
        home.run(&[command], "").refused("PostgreSQL needs SWITCHBOARD_SECRET, or --data-dir to generate one into");
    }
    assert!(is_empty(home.folder.path()), "a refused start left something behind");
    let home = home.with("SWITCHBOARD_SECRET", "0123456789abcdef0123456789abcdef");
    home.run(&["check"], "").ok();
}

#[test]
fn a_short_secret_refuses_to_start() {
    let home = Home::sqlite();
    fs::write(home.folder.path().join("secret"), "kept, but short").unwrap();
    assert_eq!(home.run(&["serve"], "").stderr, SHORT_SECRET);
    let home = home.with("SWITCHBOARD_SECRET", "0123456789abcdef0123456789abcde");
    let refused = home.run(&["serve"], "");
    assert_eq!((refused.status.code(), refused.stderr.as_str()), (Some(1), SHORT_SECRET));
    let file = home.folder.path().join("config.toml");
    fs::write(&file, "secret = 'in a file, short'\n").unwrap();
    let home = home.without("SWITCHBOARD_SECRET").with("SWITCHBOARD_CONFIG", file.display().to_string());
    assert_eq!(home.run(&["check"], "").stderr, SHORT_SECRET);
}

#[test]
fn the_models_in_use_are_listed() {
    let home = Home::sqlite().with("SWITCHBOARD_ENCODER", "on");
    let listed = home.run(&["models"], "").ok();
    assert!(listed.starts_with("meaning of texts: minilm-l6, embedded, "), "{listed}");
    assert!(listed.contains(", 384 dimensions of the mean of all tokens, computed with "), "{listed}");
    assert!(listed.ends_with("\ncomposed answers: none; answers are the stored ones\n"), "{listed}");
    let home = home
        .with("SWITCHBOARD_ENCODER", "off")
        .with("SWITCHBOARD_LLM_URL", "http://127.0.0.1:1/v1")
        .with("SWITCHBOARD_LLM_MODEL", "small");
    let listed = home.run(&["models"], "").ok();
    assert!(listed.starts_with("meaning of texts: none; --encoder is off"), "{listed}");
    assert!(listed.ends_with("\ncomposed answers: small at http://127.0.0.1:1/v1\n"), "{listed}");
    assert!(is_empty(home.folder.path()), "a listing left something behind");
}

#[test]
fn an_unknown_key_in_the_configuration_file_refuses_to_start() {
    let home = Home::sqlite();
    let file = home.folder.path().join("config.toml");
    fs::write(&file, "listen = ['127.0.0.1:0']\nlisten-adress = 'x'\n").unwrap();
    let refused = run(home.command(["serve", "--config", "config.toml"]), "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("the configuration file is not valid"), "{}", refused.stderr);
    assert!(refused.stderr.contains("listen-adress"), "{}", refused.stderr);
}

#[test]
fn a_taken_address_refuses_to_start() {
    let home = Home::sqlite();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = run(home.command(["serve", "--listen", &address]), "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        refused
            .stderr
            .ends_with(&format!("switchboard: cannot listen on {address}: Address already in use (os error 98)\n")),
        "{}",
        refused.stderr
    );
}

#[tokio::test]
async fn a_generated_secret_outlives_the_server() {
    let home = Home::sqlite();
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    server.kill();
    let server = home.serve();
    let site = site.moved_to(server.address);
    site.agent.get("/api/auth/profile/").await.ok();
    server.terminate();
    assert!(server.wait().0.success());
    fs::remove_file(home.folder.path().join("secret")).unwrap();
    let server = home.serve();
    site.moved_to(server.address).agent.get("/api/auth/profile/").await.refused(401, "token_not_valid");
}

#[tokio::test]
async fn a_superadmin_is_made_once() {
    let home = Home::sqlite();
    let create = ["admin", "create-superadmin", "--username", ROOT, "--email", "root@x.example", "--password-stdin"];
    let if_missing: Vec<_> = create.iter().copied().chain(["--if-missing"]).collect();
    assert_eq!(home.run(&create, "short\n").ok(), "the superadmin was created\n");
    let again = home.run(&create, "other");
    assert_eq!(again.status.code(), Some(1));
    assert!(again.stderr.starts_with("switchboard: the superadmin was not created: "), "{}", again.stderr);
    assert_eq!(home.run(&if_missing, "other").ok(), "the superadmin exists\n");
    home.run(&["admin", "create-superadmin", "--username", "a", "--email", "a@x.example", "--password-stdin"], " \n")
        .refused("the password on standard input is empty");
    home.run(&["admin", "create-superadmin", "--username", "a", "--email", "nobody", "--password-stdin"], "x")
        .refused("the e-mail address is not valid: not a valid e-mail address");

    let server = home.serve();
    let anybody = Caller::at(server.address);
    anybody.login(ROOT, "other").await.refused(400, "invalid_credentials");
    let root = anybody.signed_in("ROOT@x.example", "short").await;
    assert_eq!(root.get("/api/auth/profile/").await.ok()["role"], "SUPERADMIN");
    let no_stdin = home.run(&create[..6], "x");
    assert_eq!(no_stdin.status.code(), Some(2), "{}", no_stdin.stderr);
}

#[test]
fn passwords_set_by_the_operator_cost_what_all_others_do() {
    for home in Home::each() {
        let home = home.with("SWITCHBOARD_BCRYPT_COST", "5");
        let hashes = |expected: &str| {
            let hashes = home.database.lines("SELECT password_hash AS line FROM accounts");
            assert!(hashes.len() == 1 && hashes[0].starts_with(expected), "{hashes:?}");
        };
        let create = ["admin", "create-superadmin", "--username", ROOT, "--email", "r@x.example", "--password-stdin"];
        home.run(&create, "secret").ok();
        hashes("$2b$05$");
        let set = ["admin", "set-password", "--login", ROOT, "--password-stdin", "--bcrypt-cost", "6"];
        home.run(&set, "secret").ok();
        hashes("$2b$06$");
        let set = ["admin", "set-password", "--login", ROOT, "--password-stdin", "--bcrypt-cost", "3"];
        home.run(&set, "secret").refused("the bcrypt cost must be 4 to 31");
    }
}

#[tokio::test]
async fn a_password_set_by_the_operator_ends_tokens_and_follows_no_policy() {
    for home in Home::each() {
        let server = home.serve();
        let site = Site::open(&home, server.address).await;
        for (login, caller) in [(ROOT, &site.root), (OWNER, &site.admin), (AGENT, &site.agent)] {
            let set = ["admin", "set-password", "--login", login, "--password-stdin"];
            home.run(&set, "x\n").ok();
            caller.get("/api/auth/profile/").await.refused(401, "token_not_valid");
            site.anybody.login(login, PASSWORD).await.refused(400, "invalid_credentials");
            site.anybody.signed_in(login, "x").await.get("/api/auth/profile/").await.ok();
        }
        let unknown = home.run(&["admin", "set-password", "--login", "nobody", "--password-stdin"], "x");
        assert_eq!(unknown.status.code(), Some(1));
        assert!(unknown.stderr.starts_with("switchboard: the password was not set: "), "{}", unknown.stderr);
    }
}

#[tokio::test]
async fn a_suspended_or_closed_company_is_shut_until_it_is_active_again() {
    for home in Home::each() {
        let server = home.serve();
        let site = Site::open(&home, server.address).await;
        let session = site.introduced().await;
        let set = |status: &str| home.run(&["admin", "company", &site.company, "--status", status], "").ok();
        let chat = site.message(Some(&session), "Hello", None);
        for (status, refusal, code) in [("suspended", 403, "company_inactive"), ("closed", 404, "not_found")] {
            assert_eq!(set(status), format!("{} is {status}\n", site.company));
            for caller in [&site.admin, &site.agent] {
                caller.get("/api/auth/profile/").await.refused(401, "user_inactive");
            }
            for login in [OWNER, AGENT] {
                site.anybody.login(login, PASSWORD).await.refused(400, "invalid_credentials");
            }
            for body in [&chat, &site.message(None, "Hello", None)] {
                site.anybody.post("/api/chatbot/chat/", body).await.refused(refusal, code);
            }
            site.root.get("/api/auth/profile/").await.ok();
            set("active");
            site.anybody.post("/api/chatbot/chat/", &chat).await.ok();
            site.admin.get("/api/auth/profile/").await.ok();
            site.anybody.signed_in(AGENT, PASSWORD).await;
        }
    }
}

#[test]
fn a_company_that_is_none_has_no_status() {
    let home = Home::sqlite();
    let set = |code: &str| home.run(&["admin", "company", code, "--status", "active"], "");
    set("nonsense").refused("that is no company code");
    set("ABC001").refused("company not found");
    set("SHARED").refused("the shared library is not a company that visitors can come to");
    assert_eq!(home.run(&["admin", "company", "ABC001", "--status", "asleep"], "").status.code(), Some(2));
}

#[test]
fn a_check_changes_nothing_and_migrate_makes_what_it_misses() {
    let home = Home::sqlite().without("SWITCHBOARD_DATABASE").without("SWITCHBOARD_DATA_DIR");
    let check = || run(home.command(["check", "--data-dir", "data"]), "");
    check().refused("there is no database yet at data/switchboard.db: switchboard migrate makes it, and so does serve");
    assert!(is_empty(home.folder.path()), "the check created something");
    run(home.command(["migrate", "--data-dir", "data"]), "").ok();
    assert_eq!(check().ok(), "configuration, SQLite and schema are in order\n");
    assert!(!home.folder.path().join("data/secret").exists(), "the check created a secret");
    run(home.command(["migrate", "--data-dir", "data"]), "").ok();
}

#[cfg(unix)]
#[test]
fn what_the_server_makes_is_readable_by_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::sqlite().without("SWITCHBOARD_DATABASE").without("SWITCHBOARD_DATA_DIR");
    let home = home.with("SWITCHBOARD_DATA_DIR", "made/data");
    let _server = home.serve();
    let made = home.folder.path().join("made/data");
    assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
    for name in ["switchboard.db", "switchboard.db-wal", "switchboard.db-shm", "secret"] {
        assert_eq!(fs::metadata(made.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_check_names_the_first_row_of_the_audit_log_that_is_not_as_it_was_written() {
    for home in Home::each() {
        // The scratch database's own entries are sealed with this secret.
        let secret = std::str::from_utf8(storage::testing::SECRET).unwrap();
        let home = home.with("SWITCHBOARD_SECRET", secret);
        let server = home.serve();
        let site = Site::open(&home, server.address).await;
        let check = || home.run(&["check", "--audit"], "");
        let whole = check().ok();
        assert!(whole.lines().nth(1).is_some_and(|line| line.starts_with("the audit log is whole: ")), "{whole}");
        home.run(&["admin", "company", &site.company, "--status", "active"], "").ok();
        let mut elsewhere = home.command(["admin", "company", &site.company, "--status", "active"]);
        elsewhere.env("SWITCHBOARD_SECRET", "another secret than the one that serves");
        run(elsewhere, "").refused(
            "this is not the secret that the audit log was written with: name SWITCHBOARD_SECRET or --data-dir as for \
             `serve`",
        );
        check().ok();
        if home.database.urls().1.is_none() {
            home.database.execute("DROP TRIGGER audit_entries_stay").unwrap();
        }
        let touch = format!("UPDATE audit_entries SET action = 'x' WHERE company_id = '{}' AND seq = 2", site.company);
        home.database.execute(&touch).unwrap();
        let broken = check();
        assert_eq!(broken.status.code(), Some(1));
        let line = format!("audit log, {} row 2: the row is not as it was written", site.company);
        assert!(broken.stdout.lines().any(|written| written == line), "{}", broken.stdout);
        assert_eq!(broken.stderr, "switchboard: the audit log is not whole: broken chains 1 of 2\n");
        if home.database.urls().1.is_none() {
            home.database.execute("DROP TRIGGER audit_entries_keep").unwrap();
        }
        home.database.execute("DELETE FROM audit_entries; DELETE FROM audit_heads").unwrap();
        let erased = check();
        assert_eq!(erased.status.code(), Some(1));
        for line in [
            "audit log, SHARED row 1: the row is missing",
            "audit log, SHARED: the chain does not say that account 1 was made a superadmin",
            &format!("audit log, {}: the installation's chain does not say that the company was opened", site.company),
        ] {
            assert!(erased.stdout.lines().any(|written| written == line), "{line}: {}", erased.stdout);
        }
        assert_eq!(erased.stderr, "switchboard: the audit log is not whole: broken chains 2 of 2\n");
    }
}

#[test]
fn an_unmigrated_postgres_is_named_as_such_until_its_owner_migrates_it() {
    let Some(home) = Home::postgres() else { return };
    home.database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    let tables = "SELECT tablename AS line FROM pg_tables WHERE schemaname = 'public'";
    let all = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres")).unwrap().count();
    let lacks = format!(
        "the database is older than this program (migrations missing: {all}); `switchboard migrate` brings it up to date"
    );
    home.run(&["check"], "").refused(&lacks);
    assert!(home.database.lines(tables).is_empty(), "the check created something");
    let mut runtime_alone = home.command(["serve"]);
    runtime_alone.env_remove("SWITCHBOARD_OWNER_DATABASE");
    run(runtime_alone, "").refused(&format!("the database cannot be opened: the database is not ready: {lacks}"));
    assert_eq!(home.run(&["migrate"], "").ok(), "the database is up to date\n");
    assert_eq!(home.run(&["check"], "").ok(), "configuration, PostgreSQL and schema are in order\n");
}

#[test]
fn a_database_that_is_gone_is_named_as_such() {
    let Some(home) = Home::postgres() else { return };
    home.database.lock_out();
    for command in ["check", "migrate", "serve"] {
        let refused = home.run(&[command], "");
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.stderr.contains("the database cannot be reached: "), "{}", refused.stderr);
        assert!(!refused.stderr.contains("switchboard-test"), "a password: {}", refused.stderr);
    }
}

#[test]
fn a_password_on_the_command_line_is_no_option() {
    let command = ["admin", "set-password", "--login", "root", "--password", "x"];
    assert_eq!(run(switchboard(command), "").status.code(), Some(2));
}

#[tokio::test]
async fn knowledge_survives_a_restart() {
    let home = Home::sqlite();
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    let session = site.introduced().await;
    server.kill();
    let server = home.serve();
    let reply = site.moved_to(server.address).say(Some(&session), QUESTION, None).await;
    assert_eq!((&reply["type"], &reply["confidence"]), (&json!("rag_response"), &json!(1.0)));
}

#[tokio::test]
async fn calls_are_counted_unless_the_environment_says_otherwise() {
    let limit_of = async |home: &Home| {
        let server = home.serve();
        let answer = Caller::at(server.address).get("/api/chatbot/country-codes/").await;
        answer.headers.get("ratelimit-limit").map(|limit| limit.to_str().unwrap().to_owned())
    };
    let home = Home::sqlite();
    assert_eq!(limit_of(&home).await, None);
    let home = home.without("SWITCHBOARD_RATE_LIMITS");
    assert_eq!(limit_of(&home).await.as_deref(), Some("120"));
    let home = home.with("SWITCHBOARD_LIMIT_PUBLIC", "7");
    assert_eq!(limit_of(&home).await.as_deref(), Some("7"));
}
