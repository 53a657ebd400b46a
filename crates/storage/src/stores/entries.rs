//! The entries and documents of a company's knowledge, one by one and page by page.

use std::collections::HashMap;

use diesel::{dsl::count_star, prelude::*};
use knowledge::{Document, EntryList, EntryPosition, ListedDocument, ListedEntry};
use tenancy::{DocumentId, StoreError, access::Caller};

use super::knowledge::{ChunkRow, own_chunks, own_documents};
use crate::{
    error::{IntoStoreError as _, decode_enum},
    schema::{chunks, documents},
    store::CompanyStore,
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = chunks)]
struct EntryRow {
    #[diesel(embed)]
    chunk: ChunkRow,
    updated_at: At,
}

impl<C: Caller> EntryList for CompanyStore<'_, C> {
    fn entry(&mut self, chunk_id: &str) -> Result<Option<ListedEntry>, StoreError> {
        let code = self.code();
        let row = own_chunks(code.as_str())
            .filter(chunks::chunk_id.eq(chunk_id))
            .select(EntryRow::as_select())
            .load(self.conn)
            .into_store_error()?;
        Ok(listed(self, row)?.pop())
    }

    fn entries_after(
        &mut self,
        document: Option<DocumentId>,
        after: Option<EntryPosition>,
        limit: usize,
    ) -> Result<Vec<ListedEntry>, StoreError> {
        let code = self.code();
        let rows = |document: Option<DocumentId>, after: Option<i64>, limit: usize| {
            let mut query = own_chunks(code.as_str()).select(EntryRow::as_select()).into_boxed();
            if let Some(document) = document {
                query = query.filter(chunks::document_id.eq(document.get()));
            }
            if let Some(position) = after {
                query = query.filter(chunks::position.gt(position));
            }
            query.order((chunks::document_id, chunks::position)).limit(most(limit))
        };
        // Two ranges of one index: the rest of the document, and all documents after it.
        let found: Vec<EntryRow> = match (document, after) {
            (None, None) => rows(None, None, limit).load(self.conn).into_store_error()?,
            (Some(document), None) => rows(Some(document), None, limit).load(self.conn).into_store_error()?,
            (Some(document), Some(after)) if after.document > document => Vec::new(),
            (Some(document), Some(after)) if after.document < document => {
                rows(Some(document), None, limit).load(self.conn).into_store_error()?
            }
            (Some(document), Some(after)) => {
                rows(Some(document), Some(after.position), limit).load(self.conn).into_store_error()?
            }
            (None, Some(after)) => {
                let mut rest: Vec<EntryRow> =
                    rows(Some(after.document), Some(after.position), limit).load(self.conn).into_store_error()?;
                let left = limit.saturating_sub(rest.len());
                if left > 0 {
                    let later = rows(None, None, left).filter(chunks::document_id.gt(after.document.get()));
                    rest.extend(later.load(self.conn).into_store_error()?);
                }
                rest
            }
        };
        listed(self, found)
    }

    fn document_titled(&mut self, title: &str) -> Result<Option<DocumentId>, StoreError> {
        let code = self.code();
        let id: Option<i64> = own_documents(code.as_str())
            .filter(documents::title.eq(title))
            .select(documents::id)
            .first(self.conn)
            .optional()
            .into_store_error()?;
        Ok(id.map(DocumentId::new))
    }

    fn documents_after(&mut self, after: Option<DocumentId>, limit: usize) -> Result<Vec<ListedDocument>, StoreError> {
        let code = self.code();
        let rows: Vec<(i64, String, At)> = own_documents(code.as_str())
            .filter(documents::id.gt(after.map_or(i64::MIN, DocumentId::get)))
            .order(documents::id)
            .limit(most(limit))
            .select((documents::id, documents::title, documents::created_at))
            .load(self.conn)
            .into_store_error()?;
        let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
        let counts: Vec<(i64, i64)> = own_chunks(code.as_str())
            .filter(chunks::document_id.eq_any(ids))
            .group_by(chunks::document_id)
            .select((chunks::document_id, count_star()))
            .load(self.conn)
            .into_store_error()?;
        let counts: HashMap<i64, i64> = counts.into_iter().collect();
        let document = |(id, title, At(created_at)): (i64, String, At)| {
            let entries = counts.get(&id).copied().unwrap_or_default();
            let document = Document { id: DocumentId::new(id), title };
            Ok(ListedDocument { document, entries: decode_enum(u64::try_from(entries).ok(), "count")?, created_at })
        };
        rows.into_iter().map(document).collect()
    }
}

/// Adds the titles of the documents.
fn listed<C: Caller>(store: &mut CompanyStore<'_, C>, rows: Vec<EntryRow>) -> Result<Vec<ListedEntry>, StoreError> {
    let code = store.code();
    let mut ids: Vec<i64> = rows.iter().map(|row| row.chunk.document().get()).collect();
    // Rows are in the order of their documents.
    ids.dedup();
    let mut titles: HashMap<i64, String> = HashMap::new();
    for batch in ids.chunks(BATCH) {
        let found: Vec<(i64, String)> = own_documents(code.as_str())
            .filter(documents::id.eq_any(batch))
            .select((documents::id, documents::title))
            .load(store.conn)
            .into_store_error()?;
        titles.extend(found);
    }
    rows.into_iter()
        .map(|row| {
            let title = decode_enum(titles.get(&row.chunk.document().get()).cloned(), "document")?;
            Ok(ListedEntry { chunk: row.chunk.into_chunk(title), updated_at: row.updated_at.0 })
        })
        .collect()
}

/// Ids per statement.
const BATCH: usize = 1_000;

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
