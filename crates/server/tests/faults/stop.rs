//! Stopping the server: requests in flight are still answered.

use std::{
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use crate::{
    binary::Home,
    fake_model::{FakeModel, ModelReply},
    raw_socket::RawSocket,
    site::{QUESTION, REPAIR, Site},
    wire::Caller,
};

/// Maximum time for a stop. If idle connections held the server up, it would take its longer grace period.
const PROMPT: Duration = Duration::from_secs(5);

/// Waits until the address refuses connections, which is the first step of stopping.
async fn refuses(address: SocketAddr) {
    let since = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(since.elapsed() < PROMPT, "the server still accepts connections");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn sigterm_lets_the_request_under_way_finish() {
    let mut model = FakeModel::start();
    let home = Home::sqlite().with_model(&model.url);
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    site.let_a_model_answer(&home);
    let session = site.introduced().await;
    let question = site.message(Some(&session), QUESTION, None);
    let asking = site.anybody.post("/api/chatbot/chat/", &question);
    let stopping = async {
        let asked = model.next_request().await;
        server.terminate();
        refuses(server.address).await;
        asked.answer(ModelReply::text(REPAIR));
    };
    let (answer, ()) = tokio::join!(asking, stopping);
    assert_eq!(answer.ok()["mode"], "llm");
    let since = Instant::now();
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log:#?}");
    assert!(since.elapsed() < PROMPT, "it took {:?} to stop", since.elapsed());
}

#[tokio::test]
async fn stopping_an_embedded_server_returns_after_the_request_under_way() {
    let home = Home::sqlite();
    let mut model = FakeModel::start();
    let config = server::config::Config {
        database: home.database.options.target.clone(),
        bcrypt_cost: 4,
        llm: Some(llm_client::openai::OpenAiConfig::new(&model.url, "double")),
        ..server::config::Settings::in_folder(home.folder.path().to_owned())
            .listening(vec!["127.0.0.1:0".parse().unwrap()])
            .check()
            .unwrap()
    };
    let extras = server::Extras { clock: std::sync::Arc::new(server::SystemClock), model: None };
    let running = server::start(&config, extras).unwrap();
    let address = running.addresses()[0];
    let site = Site::open(&home, address).await;
    site.let_a_model_answer(&home);
    let session = site.introduced().await;
    let question = site.message(Some(&session), QUESTION, None);
    let asking = site.anybody.post("/api/chatbot/chat/", &question);
    let stopping = async {
        let asked = model.next_request().await;
        let stop = std::thread::spawn(move || running.stop());
        refuses(address).await;
        assert!(!stop.is_finished(), "it stopped before the request was answered");
        asked.answer(ModelReply::text(REPAIR));
        stop
    };
    let (answer, stop) = tokio::join!(asking, stopping);
    assert_eq!(answer.ok()["mode"], "llm");
    stop.join().unwrap();
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_a_stop() {
    let home = Home::sqlite();
    let server = home.serve();
    let idle = Caller::at(server.address);
    idle.get("/healthz/").await.ok();
    let since = Instant::now();
    server.terminate();
    let (status, log) = server.wait();
    assert!(status.success(), "{log:#?}");
    assert!(since.elapsed() < PROMPT, "it took {:?} to stop", since.elapsed());
}

#[tokio::test]
async fn waiting_visitors_are_answered_when_the_server_stops() {
    let home = Home::sqlite();
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    let session = site.introduced().await;
    let path = format!("/api/chatbot/messages/?session_id={session}&after=99&wait=25");
    let since = Instant::now();
    let stopping = async {
        // Some calls that change nothing, so that the visitor is waiting.
        for _ in 0..10 {
            site.anybody.get("/healthz/").await.ok();
        }
        server.terminate();
    };
    let (answer, ()) = tokio::join!(site.anybody.get(&path), stopping);
    assert_eq!(answer.ok()["session"]["status"], "active");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log:#?}");
    assert!(since.elapsed() < PROMPT, "it took {:?} to stop", since.elapsed());
}

#[tokio::test]
async fn sockets_are_closed_with_1001_after_the_message_under_way() {
    let mut model = FakeModel::start();
    let home = Home::sqlite().with_model(&model.url);
    let server = home.serve();
    let site = Site::open(&home, server.address).await;
    site.let_a_model_answer(&home);
    let session = site.introduced().await;
    let mut asks = RawSocket::open(server.address, &site.company, &session).await;
    let listens = RawSocket::open(server.address, &site.company, &session).await;
    asks.send(&serde_json::json!({"message": QUESTION}).to_string()).await;
    let asked = model.next_request().await;
    server.terminate();
    refuses(server.address).await;
    let listens = listens.until_closed(1001).await;
    assert!(listens.contains(QUESTION) && !listens.contains(REPAIR), "{listens}");
    asked.answer(ModelReply::text(REPAIR));
    let asks = asks.until_closed(1001).await;
    assert!(asks.contains(QUESTION) && asks.contains(REPAIR), "{asks}");
    let since = Instant::now();
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log:#?}");
    assert!(since.elapsed() < PROMPT, "it took {:?} to stop", since.elapsed());
}
