//! `knowledge/entries/export/`: all entries, as `load-rag-documents/` reads them.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, ContentType},
    },
    web,
};
use knowledge::{ListedEntry, entries};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tenancy::access::{Refused, Staff};

use super::{
    super::endpoint::{Endpoint, at},
    target::{Target, company_id, no_target, shared},
};
use crate::{
    app::App,
    auth::Auth,
    background,
    http::{error::ApiError, params::Params},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/entries/export/")
            .get("Exports all entries of a company's own knowledge, as load-rag-documents reads them.", export)
            .about(
                "The categories are the documents. One load reads 5,000 entries and 10 MiB at most. `knowledge/uploads/` \
                 reads the file, too.",
            )
            .replies::<Export>(StatusCode::OK)
            .query(company_id())
            .query(shared())
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound),
    ]
}

/// All entries of a company or of the shared library.
#[derive(Serialize, JsonSchema)]
struct Export {
    /// The entries by document, then by section.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, Vec<ExportedEntry>>>")]
    documents: Map<String, Value>,
    /// Always `true`: the texts are no HTML. So an upload of the file changes nothing in them.
    plain_text: bool,
}

#[derive(Serialize, JsonSchema)]
struct ExportedEntry {
    chunk_id: String,
    document: String,
    section: String,
    question: String,
    alternatives: Vec<String>,
    answer: String,
    page: i64,
}

/// Exports all entries.
async fn export(Auth(staff): Auth<Staff>, params: Params, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let target = Target::of_staff(&staff, &params)?;
    let entries = target.read(&app, staff, |store| entries::all(store)).await?;
    let written = background::run(move || of(entries).and_then(|export| serde_json::to_vec(&export))).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"knowledge.json\""))
        .body(written.map_err(ApiError::internal)?))
}

fn of(entries: Vec<ListedEntry>) -> Result<Export, serde_json::Error> {
    // A map has its keys in the order in which they were added.
    let mut documents = Map::new();
    for ListedEntry { chunk, .. } in entries {
        let (document, section) = (chunk.document.title.clone(), chunk.section.clone());
        let exported = serde_json::to_value(ExportedEntry {
            chunk_id: chunk.chunk_id,
            document: chunk.document.title,
            section: chunk.section,
            question: chunk.question,
            alternatives: chunk.alternatives,
            answer: chunk.answer,
            page: chunk.page,
        })?;
        if let Value::Object(sections) = documents.entry(document).or_insert_with(|| json!({}))
            && let Value::Array(entries) = sections.entry(section).or_insert_with(|| json!([]))
        {
            entries.push(exported);
        }
    }
    Ok(Export { documents, plain_text: true })
}
