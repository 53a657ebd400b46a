//! Examples: one value for each field name, composed into whole objects.

use serde_json::{Map, Value, json};

/// How many levels of nesting an example shows.
const DEPTH: usize = 8;

/// Adds an example to every schema.
pub(super) fn complete(schemas: &mut Map<String, Value>) {
    let known = schemas.clone();
    for (_, schema) in schemas.iter_mut() {
        let example = of("", schema, &known);
        if let Some(schema) = schema.as_object_mut() {
            schema.entry("example").or_insert(example);
        }
    }
}

/// Returns an example of a schema. The name of its field decides first.
pub(super) fn of(name: &str, schema: &Value, schemas: &Map<String, Value>) -> Value {
    at(name, schema, schemas, DEPTH)
}

fn at(name: &str, schema: &Value, schemas: &Map<String, Value>, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    let given = schema.get("examples").and_then(|list| list.get(0));
    if let Some(example) = given.or_else(|| schema.get("example")).or_else(|| schema.get("const")) {
        return example.clone();
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = target.rsplit('/').next().and_then(|target| schemas.get(target));
        return target.map_or(Value::Null, |target| at(name, target, schemas, depth - 1));
    }
    if let Some(first) = schema.get("enum").and_then(|list| list.get(0)) {
        return word(name)
            .filter(|word| schema["enum"].as_array().is_some_and(|all| all.contains(word)))
            .unwrap_or_else(|| first.clone());
    }
    let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind)).and_then(Value::as_str);
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let example = |(name, schema): (&String, &Value)| (name.clone(), at(name, schema, schemas, depth - 1));
        return properties.iter().map(example).collect::<Map<_, _>>().into();
    }
    if let Some(example) = word(name) {
        return example;
    }
    if let Some(first) = ["anyOf", "oneOf", "allOf"].into_iter().find_map(|key| schema.get(key)?.get(0)) {
        return at(name, first, schemas, depth - 1);
    }
    match kind {
        Some("array") => schema.get("items").map_or(json!([]), |items| json!([at(name, items, schemas, depth - 1)])),
        Some("object") => json!({}),
        Some("integer") => json!(1),
        Some("number") => json!(0.5),
        Some("boolean") => json!(true),
        Some("string") => json!("text"),
        _ => Value::Null,
    }
}

/// Returns the example for a field name, the same in every object.
pub(super) fn word(name: &str) -> Option<Value> {
    const AT: &str = "2026-11-23T02:52:03.458070Z";
    const SESSION: &str = "TES001_7be419cd-3f64-4b0f-9a52-0c2f4a1d8e11";
    const LINK: &str =
        "/media/uploads/TES001/7be419cd/TES001_20261123_025203_c426fdcf45b4_cv.pdf?exp=1796093523&sig=c2ln";
    Some(match name {
        "username" | "email" => json!("ann@tesla.example"),
        "password" | "current_password" => json!("k7Tq9mWx4RcVb2Hn"),
        "new_password" | "confirm_password" => json!("A-long-enough-phrase"),
        "access" | "refresh" => json!("eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2ln"),
        "name" | "user_name" => json!("Ann Ray"),
        "first_name" => json!("Ann"),
        "last_name" => json!("Ray"),
        "company_name" => json!("Tesla Motors"),
        "company_id" => json!("TES001"),
        "session_id" | "chat_session_id" => json!(SESSION),
        "phone" => json!("+977-9841234567"),
        "phone_number" | "contact_number" => json!("555-0100"),
        "contact_person" => json!("Ann Ray"),
        "address" => json!("Kathmandu, Nepal"),
        "country_code" | "default_country_code" => json!("+977"),
        "role" => json!("ADMIN"),
        "plan_name" => json!("basic"),
        "plan_name_display" => json!("Basic"),
        "price" => json!("99.99"),
        "max_agents" => json!(5),
        "expiry_date" => json!("2027-11-23"),
        "start_date" | "created_at" | "updated_at" | "timestamp" | "escalated_at" | "uploaded_at" | "last_used"
        | "date_joined" | "current_time" | "login_time" | "logout_time" | "resolved_at" => json!(AT),
        "days_remaining" => json!(364),
        "specialization" => json!("Billing"),
        "formatted_last_active" => json!("Never"),
        "formatted_created_at" => json!("23/11/2026 02:52"),
        "generated_password" | "thumbnail" | "notes" | "next" | "previous" => Value::Null,
        "message" | "content" => json!("Where is my order?"),
        "context" => json!("Initial conversation"),
        "client_message_id" => json!("9b2f6c1e-0d6c-4a8e-b6a5-5d7f0c3e2a10"),
        "attachment_ids" => json!([3]),
        "message_type" | "uploader" | "sender_type" => json!("user"),
        "metadata" => json!({ "context": "Initial conversation", "has_attachments": false }),
        "reason" | "escalation_reason" => json!("I want to talk to a person"),
        "priority" => json!("medium"),
        "status" => json!("active"),
        "status_display" => json!("Active"),
        "persistent_user_id" => json!("user_ddbca28ab272"),
        "original_name" | "file_name" => json!("cv.pdf"),
        "filename" => json!("TES001_20261123_025203_c426fdcf45b4_cv.pdf"),
        "file_url" => json!(LINK),
        "url" => json!(format!("https://chat.example.com{LINK}")),
        "file_type" => json!("document"),
        "mime_type" => json!("application/pdf"),
        "file" => json!("(the bytes of cv.pdf)"),
        "path" => json!("uploads/TES001/7be419cd/TES001_20261123_025203_c426fdcf45b4_cv.pdf"),
        "id" | "session" | "user_profile_id" => json!(7),
        "seq" | "last_seq" => json!(7),
        "activity_type" => json!("session_assign"),
        "ip_address" => json!("192.0.2.7"),
        "provider" => json!("NTC"),
        "code" => json!("+977"),
        "country" => json!("Nepal"),
        "flag" => json!("\u{1F1F3}\u{1F1F5}"),
        "documents" => {
            json!({ "Orders": { "Delivery": [{ "question": "Where is my order?", "answer": "On its way." }] } })
        }
        "document" => json!("Handbook"),
        "section" => json!("Delivery"),
        "question" => json!("Where is my order?"),
        "alternatives" => json!(["When does my order arrive?"]),
        "chunk_id" => json!("orders_001"),
        "mode" => json!("replace"),
        "snippet" | "answer" => json!("Orders arrive within three days."),
        "response" => json!("Orders arrive within three days."),
        "suggestions" => json!(["Browse topics", "Talk to a person"]),
        "type" => json!("rag_response"),
        "by_country" => json!({ "+977": 9 }),
        "timezone" => json!("UTC"),
        _ => return None,
    })
}
