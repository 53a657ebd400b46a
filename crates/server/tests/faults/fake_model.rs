//! An OpenAI-compatible server whose answers the test controls, in content and time.

use std::thread::JoinHandle;

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, http::StatusCode, rt, web};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// The fake server; it stops when this is dropped.
pub(crate) struct FakeModel {
    pub(crate) url: String,
    requests: mpsc::UnboundedReceiver<PendingRequest>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// A request that waits for its answer. If this is dropped, the request is answered with 503.
#[derive(Debug)]
pub(crate) struct PendingRequest {
    /// The body of the request.
    pub(crate) body: Value,
    answer: oneshot::Sender<ModelReply>,
}

/// An answer of the model.
#[derive(Debug, Clone)]
pub(crate) struct ModelReply {
    status: u16,
    body: String,
}

impl ModelReply {
    /// A completion.
    pub(crate) fn text(text: &str) -> Self {
        let message = json!({"role": "assistant", "content": text});
        Self::raw(200, &json!({"choices": [{"message": message, "finish_reason": "stop"}]}).to_string())
    }

    /// Any other response.
    pub(crate) fn raw(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned() }
    }
}

impl PendingRequest {
    /// Sends the answer. The client may have given up already.
    pub(crate) fn answer(self, reply: ModelReply) {
        let _ = self.answer.send(reply);
    }
}

type Inbox = web::Data<mpsc::UnboundedSender<PendingRequest>>;

impl FakeModel {
    pub(crate) fn start() -> Self {
        let (inbox, requests) = mpsc::unbounded_channel();
        let (report, reported) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let inbox = web::Data::new(inbox);
            rt::System::new().block_on(async move {
                let build = move || {
                    App::new().app_data(inbox.clone()).route("/v1/chat/completions", web::post().to(completions))
                };
                let server = HttpServer::new(build)
                    .workers(1)
                    .disable_signals()
                    .shutdown_timeout(0)
                    .bind("127.0.0.1:0")
                    .unwrap();
                let url = format!("http://{}/v1", server.addrs()[0]);
                let server = server.run();
                report.send((url, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (url, handle) = reported.recv().unwrap();
        Self { url, requests, handle, thread: Some(thread) }
    }

    /// Waits for the next request.
    pub(crate) async fn next_request(&mut self) -> PendingRequest {
        self.requests.recv().await.unwrap()
    }

    /// Gives every request the same answer until `call` has ended; returns its result, and the number
    /// of requests.
    pub(crate) async fn answer_all<T>(&mut self, reply: ModelReply, call: impl Future<Output = T>) -> (T, usize) {
        let mut call = std::pin::pin!(call);
        let mut count = 0;
        loop {
            tokio::select! {
                done = &mut call => return (done, count),
                request = self.requests.recv() => {
                    count += 1;
                    request.unwrap().answer(reply.clone());
                }
            }
        }
    }
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        self.requests.close();
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // An error means that the thread panicked, which the test has already reported.
            let _ = thread.join();
        }
    }
}

async fn completions(inbox: Inbox, body: web::Json<Value>) -> HttpResponse {
    let (answer, answered) = oneshot::channel();
    if inbox.send(PendingRequest { body: body.into_inner(), answer }).is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match answered.await {
        Ok(reply) => HttpResponse::build(StatusCode::from_u16(reply.status).unwrap())
            .content_type("application/json")
            .body(reply.body),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}
