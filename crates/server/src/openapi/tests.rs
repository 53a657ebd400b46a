use std::collections::BTreeSet;

use actix_web::{App, HttpRequest, HttpResponse, test as actix, web};
use serde_json::Value;

use super::*;
use crate::{http::code::Code, routes};

/// Every operation of the document, with `METHOD path` as its name.
fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let items = document["paths"].as_object().into_iter().flatten();
    items.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

/// What the router was given, asked of the router itself.
async fn routed() -> BTreeSet<String> {
    let show = |req: HttpRequest| async move { HttpResponse::Ok().body(format!("{:?}", req.resource_map())) };
    let app = App::new().configure(routes::register).route("/the-map/", web::get().to(show));
    let app = actix::init_service(app).await;
    let map = actix::call_and_read_body(&app, actix::TestRequest::get().uri("/the-map/").to_request()).await;
    let map = String::from_utf8(map.to_vec()).unwrap();
    let patterns = map.split("Single(\"").skip(1).filter_map(|rest| rest.split("\")").next());
    patterns.filter(|path| path.starts_with('/') && *path != "/the-map/").map(operation::path).collect()
}

#[actix_web::test]
async fn the_router_and_the_document_name_the_same_paths() {
    let document = document(&routes::all());
    let documented: BTreeSet<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let routed = routed().await;
    assert!(routed.len() > 40, "the router's map was not understood: {routed:?}");
    assert_eq!(routed, documented);
}

#[test]
fn every_operation_is_described_whole() {
    let document = document(&routes::all());
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name} has no summary");
        assert!(ids.insert(operation["operationId"].to_string()), "{name} shares its id");
        assert!(operation["security"].is_array(), "{name} says nothing of tokens");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name} has no reply");
        assert!(responses.contains_key("500") && responses.contains_key("503"), "{name} never fails");
        for (status, response) in responses {
            let content = &response["content"]["application/json"];
            if content.is_object() {
                let has_example = content.get("example").or(content.get("examples")).is_some();
                assert!(
                    content["schema"].is_object() || content["schema"].is_boolean(),
                    "{name} {status} has no schema"
                );
                assert!(has_example, "{name} {status} has no example");
            }
        }
        for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            assert!(content["schema"].is_object() && content["example"].is_object(), "{name} {kind}");
        }
    }
}

#[test]
fn references_lead_somewhere_and_names_are_not_shared() {
    let document = document(&routes::all());
    let text = document.to_string();
    for target in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(&format!("/{target}")).is_some(), "{target} is not there");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(!name.ends_with(|c: char| c.is_ascii_digit()), "two types are called {name}");
    }
}

#[test]
fn the_codes_are_all_there() {
    let codes = Code::ALL.map(Code::as_str);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    let document = document(&routes::all());
    assert_eq!(document["components"]["schemas"]["Error"]["properties"]["code"]["enum"], json!(codes));
}
