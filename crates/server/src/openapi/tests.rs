use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use actix_web::{
    App, HttpRequest, HttpResponse,
    body::to_bytes,
    http::{Method, header},
    test as actix, web,
};
use serde_json::Value;

use super::*;
use crate::{
    http::{code::Code, envelope, error::ApiError, request_id::RequestId},
    routes,
};

/// Returns every operation of the document, with `METHOD path` as its name.
fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let items = document["paths"].as_object().into_iter().flatten();
    items.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

/// Returns the paths that the router knows.
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
    let endless: BTreeSet<_> = routes::endless().iter().map(|endpoint| operation::path(endpoint.path())).collect();
    assert!(documented.is_disjoint(&endless));
    assert_eq!(routed, documented.union(&endless).cloned().collect());
}

#[test]
fn every_name_of_a_body_stands_for_one_schema() {
    let groups = routes::all();
    let mut seen = Map::new();
    for (_, endpoint, operation) in each(&groups) {
        let mut schemas = Map::new();
        bodies::schema(operation, &mut schemas);
        for (name, schema) in schemas {
            let path = endpoint.path();
            assert_eq!(*seen.entry(name.clone()).or_insert_with(|| schema.clone()), schema, "{name} in {path}");
        }
    }
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    for (_, _, operation) in each(&groups) {
        let _ = operation::replies(operation, &mut generator);
    }
    let replies = generator.take_definitions(true);
    let both: Vec<_> = replies.keys().filter(|name| seen.contains_key(*name)).collect();
    assert!(both.is_empty(), "names of bodies and of replies: {both:?}");
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
    assert_eq!(Code::WORDS.iter().collect::<BTreeSet<_>>().len(), Code::WORDS.len());
    let document = document(&routes::all());
    assert_eq!(document["components"]["schemas"]["Error"]["properties"]["code"]["enum"], json!(Code::WORDS));
}

/// Sends an error as a handler would. Returns the status, whether there is a `Retry-After`, and the body.
async fn sent(error: ApiError) -> (u16, bool, Value) {
    let response = envelope::seal(HttpResponse::from_error(error), &RequestId::example(), &Method::GET);
    let (status, says_when) = (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER));
    let body = to_bytes(response.into_body()).await.unwrap();
    (status, says_when, serde_json::from_slice(&body).unwrap())
}

#[actix_web::test]
async fn every_documented_refusal_is_what_the_error_sends() {
    let document = document(&routes::all());
    for (_, endpoint, operation) in each(&routes::all()) {
        let name = format!("{} {}", operation.method, endpoint.path());
        let responses = &document["paths"][operation::path(endpoint.path())][operation.method]["responses"];
        let examples = |status: &str| responses[status]["content"]["application/json"]["examples"].as_object();
        let mut documented: usize = 0;
        for (status, _) in responses.as_object().unwrap() {
            documented += examples(status).map_or(0, Map::len);
        }
        let mut errors: usize = 0;
        for error in refusals::all(operation, endpoint.scope()) {
            errors += 1;
            let shape = error.shape().name();
            let (status, says_when, body) = sent(error).await;
            let (status, response) = (status.to_string(), &responses[status.to_string()]);
            let mut shown = examples(&status).unwrap().iter();
            let code = body["code"].as_str().unwrap();
            let is_shown = shown.any(|(name, example)| name.starts_with(code) && example["value"] == body);
            assert!(is_shown, "{name} does not document {status} {body}");
            assert!(response["description"].as_str().unwrap().contains(&format!("`{code}`")), "{name} {status} {code}");
            assert!(!says_when || response["headers"]["Retry-After"].is_object(), "{name} {status}: when to retry");
            let reference = format!("#/components/schemas/{shape}");
            let schema = &response["content"]["application/json"]["schema"];
            assert!(schema.to_string().contains(&format!("\"{reference}\"")), "{name} {status} is no {shape}");
            for key in document["components"]["schemas"][shape]["required"].as_array().unwrap() {
                assert!(body.get(key.as_str().unwrap()).is_some(), "{name} {status} has no {key}: {body}");
            }
        }
        assert_eq!(documented, errors, "{name} documents a refusal that no error makes");
    }
}

/// Returns the Rust files below a folder with their content.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        if path.is_dir() {
            return sources(&path);
        }
        let source = fs::read_to_string(&path).unwrap();
        vec![(path, source)]
    };
    entries.flat_map(read).collect()
}

/// Returns the start of a text up to the parenthesis that closes it.
fn argument(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    &text[..end.unwrap()]
}

/// Returns the arguments of all `refuses` in a source.
fn declared(source: &str) -> impl Iterator<Item = &str> {
    source.split(concat!(".refuses", "(")).skip(1).map(argument)
}

/// Domain errors are converted as handlers convert them. A constructor that takes a text would allow a
/// second copy of it.
#[test]
fn no_operation_documents_a_refusal_in_a_text_of_its_own() {
    const WITHOUT_TEXT: [&str; 5] = ["detail_404", "invalid_parameter", "not_a_date", "not_a_zone", "required"];
    let mut found = 0;
    for (path, source) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for refusal in declared(&source) {
            found += 1;
            let constructors = refusal.split("ApiError::").skip(1).filter_map(|rest| rest.split('(').next());
            for constructor in constructors {
                assert!(WITHOUT_TEXT.contains(&constructor), "{}: {refusal}", path.display());
            }
            let mut texts = refusal.split('"').skip(1).step_by(2);
            assert!(texts.all(|text| !text.contains(' ')), "{}: {refusal}", path.display());
        }
    }
    assert!(found > 50, "the declarations were not understood: {found}");
}

/// A refusal that is not a domain error is made by a function, which the handler calls too.
#[test]
fn functions_that_make_documented_refusals_are_called_by_handlers_too() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let mut found = 0;
    for (path, source) in &sources {
        for refusal in declared(source) {
            let name = refusal.split('(').next().and_then(|path| path.rsplit("::").next()).unwrap();
            if !refusal.contains('(') || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            found += 1;
            let uses_in = |text: &str| {
                let ends = text.match_indices(name).map(|(start, name)| (start, start + name.len()));
                let is_word = |&(start, end): &(usize, usize)| {
                    text[end..].starts_with(['(', ')'])
                        && !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_')
                };
                ends.filter(is_word).count()
            };
            let is_local = source.contains(&format!("fn {name}("));
            let searched = sources.iter().filter(|(other, _)| !is_local || other == path);
            let uses: usize = searched.clone().map(|(_, text)| uses_in(text)).sum();
            let documented: usize = searched.map(|(_, text)| declared(text).map(uses_in).sum::<usize>()).sum();
            // One of the others is the definition.
            assert!(uses > documented + 1, "{}: only the document calls {name}", path.display());
        }
    }
    assert!(found > 15, "the declarations were not understood: {found}");
}
