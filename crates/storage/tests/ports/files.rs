//! Files of sessions.

use attachments::{
    AttachmentDirectory, Attachments, BlobKey, FileKind, NewAttachment, Uploader, detect,
    upload::{self, RegisterError},
};
use storage::{CompanyStore, testing::Scratch};
use tenancy::{AttachmentId, SessionId, SessionRowId, StoreError, access::Desk};

use crate::{
    stage::{Company, known, later},
    world::{World, now},
};

/// A row for a file that has no content.
pub(crate) fn file(company: &Company, session: SessionRowId, name: &str) -> NewAttachment {
    NewAttachment {
        session,
        original_name: format!("{name} \u{e9}.pdf"),
        key: BlobKey::generate(company.code, SessionId::generate(company.code), &format!("{name}.pdf"), now()),
        size: 5_000_000_000,
        kind: FileKind::Document,
        content_type: "application/pdf",
        uploader: Uploader::Agent,
        uploaded_at: later(7),
    }
}

fn insert(
    world: &World,
    company: &Company,
    file: &NewAttachment,
) -> Result<Option<attachments::Attachment>, StoreError> {
    let file = file.clone();
    world.db.write(company.desk(), move |store: &mut CompanyStore<'_, Desk>| store.insert(&file)).wait()
}

#[test]
fn a_file_is_found_by_session_and_by_key() {
    for world in World::each() {
        let company = world.company("tesla");
        let opened = world.turn(&world.visitor(&company, None), &crate::stage::text("hi"), now());
        let (session, key) = (opened.session, opened.user.session);
        let (_, other) = world.session(&company, "Bo Lind");
        let new = file(&company, key, "a");
        let stored = insert(&world, &company, &new).unwrap().unwrap();
        assert_eq!((stored.session, stored.company, stored.profile), (key, company.code, None));
        assert_eq!((&stored.original_name, &stored.key, stored.size), (&new.original_name, &new.key, new.size));
        assert_eq!((stored.kind, stored.content_type.as_str()), (FileKind::Document, "application/pdf"));
        assert_eq!((stored.uploader, stored.uploaded_at), (Uploader::Agent, later(7)));
        assert_eq!(stored.filename, new.key.file_name());

        // The file belongs to the profile that its session gets later.
        let saved =
            world.db.write(company.housekeeper(), move |store| chatbot::profile::save(store, key, known("Ann"), now()));
        let owned = attachments::Attachment { profile: Some(saved.wait().unwrap().id), ..stored };
        let (id, blob) = (owned.id, owned.key.clone());
        let found = world.see(&company, move |store| {
            let missing = AttachmentId::new(99);
            assert_eq!(store.of_session(other, &[id])?, []);
            assert_eq!(store.all_of_session(other)?, []);
            assert_eq!(store.all_of_session(key)?, store.of_session(key, &[id])?);
            Ok((store.of_session(key, &[missing, id])?, Attachments::by_key(store, &blob)?))
        });
        assert_eq!(found, (vec![owned.clone()], Some((owned.clone(), session))));

        let (blob, nowhere) = (owned.key.clone(), file(&company, key, "a").key);
        let lobby = world.db.lobby(move |lobby| Ok::<_, StoreError>((lobby.by_key(&blob)?, lobby.by_key(&nowhere)?)));
        assert_eq!(lobby.wait().unwrap(), (Some(owned.into()), None));
    }
}

#[test]
fn a_file_of_no_session_is_not_stored() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let (_, key) = world.session(&tesla, "Ann Ray");
        for (company, session) in [(&tesla, SessionRowId::new(99)), (&spacex, key)] {
            assert_eq!(insert(&world, company, &file(company, session, "a")).unwrap(), None);
        }
        assert_eq!(world.count("attachments"), "0");
    }
}

#[test]
fn an_upload_is_registered_for_the_session_it_was_admitted_to() {
    for world in World::each() {
        let company = world.company("tesla");
        let [ann, bo] =
            ["Ann Ray", "Bo Lind"].map(|name| world.visitor(&company, Some(world.session(&company, name).0)));
        let session = ann.session().unwrap();
        let upload = upload::accept(&session, "notes.txt", &detect::whole(b"hello"), Uploader::User, later(3)).unwrap();
        let refused = upload.clone();
        let refused = world.db.write(bo, move |store| upload::register(store, &refused)).wait();
        assert!(matches!(refused, Err(RegisterError::SessionNotFound)), "{refused:?}");
        let blob = upload.key().clone();
        let stored = world.db.write(ann, move |store| upload::register(store, &upload)).wait().unwrap();
        assert_eq!((stored.session, &stored.key, stored.size), (session.row_id(), &blob, 5));
        assert_eq!(world.count("attachments"), "1");
    }
}

/// PostgreSQL only: SQLite does not run two write transactions at a time.
#[test]
fn a_file_whose_session_is_being_deleted_finds_no_session() {
    let Some(scratch) = Scratch::postgres() else { return };
    let world = World::new(scratch);
    let company = world.company("tesla");
    let (session, key) = world.session(&company, "Ann Ray");
    let profile = world.stored(&company, session).profile.unwrap().0;
    let (deleted, was_deleted) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let erasing = world.db.write(company.office.clone(), move |store| {
        let blobs = handoff::erase::profile(store, profile);
        deleted.send(()).unwrap();
        may_go_on.recv().unwrap();
        blobs
    });
    was_deleted.recv().unwrap();
    let new = file(&company, key, "a");
    let inserting = world.db.write(company.desk(), move |store: &mut CompanyStore<'_, Desk>| store.insert(&new));
    let waiting = "SELECT w.pid::text AS line FROM pg_locks w WHERE NOT w.granted AND EXISTS (SELECT FROM pg_locks h \
                   JOIN pg_database d ON d.oid = h.database WHERE h.pid = w.pid AND d.datname = current_database())";
    while world.scratch.lines(waiting).is_empty() {
        std::thread::yield_now();
    }
    go_on.send(()).unwrap();
    erasing.wait().unwrap();
    assert_eq!(inserting.wait().unwrap(), None);
}
