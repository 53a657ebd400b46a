//! Settings and data folders that do not fit, and what the program says about them.

use std::fs;

use serde_json::{Value, json};

use crate::{
    binary::{Home, Server, run},
    site::Site,
};

#[test]
fn an_error_about_a_file_or_folder_names_its_path() {
    let home = Home::sqlite();
    fs::write(home.folder.path().join("odd.toml"), "listen-adress = 'x'\n").unwrap();
    fs::write(home.folder.path().join("file"), "").unwrap();
    fs::create_dir_all(home.folder.path().join("taken/secret")).unwrap();
    fs::create_dir_all(home.folder.path().join("folder.db")).unwrap();
    for (args, path) in [
        (&["serve", "--config", "none.toml"][..], "none.toml"),
        (&["check", "--config", "odd.toml"], "odd.toml"),
        (&["serve", "--data-dir", "file/data"], "file/data"),
        (&["serve", "--data-dir", "taken"], "taken/secret"),
        (&["check", "--data-dir", "taken"], "taken/secret"),
        (&["check", "--database", "sqlite:none/x.db"], "none/x.db"),
        (&["serve", "--database", "sqlite:none/x.db"], "none/x.db"),
        (&["migrate", "--database", "sqlite:none/x.db"], "none/x.db"),
        (&["serve", "--database", "sqlite:folder.db"], "folder.db"),
        (&["backup", "file/copy"], "file/copy"),
    ] {
        home.run(&["migrate"], "").ok();
        let refused = run(home.command(args), "");
        assert_eq!(refused.status.code(), Some(1), "{args:?}: {}{}", refused.stdout, refused.stderr);
        assert!(refused.stderr.contains(path), "{args:?}: {}", refused.stderr);
    }
    fs::write(home.folder.path().join("uploads"), "a file").unwrap();
    let refused = home.run(&["serve"], "");
    assert!(refused.stderr.contains(&home.folder.path().join("uploads").display().to_string()), "{}", refused.stderr);
}

#[test]
fn a_public_url_without_a_scheme_refuses_to_start() {
    let home = Home::sqlite().with("SWITCHBOARD_PUBLIC_URL", "chat.example.com");
    for command in ["serve", "check", "migrate"] {
        let refused = home.run(&[command], "");
        if command == "migrate" {
            // It needs only the database.
            refused.ok();
        } else {
            refused.refused(
                "--public-url needs a scheme and a host, such as https://chat.example.com, not \"chat.example.com\"",
            );
        }
    }
}

#[tokio::test]
async fn an_address_to_listen_on_may_be_a_port_or_localhost() {
    let home = Home::sqlite();
    for (text, start) in [("localhost:0", "127.0.0.1:"), ("0", "127.0.0.1:"), (":0", "0.0.0.0:")] {
        let server = Server::start(home.command(["serve", "--listen", text]));
        assert!(server.address.to_string().starts_with(start), "{text}: {}", server.address);
    }
    for text in ["localhost", "example.com:80", "http://localhost:80"] {
        let refused = run(home.command(["serve", "--listen", text]), "");
        assert_eq!(refused.status.code(), Some(2));
        assert!(refused.stderr.contains("localhost:8000, 8000 (this machine only)"), "{}", refused.stderr);
    }
}

#[test]
fn an_unknown_variable_is_named_with_the_nearest_setting() {
    let warning = "SWITCHBOARD_DATADIR is not a setting and is ignored; the nearest name is SWITCHBOARD_DATA_DIR";
    let home = Home::sqlite().with("SWITCHBOARD_DATADIR", "elsewhere");
    let migrated = home.run(&["migrate"], "");
    assert_eq!(migrated.stderr, format!("switchboard: {warning}\n"));
    migrated.ok();
    let log = home.serve().kill();
    let lines: Vec<Value> = log.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let warned = |line: &&Value| line["message"] == "unknown variable";
    let warned: Vec<_> = lines.iter().filter(warned).map(|line| (&line["level"], &line["variable"])).collect();
    assert_eq!(warned, [(&json!("WARN"), &json!(warning))]);
}

#[tokio::test]
async fn a_check_names_a_secret_that_was_not_restored() {
    for home in Home::each() {
        let server = home.serve();
        Site::open(&home, server.address).await;
        server.terminate();
        assert!(server.wait().0.success());
        home.run(&["check"], "").ok();
        let secret = home.folder.path().join("secret");
        let kept = fs::read(&secret).unwrap();
        fs::remove_file(&secret).unwrap();
        for args in [&["check"][..], &["check", "--audit"]] {
            home.run(args, "").refused(&format!(
                "the secret is missing: this data was written with one, and there is no {}; restore the file or name \
                 SWITCHBOARD_SECRET",
                secret.display()
            ));
        }
        fs::write(&secret, [b'x'; 64]).unwrap();
        let other = home.run(&["check"], "");
        assert!(
            other.stderr.contains("this is not the secret that the audit log was written with"),
            "{}",
            other.stderr
        );
        fs::write(&secret, kept).unwrap();
        home.run(&["check"], "").ok();
    }
}

#[tokio::test]
async fn a_company_that_waits_for_a_model_is_named() {
    for home in Home::each() {
        let server = home.serve();
        let site = Site::open(&home, server.address).await;
        let settings = "/api/admin-dashboard/bot-settings/";
        assert_eq!(site.admin.get(settings).await.ok().get("warnings"), None);
        site.let_a_model_answer(&home);
        let told = "answer_mode is llm, but the server has no model: \
                    answers are extractive until --llm-url and --llm-model name a model";
        assert_eq!(site.admin.get(settings).await.ok()["warnings"], json!([told]));
        let checked = home.run(&["check"], "").ok();
        let line = format!(
            "{} has answer_mode llm, but there is no model: answers are extractive until --llm-url and --llm-model name \
             a model",
            site.company
        );
        assert_eq!(checked.lines().nth(1), Some(line.as_str()), "{checked}");
        let home = home.with_model("http://127.0.0.1:9/v1");
        assert_eq!(home.run(&["check"], "").ok().lines().count(), 1);
    }
}
