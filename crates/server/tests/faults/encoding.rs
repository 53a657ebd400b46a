//! `kill -9` while the entries of a company are encoded.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    binary::Home,
    site::{Site, text},
};

/// How long encoding may take on a busy machine. It is shorter than two leases: the next process must not wait for
/// those of the one before it.
const PATIENCE: Duration = Duration::from_secs(110);

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
