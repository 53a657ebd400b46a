//! JSON objects of any shape, and files.

use serde_json::{Map, Value, json};

use super::{NO_NULS, Single};
use crate::http::{
    body::{Raw, Upload, type_name},
    field_errors::FieldError,
};

/// A JSON object, which a form sends as text.
pub(crate) struct Object;

/// Reads a JSON object of any shape, without U+0000 anywhere in it.
pub(crate) fn object() -> Object {
    Object
}

impl Single for Object {
    type Value = Map<String, Value>;

    fn accept(&self, raw: Raw) -> Result<Map<String, Value>, FieldError> {
        let value = match raw {
            Raw::Json(value) => value,
            Raw::Text(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            Raw::File(_) => Value::String(String::new()),
        };
        match value {
            Value::Object(map) if map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)) => {
                Err(FieldError::new(NO_NULS))
            }
            Value::Object(map) => Ok(map),
            other => {
                let kind = type_name(&other);
                Err(FieldError::new(format!("Expected a dictionary of items but got type \"{kind}\".")))
            }
        }
    }

    fn schema(&self) -> Value {
        json!({ "type": "object" })
    }
}

/// Returns whether a value contains U+0000. The parser limits its depth, so recursion is safe.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A file of a multipart form, held in memory.
pub(crate) struct File;

/// Reads a file that is not empty.
pub(crate) fn file() -> File {
    File
}

const NO_FILE: &str = "No file was submitted.";

impl Single for File {
    type Value = Upload;

    const MISSING: &'static str = NO_FILE;

    fn accept(&self, raw: Raw) -> Result<Upload, FieldError> {
        match raw {
            Raw::File(file) if file.bytes.is_empty() => Err(FieldError::new("The submitted file is empty.")),
            Raw::File(file) => Ok(file),
            Raw::Json(_) | Raw::Text(_) => Err(FieldError::new(NO_FILE)),
        }
    }

    fn schema(&self) -> Value {
        json!({ "type": "string", "format": "binary", "minLength": 1 })
    }
}
