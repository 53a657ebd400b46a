//! Backing up a server's data and starting from the backup, as docs/OPERATIONS.md describes.

use std::{ffi::OsStr, fs, path::Path, process::Command};

use serde_json::Value;
use storage::testing::Scratch;

use crate::{
    binary::{CommandOutput, Home, run},
    site::{Site, text},
};

const UPLOAD: &str = "the words in a file";

/// A session with a profile, an answer and a file, and its messages as the agent read them.
struct Snapshot {
    session: String,
    messages: Vec<Value>,
    file: String,
}

impl Snapshot {
    async fn make(site: &Site) -> Self {
        let session = site.introduced().await;
        let file = site.anybody.upload(&session, &site.company, "words.txt", UPLOAD).await.created();
        site.say(Some(&session), "Can I bring my dog?", None).await;
        let messages = site.messages(&session).await;
        assert_eq!(messages.len(), 4);
        Self { session, messages, file: text(&file["file_url"]).to_owned() }
    }

    /// Asserts that tokens, messages, files and links still work.
    async fn check(&self, site: &Site) {
        assert_eq!(site.messages(&self.session).await, self.messages);
        let served = site.anybody.download(&self.file).await;
        assert_eq!(served, UPLOAD);
    }
}

/// Runs `switchboard backup`.
fn backup(home: &Home, to: &Path) -> CommandOutput {
    run(home.command([OsStr::new("backup"), to.as_os_str()]), "")
}

#[tokio::test]
async fn a_sqlite_backup_of_a_running_server_starts_again() {
    let home = Home::sqlite();
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    let snapshot = Snapshot::make(&site).await;
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("monday");
    let printed = backup(&home, &saved).ok();
    assert!(printed.contains(&format!("1 uploads ({} bytes) and the generated secret", UPLOAD.len())), "{printed}");
    site.say(Some(&snapshot.session), "This comes after the backup", None).await;
    server.kill();

    // A backup has the layout of a data folder, so `--data-dir` is the only setting to change.
    let home = home.without("SWITCHBOARD_DATABASE").with("SWITCHBOARD_DATA_DIR", saved.display().to_string());
    home.run(&["check"], "").ok();
    let server = home.serve();
    snapshot.check(&site.moved_to(server.address)).await;
}

#[test]
fn a_backup_neither_overwrites_nor_makes_anything_up() {
    let home = Home::sqlite();
    let folder = tempfile::tempdir().unwrap();
    backup(&home, folder.path()).refused(&home.without_a_database());
    home.run(&["migrate"], "").ok();
    assert!(backup(&home, folder.path()).ok().ends_with("0 uploads (0 bytes); there is no generated secret\n"));
    backup(&home, folder.path()).refused(&format!("{} is not empty", folder.path().display()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join("switchboard.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}: others can read the backup");
    }
}

#[test]
fn a_postgres_database_is_not_saved_by_half() {
    let Some(home) = Home::postgres() else { return };
    let folder = tempfile::tempdir().unwrap();
    let refused = backup(&home, folder.path());
    assert!(refused.stderr.starts_with("switchboard: PostgreSQL is saved with pg_dump"), "{}", refused.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Runs a PostgreSQL client program with the door for migrations, so that the owner sees all rows.
fn program(name: &str, args: &[&str]) {
    let ran = Command::new(name).env("PGOPTIONS", "-c app.door=migration").args(args).output().unwrap();
    assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
}

#[tokio::test]
async fn a_postgres_dump_and_the_data_folder_start_again() {
    let Some(home) = Home::postgres() else { return };
    if Command::new("pg_dump").arg("--version").output().is_err() {
        eprintln!("skipped: pg_dump is not on the path");
        return;
    }
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    let snapshot = Snapshot::make(&site).await;
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("switchboard.dump").display().to_string();
    let owner = home.database.urls().1.unwrap();
    program("pg_dump", &["--enable-row-security", "--format=custom", "--file", &dump, "--dbname", &owner]);
    site.say(Some(&snapshot.session), "This comes after the backup", None).await;
    server.kill();

    let empty = Scratch::postgres().unwrap();
    empty.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    let (_, owner) = empty.urls();
    let restore = ["--no-owner", "--no-privileges", "--exit-on-error", "--dbname", &owner.unwrap(), &dump];
    program("pg_restore", &restore);
    let restored = Home::on(empty).with("SWITCHBOARD_DATA_DIR", home.folder.path().display().to_string());
    restored.run(&["migrate"], "").ok();
    restored.run(&["check"], "").ok();
    let server = restored.serve();
    snapshot.check(&site.moved_to(server.address)).await;
}
