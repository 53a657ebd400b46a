//! Refusals: their schemas, and examples made from the errors that handlers return.

use std::{collections::BTreeMap, time::Duration};

use actix_web::{
    ResponseError as _,
    http::{Method, StatusCode},
};
use serde_json::{Map, Value, json};

use crate::{
    http::{code::Code, describe::Operation, envelope, error::ApiError, field_errors::CHOICES, request_id::RequestId},
    limits::Scope,
};

/// Adds the schemas of the three shapes of refusals.
pub(super) fn schemas(schemas: &mut Map<String, Value>) {
    let base = json!({
        "error": { "type": "string", "description": "What is wrong, as text for people." },
        "code": { "type": "string", "enum": Code::WORDS, "description": "What is wrong, as a fixed word for programs." },
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
    schemas.insert("Error".into(), shape("A refusal made by the endpoint.", json!({}), &[]));
    schemas.insert(
        "DetailError".into(),
        shape("A refusal made before the endpoint is reached.", json!({ "detail": text }), &["detail"]),
    );
    let choices = json!({
        "description": "The accepted words of each field whose word was refused.",
        "type": "object",
        "additionalProperties": { "type": "array", "items": text },
    });
    let mut fields = shape("The refused fields, each with its messages.", json!({ CHOICES: choices }), &[]);
    fields["additionalProperties"] = json!({
        "description": "Messages about one field, or about members of a list by their index.",
        "anyOf": [
            { "type": "array", "items": text },
            { "type": "object", "additionalProperties": { "type": "array", "items": text } },
        ],
    });
    schemas.insert("FieldErrors".into(), fields);
}

/// Returns the responses of an operation's refusals, by status.
pub(super) fn responses(operation: &Operation, scope: Scope) -> BTreeMap<u16, Value> {
    let mut by_status: BTreeMap<u16, Vec<ApiError>> = BTreeMap::new();
    for error in all(operation, scope) {
        by_status.entry(error.status_code().as_u16()).or_default().push(error);
    }
    by_status.into_iter().map(|(status, errors)| (status, response(&errors))).collect()
}

/// Returns every refusal of an operation: its own, that of its limit, and those of any operation.
pub(super) fn all(operation: &Operation, scope: Scope) -> impl Iterator<Item = ApiError> {
    let failures = [
        ApiError::of_status(StatusCode::INTERNAL_SERVER_ERROR, &Method::GET),
        ApiError::overloaded(Duration::from_secs(1)),
    ];
    operation.refusals.iter().cloned().chain(scope.refusal()).chain(failures)
}

fn response(errors: &[ApiError]) -> Value {
    let id = RequestId::example();
    let (mut examples, mut shapes, mut codes) = (Map::new(), Vec::new(), Vec::new());
    for error in errors {
        let code = error.code().as_str();
        let same = codes.iter().filter(|known| **known == code).count();
        let name = if same == 0 { code.to_owned() } else { format!("{code}_{}", same + 1) };
        examples.insert(name, json!({ "value": envelope::body(error, &id) }));
        codes.push(code);
        let shape = json!({ "$ref": format!("#/components/schemas/{}", error.shape().name()) });
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    codes.dedup();
    let schema = if let [shape] = shapes.as_slice() { shape.clone() } else { json!({ "anyOf": shapes }) };
    json!({
        "description": codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", "),
        "headers": super::operation::header_refs(errors.iter().any(ApiError::says_when_to_retry)),
        "content": { "application/json": { "schema": schema, "examples": examples } },
    })
}
