//! The vectors of entries: `kill -9` while they are computed, and another model than the embedded one.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    binary::{Home, Server},
    site::{Site, text},
};

/// How long encoding may take on a busy machine. It is shorter than two leases: the next process must not wait for
/// those of the one before it.
const PATIENCE: Duration = Duration::from_secs(110);

/// A model with 64 dimensions and random weights.
const SMALL: &[u8] = include_bytes!("../../../encoder/tests/models/small.bin");

/// Entries of the company. They take several batches.
const ENTRIES: usize = 70;

fn faq() -> Value {
    let entries: Vec<_> = (0..ENTRIES)
        .map(|number| {
            let (question, answer) = (format!("Where is shelf {number}?"), format!("In aisle {}.", number % 7));
            json!({"question": question, "answer": answer, "chunk_id": number.to_string()})
        })
        .collect();
    json!({"shop": {"shelves": entries}})
}

fn vectors(home: &Home) -> usize {
    home.database.lines("SELECT CAST(count(*) AS TEXT) AS line FROM entry_vectors").concat().parse().unwrap()
}

async fn jobs(site: &Site) -> Vec<Value> {
    site.root.get("/api/platform/jobs/").await.ok()["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn entries_whose_vectors_are_missing_get_them_when_they_are_searched() {
    let home = Home::sqlite().with("SWITCHBOARD_ENCODER", "on");
    let mut server = home.serve();
    let site = Site::open(&home, server.address).await;
    let faq =
        json!({"shop": {"hours": [{"question": "When are you open?", "answer": "From 9 to 18.", "chunk_id": "1"}]}});
    site.admin.post("/api/chatbot/load-rag-documents/", &faq).await.ok();
    let since = Instant::now();
    let encoded = async |site: &Site| {
        while !jobs(site).await.is_empty() || vectors(&home) == 0 {
            assert!(since.elapsed() < PATIENCE, "{:?}", jobs(site).await);
        }
    };
    encoded(&site).await;
    server.kill();
    // As after the model was exchanged.
    home.database.execute("DELETE FROM entry_vectors").unwrap();
    let server = home.serve();
    let site = site.moved_to(server.address);
    site.say(None, "what time do you shut", None).await;
    encoded(&site).await;
}

#[tokio::test]
async fn another_model_encodes_entries_again_and_answers_with_its_own_dimensions() {
    for home in Home::each() {
        let home = home.with("SWITCHBOARD_ENCODER", "on");
        let mut server = home.serve();
        let site = Site::open(&home, server.address).await;
        let faq = json!({"shop": {"hours": [
            {"question": "When are you open?", "answer": "From 9 to 18.", "chunk_id": "1"},
            {"question": "Where is the shop?", "answer": "In the old town.", "chunk_id": "2"}]}});
        site.admin.post("/api/chatbot/load-rag-documents/", &faq).await.ok();
        let since = Instant::now();
        let encoded = async |site: &Site, bytes: &[&str]| {
            let sql = "SELECT CAST(length(vector) AS TEXT) AS line FROM entry_vectors";
            while !jobs(site).await.is_empty() || home.database.lines(sql) != bytes {
                assert!(since.elapsed() < PATIENCE, "{:?} {:?}", jobs(site).await, home.database.lines(sql));
            }
        };
        encoded(&site, &["388", "388"]).await;
        server.kill();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("small.bin"), SMALL).unwrap();
        let mut command = home.command(["serve"]);
        command.env("SWITCHBOARD_MODEL_DIR", folder.path());
        let server = Server::start(command);
        let site = site.moved_to(server.address);
        site.say(None, "what time do you shut", None).await;
        encoded(&site, &["68", "68"]).await;
        let asked = json!({"question": "open when are you"});
        let trial = site.admin.post("/api/knowledge/ask/", &asked).await.ok();
        assert_eq!(
            (&trial["evidence"][0]["compared"], &trial["candidates"][0]["chunk_id"]),
            (&json!("meaning"), &json!("1"))
        );
    }
}

#[test]
fn a_folder_without_a_model_that_can_be_used_refuses_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::sqlite().with("SWITCHBOARD_ENCODER", "on");
    let home = home.with("SWITCHBOARD_MODEL_DIR", folder.path().display().to_string());
    home.run(&["migrate"], "").ok();
    let refused = |reason: &str| {
        for command in ["serve", "models"] {
            let refused = home.run(&[command], "");
            assert_eq!(refused.status.code(), Some(1), "{command}: {}", refused.stdout);
            assert!(refused.stderr.contains(reason), "{command}: {}", refused.stderr);
        }
    };
    refused("has 0 files whose names end in .bin; it must have exactly one, a packed model");
    fs::write(folder.path().join("a.bin"), &SMALL[..1_000]).unwrap();
    refused("is no model that this version can use; it must be a packed model as the embedded one is");
    refused("its hash is another one");
    fs::write(folder.path().join("a.bin"), SMALL).unwrap();
    let models = home.run(&["models"], "").ok();
    assert!(
        models.contains("meaning of texts: small, from ") && models.contains("64 dimensions of the first token"),
        "{models}"
    );
    fs::write(folder.path().join("b.bin"), SMALL).unwrap();
    refused("has 2 files");
    fs::remove_dir_all(folder.path()).unwrap();
    refused("cannot be read; it must have one packed model, a file whose name ends in .bin");
}

#[tokio::test]
async fn entries_are_encoded_after_kill_nine() {
    let home = Home::sqlite().with("SWITCHBOARD_ENCODER", "on");
    let mut server = home.serve();
    let mut site = Site::open(&home, server.address).await;
    site.admin.post("/api/chatbot/load-rag-documents/", &faq()).await.ok();
    let since = Instant::now();
    let mut cut_off = 0;
    // Kill the server as soon as it has stored something more, until it has been killed in the middle twice.
    while cut_off < 2 {
        let before = vectors(&home);
        while vectors(&home) == before {
            assert!(since.elapsed() < PATIENCE, "{:?}", jobs(&site).await);
            tokio::task::yield_now().await;
        }
        server.kill();
        assert!(vectors(&home) < ENTRIES, "the server was not killed in the middle");
        cut_off += 1;
        server = home.serve();
        site = site.moved_to(server.address);
        let waiting = jobs(&site).await;
        assert_eq!((waiting.len(), text(&waiting[0]["company_id"])), (1, site.company.as_str()), "{waiting:?}");
    }
    while !jobs(&site).await.is_empty() {
        assert!(since.elapsed() < PATIENCE, "{:?}", jobs(&site).await);
    }
    assert_eq!(vectors(&home), ENTRIES);
    let version = home.database.lines("SELECT CAST(max(knowledge_version) AS TEXT) AS line FROM companies").concat();
    // Two loads, perhaps the vectors of the first, and the vectors of the second.
    assert!(["3", "4"].contains(&version.as_str()), "{version}");
}
