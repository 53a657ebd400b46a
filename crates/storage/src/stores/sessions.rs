//! Sessions, and the one operation that appends to them.

use std::sync::{Arc, OnceLock};

use chatbot::{
    BotSettings, Collected, Dialogue, ExpectedVersions, NewMessage, Session, SessionStatus, Sessions, Side, Snapshot,
    Step,
};
use diesel::{dsl::exists, prelude::*};
use serde::Serialize;
use tenancy::{CompanyCode, MessageId, ProfileId, SessionId, SessionRowId, StoreError, Timestamp, access::Caller};

use crate::{
    conn::{Db, each_db},
    error::{IntoStoreError as _, decode_enum},
    schema::{companies, profiles, sessions},
    store::CompanyStore,
    types::{At, Json},
};

/// The company's columns in a snapshot: name, settings, settings version, knowledge version.
type CompanyRow = (String, Option<Json>, i64, i64);

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(super) struct SessionRow {
    key: i64,
    id: String,
    status: String,
    step: String,
    collected: Option<Json>,
    dialogue: Option<Json>,
    welcomed: bool,
    person_acted: bool,
    last_seq: i64,
    bot_epoch: i64,
    revision: i64,
    visitor_read_seq: i64,
    staff_read_seq: i64,
    left_at: Option<At>,
    last_used: At,
    created_at: At,
    updated_at: At,
}

/// The id and name of a session's profile, if there is one.
pub(super) type ProfileLink = Option<(i64, String)>;

impl SessionRow {
    pub(super) fn into_session(self, profile: ProfileLink) -> Result<Session, StoreError> {
        Ok(Session {
            key: SessionRowId::new(self.key),
            id: decode_enum(SessionId::parse(&self.id).ok(), "session id")?,
            status: decode_enum(SessionStatus::parse(&self.status), "session status")?,
            step: decode_enum(Step::parse(&self.step), "intake step")?,
            collected: self.collected.as_ref().map_or_else(|| Ok(Collected::default()), Json::read)?,
            dialogue: self.dialogue.as_ref().map_or_else(|| Ok(Dialogue::default()), Json::read)?,
            profile: profile.map(|(id, name)| (ProfileId::new(id), name)),
            welcomed: self.welcomed,
            person_acted: self.person_acted,
            last_seq: self.last_seq,
            bot_epoch: self.bot_epoch,
            revision: self.revision,
            visitor_read_seq: self.visitor_read_seq,
            staff_read_seq: self.staff_read_seq,
            left_at: self.left_at.map(|At(at)| at),
            last_used: self.last_used.0,
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        })
    }
}

impl<C: Caller> Sessions for CompanyStore<'_, C> {
    fn company(&self) -> CompanyCode {
        self.code()
    }

    fn snapshot(&mut self, key: Option<SessionRowId>, now: Timestamp) -> Result<Option<Snapshot>, StoreError> {
        match key {
            Some(key) => self.read_snapshot(key),
            None => self.fresh_snapshot(now).map(Some),
        }
    }

    fn lock(&mut self, key: SessionRowId) -> Result<Option<Snapshot>, StoreError> {
        let code = self.code();
        if let Db::Pg(conn) = &mut *self.conn {
            sessions::table
                .filter(sessions::company_id.eq(code.as_str()).and(sessions::key.eq(key.get())))
                .select(sessions::key)
                .for_no_key_update()
                .first::<i64>(conn)
                .optional()
                .into_store_error()?;
        }
        self.read_snapshot(key)
    }

    fn session(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let code = self.code();
        let row: Option<(SessionRow, ProfileLink)> = each_db!(self.conn, conn => sessions::table
            .left_join(profile_of_session())
            .filter(sessions::company_id.eq(code.as_str()).and(sessions::id.eq(id.as_str())))
            .select((SessionRow::as_select(), (profiles::id, profiles::name).nullable()))
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(|(session, profile)| session.into_session(profile)).transpose()
    }

    fn append(
        &mut self,
        session: &Session,
        expected: ExpectedVersions,
        messages: &[NewMessage],
        now: Timestamp,
    ) -> Result<Option<(SessionRowId, Vec<MessageId>)>, StoreError> {
        let memory = (unless_default(&session.collected)?, unless_default(&session.dialogue)?);
        let added = i64::try_from(messages.len()).unwrap_or(i64::MAX);
        let key = if expected.revision == 0 {
            self.insert_session(session, memory, expected, added, now)?
        } else {
            self.update_session(session, memory, expected, added, now)?.then_some(session.key)
        };
        let Some(key) = key else { return Ok(None) };
        let ids = self.insert_messages(key, session.last_seq, messages, now)?;
        Ok(Some((key, ids)))
    }

    fn raise_read_seq(&mut self, key: SessionRowId, side: Side, seq: i64) -> Result<(), StoreError> {
        let code = self.code();
        let row = sessions::table.filter(sessions::company_id.eq(code.as_str()).and(sessions::key.eq(key.get())));
        match side {
            Side::Visitor => diesel::update(row.filter(sessions::visitor_read_seq.lt(seq)))
                .set(sessions::visitor_read_seq.eq(seq))
                .execute(self.conn),
            Side::Staff => diesel::update(row.filter(sessions::staff_read_seq.lt(seq)))
                .set(sessions::staff_read_seq.eq(seq))
                .execute(self.conn),
        }
        .into_store_error()?;
        Ok(())
    }
}

impl<C: Caller> CompanyStore<'_, C> {
    fn fresh_snapshot(&mut self, now: Timestamp) -> Result<Snapshot, StoreError> {
        let code = self.code();
        let company: CompanyRow = each_db!(self.conn, conn => companies::table
            .find(code.as_str())
            .select((companies::name, companies::settings, companies::settings_version, companies::knowledge_version))
            .first(conn))
        .into_store_error()?;
        snapshot(company, Session::fresh(code, now))
    }

    fn read_snapshot(&mut self, key: SessionRowId) -> Result<Option<Snapshot>, StoreError> {
        let code = self.code();
        let row: Option<(CompanyRow, SessionRow, ProfileLink)> = each_db!(self.conn, conn => sessions::table
            .inner_join(companies::table.on(companies::code.eq(sessions::company_id)))
            .left_join(profile_of_session())
            .filter(sessions::company_id.eq(code.as_str()).and(sessions::key.eq(key.get())))
            .select((
                (companies::name, companies::settings, companies::settings_version, companies::knowledge_version),
                SessionRow::as_select(),
                (profiles::id, profiles::name).nullable(),
            ))
            .first(conn))
        .optional()
        .into_store_error()?;
        row.map(|(company, session, profile)| snapshot(company, session.into_session(profile)?)).transpose()
    }

    fn insert_session(
        &mut self,
        session: &Session,
        (collected, dialogue): (Option<Json>, Option<Json>),
        expected: ExpectedVersions,
        added: i64,
        now: Timestamp,
    ) -> Result<Option<SessionRowId>, StoreError> {
        let code = self.code();
        if let Some((settings, knowledge)) = expected.versions {
            let unmoved = companies::table
                .filter(companies::code.eq(code.as_str()))
                .filter(companies::settings_version.eq(settings).and(companies::knowledge_version.eq(knowledge)));
            if !diesel::select(exists(unmoved)).get_result(self.conn).into_store_error()? {
                return Ok(None);
            }
        }
        let key: i64 = diesel::insert_into(sessions::table)
            .values((
                sessions::company_id.eq(code.as_str()),
                sessions::id.eq(session.id.as_str()),
                sessions::status.eq(session.status.as_str()),
                sessions::step.eq(session.step.as_str()),
                sessions::collected.eq(collected),
                sessions::dialogue.eq(dialogue),
                sessions::welcomed.eq(session.welcomed),
                sessions::person_acted.eq(session.person_acted),
                sessions::last_seq.eq(session.last_seq + added),
                sessions::bot_epoch.eq(session.bot_epoch),
                sessions::revision.eq(1),
                sessions::left_at.eq(session.left_at.map(At)),
                sessions::last_used.eq(At(session.last_used)),
                sessions::created_at.eq(At(session.created_at)),
                sessions::updated_at.eq(At(now)),
            ))
            .returning(sessions::key)
            .get_result(self.conn)
            .into_store_error()?;
        Ok(Some(SessionRowId::new(key)))
    }

    /// Writes the session if its row is unchanged since the caller read it, and with expected versions also the
    /// company's row. Returns whether it did.
    fn update_session(
        &mut self,
        session: &Session,
        (collected, dialogue): (Option<Json>, Option<Json>),
        expected: ExpectedVersions,
        added: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let code = self.code();
        let row = sessions::table
            .filter(sessions::company_id.eq(code.as_str()))
            .filter(sessions::key.eq(session.key.get()))
            .filter(sessions::revision.eq(expected.revision));
        let change = (
            sessions::status.eq(session.status.as_str()),
            sessions::step.eq(session.step.as_str()),
            sessions::collected.eq(collected),
            sessions::dialogue.eq(dialogue),
            sessions::welcomed.eq(session.welcomed),
            sessions::person_acted.eq(session.person_acted),
            sessions::last_seq.eq(session.last_seq + added),
            sessions::bot_epoch.eq(session.bot_epoch),
            sessions::revision.eq(expected.revision + 1),
            sessions::left_at.eq(session.left_at.map(At)),
            sessions::last_used.eq(At(session.last_used)),
            sessions::updated_at.eq(At(now)),
        );
        let changed = match expected.versions {
            None => each_db!(self.conn, conn => diesel::update(row).set(change).execute(conn)),
            Some((settings, knowledge)) => {
                let unmoved = companies::table
                    .filter(companies::code.eq(code.as_str()))
                    .filter(companies::settings_version.eq(settings))
                    .filter(companies::knowledge_version.eq(knowledge));
                let row = row.filter(exists(unmoved));
                each_db!(self.conn, conn => diesel::update(row).set(change).execute(conn))
            }
        };
        Ok(changed.into_store_error()? == 1)
    }
}

/// Renders a document for its column; the default document is null there.
fn unless_default<T: Serialize + Default + PartialEq>(value: &T) -> Result<Option<Json>, StoreError> {
    (*value != T::default()).then(|| Json::of(value)).transpose()
}

/// Joins sessions to their profiles by company and row id.
#[diesel::dsl::auto_type]
fn profile_of_session() -> _ {
    profiles::table.on(profiles::company_id.eq(sessions::company_id).and(profiles::session_key.eq(sessions::key)))
}

fn snapshot(company: CompanyRow, session: Session) -> Result<Snapshot, StoreError> {
    static DEFAULTS: OnceLock<Arc<BotSettings>> = OnceLock::new();

    let (company_name, settings, settings_version, knowledge_version) = company;
    let settings = match settings {
        Some(document) => Arc::new(document.read()?),
        None => Arc::clone(DEFAULTS.get_or_init(Arc::default)),
    };
    Ok(Snapshot { session, company_name, settings, settings_version, knowledge_version })
}
