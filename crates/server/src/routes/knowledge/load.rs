//! `load-rag-documents/`: loads knowledge for a company or for the shared library.

use std::sync::Arc;

use actix_web::web::{self, Json};
use knowledge::{
    Chunk, Entries, FaqError, entry, faq,
    golden::Proposal,
    load::{self, LoadMode},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use storage::CompanyStore;
use tenancy::{
    access::{Office, Refused, Superadmin, Supervisor},
    audit::Action,
};

use super::{
    super::endpoint::{Endpoint, at},
    golden::guard,
    target::{Target, no_target},
};
use crate::{
    app::App,
    auth::Auth,
    http::{
        body::{Body, Fields, MIB, Raw, Valid},
        describe::{Field, parameter},
        error::ApiError,
        field_errors::{FieldError, FieldErrors},
        params::Params,
        rules::{self, Rule as _, Single as _, boolean, choice, file},
    },
};

/// The bundled sample, which a superadmin can load into the shared library.
const SAMPLE: &str = include_str!("../../../assets/sample_faq.json");

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/chatbot/load-rag-documents/")
            .get("Loads the bundled sample into the shared library again.", load_sample)
            .post("Loads an FAQ into a company's knowledge or the shared library, completely or not at all.", load)
            .about(
                "The FAQ has categories with subcategories with entries. A load without entries is refused, and \
                 `expected` names the forms that are read. Only `{\"documents\": {}}` in mode `replace` deletes all \
                 entries.",
            )
            .query(parameter(
                "company_id",
                "For a superadmin: the company, if the body does not name it.",
                json!({ "type": "string" }),
            ))
            .query(parameter("shared", "For a superadmin: `true` for the shared library.", json!({ "type": "string" })))
            .query(parameter(
                "mode",
                "`replace` or `merge`, if the body does not name it.",
                json!({ "type": "string", "enum": LoadMode::WORDS, "default": "replace" }),
            ))
            .query(guard::force())
            .refuses(no_target())
            .refuses(guard::refusal(&[guard::example()]))
            .refuses(no_entries())
            .refuses(Refused::CompanyNotFound),
    ]
}

/// An FAQ in one of its three forms, with its target and mode.
struct LoadBody {
    faq: Result<Entries, FaqError>,
    /// Whether the body is the one form that asks for empty knowledge: `documents` is `{}`, and
    /// nothing but parameters is sent with it.
    is_emptying: bool,
    company_id: Option<String>,
    shared: Option<bool>,
    mode: Option<LoadMode>,
}

impl Body for LoadBody {
    const LIMIT: usize = 10 * MIB;
    const NAMES: Option<&'static [&'static str]> = None;

    fn read(mut fields: Fields<'_>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let company_id = rules::text().max(20).optional().read(&mut fields, "company_id");
        let company_id = errors.keep("company_id", company_id);
        let shared = boolean().optional().read(&mut fields, "shared");
        let shared = errors.keep("shared", shared);
        let mode = choice(LoadMode::parse, LoadMode::WORDS).optional().read(&mut fields, "mode");
        let mode = errors.keep("mode", mode);
        let (faq, is_emptying) = match fields.take("file") {
            Some(sent @ Raw::File(_)) => (errors.keep("file", faq_of_file(sent)).map(unwrapped), false),
            // A category of the FAQ can also be called `file`.
            Some(Raw::Json(category)) => {
                let mut faq = fields.into_object();
                faq.insert("file".to_owned(), category);
                (Some(unwrapped(faq)), false)
            }
            Some(Raw::Text(_)) | None => {
                let body = fields.into_object();
                let is_alone = body.len() == 1 && body.contains_key("documents");
                let faq = unwrapped(body);
                let is_emptying = is_alone && faq.is_empty();
                (Some(faq), is_emptying)
            }
        };
        match (faq, company_id, shared, mode) {
            (Some(faq), Some(company_id), Some(shared), Some(mode)) => {
                let faq = faq::parse(Value::Object(faq));
                Ok(Self { faq, is_emptying, company_id, shared, mode })
            }
            _ => Err(errors),
        }
    }

    fn name() -> String {
        "LoadBody".to_owned()
    }

    fn describe() -> Vec<Field> {
        let text = |max: usize| json!({ "type": "string", "maxLength": max });
        let item = json!({
            "type": "object",
            "properties": {
                "question": text(entry::MAX_QUESTION),
                "answer": text(entry::MAX_ANSWER),
                "section": text(entry::MAX_SECTION),
                "document": text(entry::MAX_DOCUMENT),
                "page": { "type": "integer" },
                "chunk_id": text(entry::MAX_CHUNK_ID),
                "alternatives": {
                    "type": "array",
                    "items": text(entry::MAX_QUESTION),
                    "maxItems": entry::MAX_ALTERNATIVES,
                },
            },
            "required": ["question", "answer"],
        });
        let items = json!({ "type": "array", "items": item, "maxItems": 5000 });
        let subcategories = json!({ "type": "object", "additionalProperties": items });
        let faq = json!({ "type": "object", "additionalProperties": subcategories });
        let field = |name, schema| Field { name, schema, is_required: false };
        vec![
            field("documents", faq),
            field("file", file().schema()),
            field("company_id", rules::text().max(20).optional().describe().schema),
            field("shared", boolean().optional().describe().schema),
            field("mode", choice(LoadMode::parse, LoadMode::WORDS).optional().describe().schema),
        ]
    }
}

fn faq_of_file(sent: Raw) -> Result<Map<String, Value>, FieldError> {
    let upload = file().accept(sent)?;
    match serde_json::from_slice(&upload.bytes) {
        Ok(Value::Object(faq)) => Ok(faq),
        Ok(_) | Err(_) => Err(FieldError::new("The file is not a JSON object.")),
    }
}

/// Returns the top-level object `documents` as the FAQ; without one, the body itself.
fn unwrapped(mut body: Map<String, Value>) -> Map<String, Value> {
    let documents = match body.get_mut("documents").map(Value::take) {
        Some(Value::Object(documents)) => Some(documents),
        Some(Value::String(text)) => serde_json::from_str(&text).ok(),
        Some(_) | None => None,
    };
    documents.unwrap_or(body)
}

/// The refusal of a load without entries, with the forms that are read.
fn no_entries() -> ApiError {
    ApiError::field("documents", "No documents were found.").with("expected", json!(FORMS))
}

/// The forms of a load, for callers whose FAQ has another one.
const FORMS: [&str; 4] = [
    r#"{"<category>": {"<subcategory>": [{"question": "..", "answer": ".."}]}}"#,
    r#"{"documents": {"<category>": {"<subcategory>": [{"question": "..", "answer": ".."}]}}}"#,
    "a multipart form with either of them as the JSON file `file`",
    r#"{"documents": {}} in mode `replace`, without other keys than parameters, to delete all entries"#,
];

#[derive(Serialize, JsonSchema)]
struct Loaded {
    message: &'static str,
    documents_count: usize,
    company_id: Option<String>,
    shared: bool,
    mode: &'static str,
}

/// Loads an FAQ, completely or not at all.
async fn load(
    Auth(supervisor): Auth<Supervisor>,
    params: Params,
    Valid(body): Valid<LoadBody>,
    app: web::Data<App>,
) -> Result<Json<Loaded>, ApiError> {
    let mode = match (body.mode, params.text("mode")) {
        (Some(mode), _) => mode,
        (None, Some(word)) => choice(LoadMode::parse, LoadMode::WORDS)
            .accept(Raw::Text(word.to_owned()))
            .map_err(|error| ApiError::fields(FieldErrors::of("mode", error)))?,
        (None, None) => LoadMode::Replace,
    };
    let target = Target::written(&supervisor, &params, body.company_id.as_deref(), body.shared)?;
    let is_emptying = body.is_emptying && mode == LoadMode::Replace;
    let entries = body.faq?;
    let count = entries.len();
    if count == 0 && !is_emptying {
        // No entries are far more often a mistake than a request to delete all knowledge.
        return Err(no_entries());
    }
    // Any key of the body can be a category.
    let is_forced = guard::is_forced(&params, None)?;
    let now = app.now();
    let entries = Arc::new(entries);
    let proposed = Arc::clone(&entries);
    let propose = move |_, _: &[Chunk]| Some(Proposal::load(proposed.as_slice(), mode));
    let load = move |store: &mut CompanyStore<'_, Office>| load::faq(store, &entries, mode, now);
    guard::publish(&app, target, supervisor, Action::KnowledgeLoaded, is_forced, propose, load).await?;
    Ok(Json(Loaded {
        message: "Documents loaded successfully",
        documents_count: count,
        company_id: target.company().map(|company| company.to_string()),
        shared: target == Target::Library,
        mode: mode.as_str(),
    }))
}

#[derive(Serialize, JsonSchema)]
struct SampleLoaded {
    message: &'static str,
    documents_count: usize,
}

/// Loads the bundled sample into the shared library again and keeps all other entries.
async fn load_sample(Auth(superadmin): Auth<Superadmin>, app: web::Data<App>) -> Result<Json<SampleLoaded>, ApiError> {
    let entries = sample().map_err(ApiError::internal)?;
    let count = entries.len();
    let now = app.now();
    let load = move |store: &mut CompanyStore<'_, Office>| load::faq(store, &entries, LoadMode::Merge, now);
    Target::Library.write(&app, Supervisor::Superadmin(superadmin), Action::KnowledgeLoaded, load).await?;
    app.job_enqueued.notify_one();
    Ok(Json(SampleLoaded { message: "Documents loaded successfully", documents_count: count }))
}

#[derive(Debug, thiserror::Error)]
enum SampleError {
    #[error("the bundled sample is not JSON")]
    Json(#[from] serde_json::Error),
    #[error("the bundled sample is not an FAQ: {0:?}")]
    Faq(Vec<String>),
}

fn sample() -> Result<Entries, SampleError> {
    let faq = serde_json::from_str(SAMPLE)?;
    faq::parse(faq).map_err(|error| SampleError::Faq(error.into_messages()))
}

impl From<FaqError> for ApiError {
    fn from(error: FaqError) -> Self {
        let messages = error.into_messages().into_iter().map(Into::into).collect();
        Self::fields(FieldErrors::of("documents", FieldError::Messages(messages)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_sample_has_113_entries() {
        assert_eq!(sample().unwrap().len(), 113);
    }
}
