//! Uploaded files that differ from their rows.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    binary::Home,
    site::{Site, text},
};

/// Writes a file as a killed server leaves it.
fn leave(home: &Home, name: &str) -> PathBuf {
    let path = home.folder.path().join("uploads/HAR001/7be419cd").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "left").unwrap();
    path
}

/// Makes a file older than the grace time.
fn age(path: &Path) {
    File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
}

/// Returns the only upload below a folder.
fn only_file(folder: &Path) -> PathBuf {
    let visible = |path: &PathBuf| !path.file_name().unwrap().as_encoded_bytes().starts_with(b".");
    let inner: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(visible).collect();
    let [path] = inner.as_slice() else { panic!("{inner:?}") };
    if path.is_dir() { only_file(path) } else { path.clone() }
}

#[tokio::test]
async fn files_without_rows_are_found_and_truncated_files_are_not_served() {
    for home in Home::each() {
        let mut server = home.serve();
        let site = Site::open(&home, server.address).await;
        let session = site.introduced().await;
        let upload = site.anybody.upload(&session, &site.company, "words.txt", "some words").await.created();
        let stored = only_file(&home.folder.path().join("uploads"));
        let doctor = |args: &[&str]| home.run(&[&["doctor", "--blobs"], args].concat(), "");
        assert_eq!(doctor(&[]).ok(), "every uploaded file is in the database\n");

        let old = leave(&home, "HAR001_20261123_025203_000000000001_old.txt");
        let young = leave(&home, "HAR001_20261123_025203_000000000002_young.txt");
        [&old, &stored].into_iter().for_each(|path| age(path));
        let found = doctor(&[]);
        found.refused("the database does not know 1 uploaded files; --delete removes them");
        assert!(found.stdout.contains("old.txt (4 bytes)"), "{}", found.stdout);
        server.kill();

        // The server looks in the background, so it may be killed before it has finished.
        let mut reported = false;
        for _ in 0..20 {
            let mut server = home.serve();
            let anybody = site.anybody.moved_to(server.address);
            for _ in 0..20 {
                anybody.get("/readyz/").await.ok();
            }
            reported = server.kill().iter().any(|line| line.contains("uploaded files are not in the database"));
            if reported {
                break;
            }
        }
        assert!(reported && old.exists() && young.exists() && stored.exists());
        assert!(doctor(&["--delete"]).ok().ends_with("deleted 1 files\n"));
        assert!(!old.exists() && young.exists() && stored.exists());
        doctor(&[]).ok();

        let mut server = home.serve();
        let site = site.moved_to(server.address);
        let link = text(&upload["file_url"]);
        assert_eq!(site.anybody.download(link).await, "some words");
        File::options().write(true).open(&stored).unwrap().set_len(4).unwrap();
        let short = site.anybody.get(link).await;
        assert_eq!(short.status, 500, "{short:?}");
        let log = server.kill().join("\n");
        assert!(log.contains("the stored file has 4 bytes instead of 10"), "{log}");
    }
}
