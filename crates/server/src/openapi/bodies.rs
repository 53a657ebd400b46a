//! Schemas of request bodies.

use serde_json::{Map, Value, json};

use crate::http::describe::Operation;

/// Adds the schema of an operation's body, if it has one.
pub(super) fn schema(operation: &Operation, schemas: &mut Map<String, Value>) {
    let Some(body) = operation.body else { return };
    let fields = (body.fields)();
    let required: Vec<_> = fields.iter().filter(|field| field.is_required).map(|field| field.name).collect();
    let properties: Map<_, _> = fields.into_iter().map(|field| (field.name.to_owned(), field.schema)).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schemas.insert((body.name)(), schema);
}

/// Returns the `requestBody` of an operation: one schema in up to three encodings.
pub(super) fn request(operation: &Operation, schemas: &Map<String, Value>) -> Option<Value> {
    let name = (operation.body?.name)();
    let schema = schemas.get(&name)?;
    let content =
        json!({ "schema": { "$ref": format!("#/components/schemas/{name}") }, "example": schema.get("example") });
    let is_required = schema.get("required").is_some();
    let is_file = schema["properties"].as_object().is_some_and(|fields| {
        fields.iter().any(|(name, field)| field["format"] == "binary" && schema["required"].to_string().contains(name))
    });
    let mut kinds = Map::new();
    if !is_file {
        kinds.insert("application/json".to_owned(), content.clone());
        kinds.insert("application/x-www-form-urlencoded".to_owned(), content.clone());
    }
    kinds.insert("multipart/form-data".to_owned(), content);
    Some(json!({ "required": is_required, "content": kinds }))
}
