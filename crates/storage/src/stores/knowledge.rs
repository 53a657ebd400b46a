//! A company's knowledge base.

use std::collections::{HashMap, HashSet};

use ::jobs::Kind;
use diesel::{
    dsl::{auto_type, case_when, count_star, exists, max, not, sql},
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Bool, Text},
    upsert::excluded,
};
use knowledge::{Chunk, Document, Entry, Extent, KnowledgeBase, Version};
use tenancy::{CompanyCode, DocumentId, StoreError, Timestamp, access::Caller};

use super::{companies as companies_store, jobs};
use crate::{
    conn::{Db, each_db},
    error::{IntoStoreError as _, decode_enum},
    schema::{chunks, companies, documents},
    store::CompanyStore,
    types::{At, Instant},
};

/// Rows per statement. SQLite accepts 32,766 parameters.
const BATCH: usize = 1_000;

#[derive(Queryable, Selectable)]
#[diesel(table_name = chunks)]
pub(super) struct ChunkRow {
    document_id: i64,
    chunk_id: String,
    section: String,
    question: String,
    answer: String,
    page: i64,
    position: i64,
    alternatives: String,
}

impl ChunkRow {
    fn into_chunk(self, title: String) -> Chunk {
        Chunk {
            document: Document { id: DocumentId::new(self.document_id), title },
            chunk_id: self.chunk_id,
            section: self.section,
            question: self.question,
            alternatives: self.alternatives.lines().map(str::to_owned).collect(),
            answer: self.answer,
            page: self.page,
            position: self.position,
        }
    }
}

/// The titles of documents by id.
pub(super) struct Titles(HashMap<i64, String>);

impl Titles {
    /// Reads those of the documents that chunks belong to. The chunks are in the order of their documents.
    pub(super) fn of<'r>(
        conn: &mut Db,
        code: &str,
        rows: impl Iterator<Item = &'r ChunkRow>,
    ) -> Result<Self, StoreError> {
        let mut ids: Vec<i64> = rows.map(|row| row.document_id).collect();
        ids.dedup();
        let mut titles = HashMap::with_capacity(ids.len());
        for batch in ids.chunks(BATCH) {
            let found: Vec<(i64, String)> = own_documents(code)
                .filter(documents::id.eq_any(batch))
                .select((documents::id, documents::title))
                .load(conn)
                .into_store_error()?;
            titles.extend(found);
        }
        Ok(Self(titles))
    }

    /// Returns a chunk with the title of its document.
    pub(super) fn add_to(&self, row: ChunkRow) -> Result<Chunk, StoreError> {
        let title = decode_enum(self.0.get(&row.document_id).cloned(), "document")?;
        Ok(row.into_chunk(title))
    }
}

#[derive(Insertable)]
#[diesel(table_name = documents)]
struct NewDocument<'a> {
    company_id: &'a str,
    title: &'a str,
    created_at: At,
}

// Diesel would insert the rows one by one on SQLite if a column could be left to its default.
#[derive(Insertable)]
#[diesel(table_name = chunks, treat_none_as_default_value = false)]
struct NewChunk<'a> {
    company_id: &'a str,
    document_id: i64,
    chunk_id: &'a str,
    section: &'a str,
    question: &'a str,
    answer: &'a str,
    page: i64,
    position: i64,
    alternatives: String,
    updated_at: At,
}

impl<'a> NewChunk<'a> {
    fn of(entry: &'a Entry, company_id: &'a str, document_id: i64, position: i64, now: Timestamp) -> Self {
        Self {
            company_id,
            document_id,
            chunk_id: &entry.chunk_id,
            section: &entry.section,
            question: &entry.question,
            answer: &entry.answer,
            page: entry.page,
            position,
            // An alternative is one line.
            alternatives: entry.alternatives.join("\n"),
            updated_at: At(now),
        }
    }
}

/// Selects the documents of a company. Every query of them starts here.
#[auto_type]
pub(super) fn own_documents<'a>(code: &'a str) -> _ {
    documents::table.filter(documents::company_id.eq(code))
}

/// Selects the chunks of a company. Every query of them starts here.
#[auto_type]
pub(super) fn own_chunks<'a>(code: &'a str) -> _ {
    chunks::table.filter(chunks::company_id.eq(code))
}

impl<C: Caller> KnowledgeBase for CompanyStore<'_, C> {
    fn version(&mut self) -> Result<Version, StoreError> {
        let code = self.code();
        let version = companies::table
            .find(code.as_str())
            .select(companies::knowledge_version)
            .first(self.conn)
            .into_store_error()?;
        Ok(Version::new(version))
    }

    fn company_name(&mut self) -> Result<String, StoreError> {
        let code = self.code();
        companies::table.find(code.as_str()).select(companies::name).first(self.conn).into_store_error()
    }

    fn chunks(&mut self) -> Result<Vec<Chunk>, StoreError> {
        let code = self.code();
        let rows: Vec<ChunkRow> = own_chunks(code.as_str())
            .order((chunks::document_id, chunks::position))
            .select(ChunkRow::as_select())
            .load(self.conn)
            .into_store_error()?;
        let titles = Titles::of(self.conn, code.as_str(), rows.iter())?;
        rows.into_iter().map(|row| titles.add_to(row)).collect()
    }

    fn extent(&mut self) -> Result<Extent, StoreError> {
        let code = self.code();
        let characters =
            sql::<BigInt>("CAST(COALESCE(SUM(LENGTH(question) + LENGTH(alternatives) + LENGTH(answer)), 0) AS BIGINT)");
        // Alternatives are lines of one text.
        let alternatives = sql::<BigInt>(
            "CAST(COALESCE(SUM(CASE WHEN alternatives = '' THEN 0 ELSE \
             1 + LENGTH(alternatives) - LENGTH(REPLACE(alternatives, '\n', '')) END), 0) AS BIGINT)",
        );
        let select = (count_star(), alternatives, characters);
        let (entries, alternatives, characters): (i64, i64, i64) =
            own_chunks(code.as_str()).select(select).first(self.conn).into_store_error()?;
        let number = |count: i64| decode_enum(u64::try_from(count).ok(), "count");
        Ok(Extent { questions: number(entries + alternatives)?, characters: number(characters)? })
    }

    fn replace_faq(&mut self, entries: &[Entry], now: Timestamp) -> Result<Version, StoreError> {
        let company = self.code();
        let code = company.as_str();
        let version = changed(self.conn, company, now)?;
        diesel::delete(own_chunks(code)).execute(self.conn).into_store_error()?;
        let documents = ensure_documents(self.conn, code, entries, now)?;
        let rows = in_order(entries, code, &documents, now)?;
        put_chunks(self.conn, code, &rows, Positions::Kept)?;
        drop_empty_documents(self.conn, code)?;
        Ok(version)
    }

    fn merge_faq(&mut self, entries: &[Entry], now: Timestamp) -> Result<Version, StoreError> {
        let company = self.code();
        let code = company.as_str();
        let version = changed(self.conn, company, now)?;
        let mut last_positions = last_positions(self.conn, code)?;
        let documents = ensure_documents(self.conn, code, entries, now)?;
        let rows = entries
            .iter()
            .map(|entry| {
                let document = decode_enum(documents.get(entry.document.as_str()).copied(), "document")?;
                let position = last_positions.entry(document).or_insert(0);
                *position += 1;
                Ok(NewChunk::of(entry, code, document, *position, now))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        put_chunks(self.conn, code, &rows, Positions::Kept)?;
        drop_empty_documents(self.conn, code)?;
        Ok(version)
    }

    fn replace_documents(
        &mut self,
        removed: &[&str],
        entries: &[&Entry],
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        let company = self.code();
        let code = company.as_str();
        let version = changed(self.conn, company, now)?;
        for batch in removed.chunks(BATCH) {
            diesel::delete(own_chunks(code).filter(chunks::chunk_id.eq_any(batch.iter().copied())))
                .execute(self.conn)
                .into_store_error()?;
        }
        let documents = ensure_documents(self.conn, code, entries.iter().copied(), now)?;
        let rows = in_order(entries.iter().copied(), code, &documents, now)?;
        put_chunks(self.conn, code, &rows, Positions::Given)?;
        drop_empty_documents(self.conn, code)?;
        Ok(version)
    }

    fn lock_faq(&mut self) -> Result<(), StoreError> {
        companies_store::lock(self.conn, self.code())
    }

    fn remove_from_faq(&mut self, chunk_id: &str, now: Timestamp) -> Result<Version, StoreError> {
        let company = self.code();
        let code = company.as_str();
        let version = changed(self.conn, company, now)?;
        diesel::delete(own_chunks(code).filter(chunks::chunk_id.eq(chunk_id))).execute(self.conn).into_store_error()?;
        drop_empty_documents(self.conn, code)?;
        Ok(version)
    }
}

/// Raises the version, and asks for the vectors of the changed entries.
fn changed(conn: &mut Db, company: CompanyCode, now: Timestamp) -> Result<Version, StoreError> {
    let version = raise_version(conn, company.as_str())?;
    jobs::enqueue(conn, company, Kind::Encode, now)?;
    Ok(version)
}

/// Raises the version. It is the first statement of every change: on PostgreSQL it locks the company's row, so
/// that two changes of one company's knowledge run one after the other.
pub(super) fn raise_version(conn: &mut Db, code: &str) -> Result<Version, StoreError> {
    diesel::update(companies::table.find(code))
        .set(companies::knowledge_version.eq(companies::knowledge_version + 1))
        .returning(companies::knowledge_version)
        .get_result(conn)
        .map(Version::new)
        .into_store_error()
}

/// Inserts the documents that the entries name and that do not exist yet, and returns the ids of all documents
/// by title.
fn ensure_documents<'e>(
    conn: &mut Db,
    code: &str,
    entries: impl IntoIterator<Item = &'e Entry>,
    now: Timestamp,
) -> Result<HashMap<String, i64>, StoreError> {
    let known: Vec<(String, i64)> =
        own_documents(code).select((documents::title, documents::id)).load(conn).into_store_error()?;
    let mut known: HashMap<String, i64> = known.into_iter().collect();
    let mut seen = HashSet::new();
    let missing: Vec<_> = entries
        .into_iter()
        .map(|entry| entry.document.as_str())
        .filter(|title| !known.contains_key(*title) && seen.insert(*title))
        .map(|title| NewDocument { company_id: code, title, created_at: At(now) })
        .collect();
    for batch in missing.chunks(BATCH) {
        let inserted: Vec<(String, i64)> = each_db!(conn, c => diesel::insert_into(documents::table)
            .values(batch)
            .returning((documents::title, documents::id))
            .get_results(c))
        .into_store_error()?;
        known.extend(inserted);
    }
    Ok(known)
}

/// Returns the rows of entries, whose positions are in their order.
fn in_order<'e>(
    entries: impl IntoIterator<Item = &'e Entry>,
    code: &'e str,
    documents: &HashMap<String, i64>,
    now: Timestamp,
) -> Result<Vec<NewChunk<'e>>, StoreError> {
    let row = |(entry, position): (&'e Entry, i64)| {
        let document = decode_enum(documents.get(entry.document.as_str()).copied(), "document")?;
        Ok(NewChunk::of(entry, code, document, position, now))
    };
    entries.into_iter().zip(1..).map(row).collect()
}

/// Returns the last position in each document.
fn last_positions(conn: &mut Db, code: &str) -> Result<HashMap<i64, i64>, StoreError> {
    let rows: Vec<(i64, Option<i64>)> = own_chunks(code)
        .group_by(chunks::document_id)
        .select((chunks::document_id, max(chunks::position)))
        .load(conn)
        .into_store_error()?;
    Ok(rows.into_iter().filter_map(|(document, position)| Some((document, position?))).collect())
}

/// The positions of chunks that stay in their document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Positions {
    Kept,
    Given,
}

/// Upserts chunks. A chunk that is stored as it is keeps its time. Upserts do not touch the indexes of
/// unchanged columns, which saves time: on SQLite all companies wait for this writer.
fn put_chunks(conn: &mut Db, code: &str, rows: &[NewChunk<'_>], positions: Positions) -> Result<(), StoreError> {
    let stays = || chunks::document_id.eq(excluded(chunks::document_id));
    let keeps_position = stays().and((positions == Positions::Kept).into_sql::<Bool>());
    let is_same = stays()
        .and(chunks::section.eq(excluded(chunks::section)))
        .and(chunks::question.eq(excluded(chunks::question)))
        .and(chunks::answer.eq(excluded(chunks::answer)))
        .and(chunks::page.eq(excluded(chunks::page)))
        .and(chunks::alternatives.eq(excluded(chunks::alternatives)));
    let changes = (
        chunks::document_id.eq(excluded(chunks::document_id)),
        chunks::section.eq(excluded(chunks::section)),
        chunks::question.eq(excluded(chunks::question)),
        chunks::answer.eq(excluded(chunks::answer)),
        chunks::page.eq(excluded(chunks::page)),
        chunks::alternatives.eq(excluded(chunks::alternatives)),
        chunks::updated_at.eq(case_when(is_same, chunks::updated_at).otherwise(excluded(chunks::updated_at))),
        chunks::position.eq(case_when(keeps_position, chunks::position).otherwise(excluded(chunks::position))),
    );
    for batch in rows.chunks(BATCH) {
        match conn {
            Db::Pg(conn) => put_by_arrays(conn, code, batch, positions),
            Db::Sqlite(conn) => diesel::insert_into(chunks::table)
                .values(batch)
                .on_conflict((chunks::company_id, chunks::chunk_id))
                .do_update()
                .set(changes)
                .execute(conn),
        }
        .into_store_error()?;
    }
    Ok(())
}

/// Upserts chunks with eleven parameters in all. With ten per row, PostgreSQL would spend two fifths of its
/// time on parsing and planning the statement.
fn put_by_arrays<'a>(
    conn: &mut PgConnection,
    code: &str,
    rows: &[NewChunk<'a>],
    positions: Positions,
) -> QueryResult<usize> {
    let numbers = |of: fn(&NewChunk<'a>) -> i64| rows.iter().map(of).collect::<Vec<_>>();
    let texts = |of: fn(&NewChunk<'a>) -> &'a str| rows.iter().map(of).collect::<Vec<_>>();
    let alternatives: Vec<&str> = rows.iter().map(|row| row.alternatives.as_str()).collect();
    let Some(updated_at) = rows.first().map(|row| row.updated_at) else { return Ok(0) };
    sql_query(
        "INSERT INTO chunks (company_id, updated_at, document_id, chunk_id, section, question, answer, page, position,
            alternatives)
        SELECT $1, $2, * FROM unnest($3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (company_id, chunk_id) DO UPDATE SET
            document_id = excluded.document_id, section = excluded.section, question = excluded.question,
            answer = excluded.answer, page = excluded.page, alternatives = excluded.alternatives,
            updated_at = CASE
                WHEN (chunks.document_id, chunks.section, chunks.question, chunks.answer, chunks.page, chunks.alternatives)
                    = (excluded.document_id, excluded.section, excluded.question, excluded.answer, excluded.page,
                        excluded.alternatives)
                THEN chunks.updated_at ELSE excluded.updated_at END,
            position = CASE WHEN chunks.document_id = excluded.document_id AND $11
                THEN chunks.position ELSE excluded.position END",
    )
    .bind::<Text, _>(code)
    .bind::<Instant, _>(updated_at)
    .bind::<Array<BigInt>, _>(numbers(|row| row.document_id))
    .bind::<Array<Text>, _>(texts(|row| row.chunk_id))
    .bind::<Array<Text>, _>(texts(|row| row.section))
    .bind::<Array<Text>, _>(texts(|row| row.question))
    .bind::<Array<Text>, _>(texts(|row| row.answer))
    .bind::<Array<BigInt>, _>(numbers(|row| row.page))
    .bind::<Array<BigInt>, _>(numbers(|row| row.position))
    .bind::<Array<Text>, _>(alternatives)
    .bind::<Bool, _>(positions == Positions::Kept)
    .execute(conn)
}

fn drop_empty_documents(conn: &mut Db, code: &str) -> Result<(), StoreError> {
    let content = chunks::table
        .filter(chunks::company_id.eq(documents::company_id))
        .filter(chunks::document_id.eq(documents::id));
    diesel::delete(own_documents(code).filter(not(exists(content)))).execute(conn).into_store_error()?;
    Ok(())
}
