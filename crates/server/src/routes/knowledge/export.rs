//! `knowledge/entries/export/`: all entries, as `load-rag-documents/` reads them.

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, ContentType},
    },
    web,
};
use knowledge::{ListedEntry, entries};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
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
            .about("The categories are the documents. One load reads 5,000 entries and 10 MiB at most.")
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
    documents: InOrder<InOrder<Vec<ExportedEntry>>>,
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

/// An object whose keys are in the order in which they were added first.
struct InOrder<T>(Vec<(String, T)>);

impl<T: Default> InOrder<T> {
    /// Returns the value of a key, which is mostly the key that was added last.
    fn entry(&mut self, key: &str) -> Option<&mut T> {
        let at = self.0.iter().rposition(|(known, _)| known == key).unwrap_or_else(|| {
            self.0.push((key.to_owned(), T::default()));
            self.0.len() - 1
        });
        self.0.get_mut(at).map(|(_, value)| value)
    }
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for InOrder<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<T: JsonSchema> JsonSchema for InOrder<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

/// Exports all entries.
async fn export(Auth(staff): Auth<Staff>, params: Params, app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    let target = Target::of_staff(&staff, &params)?;
    let entries = target.read(&app, staff, |store| entries::all(store)).await?;
    let written = background::run(move || serde_json::to_vec(&of(entries))).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"knowledge.json\""))
        .body(written.map_err(ApiError::internal)?))
}

fn of(entries: Vec<ListedEntry>) -> Export {
    let mut documents: InOrder<InOrder<Vec<ExportedEntry>>> = InOrder::default();
    for ListedEntry { chunk, .. } in entries {
        let section = documents.entry(&chunk.document.title).and_then(|document| document.entry(&chunk.section));
        if let Some(section) = section {
            section.push(ExportedEntry {
                chunk_id: chunk.chunk_id,
                document: chunk.document.title,
                section: chunk.section,
                question: chunk.question,
                alternatives: chunk.alternatives,
                answer: chunk.answer,
                page: chunk.page,
            });
        }
    }
    Export { documents }
}
