//! Private notes on real rows.

use chatbot::Messages as _;
use handoff::{
    live,
    notes::{self, MOST_NOTES, NoteAuthor, NoteError, NoteRange, Notes as _, OutgoingNote, Written},
    visitor::{self, Window},
};
use tenancy::{
    NoteId, SessionId,
    access::{Desk, Visitor},
};

use crate::{
    stage::{later, text},
    world::World,
};

fn write(world: &World, desk: Desk, session: SessionId, text: &str, at: u64) -> Result<notes::Note, NoteError> {
    write_once(world, desk, session, text.to_owned().into(), at).map(Written::into_note)
}

fn write_once(
    world: &World,
    desk: Desk,
    session: SessionId,
    note: OutgoingNote,
    at: u64,
) -> Result<Written, NoteError> {
    world.db.write(desk, move |store| notes::write(store, session, note, later(at))).wait()
}

#[test]
fn a_note_with_a_key_is_stored_once() {
    for world in World::each() {
        let company = world.company("tesla");
        let (session, key) = world.session(&company, "Ann Ray");
        let (other, _) = world.session(&company, "Bob Ray");
        let note = |text: &str, key: &str| OutgoingNote { key: Some(key.to_owned()), ..text.to_owned().into() };
        let written = write_once(&world, company.desk(), session, note("one", "k"), 1).unwrap();
        let Written::Stored(first) = written else { panic!("{written:?}") };
        let again = write_once(&world, company.desk(), session, note("one", "k"), 2).unwrap();
        assert_eq!(again, Written::Replayed(first.clone()));
        let changed = write_once(&world, company.desk(), session, note("two", "k"), 3);
        assert!(matches!(changed, Err(NoteError::KeyReused)), "{changed:?}");
        for (session, key) in [(session, "another"), (other, "k")] {
            let written = write_once(&world, company.desk(), session, note("one", key), 4).unwrap();
            assert!(matches!(written, Written::Stored(_)), "{written:?}");
        }
        let stored = world.see(&company, move |store| store.notes(key, NoteRange::ALL));
        assert_eq!(stored.len(), 2);
        let newer = NoteRange { after: first.id, ..NoteRange::ALL };
        assert_eq!(world.see(&company, move |store| store.notes(key, newer)), stored[1..]);
    }
}

#[test]
fn a_note_is_stored_next_to_the_messages_and_changes_nothing_else() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name));
        let (session, key) = world.session(&company, "Ann Ray");
        let hidden = write(&world, ben.clone().into(), session, "too early", 1);
        assert!(matches!(hidden, Err(NoteError::SessionNotFound)), "{hidden:?}");
        world.escalated(&company, session, later(1));
        let before = world.stored(&company, session);

        let note = write(&world, ben.clone().into(), session, "from ben", 2).unwrap();
        assert_eq!((note.new.author, note.new.name.as_deref(), note.at), (NoteAuthor::Agent, Some("ben"), later(2)));
        assert_eq!(note.new.after_seq, before.last_seq);
        let second = write(&world, company.desk(), session, "from the admin", 3).unwrap();
        assert_eq!(second.new.author, NoteAuthor::Admin);
        assert_eq!(world.stored(&company, session), before);
        let all = NoteRange::ALL;
        assert_eq!(world.see(&company, move |store| store.notes(key, all)), [note.clone(), second.clone()]);
        for (range, found) in
            [((before.last_seq, None), 2), ((before.last_seq + 1, None), 0), ((0, Some(before.last_seq)), 0)]
        {
            let range = NoteRange { from: range.0, before: range.1, ..NoteRange::ALL };
            assert_eq!(world.see(&company, move |store| store.notes(key, range)).len(), found, "{range:?}");
        }

        // Nothing that reads messages finds them.
        let messages = world.see(&company, move |store| store.messages(key));
        assert!(messages.iter().all(|message| !message.content.as_deref().unwrap_or_default().contains("from")));
        let caller: Visitor = world.visitor(&company, Some(session));
        let page = world.db.read(caller.clone(), |store| visitor::page(store, Window::Newest, 500, later(4))).wait();
        assert_eq!(page.unwrap().unwrap().messages, messages);
        let batch = world
            .db
            .read(Desk::from(cleo.clone()), move |store| live::of_staff(store, session, Window::Newest, later(4)));
        assert_eq!(batch.wait().unwrap().unwrap().messages, messages);

        let annotated = |desk: Desk, window| {
            let read = world.db.read(desk, move |store| notes::annotated(store, session, window, 1, NoteId::new(0)));
            read.wait().unwrap().map(|page| (page.messages.len(), page.notes.len()))
        };
        assert_eq!(annotated(ben.into(), Window::Newest), Some((1, 2)));
        assert_eq!(annotated(cleo.into(), Window::Before(before.last_seq)), Some((1, 0)));
        assert_eq!(annotated(company.desk(), Window::After(before.last_seq)), Some((0, 2)));
    }
}

#[test]
fn notes_about_a_session_are_limited() {
    for world in World::each() {
        let company = world.company("tesla");
        let (session, key) = world.session(&company, "Ann Ray");
        let filled = world.db.write(company.desk(), move |store| {
            (1..MOST_NOTES).try_for_each(|_| notes::write(store, session, "x".to_owned().into(), later(1)).map(drop))
        });
        filled.wait().unwrap();
        write(&world, company.desk(), session, "the last", 2).unwrap();
        let more = write(&world, company.desk(), session, "one more", 2);
        assert!(matches!(more, Err(NoteError::TooMany)), "{more:?}");
        assert_eq!(world.see(&company, move |store| store.count_notes(key)), MOST_NOTES);
        let (other, _) = world.session(&company, "Bob Ray");
        write(&world, company.desk(), other, "another session", 2).unwrap();
        world.turn(&world.visitor(&company, Some(session)), &text("hello"), later(3));
    }
}
