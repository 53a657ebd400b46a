use std::sync::Arc;

use actix_web::{
    App, HttpMessage as _, HttpResponse,
    http::{StatusCode, header},
    middleware::from_fn,
    test::{self, TestRequest},
    web::Data,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    clock::SystemClock,
    edge::Edge,
    http::rules::{file, integer, integer_list, text},
    limits::{Limiter, MemoryBuckets},
    routes::endpoint::at,
};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data; boundary=xx";

body! {
    #[derive(Debug)]
    struct Ticket {
        subject: String = text().max(10),
        // Named like a rule that the next field needs.
        text: Option<String> = text().optional(),
        note: Option<String> = text().optional(),
        agent_id: i64 = integer().optional().or(0),
        ids: Vec<i64> = integer_list().optional_or_empty(),
    }
}

body! {
    struct Import [64] {
        file: Upload = file(),
    }
}

async fn ticket(Valid(body): Valid<Ticket>) -> HttpResponse {
    HttpResponse::Ok().json(json!([body.subject, body.note.or(body.text), body.agent_id, body.ids]))
}

async fn import(Valid(body): Valid<Import>) -> HttpResponse {
    HttpResponse::Ok().json(json!([body.file.name, body.file.bytes.len()]))
}

struct Everything(serde_json::Map<String, Value>);

impl Body for Everything {
    fn name() -> String {
        "Everything".to_owned()
    }

    fn describe() -> Vec<crate::http::describe::Field> {
        Vec::new()
    }

    const NAMES: Option<&'static [&'static str]> = None;

    fn read(fields: Fields<'_>) -> Result<Self, FieldErrors> {
        Ok(Self(fields.into_object()))
    }
}

async fn everything(Valid(body): Valid<Everything>) -> HttpResponse {
    HttpResponse::Ok().json(body.0)
}

async fn send(path: &str, kind: &str, body: impl Into<Bytes>) -> (StatusCode, Value) {
    let mut req = TestRequest::post().uri(path).set_payload(body);
    if !kind.is_empty() {
        req = req.insert_header((header::CONTENT_TYPE, kind));
    }
    let app = App::new()
        .service(at("/ticket/").post("Tests.", ticket))
        .service(at("/import/").post("Tests.", import))
        .service(at("/everything/").post("Tests.", everything))
        .app_data(Data::new(Limiter::new(None, MemoryBuckets::new(), Arc::new(SystemClock))))
        .app_data(Data::new(LongBodies::new(2)))
        .wrap(from_fn(|req, next| Arc::<Edge>::default().handle(req, next)));
    let response = test::call_service(&test::init_service(app).await, req.to_request()).await;
    (response.status(), serde_json::from_slice(&test::read_body(response).await).unwrap())
}

fn part(name: &str, value: &str) -> String {
    format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

#[actix_web::test]
async fn three_encodings_say_the_same() {
    let wanted = json!(["Hi \u{e9}", "a b", 7, [1, 2]]);
    let json = r#"{"subject":" Hi \u00e9","note":"a b","agent_id":"7","ids":[1,2],"company_id":"X"}"#;
    let form = "subject=Hi+%C3%A9&note=a%20b&agent_id=7&ids=1&ids=2&company_id=X";
    let parts = [("subject", "Hi \u{e9}"), ("note", "a b"), ("agent_id", "7"), ("ids[0]", "1"), ("ids[1]", "2")];
    let multipart: String = parts.iter().map(|(name, value)| part(name, value)).collect();
    for (kind, body) in [
        (JSON, json.to_owned()),
        ("Application/JSON; charset=utf-8", json.to_owned()),
        (FORM, form.to_owned()),
        (MULTIPART, multipart + "--xx--\r\n"),
    ] {
        assert_eq!(send("/ticket/", kind, body).await, (StatusCode::OK, wanted.clone()), "{kind}");
    }
}

/// The thread that a body was read on.
struct Reader(Option<String>);

impl Body for Reader {
    const NAMES: Option<&'static [&'static str]> = Some(&["x"]);

    fn read(mut fields: Fields<'_>) -> Result<Self, FieldErrors> {
        assert!(fields.take("x").is_some());
        Ok(Self(std::thread::current().name().map(ToOwned::to_owned)))
    }

    fn name() -> String {
        "Reader".to_owned()
    }

    fn describe() -> Vec<crate::http::describe::Field> {
        Vec::new()
    }
}

#[actix_web::test]
async fn a_long_body_is_read_beside_the_requests() {
    for length in [0, LONG] {
        let text = "y".repeat(length);
        for (kind, body) in [
            (JSON, json!({ "x": text }).to_string()),
            (FORM, format!("x={text}")),
            (MULTIPART, part("x", &text) + "--xx--\r\n"),
        ] {
            let request = TestRequest::post()
                .insert_header((header::CONTENT_TYPE, kind))
                .app_data(Data::new(LongBodies::new(2)))
                .to_http_request();
            request.extensions_mut().insert(Origin::of(None));
            let Reader(thread) = parse_fairly(&request, body.into()).await.unwrap();
            assert_eq!(thread.as_deref() == Some("background"), length == LONG, "{kind}");
        }
    }
}

#[actix_web::test]
async fn all_wrong_fields_are_refused_together() {
    let (status, mut body) = send("/ticket/", JSON, r#"{"agent_id":"x","ids":[1,true]}"#).await;
    assert_eq!(status, 400);
    assert!(body["request_id"].take().is_string());
    assert_eq!(
        body,
        json!({"subject": ["This field is required."], "agent_id": ["A valid integer is required."],
               "ids": {"1": ["A valid integer is required."]}, "error": "subject: This field is required.",
               "code": "validation_error", "request_id": null})
    );
}

#[actix_web::test]
async fn the_last_of_equal_keys_wins() {
    let (_, body) = send("/ticket/", JSON, r#"{"subject":"a","subject":"b","ids":[1],"ids":[2]}"#).await;
    assert_eq!(body, json!(["b", null, 0, [2]]));
    let (_, body) = send("/ticket/", FORM, "subject=a&subject=b").await;
    assert_eq!(body, json!(["b", null, 0, []]));
}

#[actix_web::test]
async fn an_empty_body_is_an_empty_object() {
    for kind in ["", JSON, FORM, MULTIPART, "text/plain"] {
        let (status, body) = send("/ticket/", kind, "").await;
        assert_eq!((status.as_u16(), &body["subject"]), (400, &json!(["This field is required."])), "{kind}");
    }
}

#[actix_web::test]
async fn bodies_that_cannot_be_read_are_parse_errors() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(&str, Bytes); 13] = [
        (JSON, "{".into()),
        (JSON, " ".into()),
        (JSON, "{} x".into()),
        (JSON, "[1,".into()),
        (JSON, r#"{"subject":1e999}"#.into()),
        (JSON, r#"{"subject":"\ud800"}"#.into()),
        (JSON, deep.into()),
        (JSON, b"{\"unknown\":\"\xff\"}".to_vec().into()),
        (FORM, "subject=%FF".into()),
        (FORM, b"subject=\xff".to_vec().into()),
        (MULTIPART, "--xx\r\nnonsense".into()),
        (MULTIPART, part("subject", "no end").into()),
        ("multipart/form-data", part("subject", "no boundary").into()),
    ];
    for (kind, body) in cases {
        let (status, answer) = send("/ticket/", kind, body.clone()).await;
        assert_eq!((status.as_u16(), &answer["code"]), (400, &json!("parse_error")), "{kind} {:.40?}", body);
        assert_eq!(answer["detail"], answer["error"]);
    }
    let (_, answer) = send("/ticket/", JSON, "{").await;
    assert!(answer["detail"].as_str().unwrap().starts_with("JSON parse error - "));
}

#[actix_web::test]
async fn a_json_body_that_is_no_object_is_named() {
    for (body, kind) in
        [("[]", "list"), ("\"x\"", "str"), ("5", "int"), ("1.5", "float"), ("true", "bool"), ("null", "NoneType")]
    {
        let (status, answer) = send("/ticket/", JSON, body).await;
        let message = format!("Invalid data. Expected a dictionary, but got {kind}.");
        assert_eq!((status.as_u16(), &answer["non_field_errors"]), (400, &json!([message])));
        assert_eq!(answer["error"], message);
    }
}

#[actix_web::test]
async fn another_content_type_is_415() {
    for (kind, shown) in [("text/plain", "text/plain"), ("", "")] {
        let (status, answer) = send("/ticket/", kind, "x").await;
        let message = format!("Unsupported media type \"{shown}\" in request.");
        assert_eq!((status.as_u16(), &answer["detail"]), (415, &json!(message)));
        assert_eq!(answer["code"], "unsupported_media_type");
    }
}

#[actix_web::test]
async fn a_body_over_its_limit_is_413() {
    let body = |length: usize| format!("{{\"subject\":\"a\",\"note\":\"{}\"}}", "x".repeat(length - 25));
    assert_eq!(body(MIB).len(), MIB);
    assert_eq!(send("/ticket/", JSON, body(MIB)).await.0, 200);
    for kind in [JSON, FORM, MULTIPART] {
        let (status, answer) = send("/ticket/", kind, body(MIB + 1)).await;
        assert_eq!((status.as_u16(), &answer["code"]), (413, &json!("payload_too_large")), "{kind}");
    }
    assert_eq!(send("/import/", FORM, "x".repeat(65)).await.0, 413);
}

#[actix_web::test]
async fn a_nul_is_refused_in_every_encoding() {
    let multipart = part("subject", "a\0b") + "--xx--\r\n";
    for (kind, body) in [(JSON, r#"{"subject":"a\u0000b"}"#), (FORM, "subject=a%00b"), (MULTIPART, &multipart)] {
        let (status, answer) = send("/ticket/", kind, body.to_owned()).await;
        assert_eq!(
            (status.as_u16(), &answer["subject"]),
            (400, &json!(["Null characters are not allowed."])),
            "{kind}"
        );
    }
}

#[actix_web::test]
async fn a_file_comes_with_its_name_and_is_no_text() {
    let file = |name: &str| {
        format!(
            "--xx\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f.json\"\r\n\r\n{{}}\r\n--xx--\r\n"
        )
    };
    let (status, _) = send("/import/", MULTIPART, file("file")).await;
    assert_eq!(status, 413, "over the 64 bytes of this body");
    let mut fields = multipart::parse(
        TestRequest::default().insert_header((header::CONTENT_TYPE, MULTIPART)).to_srv_request().headers(),
        file("file").into(),
        None,
    )
    .await
    .unwrap();
    let upload = Upload { name: "f.json".to_owned(), bytes: "{}".into() };
    assert_eq!(fields.take("file"), Some(Raw::File(upload)));
    let (_, answer) = send("/ticket/", MULTIPART, file("subject")).await;
    assert_eq!(answer["subject"], json!(["Not a valid string."]));
}

#[actix_web::test]
async fn a_body_without_declared_fields_keeps_all() {
    let given = json!({"a": {"b": [1]}, "c": "d"});
    assert_eq!(send("/everything/", JSON, given.to_string()).await.1, given);
    assert_eq!(send("/everything/", FORM, "a=1&c=d").await.1, json!({"a": "1", "c": "d"}));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_bytes_are_the_servers_fault(
        kind in prop::sample::select(vec![JSON, FORM, MULTIPART, "multipart/form-data", "text/plain", "", "\u{e9}"]),
        frame in prop::sample::select(vec![("", ""), ("{\"subject\":", "}"), ("subject=", "&ids[0]=1"),
            ("--xx\r\nContent-Disposition: form-data; name=\"subject\"\r\n\r\n", "\r\n--xx--\r\n"), ("--xx\r\n", "\r\n\r\n")]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let body = [frame.0.as_bytes(), &bytes, frame.1.as_bytes()].concat();
        let (status, answer) = actix_web::rt::System::new().block_on(send("/ticket/", kind, body));
        prop_assert!(status.as_u16() < 500, "{status} {answer}");
        prop_assert!(status.is_success() || answer["error"].is_string());
    }
}
