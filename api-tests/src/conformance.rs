//! Checks of responses against the OpenAPI document: the operation must list the status, and the body must
//! have exactly the keys that the document lists for it.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

/// A response to check.
pub(crate) struct Answer<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    /// The body, null if it is not JSON.
    pub(crate) body: &'a Value,
}

/// Streams, whose replies do not end. The document describes none of them.
const STREAMS: [&str; 2] = ["/api/chatbot/events/", "/api/desk/events/"];

/// Checks a response against the document.
///
/// # Errors
/// A description of the first difference.
pub(crate) fn check(answer: &Answer<'_>) -> Result<(), String> {
    let document = document();
    let path = canonical(answer.path);
    if STREAMS.contains(&path.as_str()) {
        return Ok(());
    }
    let Some((template, item)) = document.find(&path) else {
        let is_unknown = answer.status == 404 && answer.body["detail"] == "Not found.";
        return if is_unknown { Ok(()) } else { Err(format!("{path} is served but not documented")) };
    };
    let method = if answer.method == Method::HEAD { "get" } else { &answer.method.as_str().to_ascii_lowercase() };
    let Some(operation) = item.get(method) else {
        let is_refused = answer.status == 405 || answer.method == Method::OPTIONS;
        return if is_refused { Ok(()) } else { Err(format!("{method} of {template} is not documented")) };
    };
    let status = answer.status.to_string();
    let Some(response) = operation["responses"].get(&status) else {
        return Err(format!("{method} of {template} does not document {status}"));
    };
    if answer.method == Method::HEAD || response["content"].get("application/json").is_none() {
        return Ok(());
    }
    let pointer = format!("/paths/{}/{method}/responses/{status}", template.replace('~', "~0").replace('/', "~1"));
    document.validate(&pointer, answer.body)
}

struct Document {
    whole: Value,
    validators: Mutex<HashMap<String, &'static Validator>>,
}

fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut whole = server::openapi();
        close(&mut whole["components"]["schemas"]);
        Document { whole, validators: Mutex::default() }
    })
}

/// Forbids additional keys in all objects, so that undocumented keys are found too. Refusals may have more keys.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            let is_refusal = keys.get("properties").is_some_and(|keys| keys.get("request_id").is_some());
            if keys.contains_key("properties") && !keys.contains_key("additionalProperties") && !is_refusal {
                keys.insert("additionalProperties".to_owned(), json!(false));
            }
            keys.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// Returns a path in the spelling of the document.
fn canonical(path: &str) -> String {
    let path = path.strip_prefix("/api").filter(|rest| rest.starts_with("/api/")).unwrap_or(path);
    if path.ends_with('/') || path.ends_with(".json") { path.to_owned() } else { format!("{path}/") }
}

impl Document {
    /// Finds the path item whose template matches; fixed segments take precedence over parameters.
    fn find(&self, path: &str) -> Option<(&str, &Value)> {
        let paths = self.whole["paths"].as_object()?;
        let fits = paths.iter().filter(|(template, _)| fits(template, path));
        fits.min_by_key(|(template, _)| template.matches('{').count()).map(|(template, item)| (template.as_str(), item))
    }

    fn validate(&self, pointer: &str, body: &Value) -> Result<(), String> {
        let validator = {
            let mut validators = self.validators.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *validators.entry(pointer.to_owned()).or_insert_with(|| Box::leak(Box::new(self.validator(pointer))))
        };
        let errors: Vec<_> =
            validator.iter_errors(body).take(3).map(|it| format!("{it} at {}", it.instance_path())).collect();
        if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
    }

    fn validator(&self, pointer: &str) -> Validator {
        let response = self.whole.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in the document"));
        let schema = &response["content"]["application/json"]["schema"];
        let schema = json!({ "allOf": [schema], "components": self.whole["components"] });
        jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{pointer} is no schema: {error}"))
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            // The path of a file may contain slashes.
            (Some("{path}"), Some(_)) => return true,
            (Some("{id}"), Some(segment)) if is_number(segment) => {}
            (Some("{id}"), _) => return false,
            (Some(segment), Some(given)) if segment == given || (segment.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// Returns whether a segment consists of digits, which may be percent-encoded.
fn is_number(segment: &str) -> bool {
    let digits = (0..10).fold(segment.to_owned(), |text, digit| text.replace(&format!("%3{digit}"), "0"));
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: &Method, path: &str, status: u16, body: &Value) -> String {
        check(&Answer { method, path, status, body }).expect_err("the document does not foresee this")
    }

    #[test]
    fn what_the_document_does_not_foresee_is_found() {
        let health = json!({ "status": "ok" });
        let answer = Answer { method: &Method::GET, path: "/healthz", status: 200, body: &health };
        check(&answer).unwrap();
        assert!(refused(&Method::GET, "/healthz/", 202, &health).contains("202"));
        assert!(refused(&Method::PUT, "/healthz/", 200, &health).contains("put"));
        assert!(refused(&Method::GET, "/health/", 200, &health).contains("not documented"));
        for body in [json!({}), json!({ "status": 1 }), json!({ "status": "ok", "more": 1 }), json!([])] {
            refused(&Method::GET, "/healthz/", 200, &body);
        }
    }

    #[test]
    fn rows_within_rows_are_looked_at_too() {
        let countries = json!([{ "code": "+977", "country": "Nepal" }]);
        let missing = refused(&Method::GET, "/api/chatbot/country-codes/", 200, &countries);
        assert!(missing.contains("flag"), "{missing}");
    }

    #[test]
    fn fixed_words_come_before_parameters() {
        let document = document();
        for (path, wanted) in [
            ("/api/admin-dashboard/user-profiles/stats/", "/api/admin-dashboard/user-profiles/stats/"),
            ("/api/admin-dashboard/user-profiles/7/", "/api/admin-dashboard/user-profiles/{id}/"),
            ("/media/uploads/TES001/x/", "/media/{path}/"),
        ] {
            assert_eq!(document.find(path).map(|(template, _)| template), Some(wanted));
        }
        assert!(document.find("/api/admin-dashboard/user-profiles/x/").is_none());
    }
}
