//! Calls the ports of company stores with ids of another company.

use attachments::{Attachments as _, BlobKey};
use chatbot::{IdempotencyKeys as _, Messages as _, Profiles as _, Sessions as _, Side};
use diesel::connection::SimpleConnection as _;
use handoff::{
    Activities as _, ActivityFilter, HandoffFilter, Handoffs as _, Opinions as _, Sight,
    desk_head::DeskHeads as _,
    desk_list::{DeskLists as _, ListFilter, View},
    notes::{NoteRange, Notes as _},
};
use identity::agents::Agents as _;
use knowledge::{EntryList as _, KnowledgeBase as _, golden::GoldenQuestions as _, unanswered::Misses as _};
use tenancy::{
    AgentId, AttachmentId, CompanyCode, DocumentId, Fault, HandoffId, NoteId, ProfileId, SessionId, SessionRowId,
    StoreError, Timestamp,
    access::{self, Housekeeper},
};

use super::rows;
use crate::{
    audit::Notes,
    conn::Db,
    error::IntoStoreError as _,
    scope::Door,
    store::{CompanyStore, LobbyStore},
    stores::counts::Changes,
};

type Store<'s> = CompanyStore<'s, Housekeeper>;

/// The ids of a synthetic company's rows.
struct Ids {
    number: i64,
    company: CompanyCode,
    session: SessionId,
    blob: BlobKey,
}

impl Ids {
    fn of(number: usize, company: CompanyCode) -> Option<Self> {
        Some(Self {
            number: -i64::try_from(number).ok()? - 1,
            company,
            session: SessionId::parse(&format!("{company}_00000000-0000-4000-8000-000000000000")).ok()?,
            blob: BlobKey::parse(&format!("selftest/{company}/file.pdf")).ok()?,
        })
    }

    fn session_row(&self) -> SessionRowId {
        SessionRowId::new(self.number)
    }

    fn agent(&self) -> AgentId {
        AgentId::new(self.number)
    }
}

/// Calls a port with ids, and returns whether it found or changed something.
type Call = fn(&mut Store<'_>, &Ids) -> Result<bool, StoreError>;

const CALLS: &[(&str, Call)] = &[
    ("Sessions::snapshot", |store, ids| Ok(store.snapshot(Some(ids.session_row()), epoch())?.is_some())),
    ("Sessions::lock", |store, ids| Ok(store.lock(ids.session_row())?.is_some())),
    ("Sessions::session", |store, ids| Ok(store.session(ids.session)?.is_some())),
    ("Messages::messages", |store, ids| Ok(!store.messages(ids.session_row())?.is_empty())),
    ("Messages::newest_messages", |store, ids| Ok(!store.newest_messages(ids.session_row(), 9)?.is_empty())),
    ("Messages::messages_after", |store, ids| Ok(!store.messages_after(ids.session_row(), 0, 9)?.is_empty())),
    ("Messages::messages_before", |store, ids| Ok(!store.messages_before(ids.session_row(), 9, 9)?.is_empty())),
    ("Messages::messages_at", |store, ids| Ok(!store.messages_at(ids.session_row(), &[1])?.is_empty())),
    ("Opinions::feedback", |store, ids| Ok(!store.feedback(ids.session_row())?.is_empty())),
    ("Opinions::rating", |store, ids| Ok(store.rating(ids.session_row())?.is_some())),
    ("Misses::open_misses", |store, ids| {
        Ok(store.open_misses(epoch(), None)?.iter().any(|miss| miss.question == ids.company.as_str()))
    }),
    ("GoldenQuestions::golden_after", |store, ids| {
        Ok(store.golden_after(None, 9)?.iter().any(|golden| golden.question == ids.company.as_str()))
    }),
    ("Notes::notes", |store, ids| Ok(!store.notes(ids.session_row(), NoteRange::ALL)?.is_empty())),
    ("DeskHeads::desk_head", |store, ids| {
        let head = store.desk_head()?;
        Ok(head.sessions.iter().any(|change| change.session == ids.session)
            || head.notes.iter().any(|(_, note)| note.get() == ids.number))
    }),
    ("Notes::note", |store, ids| Ok(store.note(ids.session_row(), NoteId::new(ids.number))?.is_some())),
    ("Notes::note_by_key", |store, ids| Ok(store.note_by_key(ids.session_row(), "key")?.is_some())),
    ("Notes::count_notes", |store, ids| Ok(store.count_notes(ids.session_row())? > 0)),
    ("IdempotencyKeys::claim", |store, ids| Ok(store.claim(ids.session_row(), Side::Visitor, "")?.is_some())),
    ("Profiles::profile_of", |store, ids| Ok(store.profile_of(ids.session_row())?.is_some())),
    ("Profiles::profile", |store, ids| Ok(store.profile(ProfileId::new(ids.number))?.is_some())),
    ("Attachments::of_session", |store, ids| {
        Ok(!store.of_session(ids.session_row(), &[AttachmentId::new(ids.number)])?.is_empty())
    }),
    ("Attachments::all_of_session", |store, ids| Ok(!store.all_of_session(ids.session_row())?.is_empty())),
    ("Attachments::by_key", |store, ids| Ok(store.by_key(&ids.blob)?.is_some())),
    ("Handoffs::handoff", |store, ids| Ok(store.handoff(HandoffId::new(ids.number))?.is_some())),
    ("Handoffs::handoff_of", |store, ids| Ok(store.handoff_of(ids.session_row())?.is_some())),
    ("Handoffs::opening_packet", |store, ids| Ok(store.opening_packet(HandoffId::new(ids.number))?.is_some())),
    ("Handoffs::opening_packets", |store, ids| Ok(!store.opening_packets(&[HandoffId::new(ids.number)])?.is_empty())),
    ("Handoffs::transfers", |store, ids| Ok(!store.transfers(HandoffId::new(ids.number), 9)?.is_empty())),
    ("Handoffs::handoffs", |store, ids| {
        let sight = Sight::Mine(ids.agent());
        Ok(!store.handoffs(&HandoffFilter::default(), sight)?.is_empty())
    }),
    ("Handoffs::page_of_handoffs", |store, ids| {
        let filter = HandoffFilter { agent: Some(ids.agent()), ..HandoffFilter::default() };
        Ok(!store.page_of_handoffs(&filter, Sight::All, 0, 9)?.rows.is_empty())
    }),
    ("DeskLists::conversations", |store, ids| {
        let filter = ListFilter { view: View::All, search: None, priority: None, agent: None };
        Ok(!store.conversations(&filter, Sight::Mine(ids.agent()), None, 9)?.0.is_empty())
    }),
    ("Activities::activities", |store, ids| {
        Ok(!store
            .activities(&ActivityFilter { agent: Some(ids.agent()), kind: None, since: None, limit: 9 })?
            .is_empty())
    }),
    ("Agents::agent_for_update", |store, ids| Ok(store.agent_for_update(ids.agent())?.is_some())),
    ("Agents::agent_sessions", |store, ids| Ok(!store.agent_sessions(Some(ids.agent()))?.is_empty())),
    ("KnowledgeBase::chunks", |store, ids| {
        Ok(store.chunks()?.iter().any(|chunk| chunk.answer == ids.company.as_str()))
    }),
    ("EntryList::entries_after", |store, ids| {
        Ok(!store.entries_after(Some(DocumentId::new(ids.number)), None, 9)?.is_empty())
    }),
    ("EntryList::documents_after", |store, ids| {
        let documents = store.documents_after(None, 9)?;
        Ok(documents.iter().any(|listed| listed.document.id == DocumentId::new(ids.number)))
    }),
    ("EntryList::entry", |store, ids| Ok(store.entry(ids.company.as_str())?.is_some())),
    ("EntryList::document_titled", |store, ids| Ok(store.document_titled(ids.company.as_str())?.is_some())),
];

fn epoch() -> Timestamp {
    Timestamp::from_micros(0)
}

/// Calls each port as each company, with the company's own ids and with the other's. Returns the number of calls,
/// and a gap for each port that finds rows of the other company or does not find its own.
pub(super) fn gaps(conn: &mut Db) -> Result<(usize, Vec<String>), StoreError> {
    let (mut calls, mut gaps) = (0, Vec::new());
    let companies = rows::codes();
    for &company in &companies {
        for (number, &owner) in companies.iter().enumerate() {
            let ids = Ids::of(number, owner).ok_or_else(|| StoreError::new(Fault::Broken, NoIds))?;
            let caller = admit(conn, company)?;
            for (port, call) in CALLS {
                calls += 1;
                let (mut events, mut counts, mut notes) = (Vec::new(), Changes::default(), Notes::default());
                let mut store = CompanyStore::new(conn, caller.clone(), &mut events, &mut counts, &mut notes);
                let found = call(&mut store, &ids)?;
                if found != (company == owner) {
                    let what = if found { "reaches what is another company's" } else { "does not find its own" };
                    gaps.push(format!("port {port}: {what}"));
                }
            }
        }
    }
    Ok((calls, gaps))
}

#[derive(Debug, thiserror::Error)]
#[error("a synthetic company has no ids")]
struct NoIds;

/// Admits a caller to a company through the lobby, like any other caller.
fn admit(conn: &mut Db, company: CompanyCode) -> Result<Housekeeper, StoreError> {
    set_door(conn, Door::Lobby)?;
    let admitted = access::housekeeper(&mut LobbyStore::new(conn, &mut Notes::default()), company);
    let caller = admitted.map_err(|refused| StoreError::new(Fault::Broken, refused))?;
    set_door(conn, Door::Company(company))?;
    Ok(caller)
}

fn set_door(conn: &mut Db, door: Door) -> Result<(), StoreError> {
    if conn.is_postgres() { conn.batch_execute(&door.settings()).into_store_error() } else { Ok(()) }
}
