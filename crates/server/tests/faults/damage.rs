//! A damaged or missing SQLite file.

use std::{
    fs::{self, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    path::PathBuf,
};

use crate::{binary::Home, site::Site};

/// Returns the path of the SQLite file.
fn file(home: &Home) -> PathBuf {
    home.database.urls().0.strip_prefix("sqlite:").unwrap().into()
}

/// Overwrites the first page of a table.
fn damage(home: &Home, table: &str) {
    home.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let number = |sql: &str| home.database.lines(sql)[0].parse::<u64>().unwrap();
    let size = number("SELECT CAST(page_size AS TEXT) AS line FROM pragma_page_size");
    let page = number(&format!("SELECT CAST(rootpage AS TEXT) AS line FROM sqlite_master WHERE name = '{table}'"));
    let mut file = OpenOptions::new().write(true).open(file(home)).unwrap();
    file.seek(SeekFrom::Start((page - 1) * size)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(size).unwrap()]).unwrap();
}

#[tokio::test]
async fn damage_is_found_by_a_check_and_told_by_readiness() {
    let home = Home::sqlite();
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    site.say(None, "Hello", None).await;
    server.kill();
    home.run(&["check"], "").ok();
    home.run(&["check", "--quick"], "").ok();
    damage(&home, "sessions");
    for args in [&["check"][..], &["check", "--quick"]] {
        let found = home.run(args, "");
        assert_eq!(found.status.code(), Some(1), "{}", found.stdout);
        assert!(found.stderr.contains("the database file is damaged"), "{}", found.stderr);
    }
    let server = home.serve();
    let site = site.moved_to(server.address);
    let failed = site.anybody.post("/api/chatbot/chat/", &site.message(None, "Hello", None)).await;
    assert!(failed.status >= 500, "{failed:?}");
    let unready = site.anybody.get("/readyz/").await;
    unready.refused(503, "overloaded");
    assert!(unready.body.to_string().contains("The database is damaged."), "{unready:?}");
}

#[test]
fn what_is_no_database_is_not_in_order() {
    let home = Home::sqlite();
    fs::write(file(&home), vec![b'x'; 8192]).unwrap();
    let found = home.run(&["check"], "");
    assert!(!found.status.success() && found.stderr.contains("damaged or cannot be read"), "{}", found.stderr);
}

#[test]
fn a_missing_database_beside_uploads_is_not_replaced_by_an_empty_one() {
    let home = Home::sqlite().without("SWITCHBOARD_DATABASE");
    home.run(&["migrate"], "").ok();
    let database = home.folder.path().join("switchboard.db");
    for name in ["switchboard.db", "switchboard.db-wal", "switchboard.db-shm"] {
        // Not all of them exist.
        let _ = fs::remove_file(home.folder.path().join(name));
    }
    let uploads = home.folder.path().join("uploads");
    fs::create_dir_all(uploads.join(".unfinished")).unwrap();
    home.run(&["migrate"], "").ok();
    fs::remove_file(&database).unwrap();
    fs::create_dir_all(uploads.join("TES001/7be419cd")).unwrap();
    let message = format!(
        "there are uploads in {} but no database at {}: restore it from a backup, or say --new to begin with an empty \
         one",
        uploads.display(),
        database.display()
    );
    for command in ["serve", "migrate"] {
        home.run(&[command], "").refused(&message);
        assert!(!database.exists());
    }
    let company = home.run(&["admin", "company", "ABC001", "--status", "active"], "");
    company.refused(&message);
    home.run(&["migrate", "--new"], "").ok();
    home.serve();
}
