//! An OpenAI-compatible server that answers when the test says so, and as it says.

use std::thread::JoinHandle;

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, http::StatusCode, rt, web};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// The double; it stops when this is dropped.
pub(crate) struct Double {
    pub(crate) url: String,
    asked: mpsc::UnboundedReceiver<Asked>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// A request that waits for its answer. Dropped without one, it breaks off.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The body of the request.
    pub(crate) body: Value,
    answer: oneshot::Sender<Said>,
}

/// An answer of the double.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    status: u16,
    body: String,
}

impl Said {
    /// A completion.
    pub(crate) fn text(text: &str) -> Self {
        let message = json!({"role": "assistant", "content": text});
        Self::raw(200, &json!({"choices": [{"message": message, "finish_reason": "stop"}]}).to_string())
    }

    /// Anything else.
    pub(crate) fn raw(status: u16, body: &str) -> Self {
        Self { status, body: body.to_owned() }
    }
}

impl Asked {
    /// Answers. Whoever asked may have given up.
    pub(crate) fn answer(self, said: Said) {
        let _ = self.answer.send(said);
    }
}

type Inbox = web::Data<mpsc::UnboundedSender<Asked>>;

impl Double {
    pub(crate) fn start() -> Self {
        let (inbox, asked) = mpsc::unbounded_channel();
        let (tell, told) = std::sync::mpsc::channel();
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
                tell.send((url, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (url, handle) = told.recv().unwrap();
        Self { url, asked, handle, thread: Some(thread) }
    }

    /// The next request.
    pub(crate) async fn asked(&mut self) -> Asked {
        self.asked.recv().await.unwrap()
    }

    /// Answers every request in one way until `call` has ended; gives its result, and how
    /// often it was asked.
    pub(crate) async fn always<T>(&mut self, said: Said, call: impl Future<Output = T>) -> (T, usize) {
        let mut call = std::pin::pin!(call);
        let mut count = 0;
        loop {
            tokio::select! {
                done = &mut call => return (done, count),
                asked = self.asked.recv() => {
                    count += 1;
                    asked.unwrap().answer(said.clone());
                }
            }
        }
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.asked.close();
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // It panicked, which the test has been told of.
            let _ = thread.join();
        }
    }
}

async fn completions(inbox: Inbox, body: web::Json<Value>) -> HttpResponse {
    let (answer, said) = oneshot::channel();
    if inbox.send(Asked { body: body.into_inner(), answer }).is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    match said.await {
        Ok(said) => HttpResponse::build(StatusCode::from_u16(said.status).unwrap())
            .content_type("application/json")
            .body(said.body),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}
