//! One operation of the document.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::{bodies, examples, refusals};
use crate::{
    http::describe::{Content, Operation, Token},
    routes::endpoint::Endpoint,
};

/// Returns a path as the document writes it: `{id}` for `{id:[0-9]+}`.
pub(super) fn path(registered: &str) -> String {
    let plain = |segment: &str| match segment.split_once(':') {
        Some((name, _)) if name.starts_with('{') => format!("{name}}}"),
        _ => segment.to_owned(),
    };
    let path = registered.split('/').map(plain).collect::<Vec<_>>().join("/");
    // The path of a file has no slash at its end; the server accepts both.
    match path.strip_suffix(".json/") {
        Some(file) => format!("{file}.json"),
        None => path,
    }
}

/// Returns the schemas of an operation's replies with their status; `None` for a file.
pub(super) fn replies(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<(u16, Option<Value>)> {
    let schema = |content: &Content| match content {
        Content::Json(schema) => Some(schema(generator).to_value()),
        Content::File => None,
    };
    operation
        .replies
        .iter()
        .map(|(status, _)| status.as_u16())
        .zip(operation.replies.iter().map(|(_, it)| it).map(schema))
        .collect()
}

/// Returns the whole operation.
pub(super) fn describe(
    tag: &str,
    endpoint: &Endpoint,
    operation: &Operation,
    replies: Vec<(u16, Option<Value>)>,
    schemas: &Map<String, Value>,
) -> Value {
    let mut described = json!({
        "tags": [tag],
        "operationId": id(endpoint.path(), operation.method),
        "summary": operation.summary,
        "security": security(operation.token),
    });
    let roles = operation.roles.join(" and ");
    let about = [
        operation.description.unwrap_or_default().to_owned(),
        if roles.is_empty() { String::new() } else { format!("For {roles}.") },
    ];
    let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if !about.is_empty() {
        described["description"] = about.into();
    }
    if !operation.roles.is_empty() {
        described["x-roles"] = operation.roles.into();
    }
    let parameters = parameters(endpoint, operation);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = bodies::request(operation, schemas) {
        described["requestBody"] = body;
    }
    let mut responses = Map::new();
    for (status, schema) in replies {
        responses.insert(status.to_string(), reply(schema, operation, schemas));
        if responses.contains_key("200")
            && operation.replies.iter().any(|(_, content)| matches!(content, Content::File))
        {
            responses.insert("206".into(), reply(None, operation, schemas));
            responses.insert("304".into(), json!({ "description": "The caller already has the file." }));
            responses.insert("416".into(), json!({ "description": "The range is outside the file." }));
        }
    }
    for (status, response) in refusals::responses(operation, endpoint.scope()) {
        responses.insert(status.to_string(), response);
    }
    described["responses"] = responses.into();
    described
}

/// Returns the operation's id: `post_auth_login` for `POST /api/auth/login/`.
fn id(path: &str, method: &str) -> String {
    let words = path.split('/').map(|word| word.split(':').next().unwrap_or_default());
    let words = words
        .filter(|word| !word.is_empty() && *word != "api")
        .map(|word| word.replace(['{', '}'], "").replace(['-', '.'], "_"));
    [method.to_owned()].into_iter().chain(words).collect::<Vec<_>>().join("_")
}

fn security(token: Token) -> Value {
    match token {
        Token::Ignored => json!([]),
        Token::Optional => json!([{}, { "bearer": [] }]),
        Token::Needed => json!([{ "bearer": [] }]),
    }
}

fn parameters(endpoint: &Endpoint, operation: &Operation) -> Vec<Value> {
    let segments = endpoint.path().split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let in_path = segments.map(|segment| {
        let (name, pattern) = segment.split_once(':').unwrap_or((segment, ""));
        let kind = if pattern == "[0-9]+" {
            json!({ "type": "integer", "minimum": 0 })
        } else {
            json!({ "type": "string", "minLength": 1 })
        };
        json!({ "name": name, "in": "path", "required": true, "schema": kind, "example": examples::word(name) })
    });
    let in_query = operation.parameters.iter().map(|parameter| {
        let mut described = json!({
            "name": parameter.name,
            "in": "query",
            "required": parameter.is_required,
            "description": parameter.description,
            "schema": parameter.schema,
        });
        if parameter.is_required {
            described["example"] = examples::word(parameter.name).unwrap_or_default();
        }
        described
    });
    let key = operation.is_replayable.then(|| {
        json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "A repeat of the same message with the same key gets the first reply and stores nothing.",
            "schema": { "type": "string", "maxLength": 64 },
        })
    });
    let session = operation.names_session.then(|| {
        json!({
            "name": "X-Session-Id",
            "in": "header",
            "required": false,
            "description": "The session's id. It counts before `session_id` in the query.",
            "schema": { "type": "string" },
        })
    });
    in_path.chain(in_query).chain(key).chain(session).collect()
}

fn reply(schema: Option<Value>, operation: &Operation, schemas: &Map<String, Value>) -> Value {
    let Some(schema) = schema else {
        let bytes = json!({ "schema": { "type": "string", "format": "binary" } });
        return json!({ "description": "The file.", "headers": header_refs(false), "content": { "*/*": bytes } });
    };
    let example = examples::of("", &schema, schemas);
    let mut headers = header_refs(false);
    if operation.is_replayable {
        headers["Idempotency-Replayed"] = json!({ "$ref": "#/components/headers/Idempotency-Replayed" });
    }
    json!({
        "description": "Done.",
        "headers": headers,
        "content": { "application/json": { "schema": schema, "example": example } },
    })
}

/// Returns the headers of a response, as references.
pub(super) fn header_refs(has_retry_after: bool) -> Value {
    let mut refs = Map::new();
    for name in ["X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
        .into_iter()
        .chain(has_retry_after.then_some("Retry-After"))
    {
        refs.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    }
    refs.into()
}

/// Returns the headers with their descriptions.
pub(super) fn headers() -> Value {
    let integer = |description: &str| json!({ "description": description, "schema": { "type": "integer" } });
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "X-Request-Id": text("The request's id in the logs. The body of a refusal repeats it."),
        "RateLimit-Limit": integer("Calls that the tightest limit allows. Absent if no limit applies."),
        "RateLimit-Remaining": integer("Calls that are left of this limit."),
        "RateLimit-Reset": integer("Seconds until the oldest counted call expires and one more is left; 0 if no call is counted."),
        "Retry-After": integer("Seconds to wait before the next attempt."),
        "Idempotency-Replayed": text("`true` if the reply was stored by an earlier request."),
    })
}
