//! Golden questions, and what a change of the knowledge is said to make of it.

use std::slice;

use knowledge::{
    Draft, Entry, EntryChange, EntryList as _, KnowledgeBase as _, Version, entries,
    golden::{
        self, AddError, ChangeError, Expect, Golden, GoldenQuestions as _, MOST_GOLDEN, Proposal, PublishError,
        QuestionKey, RemoveError,
    },
    load::{self, LoadMode},
};
use storage::CompanyStore;
use tenancy::{GoldenId, StoreError, access::Office, audit::Action};

use crate::{
    stage::Company,
    world::{World, now},
};

fn entry(document: &str, chunk_id: &str) -> Entry {
    Draft {
        document: document.into(),
        chunk_id: Some(chunk_id.into()),
        section: "General".into(),
        question: format!("{chunk_id}?"),
        alternatives: Vec::new(),
        answer: "Yes.".into(),
        page: 0,
    }
    .into_entry()
}

fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
    world: &World,
    company: &Company,
    job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    world.db.write(company.office.clone(), job).wait()
}

fn add(world: &World, company: &Company, question: &str, expect: &str) -> Result<GoldenId, AddError> {
    let (question, expect) = (question.to_owned(), Expect::of(expect.to_owned()));
    write(world, company, move |store| golden::add(store, question, expect, false, now())).map(|golden| golden.id)
}

fn actions(world: &World, company: &Company) -> Vec<String> {
    let golden = [Action::GoldenAdded, Action::GoldenChanged, Action::GoldenRemoved].map(Action::as_str);
    let sql = format!("SELECT action AS line FROM audit_entries WHERE company_id = '{}' ORDER BY seq", company.code);
    world.scratch.lines(&sql).into_iter().filter(|line| golden.contains(&line.as_str())).collect()
}

#[test]
fn questions_are_listed_in_the_order_of_their_ids() {
    for world in World::each() {
        let company = world.company("tesla");
        world.teach(&company, "When are you open?", "From 7 to 18.");
        let known = write(&world, &company, |store| store.chunks()).unwrap().remove(0).chunk_id;
        let first = add(&world, &company, "Open when?", &known).unwrap();
        let second = add(&world, &company, "Why?", "clarify").unwrap();
        let listed = move |after, limit| {
            let rows = write(&world, &company, move |store| store.golden_after(after, limit)).unwrap();
            rows.into_iter().map(|golden| (golden.id, golden.question, golden.expect)).collect::<Vec<_>>()
        };
        let rows =
            [(first, "Open when?".to_owned(), Expect::Entry(known)), (second, "Why?".to_owned(), Expect::Clarify)];
        assert_eq!(listed(None, 9), rows);
        assert_eq!(listed(None, 1), rows[..1]);
        assert_eq!(listed(Some(first), 9), rows[1..]);
        assert_eq!(listed(Some(second), 9), []);
    }
}

#[test]
fn a_question_is_added_once_for_an_entry_that_is_there_and_is_audited() {
    for world in World::each() {
        let company = world.company("tesla");
        let id = add(&world, &company, "When do you open?", "clarify").unwrap();
        assert!(matches!(add(&world, &company, "when do you OPEN", "clarify"), Err(AddError::Twice)));
        assert!(matches!(add(&world, &company, "Why?", "gone"), Err(AddError::NoEntry)));
        let shared = |store: &mut CompanyStore<'_, Office>| {
            golden::add(store, "Why?".to_owned(), Expect::of("gone".to_owned()), true, now())
        };
        assert!(write(&world, &company, shared).is_ok());
        // Longer than an index takes.
        let long = "\u{4e00}".repeat(golden::MAX_QUESTION);
        assert!(add(&world, &company, &long, "clarify").is_ok());
        let remove = move |store: &mut CompanyStore<'_, Office>| golden::remove(store, id);
        write(&world, &company, remove).unwrap();
        assert!(matches!(write(&world, &company, remove), Err(RemoveError::NotFound)));
        let (added, removed) = ("golden_added", "golden_removed");
        assert_eq!(actions(&world, &company), [added, added, added, removed]);
    }
}

#[test]
fn a_question_is_changed_to_another_one_and_not_to_one_that_is_there() {
    for world in World::each() {
        let company = world.company("tesla");
        let id = add(&world, &company, "When do you open?", "clarify").unwrap();
        add(&world, &company, "Why?", "clarify").unwrap();
        let change = |id, question: Option<&str>, expect: Option<&str>, is_shared| {
            let (question, expect) = (question.map(str::to_owned), expect.map(|text| Expect::of(text.to_owned())));
            write(&world, &company, move |store| golden::change(store, id, question, expect, is_shared))
        };
        assert!(matches!(change(id, Some("WHY"), None, false), Err(ChangeError::Twice)));
        assert!(matches!(change(id, None, Some("gone"), false), Err(ChangeError::NoEntry)));
        assert!(matches!(change(GoldenId::new(999), Some("Who?"), None, false), Err(ChangeError::NotFound)));
        let unchanged = change(id, Some("When do you open?"), Some("clarify"), false).unwrap();
        let changed = change(id, Some("when do you OPEN"), Some("gone"), true).unwrap();
        assert_eq!(
            changed,
            Golden { question: "when do you OPEN".to_owned(), expect: Expect::of("gone".to_owned()), ..unchanged }
        );
        // What is expected already may be gone.
        let again = change(id, Some("Open?"), None, false).unwrap();
        assert_eq!((&again.question, &again.expect), (&"Open?".to_owned(), &changed.expect));
        let stored = write(&world, &company, move |store| store.golden(id)).unwrap();
        assert_eq!(stored, Some(again));
        add(&world, &company, "When do you open?", "clarify").unwrap();
        let (added, changed) = ("golden_added", "golden_changed");
        assert_eq!(actions(&world, &company), [added, added, changed, changed, added]);
    }
}

#[test]
fn a_company_has_so_many_questions_and_no_more() {
    for world in World::each() {
        let company = world.company("tesla");
        let fill = |store: &mut CompanyStore<'_, Office>| {
            for number in 0..MOST_GOLDEN {
                let question = number.to_string();
                store.insert_golden(&question, QuestionKey::of(&question), &Expect::Clarify, now())?;
            }
            store.count_golden()
        };
        assert_eq!(write(&world, &company, fill).unwrap(), MOST_GOLDEN);
        assert!(matches!(add(&world, &company, "Why?", "clarify"), Err(AddError::TooMany)));
        assert!(add(&world, &world.company("spacex"), "Why?", "clarify").is_ok());
    }
}

#[test]
fn a_change_is_made_only_of_what_it_was_compared_with() {
    for world in World::each() {
        let company = world.company("tesla");
        let publish = |compared: Option<i64>| {
            write(&world, &company, move |store| {
                let change = |store: &mut CompanyStore<'_, Office>| store.merge_faq(&[entry("A", "1")], now());
                golden::publish::<_, _, StoreError>(store, compared.map(Version::new), change)
            })
        };
        assert_eq!(publish(None).unwrap(), Version::new(1));
        assert!(matches!(publish(Some(0)), Err(PublishError::Moved)));
        assert_eq!(publish(Some(1)).unwrap(), Version::new(2));
    }
}

/// A change, as it is proposed and as it is made.
type Case = (&'static str, fn(&mut CompanyStore<'_, Office>) -> Proposal, fn(&mut CompanyStore<'_, Office>));

fn draft() -> Draft {
    Draft {
        document: "A".into(),
        chunk_id: Some("9".into()),
        section: "<b>S</b>".into(),
        question: "Nine?".into(),
        alternatives: vec!["9!".into()],
        answer: "Yes.".into(),
        page: 0,
    }
}

fn to_document_b() -> EntryChange {
    EntryChange { document: Some("B".into()), question: Some("Moved?".into()), ..EntryChange::default() }
}

fn faq() -> knowledge::Entries {
    let item = |id: &str| serde_json::json!({"question": format!("New {id}?"), "answer": "Yes.", "chunk_id": id});
    let faq = serde_json::json!({"B": {"S": [item("7"), item("3")]}, "C": {"S": [item("2")]}});
    knowledge::faq::parse(faq).unwrap()
}

/// Document A has other entries, B is removed and there is a document D.
fn uploaded() -> knowledge::upload::Content {
    let text = serde_json::json!([
        {"document": "B", "question": "New?", "answer": "Yes.", "chunk_id": "8"},
        {"document": "D", "question": "5?", "answer": "Yes.", "chunk_id": "5"},
        {"document": "B", "question": "3?", "answer": "No.", "chunk_id": "3"},
    ])
    .to_string();
    let upload = knowledge::upload::Upload { bytes: text.as_bytes(), document: "Upload" };
    knowledge::upload::read(upload).unwrap()
}

const CASES: [Case; 7] = [
    (
        "create",
        |store| Proposal::creation(draft(), &store.chunks().unwrap()).unwrap(),
        |store| {
            entries::create(store, draft(), now()).unwrap();
        },
    ),
    (
        "update",
        |store| Proposal::update("1", to_document_b(), &store.chunks().unwrap()).unwrap(),
        |store| {
            entries::update(store, "1", to_document_b(), now()).unwrap();
        },
    ),
    ("delete", |_| Proposal::deletion("3".into()), |store| entries::delete(store, "3", now()).unwrap()),
    (
        "replace",
        |_| Proposal::load(faq().as_slice(), LoadMode::Replace),
        |store| {
            load::faq(store, &faq(), LoadMode::Replace, now()).unwrap();
        },
    ),
    (
        "merge",
        |_| Proposal::load(faq().as_slice(), LoadMode::Merge),
        |store| {
            load::faq(store, &faq(), LoadMode::Merge, now()).unwrap();
        },
    ),
    (
        "merge one",
        |_| Proposal::load(slice::from_ref(&entry("B", "1")), LoadMode::Merge),
        |store| {
            store.merge_faq(&[entry("B", "1")], now()).unwrap();
        },
    ),
    (
        "upload",
        |store| {
            let stored = knowledge::upload::stored(store).unwrap();
            Proposal::upload(&knowledge::upload::compare(uploaded(), stored)).unwrap()
        },
        |store| {
            let stored = knowledge::upload::stored(store).unwrap();
            let diff = knowledge::upload::compare(uploaded(), stored);
            knowledge::upload::apply(store, uploaded(), diff, now()).unwrap();
        },
    ),
];

#[test]
fn a_change_makes_of_the_entries_what_was_proposed() {
    for world in World::each() {
        for (number, (name, propose, make)) in CASES.into_iter().enumerate() {
            let company = world.company(&format!("company{number}"));
            let made = write(&world, &company, move |store| {
                let entries =
                    [("A", "1"), ("B", "3"), ("A", "2"), ("B", "4")].map(|(document, id)| entry(document, id));
                store.replace_faq(&entries, now())?;
                let before = store.chunks()?;
                let proposed = propose(store).applied(&before).unwrap();
                make(store);
                let after = store.chunks()?;
                assert_ne!(after, before, "{name}");
                let entries = |chunks: Vec<knowledge::Chunk>| chunks.into_iter().map(Entry::from).collect::<Vec<_>>();
                Ok::<_, StoreError>((entries(proposed), entries(after)))
            });
            let (proposed, after) = made.unwrap();
            assert_eq!(proposed, after, "{name}");
        }
    }
}

#[test]
fn what_would_be_refused_is_not_proposed() {
    for world in World::each() {
        let company = world.company("tesla");
        let proposed = write(&world, &company, |store| {
            store.replace_faq(&[entry("A", "9")], now())?;
            assert!(store.entry("9")?.is_some());
            let chunks = store.chunks()?;
            let reserved = Draft { chunk_id: Some(entries::RESERVED_ID.into()), ..draft() };
            Ok::<_, StoreError>([
                Proposal::creation(draft(), &chunks),
                Proposal::creation(reserved, &chunks),
                Proposal::update("1", to_document_b(), &chunks),
            ])
        });
        assert_eq!(proposed.unwrap(), [None, None, None]);
    }
}
