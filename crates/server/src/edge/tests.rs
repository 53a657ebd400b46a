use std::{io, sync::Mutex};

use actix_web::{
    App, FromRequest, HttpRequest,
    dev::{Payload, ServiceResponse},
    http::{StatusCode, header},
    middleware::from_fn,
    test::{self, TestRequest},
    web,
};
use serde_json::{Value, json};

use super::*;
use crate::{
    clock::SystemClock,
    http::{
        body::{Valid, body},
        caller_first,
        describe::{Answer, Argument, Operation},
        error::{ApiError, TokenProblem},
        paths::PathId,
        rules::text,
    },
    limits::{Limiter, MemoryBuckets},
    routes::endpoint::at,
};

body! {
    struct Note {
        text: String = text(),
    }
}

/// An extractor that takes a while to find out whether the caller is known.
struct Caller;

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let hold = caller_first::hold(req);
        let known = req.headers().contains_key(header::AUTHORIZATION);
        Box::pin(async move {
            for _ in 0..5 {
                actix_web::rt::task::yield_now().await;
            }
            drop(hold);
            if known { Ok(Self) } else { Err(ApiError::unauthorized(TokenProblem::Missing)) }
        })
    }
}

impl Argument for Caller {}
impl Argument for web::Data<u8> {}

impl Answer for &'static str {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}

impl Answer for String {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}

async fn serve(req: TestRequest) -> ServiceResponse {
    let app = App::new()
        .service(at("/api/words/").get("Tests.", async || "words").post("Tests.", async || "posted"))
        .service(at("/api/items/stats/").get("Tests.", async || "stats"))
        .service(at("/api/items/{id:[0-9]+}/").get("Tests.", async |id: PathId| id.0.to_string()))
        .service(at("/api/names/{name}/").get("Tests.", async |name: web::Path<String>| name.into_inner()))
        .service(at("/api/notes/").post("Tests.", async |_: Caller, Valid(body): Valid<Note>| body.text))
        .service(at("/api/broken/").get("Tests.", async || Err::<String, _>(ApiError::internal("the disk is full"))))
        .service(at("/api/misconfigured/").get("Tests.", async |_: web::Data<u8>| "never"))
        .service(at("/ws/room/").get("Tests.", async || "room"))
        .app_data(web::Data::new(Limiter::new(None, MemoryBuckets::new(), Arc::new(SystemClock))))
        .wrap(from_fn(|req, next| Arc::<Edge>::default().handle(req, next)));
    test::call_service(&test::init_service(app).await, req.to_request()).await
}

async fn get(path: &str) -> (StatusCode, String) {
    let response = serve(TestRequest::get().uri(path)).await;
    (response.status(), String::from_utf8(test::read_body(response).await.to_vec()).unwrap())
}

async fn refusal(req: TestRequest) -> (StatusCode, Value) {
    let response = serve(req).await;
    assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/json");
    let (status, id) = (response.status(), response.headers().get("x-request-id").cloned().unwrap());
    let body: Value = serde_json::from_slice(&test::read_body(response).await).unwrap();
    assert_eq!(body["request_id"], id.to_str().unwrap());
    (status, body)
}

fn header<'a>(response: &'a ServiceResponse, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[actix_web::test]
async fn every_spelling_of_a_path_is_the_same_endpoint() {
    for path in ["/api/words/", "/api/words", "/api/api/words/", "/api/api/words?x=1", "/api/%77ords"] {
        assert_eq!(get(path).await, (StatusCode::OK, "words".to_owned()), "{path}");
    }
    assert_eq!(get("/ws/ws/room").await.1, "room");
    let posted = serve(TestRequest::post().uri("/api/api/words")).await;
    assert_eq!(test::read_body(posted).await, "posted");
    for path in ["/api/words//", "/api/api/api/words/", "/words/", "/", "/api%2Fwords/"] {
        assert_eq!(get(path).await.0, 404, "{path}");
    }
}

#[actix_web::test]
async fn an_encoded_slash_stays_inside_its_segment() {
    assert_eq!(get("/api/names/a%2Fb/").await, (StatusCode::OK, "a/b".to_owned()));
}

#[actix_web::test]
async fn fixed_words_win_and_other_segments_are_ids_or_404() {
    assert_eq!(get("/api/items/stats").await.1, "stats");
    assert_eq!(get("/api/items/7").await.1, "7");
    // Numbers that no row has are ids all the same: the endpoint has its own words for them.
    assert_eq!(get("/api/items/0").await.1, "0");
    assert_eq!(get("/api/items/99999999999999999999").await.1, "9007199254740992");
    for path in ["/api/items/abc/", "/api/items/-1/", "/api/items/%FF/", "/api/items/%00/"] {
        let (status, body) = refusal(TestRequest::get().uri(path)).await;
        assert_eq!((status.as_u16(), &body["detail"]), (404, &json!("Not found.")), "{path}");
    }
}

#[actix_web::test]
async fn an_unknown_path_is_404_with_the_envelope() {
    let (status, mut body) = refusal(TestRequest::get().uri("/nowhere")).await;
    body["request_id"].take();
    assert_eq!(status, 404);
    assert_eq!(body, json!({"detail": "Not found.", "error": "Not found.", "code": "not_found", "request_id": null}));
}

#[actix_web::test]
async fn another_method_is_405_and_told_what_is_allowed() {
    for (path, allow) in [("/api/words/", "GET, HEAD, POST"), ("/api/notes/", "POST")] {
        let response = serve(TestRequest::patch().uri(path)).await;
        assert_eq!(header(&response, "allow"), allow);
        let (status, body) = refusal(TestRequest::patch().uri(path)).await;
        assert_eq!((status.as_u16(), &body["code"]), (405, &json!("method_not_allowed")));
        assert_eq!(body["detail"], "Method \"PATCH\" not allowed.");
    }
}

#[actix_web::test]
async fn head_is_get_without_its_body() {
    let response = serve(TestRequest::default().method(Method::HEAD).uri("/api/words")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.response().body().size(), BodySize::Sized(5));
    assert!(test::read_body(response).await.is_empty());
    let response = serve(TestRequest::default().method(Method::HEAD).uri("/api/notes")).await;
    assert_eq!((response.status().as_u16(), header(&response, "allow")), (405, "POST"));
}

#[actix_web::test]
async fn every_response_carries_the_common_headers() {
    for req in [
        TestRequest::get().uri("/api/words/"),
        TestRequest::get().uri("/nowhere/"),
        TestRequest::post().uri("/api/notes/"),
    ] {
        let response = serve(req).await;
        assert_eq!(header(&response, "access-control-allow-origin"), "*");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "x-request-id").len(), 26);
        assert!(header(&response, "access-control-expose-headers").contains("RateLimit-Remaining"));
    }
}

#[actix_web::test]
async fn a_preflight_is_answered_on_any_path() {
    for path in ["/api/notes/", "/nowhere"] {
        let response = serve(
            TestRequest::default()
                .method(Method::OPTIONS)
                .uri(path)
                .insert_header((header::ORIGIN, "https://site.example"))
                .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, "PATCH")),
        )
        .await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "access-control-allow-origin"), "*");
        assert_eq!(header(&response, "access-control-allow-methods"), "DELETE, GET, OPTIONS, PATCH, POST, PUT");
        assert_eq!(
            header(&response, "access-control-allow-headers"),
            "accept, authorization, content-type, idempotency-key, user-agent, x-csrftoken, x-requested-with, x-session-id"
        );
        assert_eq!(header(&response, "access-control-max-age"), "86400");
    }
    let plain = serve(TestRequest::default().method(Method::OPTIONS).uri("/api/notes/")).await;
    assert_eq!(plain.status(), 405);
}

#[actix_web::test]
async fn the_sender_is_refused_before_the_body() {
    let bad =
        || TestRequest::post().uri("/api/notes/").insert_header((header::CONTENT_TYPE, "text/plain")).set_payload("x");
    let (status, body) = refusal(bad()).await;
    assert_eq!((status.as_u16(), &body["code"]), (401, &json!("not_authenticated")));
    assert_eq!(header(&serve(bad()).await, "www-authenticate"), "Bearer realm=\"api\"");
    let (status, _) = refusal(bad().insert_header((header::AUTHORIZATION, "Bearer x"))).await;
    assert_eq!(status, 415);
    let good = TestRequest::post().uri("/api/notes/").insert_header((header::AUTHORIZATION, "Bearer x"));
    let response = serve(good.set_json(json!({"text": "hi"}))).await;
    assert_eq!(test::read_body(response).await, "hi");
}

#[actix_web::test]
async fn the_servers_own_faults_tell_nothing() {
    for path in ["/api/broken/", "/api/misconfigured/"] {
        let (status, mut body) = refusal(TestRequest::get().uri(path)).await;
        body["request_id"].take();
        assert_eq!(status, 500);
        assert_eq!(body, json!({"error": "Internal server error", "code": "internal_error", "request_id": null}));
    }
}

/// What a subscriber wrote.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[actix_web::test]
async fn a_request_leaves_one_line_and_a_fault_its_cause_before_it() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    // With one dispatcher alone, tracing asks the thread that first comes by a log statement whether
    // it is wanted, and that may be another test's.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let id = {
        let _guard = tracing::subscriber::set_default(subscriber);
        let (_, body) = refusal(TestRequest::get().uri("/api/broken/?token=secret")).await;
        body["request_id"].clone()
    };
    let written = lines.0.lock().unwrap().clone();
    let lines: Vec<Value> =
        written.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["fields"]["error"], "the disk is full");
    assert_eq!(lines[0]["fields"]["request_id"], id);
    assert_eq!(lines[1]["fields"]["status"], 500);
    assert!(lines[1]["fields"]["duration_ms"].is_f64());
    assert_eq!(
        lines[1]["span"],
        json!({"name": "request", "request_id": id, "method": "GET", "path": "/api/broken/?token=-"})
    );
}
