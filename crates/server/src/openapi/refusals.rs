//! Refusals: their schemas, and examples that are rendered as real ones are.

use std::collections::BTreeMap;

use actix_web::ResponseError as _;
use serde_json::{Map, Value, json};

use crate::{
    http::{
        code::Code,
        describe::{DocumentedError, Operation},
        envelope,
        error::{ApiError, TokenProblem},
        request_id::RequestId,
    },
    limits::Scope,
};

/// Adds the three shapes of refusals.
pub(super) fn schemas(schemas: &mut Map<String, Value>) {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let base = json!({
        "error": { "type": "string", "description": "What is wrong, for people." },
        "code": { "type": "string", "enum": codes, "description": "What is wrong, for programs." },
        "request_id": { "type": "string", "description": "The `X-Request-Id` of the response." },
    });
    let shape = |description: &str, more: Value, required: &[&str]| {
        let mut properties = base.clone();
        if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
            properties.extend(more);
        }
        let required: Vec<_> = ["error", "code", "request_id"].iter().chain(required).collect();
        json!({ "type": "object", "description": description, "properties": properties, "required": required })
    };
    let text = json!({ "type": "string" });
    schemas.insert("Error".into(), shape("A refusal that the endpoint decides.", json!({}), &[]));
    schemas.insert(
        "DetailError".into(),
        shape("A refusal that comes before the endpoint.", json!({ "detail": text }), &["detail"]),
    );
    let mut fields = shape("Refused fields, each with its messages.", json!({}), &[]);
    fields["additionalProperties"] = json!({
        "description": "Messages about one field, or about its members by index.",
        "anyOf": [
            { "type": "array", "items": text },
            { "type": "object", "additionalProperties": { "type": "array", "items": text } },
        ],
    });
    schemas.insert("FieldErrors".into(), fields);
}

/// The responses of an operation's refusals, by status.
pub(super) fn responses(operation: &Operation, scope: Scope) -> BTreeMap<u16, Value> {
    let mut by_status: BTreeMap<u16, Vec<(Code, ApiError)>> = BTreeMap::new();
    let limited = scope.refusal().map(|code| DocumentedError { code, message: "", extras: Value::Null });
    for refusal in operation.refusals.iter().chain(&limited).chain(&everywhere()) {
        let error = example(refusal);
        by_status.entry(error.status_code().as_u16()).or_default().push((refusal.code, error));
    }
    by_status.into_iter().map(|(status, errors)| (status, response(&errors))).collect()
}

/// What may come of any call.
fn everywhere() -> [DocumentedError; 2] {
    [Code::InternalError, Code::Overloaded].map(|code| DocumentedError { code, message: "", extras: Value::Null })
}

fn response(errors: &[(Code, ApiError)]) -> Value {
    let id = RequestId::example();
    let (mut examples, mut shapes, mut codes) = (Map::new(), Vec::new(), Vec::new());
    for (code, error) in errors {
        let same = codes.iter().filter(|known| *known == code.as_str()).count();
        let name = if same == 0 { code.as_str().to_owned() } else { format!("{}_{}", code.as_str(), same + 1) };
        examples.insert(name, json!({ "value": envelope::body(error, &id) }));
        codes.push(code.as_str().to_owned());
        let shape = json!({ "$ref": format!("#/components/schemas/{}", error.shape().name()) });
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    codes.dedup();
    let schema = if let [shape] = shapes.as_slice() { shape.clone() } else { json!({ "anyOf": shapes }) };
    json!({
        "description": codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", "),
        "headers": super::operation::header_refs(errors.iter().any(|(_, error)| error.says_when_to_retry())),
        "content": { "application/json": { "schema": schema, "examples": examples } },
    })
}

/// The error that such a refusal is.
fn example(refusal: &DocumentedError) -> ApiError {
    let message = refusal.message;
    let token = ApiError::unauthorized;
    let error = match refusal.code {
        Code::ValidationError if message.is_empty() => ApiError::field("name", "This field is required."),
        Code::ValidationError => ApiError::non_field(message),
        Code::ParseError => ApiError::parse_error("JSON parse error - expected value at line 1 column 1"),
        Code::InvalidCredentials => ApiError::invalid_credentials(message),
        Code::BadRequest | Code::AlreadyEscalated => {
            ApiError::new(actix_web::http::StatusCode::BAD_REQUEST, refusal.code, message)
        }
        Code::NotAuthenticated => token(TokenProblem::Missing),
        Code::BadAuthorizationHeader => token(TokenProblem::BadHeader),
        Code::TokenNotValid if message.is_empty() => token(TokenProblem::Invalid),
        Code::TokenNotValid => token(TokenProblem::RefreshInvalid),
        Code::UserNotFound => token(TokenProblem::UserGone),
        Code::UserInactive => token(TokenProblem::UserInactive),
        Code::PermissionDenied if message.is_empty() => ApiError::permission_denied(),
        Code::PermissionDenied
        | Code::NotAssigned
        | Code::NotEscalated
        | Code::AgentLimitReached
        | Code::CompanyInactive
        | Code::LinkInvalid => ApiError::forbidden(refusal.code, message),
        Code::NotFound if message.is_empty() => ApiError::detail_404(),
        Code::NotFound => ApiError::not_found(message),
        Code::MethodNotAllowed => {
            ApiError::of_status(actix_web::http::StatusCode::METHOD_NOT_ALLOWED, &actix_web::http::Method::DELETE)
        }
        Code::PayloadTooLarge => ApiError::payload_too_large(),
        Code::UnsupportedMediaType => ApiError::unsupported_media_type("text/plain"),
        Code::IllegalTransition | Code::RequestInProgress => ApiError::conflict(refusal.code, message),
        Code::IdempotencyKeyReuse => ApiError::idempotency_key_reuse(message),
        Code::RateLimited => ApiError::rate_limited(std::time::Duration::from_secs(30)),
        Code::LoginThrottled => ApiError::login_throttled(std::time::Duration::from_mins(5)),
        Code::InternalError => {
            ApiError::of_status(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR, &actix_web::http::Method::GET)
        }
        Code::Overloaded => ApiError::overloaded(std::time::Duration::from_secs(1)),
    };
    match &refusal.extras {
        Value::Object(extras) => {
            extras.iter().fold(error, |error, (key, value)| error.with(key.clone(), value.clone()))
        }
        _ => error,
    }
}
