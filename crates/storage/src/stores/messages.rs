//! Messages with their files.

use std::collections::{BTreeSet, HashMap};

use attachments::Attachment;
use chatbot::{Detail, Message, Messages, NewMessage};
use diesel::prelude::*;
use tenancy::{MessageId, SessionRowId, StoreError, Timestamp, access::Caller};

use super::attachments::AttachmentRow;
use crate::{
    conn::{AnyBackend, Db, each_db},
    error::IntoStoreError as _,
    schema::{agents, attachments as files, message_files, messages, profiles},
    store::CompanyStore,
    types::{At, Json},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct MessageRow {
    id: i64,
    session_key: i64,
    seq: i64,
    content: Option<String>,
    detail: Json,
    client_message_id: Option<String>,
    created_at: At,
}

#[derive(Insertable)]
#[diesel(table_name = messages)]
struct NewRow<'a> {
    company_id: &'a str,
    session_key: i64,
    seq: i64,
    content: Option<&'a str>,
    detail: Json,
    client_message_id: Option<&'a str>,
    created_at: At,
}

impl MessageRow {
    fn into_message(self, attachments: Vec<Attachment>) -> Result<Message, StoreError> {
        let mut detail: Detail = self.detail.read()?;
        if let Detail::Bot { reply } = &mut detail {
            // The document does not contain the text, since the row has it.
            reply.response = self.content.clone().unwrap_or_default();
        }
        Ok(Message {
            id: MessageId::new(self.id),
            seq: self.seq,
            session: SessionRowId::new(self.session_key),
            content: self.content,
            detail,
            timestamp: self.created_at.0,
            client_message_id: self.client_message_id,
            attachments,
        })
    }
}

impl<C: Caller> CompanyStore<'_, C> {
    /// Selects the messages of a session. Every query of messages starts here.
    fn own_messages(&self, session: SessionRowId) -> messages::BoxedQuery<'static, AnyBackend> {
        messages::table
            .filter(messages::company_id.eq(self.code().to_string()))
            .filter(messages::session_key.eq(session.get()))
            .into_boxed()
    }

    /// Inserts messages behind position `last_seq`. The caller has already written the session's new last
    /// position.
    pub(super) fn insert_messages(
        &mut self,
        session: SessionRowId,
        last_seq: i64,
        new: &[NewMessage],
        now: Timestamp,
    ) -> Result<Vec<MessageId>, StoreError> {
        let code = self.code();
        let rows = new
            .iter()
            .zip(last_seq + 1..)
            .map(|(message, seq)| {
                Ok(NewRow {
                    company_id: code.as_str(),
                    session_key: session.get(),
                    seq,
                    content: message.content.as_deref(),
                    detail: Json::of(&message.detail)?,
                    client_message_id: message.client_message_id.as_deref(),
                    created_at: At(now),
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let insert = diesel::insert_into(messages::table);
        let mut ids: Vec<i64> = match &mut *self.conn {
            // All rows in one round trip.
            Db::Pg(conn) => insert.values(&rows).returning(messages::id).get_results(conn).into_store_error()?,
            // Diesel would wrap a batch in another savepoint.
            Db::Sqlite(conn) => rows
                .iter()
                .map(|row| diesel::insert_into(messages::table).values(row).returning(messages::id).get_result(conn))
                .collect::<QueryResult<_>>()
                .into_store_error()?,
        };
        // Ids rise in the order of the rows, but RETURNING guarantees no order.
        ids.sort_unstable();
        let company = code.as_str();
        let links = ids.iter().zip(new).flat_map(|(id, message)| {
            message.attachments.iter().zip(1_i64..).map(move |(attachment, position)| {
                (
                    message_files::company_id.eq(company),
                    message_files::message_id.eq(*id),
                    message_files::position.eq(position),
                    message_files::attachment_id.eq(attachment.get()),
                )
            })
        });
        let links: Vec<_> = links.collect();
        if !links.is_empty() {
            each_db!(&mut *self.conn, conn => {
                diesel::insert_into(message_files::table).values(&links).execute(conn)
            })
            .into_store_error()?;
        }
        Ok(ids.into_iter().map(MessageId::new).collect())
    }

    /// Converts rows to messages. One query finds the files of all of them.
    fn with_files(&mut self, session: SessionRowId, rows: Vec<MessageRow>) -> Result<Vec<Message>, StoreError> {
        let code = self.code();
        // Ids rise with the positions, so all ids lie between those of the first and the last row.
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
        let found: Vec<(i64, AttachmentRow, Option<i64>)> = each_db!(self.conn, conn => message_files::table
            .inner_join(
                files::table.on(files::company_id
                    .eq(message_files::company_id)
                    .and(files::id.eq(message_files::attachment_id))),
            )
            .left_join(
                profiles::table
                    .on(profiles::company_id.eq(files::company_id).and(profiles::session_key.eq(files::session_key))),
            )
            .filter(message_files::company_id.eq(code.as_str()).and(files::session_key.eq(session.get())))
            .filter(message_files::message_id.between(first.id, last.id))
            .order((message_files::message_id, message_files::position))
            .select((message_files::message_id, AttachmentRow::as_select(), profiles::id.nullable()))
            .load(conn))
        .into_store_error()?;
        let mut files_of: HashMap<i64, Vec<Attachment>> = HashMap::new();
        for (message, file, profile) in found {
            files_of.entry(message).or_default().push(file.into_attachment(profile)?);
        }
        let with_files = rows.into_iter().map(|row| {
            let files = files_of.remove(&row.id).unwrap_or_default();
            row.into_message(files)
        });
        let mut messages = with_files.collect::<Result<Vec<_>, _>>()?;
        self.forget_the_gone(&mut messages)?;
        Ok(messages)
    }

    /// Removes the ids of deleted agents from their messages. The stored documents keep them, so that deleting
    /// an agent does not have to search all messages of the company.
    fn forget_the_gone(&mut self, messages: &mut [Message]) -> Result<(), StoreError> {
        let author = |message: &Message| match message.detail {
            Detail::Agent { id, .. } => id,
            Detail::User { .. } | Detail::Bot { .. } | Detail::Admin { .. } => None,
        };
        let authors: BTreeSet<i64> = messages.iter().filter_map(author).collect();
        if authors.is_empty() {
            return Ok(());
        }
        let known: Vec<i64> = agents::table
            .filter(agents::company_id.eq(self.code().as_str()))
            .filter(agents::id.eq_any(authors.into_iter().collect::<Vec<_>>()))
            .select(agents::id)
            .load(self.conn)
            .into_store_error()?;
        for message in messages {
            if let Detail::Agent { id, .. } = &mut message.detail {
                *id = id.filter(|id| known.contains(id));
            }
        }
        Ok(())
    }
}

impl<C: Caller> Messages for CompanyStore<'_, C> {
    fn messages(&mut self, session: SessionRowId) -> Result<Vec<Message>, StoreError> {
        let query = self.own_messages(session).order(messages::seq);
        let rows = query.select(MessageRow::as_select()).load(self.conn).into_store_error()?;
        self.with_files(session, rows)
    }

    fn newest_messages(&mut self, session: SessionRowId, limit: i64) -> Result<Vec<Message>, StoreError> {
        self.messages_before(session, i64::MAX, limit)
    }

    fn messages_after(&mut self, session: SessionRowId, after: i64, limit: i64) -> Result<Vec<Message>, StoreError> {
        let query = self.own_messages(session).filter(messages::seq.gt(after)).order(messages::seq).limit(limit);
        let rows = query.select(MessageRow::as_select()).load(self.conn).into_store_error()?;
        self.with_files(session, rows)
    }

    fn messages_before(&mut self, session: SessionRowId, before: i64, limit: i64) -> Result<Vec<Message>, StoreError> {
        let query =
            self.own_messages(session).filter(messages::seq.lt(before)).order(messages::seq.desc()).limit(limit);
        let mut rows = query.select(MessageRow::as_select()).load(self.conn).into_store_error()?;
        rows.reverse();
        self.with_files(session, rows)
    }

    fn messages_at(&mut self, session: SessionRowId, seqs: &[i64]) -> Result<Vec<Message>, StoreError> {
        let query = self.own_messages(session).filter(messages::seq.eq_any(seqs.to_vec())).order(messages::seq);
        let rows = query.select(MessageRow::as_select()).load(self.conn).into_store_error()?;
        self.with_files(session, rows)
    }
}
