//! Saved replies of a company and of its staff.

use diesel::{
    dsl::not,
    prelude::*,
    result::{DatabaseErrorKind, Error},
};
use handoff::saved_replies::{ReplyText, SavedReplies, SavedReply, Scope, Shortcut};
use tenancy::{
    SavedReplyId, StoreError, Timestamp,
    access::{ActingAs as _, Actor, Desk},
};

use crate::{
    error::{IntoStoreError as _, decode_enum, store_error},
    schema::saved_replies,
    store::CompanyStore,
    types::At,
};

/// Who a reply belongs to: an agent, or the account of an admin. Neither means the company.
type Owner = (Option<i64>, Option<i64>);

type Row = (i64, Option<i64>, Option<i64>, String, String, String);

type Columns = (
    saved_replies::id,
    saved_replies::agent_id,
    saved_replies::admin_id,
    saved_replies::shortcut,
    saved_replies::title,
    saved_replies::text,
);

const COLUMNS: Columns = (
    saved_replies::id,
    saved_replies::agent_id,
    saved_replies::admin_id,
    saved_replies::shortcut,
    saved_replies::title,
    saved_replies::text,
);

fn saved((id, agent, user, shortcut, title, text): Row) -> Result<SavedReply, StoreError> {
    let scope = if agent.is_none() && user.is_none() { Scope::Company } else { Scope::Own };
    let shortcut = decode_enum(Shortcut::parse(&shortcut), "shortcut of a saved reply")?;
    Ok(SavedReply { id: SavedReplyId::new(id), scope, reply: ReplyText { shortcut, title, text } })
}

/// Selects what a person of the company sees: the company's replies and its own.
#[diesel::dsl::auto_type]
fn seen<'a>(company: &'a str, agent: Option<i64>, user: Option<i64>) -> _ {
    let of_company = saved_replies::agent_id.is_null().and(saved_replies::admin_id.is_null());
    // Nothing is equal to NULL, so only one of these conditions can hold.
    let own = saved_replies::agent_id.eq(agent).or(saved_replies::admin_id.eq(user));
    saved_replies::table.filter(saved_replies::company_id.eq(company)).filter(own.or(of_company))
}

/// Returns whether a statement was not refused because the shortcut is in use.
fn is_unique<T>(done: Result<T, Error>) -> Result<Option<T>, StoreError> {
    match done {
        Ok(value) => Ok(Some(value)),
        Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(None),
        Err(error) => Err(store_error(error)),
    }
}

impl CompanyStore<'_, Desk> {
    /// Returns the owner of the caller's own replies.
    fn owner(&self) -> Owner {
        match self.caller().actor() {
            Actor::Agent { id, .. } => (Some(id.get()), None),
            Actor::Admin { user, .. } | Actor::Superadmin { user } => (None, Some(user.get())),
        }
    }
}

impl SavedReplies for CompanyStore<'_, Desk> {
    fn saved_replies(&mut self) -> Result<Vec<SavedReply>, StoreError> {
        let (code, (agent, user)) = (self.code(), self.owner());
        let seen = seen(code.as_str(), agent, user).order(saved_replies::id);
        let rows: Vec<Row> = seen.select(COLUMNS).load(self.conn).into_store_error()?;
        let mut replies = rows.into_iter().map(saved).collect::<Result<Vec<_>, StoreError>>()?;
        // Of two with the same shortcut, the caller's own comes first.
        replies.sort_by_cached_key(|it| (it.reply.shortcut.as_str().to_owned(), it.scope == Scope::Company));
        Ok(replies)
    }

    fn saved_reply(&mut self, id: SavedReplyId) -> Result<Option<SavedReply>, StoreError> {
        let (code, (agent, user)) = (self.code(), self.owner());
        let row = seen(code.as_str(), agent, user).filter(saved_replies::id.eq(id.get()));
        let found: Option<Row> = row.select(COLUMNS).first(self.conn).optional().into_store_error()?;
        found.map(saved).transpose()
    }

    fn count_replies(&mut self, scope: Scope) -> Result<i64, StoreError> {
        let (code, (agent, user)) = (self.code(), self.owner());
        let seen = seen(code.as_str(), agent, user);
        let of_company = saved_replies::agent_id.is_null().and(saved_replies::admin_id.is_null());
        match scope {
            Scope::Company => seen.filter(of_company).count().get_result(self.conn),
            Scope::Own => seen.filter(not(of_company)).count().get_result(self.conn),
        }
        .into_store_error()
    }

    fn insert_reply(
        &mut self,
        scope: Scope,
        reply: &ReplyText,
        now: Timestamp,
    ) -> Result<Option<SavedReplyId>, StoreError> {
        let (agent, user) = match scope {
            Scope::Company => (None, None),
            Scope::Own => self.owner(),
        };
        let code = self.code();
        // In a savepoint, because on PostgreSQL a unique violation aborts the transaction otherwise.
        let inserted = self.conn.transaction(|conn| {
            diesel::insert_into(saved_replies::table)
                .values((
                    saved_replies::company_id.eq(code.as_str()),
                    saved_replies::agent_id.eq(agent),
                    saved_replies::admin_id.eq(user),
                    saved_replies::shortcut.eq(reply.shortcut.as_str()),
                    saved_replies::title.eq(&reply.title),
                    saved_replies::text.eq(&reply.text),
                    saved_replies::created_at.eq(At(now)),
                ))
                .returning(saved_replies::id)
                .get_result::<i64>(conn)
        });
        Ok(is_unique(inserted)?.map(SavedReplyId::new))
    }

    fn update_reply(&mut self, saved: &SavedReply) -> Result<bool, StoreError> {
        let (code, (agent, user)) = (self.code(), self.owner());
        let row = seen(code.as_str(), agent, user).filter(saved_replies::id.eq(saved.id.get()));
        let updated = self.conn.transaction(|conn| {
            diesel::update(row)
                .set((
                    saved_replies::shortcut.eq(saved.reply.shortcut.as_str()),
                    saved_replies::title.eq(&saved.reply.title),
                    saved_replies::text.eq(&saved.reply.text),
                ))
                .execute(conn)
        });
        Ok(is_unique(updated)?.is_some())
    }

    fn delete_reply(&mut self, id: SavedReplyId) -> Result<(), StoreError> {
        let (code, (agent, user)) = (self.code(), self.owner());
        let row = seen(code.as_str(), agent, user).filter(saved_replies::id.eq(id.get()));
        diesel::delete(row).execute(self.conn).into_store_error()?;
        Ok(())
    }
}
