//! The OpenAI-compatible adapter against a local double that speaks real HTTP.

mod double;

use std::error::Error;
use std::time::{Duration, Instant};

use double::{Double, Reply, response};
use llm_client::openai::{ConfigError, OpenAi, OpenAiConfig};
use llm_client::{BadReply, ChatMessage, ChatModel, Completion, FinishReason, ModelError, Prompt, Usage};
use tokio::net::TcpSocket;

const KEY: &str = "sk-test-4711";
const HELLO: &str = r#"{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",
    "content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#;

fn ok(body: &str) -> Reply {
    Reply::Close(response(200, "", body))
}

fn status(status: u16) -> Reply {
    Reply::Close(response(status, "", ""))
}

fn config(base_url: &str) -> OpenAiConfig {
    OpenAiConfig { api_key: Some(KEY.into()), ..OpenAiConfig::new(base_url, "small-model") }
}

fn prompt() -> Prompt {
    Prompt {
        messages: vec![ChatMessage::system("Be brief."), ChatMessage::user("A private question")],
        max_tokens: 64,
        temperature: 0.5,
    }
}

/// Calls a double once with the default configuration.
async fn ask(double: &Double) -> Result<Completion, ModelError> {
    call(config(&double.base_url)).await
}

async fn call(config: OpenAiConfig) -> Result<Completion, ModelError> {
    match OpenAi::new(config) {
        Ok(model) => model.complete(prompt()).await,
        Err(error) => panic!("the configuration was rejected: {error:?}"),
    }
}

/// Formats an error and all its sources, as `Display` and as `Debug`.
fn everything_said_by(error: &(dyn Error + 'static)) -> String {
    let levels = std::iter::successors(Some(error), |&error| error.source());
    levels.map(|error| format!("{error} {error:?} {error:#?}\n")).collect()
}

#[tokio::test]
async fn a_completion_is_asked_for_and_read() {
    let double = Double::start([ok(HELLO)]).await.unwrap();

    let completion = ask(&double).await.unwrap();

    let usage = Some(Usage { prompt_tokens: 9, completion_tokens: 2 });
    assert_eq!(completion, Completion { text: "Hello.".into(), finish: FinishReason::Stop, usage });
    let seen = double.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line(), "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(seen[0].header("authorization"), Some("Bearer sk-test-4711"));
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(
        seen[0].body,
        serde_json::json!({
            "model": "small-model",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "A private question" },
            ],
            "max_tokens": 64,
            "temperature": 0.5,
        })
    );
}

#[tokio::test]
async fn without_a_key_there_is_no_authorization_header() {
    let double = Double::start([ok(HELLO)]).await.unwrap();
    call(OpenAiConfig::new(&double.base_url, "small-model")).await.unwrap();
    assert_eq!(double.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_rate_limited_request_is_repeated_when_the_endpoint_says_so() {
    let limited = Reply::Close(response(429, "retry-after: 1\r\n", ""));
    let double = Double::start([limited, ok(HELLO)]).await.unwrap();
    let started = Instant::now();

    assert_eq!(ask(&double).await.unwrap().text, "Hello.");

    assert!(started.elapsed() >= Duration::from_secs(1), "retried after {:?}", started.elapsed());
    assert_eq!(double.seen().len(), 2);
}

#[tokio::test]
async fn a_pause_that_would_pass_the_deadline_is_not_begun() {
    let double = Double::start([Reply::Close(response(429, "retry-after: 3600\r\n", ""))]).await.unwrap();
    let started = Instant::now();

    let error = ask(&double).await.unwrap_err();

    let hour = Some(Duration::from_secs(3600));
    assert!(matches!(error, ModelError::Overloaded { status: 429, retry_after } if retry_after == hour), "{error:?}");
    assert!(started.elapsed() < config("").deadline);
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test]
async fn a_lasting_failure_is_tried_a_bounded_number_of_times() {
    let double = Double::start([status(500)]).await.unwrap();
    let error = ask(&double).await.unwrap_err();
    assert!(matches!(error, ModelError::Overloaded { status: 500, retry_after: None }), "{error:?}");
    assert_eq!(double.seen().len(), 3);

    let double = Double::start([status(503)]).await.unwrap();
    call(OpenAiConfig { max_retries: 0, ..config(&double.base_url) }).await.unwrap_err();
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    for refused in [400, 401, 403, 404, 422] {
        let double = Double::start([status(refused)]).await.unwrap();
        let error = ask(&double).await.unwrap_err();
        assert!(matches!(error, ModelError::Refused { status } if status == refused), "{error:?}");
        assert_eq!(double.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Double::start([ok(HELLO)]).await.unwrap();
    let location = format!("location: {}\r\n", elsewhere.base_url);
    let double = Double::start([Reply::Close(response(307, &location, ""))]).await.unwrap();

    let error = ask(&double).await.unwrap_err();

    assert!(matches!(error, ModelError::Refused { status: 307 }), "{error:?}");
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_silent_endpoint_is_left_at_the_deadline() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"choices\":[";
    for stalled in ["", half] {
        let double = Double::start([Reply::Stall(stalled.into())]).await.unwrap();
        let deadline = Duration::from_millis(200);
        let model = OpenAi::new(OpenAiConfig { deadline, ..config(&double.base_url) }).unwrap();
        let started = Instant::now();

        let error = model.complete(prompt()).await.unwrap_err();

        let waited = started.elapsed();
        assert!(matches!(error, ModelError::Timeout), "{error:?}");
        assert!(waited >= deadline && waited < deadline * 10, "gave up after {waited:?}");
        assert_eq!(double.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_cut_within_the_reply_is_tried_again() {
    let cut = Reply::Close("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"choices\":[".into());
    let double = Double::start([cut, ok(HELLO)]).await.unwrap();
    assert_eq!(ask(&double).await.unwrap().text, "Hello.");
    assert_eq!(double.seen().len(), 2);
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    // The socket is bound but does not listen, so the port refuses connections and no other process can take it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();

    let error = call(config(&format!("http://{}", socket.local_addr().unwrap()))).await.unwrap_err();

    assert!(matches!(error, ModelError::Unreachable(_)), "{error:?}");
    let said = everything_said_by(&error);
    assert!(said.contains("Connection refused"), "the cause is missing in: {said}");
    assert!(!said.contains("chat/completions"), "the URL is in: {said}");
}

#[tokio::test]
async fn a_reply_that_is_no_completion_is_malformed_and_not_repeated() {
    for (body, expected) in [
        ("{\"choices\": [", BadReply::Syntax { line: 1, column: 13 }),
        ("{\"choices\": 7}", BadReply::Shape { line: 1, column: 13 }),
        ("{\"object\": \"list\"}", BadReply::NoChoices),
    ] {
        let double = Double::start([ok(body)]).await.unwrap();
        let error = ask(&double).await.unwrap_err();
        assert!(matches!(error, ModelError::Malformed(bad) if bad == expected), "{error:?}");
        assert_eq!(double.seen().len(), 1);
    }
}

#[tokio::test]
async fn an_oversized_reply_is_given_up() {
    let flood = " ".repeat(1024 * 1024 + 1);
    let declared = response(200, "", &flood);
    let undeclared = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{flood}");
    for oversized in [declared, undeclared] {
        let double = Double::start([Reply::Close(oversized)]).await.unwrap();
        let error = ask(&double).await.unwrap_err();
        assert!(matches!(error, ModelError::TooLarge { limit: 1_048_576 }), "{error:?}");
        assert_eq!(double.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_reply_of_the_largest_size_is_read() {
    let padded = format!("{HELLO}{}", " ".repeat(1024 * 1024 - HELLO.len()));
    let double = Double::start([ok(&padded)]).await.unwrap();
    assert_eq!(ask(&double).await.unwrap().text, "Hello.");
}

#[tokio::test]
async fn an_answer_without_text_is_empty() {
    let null = r#"{"choices":[{"message":{"role":"assistant","content":null},"finish_reason":"stop"}]}"#;
    let double = Double::start([ok(null)]).await.unwrap();
    let error = ask(&double).await.unwrap_err();
    assert!(matches!(error, ModelError::Empty), "{error:?}");
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test]
async fn errors_repeat_neither_the_key_nor_the_prompt() {
    let echo = format!(r#"{{"error":{{"code":"{KEY}","type":"{KEY}","message":"{KEY}: A private question"}}}}"#);
    let quoting = format!(r#"{{"choices":"{KEY}: A private question"}}"#);
    let cut = format!("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{KEY}: A private question");
    for reply in [
        Reply::Close(response(401, "", &echo)),
        Reply::Close(response(503, "", &echo)),
        ok(&echo),
        ok(&quoting),
        ok("A private question"),
        Reply::Close(cut),
        Reply::Close(format!("{KEY} A private question\r\n\r\n")),
    ] {
        let double = Double::start([reply]).await.unwrap();
        let keyed_url = format!("{}?key={KEY}", double.base_url);
        let error = call(OpenAiConfig { max_retries: 0, ..config(&keyed_url) }).await.unwrap_err();
        let said = everything_said_by(&error);
        assert!(!said.contains(KEY) && !said.contains("private"), "{said}");
    }
}

#[test]
fn the_key_is_not_shown() {
    let config = config("http://127.0.0.1:1/v1");
    let shown = format!("{config:?} {config:#?} {:?}", OpenAi::new(config.clone()).unwrap());
    assert!(shown.contains("small-model") && !shown.contains(KEY), "{shown}");
}

#[test]
fn an_unusable_configuration_is_rejected() {
    let error = OpenAi::new(config("http://user:sk-test-4711@127.0.0.1/v1")).unwrap_err();
    assert!(matches!(error, ConfigError::BaseUrl) && !everything_said_by(&error).contains(KEY));

    let error = OpenAi::new(OpenAiConfig { api_key: Some("sk\ntest".into()), ..config("http://x.test") }).unwrap_err();
    assert!(matches!(error, ConfigError::ApiKey) && !everything_said_by(&error).contains("test"));
}

#[test]
fn several_models_can_be_made() {
    for _ in 0..2 {
        OpenAi::new(config("https://x.test/v1")).unwrap();
    }
}
