//! A company can neither read nor change rows of another company.

mod filled;
mod rows;

use std::collections::HashSet;

use attachments::{Attachments as _, BlobKey};
use chatbot::{
    ClaimState, IdempotencyClaim, IdempotencyKeys, Messages as _, Profiles as _, Sessions as _, Side, profile,
};
use encoder::Vector;
use handoff::{
    Activities as _, ActivityFilter, ActivityKind, Erasing as _, HandoffFilter, Handoffs as _, NewActivity,
    Opinions as _, Position, QueuePlace, Sight, State, desk,
    desk_head::DeskHeads as _,
    desk_list::{DeskLists as _, ListCounts, ListFilter, View},
    erase,
    event_name::{self, EventName},
    notes::{NoteRange, Notes as _},
    opening::OpeningPacket,
    reading, sending, staffing,
};
use identity::{
    agents::{
        Agents as _,
        change::{AgentChange, DeleteAgentError, UpdateAgentError},
    },
    presence::Absences as _,
};
use jobs::Jobs;
use knowledge::{
    EntryList as _, EntryVectors as _,
    golden::{Expect, Golden, GoldenQuestions as _, QuestionKey},
    unanswered::{Cause, Misses as _},
};
use storage::{CompanyStore, Place};
use tenancy::{
    CompanyCode, HandoffId, SessionRowId, StoreError,
    access::{Desk, Housekeeper, Office},
};

pub(crate) use self::filled::{Ids, LEASE, claimed, fill};
use self::{
    filled::{GOLDEN, NOTE_KEY, RATING, UNHELPFUL},
    rows::{TABLES, rows},
};
use crate::{
    stage::{known, later, urgent},
    world::{World, now},
};

/// A call of a port method with another company's ids. Returns true if it found nothing. The caller
/// checks that it changed nothing.
type Probe = fn(&mut CompanyStore<'_, Office>, &Ids) -> Result<bool, StoreError>;

const PROBES: &[(&str, Probe)] = &[
    ("snapshot", |store, ids| Ok(store.snapshot(Some(ids.key), now())?.is_none())),
    ("lock", |store, ids| Ok(store.lock(ids.key)?.is_none())),
    ("session", |store, ids| Ok(store.session(ids.session)?.is_none())),
    ("append", |store, ids| {
        let mut session = chatbot::Session::fresh(store.company(), now());
        session.key = ids.key;
        let revisions = 1..9;
        let expected = |revision| chatbot::ExpectedVersions { revision, versions: None };
        let stored = revisions.map(|revision| store.append(&session, expected(revision), &[], later(9)));
        Ok(stored.collect::<Result<Vec<_>, _>>()?.iter().all(Option::is_none))
    }),
    ("messages", |store, ids| Ok(store.messages(ids.key)?.is_empty())),
    ("newest_messages", |store, ids| Ok(store.newest_messages(ids.key, 9)?.is_empty())),
    ("messages_after", |store, ids| Ok(store.messages_after(ids.key, 0, 9)?.is_empty())),
    ("messages_before", |store, ids| Ok(store.messages_before(ids.key, 9, 9)?.is_empty())),
    ("raise_read_seq", |store, ids| {
        let sides = [Side::Visitor, Side::Staff].map(|side| store.raise_read_seq(ids.key, side, 2));
        Ok(sides.into_iter().all(|raised| raised.is_ok()))
    }),
    ("feedback", |store, ids| Ok(store.feedback(ids.key)?.is_empty())),
    ("rating", |store, ids| Ok(store.rating(ids.key)?.is_none())),
    ("escalate_miss", |store, ids| store.escalate_miss(ids.key).map(|()| true)),
    ("take_back_miss", |store, ids| store.take_back_miss(ids.key, 2).map(|()| true)),
    ("open_misses", |store, _| Ok(store.open_misses(now(), None)?.is_empty())),
    ("close_misses", |store, ids| Ok(store.close_misses(&[ids.miss], now())? == 0)),
    ("put_miss_vectors", |store, ids| {
        store.put_miss_vectors("model", &[(ids.miss, Vector::unit(&[1.0; 384]))]).map(|()| true)
    }),
    ("golden_after", |store, _| Ok(store.golden_after(None, 9)?.is_empty())),
    ("count_golden", |store, _| Ok(store.count_golden()? == 0)),
    ("insert_golden", |store, _| {
        // The other company's question does not count as the same one.
        let id = store.insert_golden(GOLDEN, QuestionKey::of(GOLDEN), &Expect::Clarify, now())?;
        store.delete_golden(id.unwrap())
    }),
    ("golden", |store, ids| Ok(store.golden(ids.golden)?.is_none())),
    ("update_golden", |store, ids| {
        let foreign =
            Golden { id: ids.golden, question: GOLDEN.to_owned(), expect: Expect::Clarify, created_at: now() };
        Ok(!store.update_golden(&foreign, QuestionKey::of(GOLDEN))?)
    }),
    ("delete_golden", |store, ids| Ok(!store.delete_golden(ids.golden)?)),
    ("notes", |store, ids| Ok(store.notes(ids.key, NoteRange::ALL)?.is_empty())),
    ("opening_packet", |store, ids| Ok(store.opening_packet(ids.handoff)?.is_none())),
    ("opening_packets", |store, ids| Ok(store.opening_packets(&[ids.handoff])?.is_empty())),
    ("desk_head", |store, ids| {
        let head = store.desk_head()?;
        let of_other = head.sessions.iter().any(|change| change.session == ids.session)
            || head.statuses.iter().any(|(agent, _)| *agent == ids.agent);
        Ok(!of_other && !head.notes.contains(&(ids.session, ids.note)))
    }),
    ("event_name", |store, ids| {
        let names = [EventName::Message(1), EventName::Escalated(ids.handoff), EventName::FileShared(ids.file)];
        let read = |name| event_name::read(&mut store.acting::<Housekeeper>(), ids.session, name);
        names.into_iter().map(read).collect::<Result<Vec<_>, _>>().map(|read| read.iter().all(Option::is_none))
    }),
    ("end_connection", |store, ids| Ok(!store.end_connection(&ids.hired, later(9))?)),
    ("note", |store, ids| Ok(store.note(ids.key, ids.note)?.is_none())),
    ("note_by_key", |store, ids| Ok(store.note_by_key(ids.key, NOTE_KEY)?.is_none())),
    ("count_notes", |store, ids| Ok(store.count_notes(ids.key)? == 0)),
    ("messages_at", |store, ids| Ok(store.messages_at(ids.key, &[1, 2, 3])?.is_empty())),
    ("claim", |store, ids| Ok(IdempotencyKeys::claim(store, ids.key, Side::Visitor, "key-of-a-test-file")?.is_none())),
    ("update_claim", |store, ids| {
        let state = ClaimState::Running { lease_until: later(99) };
        store.update_claim(ids.key, Side::Visitor, "key-of-a-test-file", state).map(|()| true)
    }),
    ("opened", |store, _| Ok(store.opened([10, 0, 0, 7].into(), "key-of-a-test-open", now())?.is_none())),
    ("profile_of", |store, ids| Ok(store.profile_of(ids.key)?.is_none())),
    ("profile", |store, ids| Ok(store.profile(ids.profile)?.is_none())),
    ("page_of_profiles", |store, _| Ok(store.page_of_profiles(&Default::default(), 0, 9)? == (0, vec![]))),
    ("profile_stats", |store, _| Ok(store.profile_stats(now())? == chatbot::ProfileStats::default())),
    ("erase", |store, ids| Ok(store.erase(ids.profile)?.is_empty())),
    ("insert", |store, ids| {
        let mut new = file_of(ids.key);
        new.key = BlobKey::parse("a/b/c.pdf").unwrap();
        Ok(store.insert(&new)?.is_none())
    }),
    ("of_session", |store, ids| Ok(store.of_session(ids.key, &[ids.file])?.is_empty())),
    ("all_of_session", |store, ids| Ok(store.all_of_session(ids.key)?.is_empty())),
    ("by_key", |store, ids| Ok(store.by_key(&ids.blob)?.is_none())),
    ("handoff", |store, ids| Ok(store.handoff(ids.handoff)?.is_none())),
    ("handoff_of", |store, ids| Ok(store.handoff_of(ids.key)?.is_none())),
    ("move_handoff", |store, ids| {
        store.move_handoff(ids.handoff, &State::Resolved { agent: None, at: later(1) }, Some("n")).map(|()| true)
    }),
    ("transfers", |store, ids| Ok(store.transfers(ids.handoff, 9)?.is_empty())),
    ("set_priority", |store, ids| store.set_priority(ids.handoff, handoff::Priority::Low).map(|()| true)),
    ("agent", |store, ids| Ok(store.agent(ids.agent)?.is_none())),
    ("active_agent", |store, ids| Ok(store.active_agent(ids.agent)?.is_none())),
    ("forget_agent", |store, ids| store.forget_agent(ids.agent).map(|()| true)),
    ("agent_for_update", |store, ids| Ok(store.agent_for_update(ids.agent)?.is_none())),
    ("agent_sessions", |store, ids| Ok(store.agent_sessions(Some(ids.agent))?.is_empty())),
    ("write_agent", |store, ids| store.write_agent(&ids.hired, &identity::accounts::PersonName::split("Eve Eve"))),
    ("send_off", |store, ids| store.send_off(&ids.hired, later(9)).map(|_| true)),
    ("delete_agent", |store, ids| store.delete_agent(&ids.hired).map(|()| true)),
    ("update an agent", |store, ids| {
        let updated = staffing::update(store, ids.agent, AgentChange::default(), now());
        Ok(matches!(updated, Err(UpdateAgentError::NotFound)))
    }),
    ("delete an agent", |store, ids| {
        Ok(matches!(staffing::delete(store, ids.agent, now()), Err(DeleteAgentError::NotFound)))
    }),
    ("handoffs", |store, _| Ok(store.handoffs(&HandoffFilter::default(), Sight::All)?.is_empty())),
    ("handoffs of an agent", |store, ids| {
        let filter = HandoffFilter { agent: Some(ids.agent), ..HandoffFilter::default() };
        Ok(store.handoffs(&filter, Sight::Mine(ids.agent))?.is_empty())
    }),
    ("handoffs_after", |store, ids| {
        let after = Position { escalated_at: later(9), id: ids.handoff };
        Ok(store.handoffs_after(&HandoffFilter::default(), Sight::MineAndQueue(ids.agent), Some(after), 9)?.is_empty())
    }),
    ("page_of_handoffs of an agent", |store, ids| {
        let page = store.page_of_handoffs(&HandoffFilter::default(), Sight::Mine(ids.agent), 0, 9)?;
        Ok(page.count == 0 && page.rows.is_empty())
    }),
    ("page_of_handoffs", |store, ids| {
        Ok(store.page_of_handoffs(&HandoffFilter::default(), Sight::MineAndQueue(ids.agent), 0, 9)?.count == 0)
    }),
    ("place_in_queue", |store, ids| {
        let place = store.place_in_queue(Position { escalated_at: later(9), id: ids.handoff })?;
        Ok(place == QueuePlace { position: 0, waiting: 0 })
    }),
    ("conversations", |store, ids| {
        let filter = |agent| ListFilter { view: View::All, search: None, priority: None, agent };
        let sights = [Sight::All, Sight::MineAndQueue(ids.agent), Sight::Mine(ids.agent)];
        let found = sights.map(|sight| store.conversations(&filter(None), sight, None, 9));
        let of_agent = store.conversations(&filter(Some(ids.agent)), Sight::All, None, 9);
        Ok(found.into_iter().chain([of_agent]).all(|found| found.is_ok_and(|(rows, _)| rows.is_empty())))
    }),
    ("list_counts", |store, ids| Ok(store.list_counts(Some(ids.agent))? == ListCounts::default())),
    ("resolved_since", |store, ids| Ok(store.resolved_since(ids.agent, now())? == 0)),
    ("activities", |store, ids| {
        let filter = |agent| ActivityFilter { agent, kind: None, since: None, limit: 9 };
        Ok(store.activities(&filter(None))?.is_empty() && store.activities(&filter(Some(ids.agent)))?.is_empty())
    }),
    ("chunks", |store, _| Ok(knowledge::load::snapshot(store, None)?.chunks.is_empty())),
    ("entries", |store, _| {
        let none = store.entry("1")?.is_none() && store.document_titled("Guide")?.is_none();
        Ok(none && store.entries_after(None, None, 9)?.is_empty() && store.documents_after(None, 9)?.is_empty())
    }),
    ("claim a job", |store, _| Ok(Jobs::claim(store, jobs::Kind::Encode, later(999), LEASE)?.is_none())),
    ("renew a job", |store, _| Ok(store.renew(&claimed(1, 60), now(), LEASE)?.is_none())),
    ("finish a job", |store, _| Ok(!store.finish(&claimed(1, 60))?)),
    ("fail a job", |store, _| store.fail(&claimed(1, 60), "x", now()).map(|()| true)),
    ("release", |store, _| store.release(jobs::Kind::Encode).map(|()| true)),
    ("vectors", |store, _| Ok(store.vectors("model")?.is_empty() && store.vector_hashes("model")?.is_empty())),
    ("drop_other_vectors", |store, _| store.drop_other_vectors("other", &HashSet::new()).map(|()| true)),
    ("escalate", |store, ids| {
        let escalated = desk::escalate(&mut store.acting(), ids.session, &urgent("x"), now());
        Ok(matches!(escalated, Err(desk::EscalateError::SessionNotFound)))
    }),
    ("assign", |store, ids| {
        Ok(matches!(desk::assign(store, ids.handoff, ids.agent, now()), Err(desk::AssignError::HandoffNotFound)))
    }),
    ("resolve", |store, ids| {
        let resolved = desk::resolve(&mut store.acting(), ids.handoff, "", now());
        Ok(matches!(resolved, Err(desk::ResolveError::HandoffNotFound)))
    }),
    ("send", |store, ids| {
        let message = sending::OutgoingMessage { text: Some("x".into()), ..sending::OutgoingMessage::default() };
        let sent = sending::send(&mut store.acting(), ids.session, message, now());
        Ok(matches!(sent, Err(sending::SendError::SessionNotFound)))
    }),
    ("may_see", |store, ids| Ok(!reading::may_see(&mut store.acting::<Desk>(), ids.session)?)),
    ("profile detail", |store, ids| Ok(reading::profile(store, ids.profile)?.is_none())),
    ("erase a profile", |store, ids| {
        Ok(matches!(erase::profile(store, ids.profile), Err(erase::EraseError::NotFound)))
    }),
    ("save a profile", |store, ids| {
        let saved = profile::save(store, ids.key, known("Eve"), now());
        Ok(matches!(saved, Err(profile::SaveProfileError::SessionNotFound)))
    }),
];

/// Writes that must refer to rows of the store's own company: a foreign key refuses them.
const REFUSED: &[(&str, Probe)] = &[
    ("put_profile", |store, ids| store.put_profile(ids.key, &known("Eve"), now()).map(|_| false)),
    ("insert_claim", |store, ids| {
        let claim =
            IdempotencyClaim { body_hash: [0; 32], seq: 1, state: ClaimState::Done { reply_seq: None, last_seq: 1 } };
        store.insert_claim(ids.key, Side::Staff, "new", &claim)
    }),
    ("note_opened", |store, ids| store.note_opened([10, 0, 0, 9].into(), "new", ids.key, now(), now())),
    ("put_feedback", |store, ids| store.put_feedback(ids.key, &UNHELPFUL, now()).map(|()| false)),
    ("put_rating", |store, ids| store.put_rating(ids.key, &RATING, now()).map(|()| false)),
    ("note_miss", |store, ids| store.note_miss(ids.key, 4, Cause::Low, "Why?", now()).map(|()| false)),
    ("open_handoff", |store, ids| {
        store.open_handoff(ids.key, &urgent("x"), &OpeningPacket::default(), now()).map(|_| false)
    }),
    ("record_transfer", |store, ids| store.record_transfer(ids.handoff, ids.agent, ids.agent, now()).map(|()| false)),
    ("log", |store, ids| {
        let activity = NewActivity {
            agent: ids.agent,
            kind: ActivityKind::Login,
            description: String::new(),
            metadata: serde_json::json!({}),
            ip: None,
        };
        store.log(&activity, now()).map(|()| false)
    }),
];

fn file_of(session: SessionRowId) -> attachments::NewAttachment {
    attachments::NewAttachment {
        session,
        original_name: "a.pdf".into(),
        key: BlobKey::parse("a/b/d.pdf").unwrap(),
        size: 1,
        kind: attachments::FileKind::Document,
        content_type: "application/pdf",
        uploader: attachments::Uploader::User,
        uploaded_at: now(),
    }
}

#[test]
fn no_port_finds_or_changes_what_is_another_companys() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let (ids, _) = fill(&world, &tesla);
        let before = rows(&world, &tesla);
        for (table, _) in TABLES {
            assert!(before.iter().any(|row| row.starts_with(&format!("{table}: "))), "{table}");
        }
        let empty = rows(&world, &spacex);
        for &(name, probe) in PROBES {
            let ids = ids.clone();
            let found_nothing = world.db.write(spacex.office.clone(), move |store| probe(store, &ids)).wait();
            assert!(found_nothing.unwrap(), "{name}");
            assert_eq!(rows(&world, &tesla), before, "{name}");
        }
        for &(name, probe) in REFUSED {
            let ids = ids.clone();
            let refused = world.db.write(spacex.office.clone(), move |store| probe(store, &ids)).wait();
            let error = refused.expect_err(name);
            assert!(format!("{error:?}").to_lowercase().contains("foreign key"), "{name}: {error:?}");
            assert_eq!(rows(&world, &tesla), before, "{name}");
        }
        assert_eq!(rows(&world, &spacex), empty);
        // Called for the own company, the ports find the rows.
        let own = ids.clone();
        let found = world.db.write(tesla.office.clone(), move |store| {
            Ok::<_, StoreError>((store.lock(own.key)?.is_some(), store.handoff(own.handoff)?.is_some()))
        });
        assert_eq!(found.wait().unwrap(), (true, true));
    }
}

#[test]
fn an_agent_of_another_company_is_no_agent_here() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let (_, foreign) = fill(&world, &tesla);
        let (own, _) = fill(&world, &spacex);
        let before = rows(&world, &spacex);
        let (handoff, agent) = (own.handoff, foreign.id());
        let assigned = world.db.write(spacex.office.clone(), move |store| desk::assign(store, handoff, agent, now()));
        assert!(matches!(assigned.wait(), Err(desk::AssignError::AgentNotFound)));
        let named = State::Assigned(handoff::AgentRef { id: agent, name: "ben".into() });
        let moved = world.db.write(spacex.office.clone(), move |store| store.move_handoff(handoff, &named, None));
        assert!(format!("{:?}", moved.wait().unwrap_err()).to_lowercase().contains("foreign key"));
        let session = own.session;
        let read = world.db.read(foreign.clone(), move |store| reading::conversation(store, session)).wait();
        assert!(matches!(read, Err(reading::ReadError::NotFound)), "{read:?}");
        let page = world.db.read(foreign, |store| reading::own_sessions(store, None, 0, 9)).wait().unwrap();
        assert!(page.rows.iter().all(|handoff| handoff.session_id != session));
        assert_eq!(rows(&world, &spacex), before);

        // A visitor who names a session of the other company has no session.
        assert_eq!(world.visitor(&tesla, Some(session)).session(), None);
        let code =
            |place| world.db.platform_read(world.boss.clone(), move |platform| platform.locate(place)).wait().unwrap();
        for place in [
            Place::Session(own.session),
            Place::Profile(own.profile),
            Place::Handoff(own.handoff),
            Place::Agent(own.agent),
        ] {
            assert_eq!(code(place), Some(spacex.code), "{place:?}");
        }
        assert_eq!(code(Place::Handoff(HandoffId::new(99))), None);
        assert_eq!(code(Place::Library), Some(CompanyCode::shared_library()));
        assert_eq!(code(Place::Company(CompanyCode::shared_library())), None);
        world
            .scratch
            .execute(&format!("UPDATE companies SET status = 'closed' WHERE code = '{}'", spacex.code))
            .unwrap();
        assert_eq!(code(Place::Session(own.session)), None);
        assert_eq!(code(Place::Company(spacex.code)), None);
    }
}

#[test]
fn no_row_can_be_moved_to_or_point_into_another_company() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let (one, _) = fill(&world, &tesla);
        let (two, _) = fill(&world, &spacex);
        let own = format!("WHERE company_id = '{}'", tesla.code);
        let mut statements: Vec<_> = [
            ("profiles", "session_key", two.key.get()),
            ("messages", "session_key", two.key.get()),
            ("attachments", "session_key", two.key.get()),
            ("handoffs", "session_key", two.key.get()),
            ("idempotency_keys", "session_key", two.key.get()),
            ("opening_keys", "session_key", two.key.get()),
            ("feedback", "session_key", two.key.get()),
            ("ratings", "session_key", two.key.get()),
            ("misses", "session_key", two.key.get()),
            ("notes", "session_key", two.key.get()),
            ("saved_replies", "agent_id", two.agent.get()),
            ("handoffs", "agent_id", two.agent.get()),
            ("handoff_counts", "agent_id", two.agent.get()),
            ("transfers", "handoff_id", two.handoff.get()),
            ("transfers", "from_agent_id", two.agent.get()),
            ("transfers", "to_agent_id", two.agent.get()),
            ("activities", "agent_id", two.agent.get()),
            ("message_files", "attachment_id", two.file.get()),
        ]
        .map(|(table, column, id)| format!("UPDATE {table} SET {column} = {id} {own}"))
        .into();
        let tables = ["sessions", "profiles", "messages", "attachments", "message_files", "handoffs", "transfers"];
        let others = [
            "idempotency_keys",
            "feedback",
            "ratings",
            "misses",
            "notes",
            "saved_replies",
            "activities",
            "agents",
            "chunks",
            "documents",
        ];
        statements.extend(
            tables
                .iter()
                .chain(&others)
                .map(|table| format!("UPDATE {table} SET company_id = '{}' {own}", spacex.code)),
        );
        statements.push(format!(
            "UPDATE chunks SET document_id = (SELECT id FROM documents WHERE company_id = '{}') {own}",
            spacex.code
        ));
        let before = [rows(&world, &tesla), rows(&world, &spacex)];
        for statement in statements {
            let refused = world.scratch.execute(&statement).expect_err(&statement).to_lowercase();
            assert!(refused.contains("foreign key") || refused.contains("unique"), "{statement}: {refused}");
        }
        assert_eq!([rows(&world, &tesla), rows(&world, &spacex)], before);
        assert_ne!(one.key, two.key);
    }
}
