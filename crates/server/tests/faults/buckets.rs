//! Files in a bucket: several processes share them, the bucket fails, and commands use it.

use std::net::TcpListener;

use serde_json::Value;
use ulid::Ulid;

use crate::{
    binary::{Home, Server},
    site::{Site, text},
    tunnel::Tunnel,
    wire::Answer,
};

/// The variable with the URL of an S3 server for tests, on which anybody may create buckets.
const S3_VARIABLE: &str = "SWITCHBOARD_TEST_S3_URL";
/// The name of the file that visitors send.
const NAME: &str = "words-of-ann.txt";
/// Its content.
const WORDS: &str = "some words";

/// The S3 server for tests, if there is one.
#[expect(clippy::disallowed_methods, reason = "names the server for tests")]
fn s3() -> Option<String> {
    let url = std::env::var(S3_VARIABLE).ok();
    if url.is_none() {
        println!("skipped: {S3_VARIABLE} is not set");
    }
    url
}

/// Makes a bucket of its own for a test; returns its URL.
async fn make_bucket(s3: &str) -> String {
    let bucket = format!("faults-{}", Ulid::generate().to_string().to_lowercase());
    let made = llm_client::openai::http_client().unwrap().put(format!("{s3}/{bucket}")).send().await;
    made.unwrap().error_for_status().unwrap();
    format!("s3://{bucket}/chat")
}

/// Sets the place of files.
fn with_bucket(home: Home, bucket: &str, endpoint: &str) -> Home {
    home.with("SWITCHBOARD_BLOBS", bucket)
        .with("SWITCHBOARD_BLOBS_ENDPOINT", endpoint)
        .with("SWITCHBOARD_BLOBS_PLAIN_HTTP", "on")
        .with("SWITCHBOARD_BLOBS_ACCESS_KEY", "test")
        .with("SWITCHBOARD_BLOBS_SECRET_KEY", "a key that nobody may read")
}

async fn upload(site: &Site, session: &str) -> Answer {
    site.anybody.upload(session, &site.company, NAME, WORDS).await
}

async fn count(site: &Site, session: &str) -> Value {
    site.admin.get(&format!("/api/chatbot/files/?session_id={session}")).await.ok()["count"].clone()
}

#[track_caller]
fn is_refused_for_now(answer: &Answer) {
    answer.refused(503, "overloaded");
    let seconds: u64 = answer.header("retry-after").parse().unwrap_or_else(|_| panic!("{answer:?}"));
    assert!((1..=30).contains(&seconds), "{answer:?}");
}

#[tokio::test]
async fn a_file_that_one_process_took_is_served_by_another() {
    let (Some(s3), Some(home)) = (s3(), Home::postgres()) else { return };
    let home = home.with("SWITCHBOARD_SECRET", "a secret of both processes, long enough for a server");
    let home = with_bucket(home, &make_bucket(&s3).await, &s3);
    let mut one = home.serve();
    let site = Site::open(&home, one.address).await;
    let session = site.introduced().await;
    let file = upload(&site, &session).await.created();
    one.kill();
    let folder = tempfile::tempdir().unwrap();
    let mut command = home.command(["serve"]);
    command.env("SWITCHBOARD_DATA_DIR", folder.path());
    let other = Server::start(command);
    let site = site.moved_to(other.address);
    assert_eq!(site.anybody.download(text(&file["file_url"])).await, WORDS);
    assert!(!folder.path().join("uploads").exists() && !home.folder.path().join("uploads").exists());
}

#[tokio::test]
async fn a_bucket_that_is_away_is_503_and_nothing_is_lost() {
    let Some(s3) = s3() else { return };
    let bucket = make_bucket(&s3).await;
    for home in Home::each() {
        let mut tunnel = Tunnel::open(&s3);
        let home = with_bucket(home, &bucket, &tunnel.url());
        let mut server = home.serve();
        let site = Site::open(&home, server.address).await;
        let session = site.introduced().await;
        let link = text(&upload(&site, &session).await.created()["file_url"]).to_owned();

        tunnel.close();
        is_refused_for_now(&upload(&site, &session).await);
        is_refused_for_now(&site.anybody.get(&link).await);
        // Chats go on, and the refused file is in no list.
        site.say(Some(&session), "Can I bring my dog?", None).await;
        assert_eq!(count(&site, &session).await, 1);
        // A restart does not wait for the bucket either.
        let log = server.kill().join("\n");
        assert!(!log.contains(NAME) && !log.contains("nobody may read"), "{log}");
        let mut server = home.serve();
        let site = site.moved_to(server.address);
        is_refused_for_now(&site.anybody.get(&link).await);

        tunnel.reopen();
        assert_eq!(site.anybody.download(&link).await, WORDS);
        upload(&site, &session).await.created();
        assert_eq!(count(&site, &session).await, 2);
        let log = server.kill().join("\n");
        assert!(log.contains("files cannot be stored") && !log.contains(NAME), "{log}");
    }
}

#[tokio::test]
async fn a_wrong_bucket_is_named_by_every_command() {
    let Some(s3) = s3() else { return };
    let home = Home::sqlite();
    home.run(&["migrate"], "").ok();
    let missing = with_bucket(Home::sqlite(), "s3://no-such-bucket", &s3);
    missing.run(&["migrate"], "").ok();
    for command in [&["serve"][..], &["check"], &["doctor", "--blobs"]] {
        let refused = missing.run(command, "");
        let expected = "files cannot be kept in s3://no-such-bucket: the bucket or an object in it does not exist";
        assert_eq!(refused.status.code(), Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
    let bucket = make_bucket(&s3).await;
    let right = with_bucket(home, &bucket, &s3);
    let checked = right.run(&["check"], "").ok();
    assert!(checked.ends_with(&format!("files can be stored in {bucket}, read and deleted\n")), "{checked}");
}

#[tokio::test]
async fn files_without_rows_are_found_in_a_bucket_too() {
    let Some(s3) = s3() else { return };
    let bucket = make_bucket(&s3).await;
    let home = with_bucket(Home::sqlite(), &bucket, &s3);
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    let session = site.introduced().await;
    upload(&site, &session).await.created();
    // The server's clock and the bucket's are the same, so both objects are younger than the grace time.
    let left = format!("{s3}/{}/HAR001/7be419cd/left.txt", bucket.strip_prefix("s3://").unwrap());
    let put = llm_client::openai::http_client().unwrap().put(left).body("left").send().await.unwrap();
    put.error_for_status().unwrap();
    assert_eq!(home.run(&["doctor", "--blobs"], "").ok(), "every uploaded file is in the database\n");
    let named = home.without("SWITCHBOARD_BLOBS");
    assert!(named.run(&["doctor", "--blobs", "--blobs-url", &bucket], "").status.success());
    let home = named.with("SWITCHBOARD_BLOBS", &bucket);
    let folder = tempfile::tempdir().unwrap();
    let saved = home.run(&["backup", &folder.path().join("saved").display().to_string()], "").ok();
    assert!(saved.ends_with(&format!("the uploads in {bucket} are not in the backup: copy the bucket after it\n")));
}

#[tokio::test]
async fn settings_of_a_bucket_are_checked() {
    let key = "--blobs needs --blobs-access-key and SWITCHBOARD_BLOBS_SECRET_KEY";
    Home::sqlite().with("SWITCHBOARD_BLOBS", "s3://files").run(&["check"], "").refused(key);
    let home = with_bucket(Home::sqlite(), "files", "https://s3.example.com");
    home.run(&["check"], "").refused("--blobs needs a bucket, such as s3://files or s3://files/chat, not \"files\"");
    let plain = with_bucket(Home::sqlite(), "s3://files", "http://127.0.0.1:1").without("SWITCHBOARD_BLOBS_PLAIN_HTTP");
    plain.run(&["check"], "").refused(
        "http://127.0.0.1:1 has no TLS: files would be sent in the clear; say --blobs-plain-http on to allow it",
    );
    let lonely = Home::sqlite().with("SWITCHBOARD_BLOBS_REGION", "eu-west-1");
    lonely.run(&["check"], "").refused("--blobs-region goes with --blobs");
}

#[tokio::test]
async fn a_server_without_its_bucket_starts_and_chats() {
    // Nothing listens on a port that was just free.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let home = with_bucket(Home::sqlite(), "s3://files", &format!("http://127.0.0.1:{port}"));
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    let session = site.introduced().await;
    is_refused_for_now(&upload(&site, &session).await);
    assert_eq!(count(&site, &session).await, 0);
    let log = server.kill().join("\n");
    assert!(log.contains("files cannot be kept in s3://files") && !log.contains(NAME), "{log}");
}
