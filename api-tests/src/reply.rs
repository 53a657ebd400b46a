//! Responses of the server, with the checks that apply to all of them.

use std::fmt;

use reqwest::{Method, header::HeaderMap};
use serde_json::Value;

use crate::conformance::{self, Answer};

/// A response that passed the general checks (see docs/compatibility.md: Values, Errors, Headers).
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON, null if it is not JSON.
    pub body: Value,
    /// The body as received.
    pub bytes: Vec<u8>,
    what: String,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered {} ", self.what, self.status)?;
        match &self.body {
            Value::Null => write!(f, "with {} bytes that are not JSON", self.bytes.len()),
            body => write!(f, "{body}"),
        }
    }
}

impl Reply {
    pub(crate) async fn read(what: String, answer: reqwest::Response) -> Self {
        let path = answer.url().path().to_owned();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes =
            answer.bytes().await.unwrap_or_else(|error| panic!("{what}: the body broke off: {error:?}")).to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let reply = Self { status, headers, body, bytes, what };
        reply.check();
        if path != "/openapi.json" {
            // The document mentions the keys of rows but is not a row itself.
            check_values(&reply.body, &reply);
        }
        reply.check_document(&path);
        reply
    }

    /// Returns a header as text, empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of ASCII"))
    }

    /// Asserts the status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Asserts status 200; returns the body.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200).body
    }

    /// Asserts status 201; returns the body.
    #[track_caller]
    pub fn created(self) -> Value {
        self.expect(201).body
    }

    /// Asserts that a field was refused with this message.
    #[track_caller]
    pub fn field_error(&self, field: &str, message: &str) {
        assert_eq!(self.status, 400, "{self:?}");
        assert_eq!(self.body[field], serde_json::json!([message]), "{self:?}");
        assert_eq!(self.body["code"], "validation_error", "{self:?}");
    }

    /// Asserts that credentials were refused with this message.
    #[track_caller]
    pub fn wrong_credentials(&self, message: &str) {
        assert_eq!(self.status, 400, "{self:?}");
        assert_eq!(self.body["non_field_errors"], serde_json::json!([message]), "{self:?}");
        assert_eq!(
            (&self.body["error"], &self.body["code"]),
            (&message.into(), &"invalid_credentials".into()),
            "{self:?}"
        );
    }

    /// Asserts status and code, and a body with this text as `error` and without `detail`.
    #[track_caller]
    pub fn error(&self, status: u16, code: &str, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.body["error"], message, "{self:?}");
        assert_eq!(self.body["code"], code, "{self:?}");
        assert_eq!(self.body["detail"], Value::Null, "{self:?}");
    }

    /// Asserts status and code, and a body with this text as both `error` and `detail`.
    #[track_caller]
    pub fn detail(&self, status: u16, code: &str, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.body["detail"], message, "{self:?}");
        assert_eq!(self.body["error"], message, "{self:?}");
        assert_eq!(self.body["code"], code, "{self:?}");
    }

    /// Asserts the refusal of a call that lacks a token.
    #[track_caller]
    pub fn asks_for_a_token(&self) {
        self.detail(401, "not_authenticated", "Authentication credentials were not provided.");
        assert_eq!(self.header("www-authenticate"), "Bearer realm=\"api\"", "{self:?}");
    }

    /// Asserts the refusal of a caller with the wrong role.
    #[track_caller]
    pub fn refuses_the_role(&self) {
        self.detail(403, "permission_denied", "You do not have permission to perform this action.");
    }

    /// Asserts that two responses have the same status and body, except for the request id.
    #[track_caller]
    pub fn same_as(&self, other: &Self) {
        let plain = |reply: &Self| {
            let mut body = reply.body.clone();
            body.as_object_mut().map(|body| body.remove("request_id"));
            (reply.status, body)
        };
        assert_eq!(plain(self), plain(other), "{self:?} differs from {other:?}");
    }

    fn check(&self) {
        assert!(self.status < 500, "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "no X-Request-Id: {self:?}");
        assert_eq!(self.header("access-control-allow-origin"), "*", "{self:?}");
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{self:?}");
        assert_eq!(self.header("referrer-policy"), "no-referrer", "{self:?}");
        assert_eq!(self.header("x-frame-options"), "DENY", "{self:?}");
        assert_eq!(self.header("cross-origin-resource-policy"), "cross-origin", "{self:?}");
        assert!(!self.header("content-security-policy").is_empty(), "{self:?}");
        assert!(!self.headers.contains_key("set-cookie"), "{self:?}");
        if self.header("content-type") == "application/json" {
            assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
        }
        if self.status >= 400 && !self.what.starts_with("HEAD") {
            self.check_refusal();
        }
    }

    fn check_document(&self, path: &str) {
        let method = self.what.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(Method::GET);
        let answer = Answer { method: &method, path, status: self.status, body: &self.body };
        if let Err(reason) = conformance::check(&answer) {
            panic!("the response does not match the OpenAPI document: {reason}: {self:?}");
        }
    }

    fn check_refusal(&self) {
        assert!(self.header("content-type").starts_with("application/json"), "{self:?}");
        let texts = ["error", "code", "request_id"].map(|key| self.body[key].as_str().unwrap_or_default());
        assert!(texts.iter().all(|text| !text.is_empty()), "error, code and request_id: {self:?}");
        assert_eq!(texts[2], self.header("x-request-id"), "{self:?}");
        let word = texts[1].chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(word, "a code in snake_case: {self:?}");
        if texts[1] == "validation_error" {
            let fields = self.body.as_object().into_iter().flatten();
            let named = fields.filter(|(key, _)| !["error", "code", "request_id", "choices"].contains(&key.as_str()));
            let firsts: Vec<_> = named.map(|(field, messages)| first_message(field, messages)).collect();
            assert!(firsts.iter().any(|first| first == texts[0]), "error repeats none of {firsts:?}: {self:?}");
            for first in firsts.iter().filter(|first| first.ends_with("\" is not a valid choice.")) {
                let field = first.split(": ").next().unwrap_or_default();
                let choices = self.body["choices"][field].as_array().map_or(0, Vec::len);
                assert!(choices > 1, "the choices of {field} are not listed: {self:?}");
            }
        }
    }
}

/// Returns the text of `error` for a refused field: its name and its first message.
fn first_message(field: &str, messages: &Value) -> String {
    let first = match messages {
        Value::Object(members) => members.values().next().map_or(&Value::Null, |member| &member[0]),
        list => &list[0],
    };
    let first = first.as_str().unwrap_or_default();
    if field == "non_field_errors" { first.to_owned() } else { format!("{field}: {first}") }
}

/// Asserts that timestamps have six fractional digits, and that `generated_password` is always null.
fn check_values(value: &Value, reply: &Reply) {
    const TIMES: [&str; 9] = [
        "timestamp",
        "created_at",
        "updated_at",
        "uploaded_at",
        "date_joined",
        "start_date",
        "escalated_at",
        "resolved_at",
        "last_used",
    ];
    match value {
        Value::Array(items) => items.iter().for_each(|item| check_values(item, reply)),
        Value::Object(keys) => {
            for (key, value) in keys {
                if let (true, Some(time)) = (TIMES.contains(&key.as_str()), value.as_str()) {
                    let shape = time.replace(|c: char| c.is_ascii_digit(), "0");
                    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{key}: {reply:?}");
                }
                assert!(key != "generated_password" || value.is_null(), "{reply:?}");
                check_values(value, reply);
            }
        }
        _ => {}
    }
}
