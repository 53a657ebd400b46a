//! How settings are read that are JSON objects of their own shape.

use chatbot::settings::{Hours, ProfileSteps, Requirement};
use serde_json::{Map, Value, json};

use crate::http::{
    body::Raw,
    field_errors::FieldError,
    rules::{Single, object},
};

/// Which steps of the intake are asked. A step that is missing has its default.
pub(super) struct Steps;

impl Single for Steps {
    type Value = ProfileSteps;

    fn accept(&self, raw: Raw) -> Result<ProfileSteps, FieldError> {
        read(object().accept(raw)?)
    }

    fn schema(&self) -> Value {
        let step = json!({ "enum": Requirement::WORDS });
        json!({
            "type": "object",
            "properties": { "name": step, "phone": step, "email": step, "address": step },
            "additionalProperties": false,
        })
    }
}

/// Opening hours.
pub(super) struct OpeningHours;

impl Single for OpeningHours {
    type Value = Option<Hours>;

    fn accept(&self, raw: Raw) -> Result<Option<Hours>, FieldError> {
        read(object().accept(raw)?).map(Some)
    }

    fn schema(&self) -> Value {
        let day = json!({
            "type": "array",
            "items": { "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$", "examples": ["09:00-17:30"] },
            "maxItems": 8,
        });
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let mut properties: Map<String, Value> = days.iter().map(|&name| (name.to_owned(), day.clone())).collect();
        properties.insert("timezone".to_owned(), json!({ "type": "string", "examples": ["Europe/Berlin"] }));
        let closed = json!({ "type": "array", "items": { "type": "string", "format": "date" }, "maxItems": 400 });
        properties.insert("closed_days".to_owned(), closed);
        json!({
            "type": "object",
            "properties": properties,
            "required": ["timezone"],
            "additionalProperties": false,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(map: Map<String, Value>) -> Result<T, FieldError> {
    serde_json::from_value(Value::Object(map)).map_err(|error| FieldError::new(error.to_string()))
}
