//! The entries and documents of a company's knowledge, one by one and page by page.

use std::collections::HashMap;

use diesel::{dsl::count_star, prelude::*};
use knowledge::{Document, EntryList, EntryPosition, ListedDocument, ListedEntry};
use tenancy::{DocumentId, StoreError, access::Caller};

use super::knowledge::{ChunkRow, Titles, own_chunks, own_documents};
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
        let rows = |limit: usize| {
            let query = own_chunks(code.as_str()).select(EntryRow::as_select()).into_boxed();
            let query = match document {
                Some(document) => query.filter(chunks::document_id.eq(document.get())),
                None => query,
            };
            query.order((chunks::document_id, chunks::position)).limit(most(limit))
        };
        let Some(after) = after else {
            let found = rows(limit).load(self.conn).into_store_error()?;
            return listed(self, found);
        };
        // Two ranges of one index: the rest of the document, and all documents after it.
        let (at, position) = (after.document.get(), after.position);
        let rest = rows(limit).filter(chunks::document_id.eq(at)).filter(chunks::position.gt(position));
        let mut found: Vec<EntryRow> = rest.load(self.conn).into_store_error()?;
        let left = limit.saturating_sub(found.len());
        if left > 0 {
            let later = rows(left).filter(chunks::document_id.gt(at));
            found.extend(later.load::<EntryRow>(self.conn).into_store_error()?);
        }
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
    let titles = Titles::of(store.conn, code.as_str(), rows.iter().map(|row| &row.chunk))?;
    let with_title = |row: EntryRow| Ok(ListedEntry { chunk: titles.add_to(row.chunk)?, updated_at: row.updated_at.0 });
    rows.into_iter().map(with_title).collect()
}

fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
