//! Private notes of staff.

use diesel::{dsl::count_star, prelude::*};
use handoff::notes::{NewNote, Note, NoteAuthor, NoteRange, Notes};
use tenancy::{NoteId, SessionRowId, StoreError, Timestamp, access::Caller};

use crate::{
    error::{IntoStoreError as _, decode_enum},
    schema::notes,
    store::CompanyStore,
    types::At,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = notes)]
struct NoteRow {
    id: i64,
    after_seq: i64,
    author: String,
    name: Option<String>,
    text: String,
    created_at: At,
    idempotency_key: Option<String>,
    client_message_id: Option<String>,
}

impl NoteRow {
    fn into_note(self) -> Result<Note, StoreError> {
        let author = decode_enum(NoteAuthor::parse(&self.author), "author of a note")?;
        let new = NewNote {
            after_seq: self.after_seq,
            author,
            name: self.name,
            text: self.text,
            key: self.idempotency_key,
            client_message_id: self.client_message_id,
        };
        Ok(Note { id: NoteId::new(self.id), new, at: self.created_at.0 })
    }
}

impl<C: Caller> Notes for CompanyStore<'_, C> {
    fn insert_note(&mut self, session: SessionRowId, note: &NewNote, now: Timestamp) -> Result<NoteId, StoreError> {
        let code = self.code();
        let id: i64 = diesel::insert_into(notes::table)
            .values((
                notes::company_id.eq(code.as_str()),
                notes::session_key.eq(session.get()),
                notes::after_seq.eq(note.after_seq),
                notes::author.eq(note.author.as_str()),
                notes::name.eq(note.name.as_deref()),
                notes::text.eq(&note.text),
                notes::created_at.eq(At(now)),
                notes::idempotency_key.eq(note.key.as_deref()),
                notes::client_message_id.eq(note.client_message_id.as_deref()),
            ))
            .returning(notes::id)
            .get_result(self.conn)
            .into_store_error()?;
        Ok(NoteId::new(id))
    }

    fn note(&mut self, session: SessionRowId, id: NoteId) -> Result<Option<Note>, StoreError> {
        let code = self.code();
        let row: Option<NoteRow> = notes::table
            .filter(notes::company_id.eq(code.as_str()).and(notes::session_key.eq(session.get())))
            .filter(notes::id.eq(id.get()))
            .select(NoteRow::as_select())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        row.map(NoteRow::into_note).transpose()
    }

    fn note_by_key(&mut self, session: SessionRowId, key: &str) -> Result<Option<Note>, StoreError> {
        let code = self.code();
        let row: Option<NoteRow> = notes::table
            .filter(notes::company_id.eq(code.as_str()).and(notes::session_key.eq(session.get())))
            .filter(notes::idempotency_key.eq(key))
            .select(NoteRow::as_select())
            .first(self.conn)
            .optional()
            .into_store_error()?;
        row.map(NoteRow::into_note).transpose()
    }

    fn count_notes(&mut self, session: SessionRowId) -> Result<i64, StoreError> {
        let code = self.code();
        notes::table
            .filter(notes::company_id.eq(code.as_str()).and(notes::session_key.eq(session.get())))
            .select(count_star())
            .first(self.conn)
            .into_store_error()
    }

    fn notes(&mut self, session: SessionRowId, range: NoteRange) -> Result<Vec<Note>, StoreError> {
        let code = self.code();
        let rows: Vec<NoteRow> = notes::table
            .filter(notes::company_id.eq(code.as_str()).and(notes::session_key.eq(session.get())))
            .filter(notes::after_seq.ge(range.from).and(notes::after_seq.lt(range.before.unwrap_or(i64::MAX))))
            .filter(notes::id.gt(range.after.get()))
            .order((notes::after_seq, notes::id))
            .select(NoteRow::as_select())
            .load(self.conn)
            .into_store_error()?;
        rows.into_iter().map(NoteRow::into_note).collect()
    }
}
