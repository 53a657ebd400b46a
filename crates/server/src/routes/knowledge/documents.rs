//! `knowledge/documents/`: the documents that entries belong to.

use actix_web::web::{self, Json};
use knowledge::{EntryList, ListedDocument};
use schemars::JsonSchema;
use serde::Serialize;
use tenancy::{
    DocumentId,
    access::{Refused, Staff},
};

use super::{
    super::endpoint::{Endpoint, at},
    pages,
    target::{company_id, no_target, shared},
};
use crate::{
    app::App,
    auth::Auth,
    http::{error::ApiError, params::Params},
    views::{AsText, TimestampText},
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        at("/api/knowledge/documents/")
            .get("Lists the documents of a company's knowledge, oldest first.", list)
            .about(
                "Those of the shared library follow, with `shared` true, if the company uses it. For the next page, send \
                 `next` as `cursor`.",
            )
            .query(pages::limit())
            .query(pages::cursor())
            .query(company_id())
            .query(shared())
            .refuses(ApiError::invalid_parameter("cursor"))
            .refuses(no_target())
            .refuses(Refused::CompanyNotFound),
    ]
}

#[derive(Serialize, JsonSchema)]
struct DocumentPage {
    results: Vec<DocumentRow>,
    /// The value of `cursor` for the next page; null on the last page.
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct DocumentRow {
    /// The id, as in citations.
    document_id: i64,
    title: String,
    /// The number of its entries.
    entries: u64,
    /// When it was loaded first.
    created_at: TimestampText,
    shared: bool,
}

impl DocumentRow {
    fn new(listed: ListedDocument, shared: bool) -> Self {
        Self {
            document_id: listed.document.id.get(),
            title: listed.document.title,
            entries: listed.entries,
            created_at: AsText(listed.created_at),
            shared,
        }
    }
}

/// Lists a page of the documents.
async fn list(Auth(staff): Auth<Staff>, params: Params, app: web::Data<App>) -> Result<Json<DocumentPage>, ApiError> {
    let read = |store: &mut dyn EntryList, after: Option<DocumentId>, limit: usize| {
        // One more document than the page shows tells whether there is a next page.
        let mut documents = store.documents_after(after, limit + 1)?;
        let more = documents.len() > limit;
        documents.truncate(limit);
        let next = documents.last().filter(|_| more).map(|listed| listed.document.id);
        Ok((documents, next))
    };
    let pages = pages::read(&app, staff, &params, read).await?;
    let results = pages.rows.into_iter().map(|(row, shared)| DocumentRow::new(row, shared)).collect();
    Ok(Json(DocumentPage { results, next: pages.next }))
}
