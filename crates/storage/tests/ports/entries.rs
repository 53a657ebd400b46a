//! The entries of a company's knowledge, listed and changed one by one.

use knowledge::{
    Draft, Entry, EntryChange, EntryList as _, EntryPosition, KnowledgeBase as _, Version,
    entries::{self, CreateError, DeleteError, EntryFilter, UpdateError, Words},
    load::MAX_EXTENT,
};
use tenancy::{DocumentId, access::Office, audit::Action, plans::PlanName};

use crate::world::{World, now};

fn draft(document: &str, chunk_id: &str, question: &str) -> Draft {
    Draft {
        document: document.into(),
        chunk_id: Some(chunk_id.into()),
        section: "General".into(),
        question: question.into(),
        alternatives: Vec::new(),
        answer: "Yes.".into(),
        page: 0,
    }
}

/// The worlds, each with the offices of two companies.
fn offices() -> impl Iterator<Item = (World, Office, Office)> {
    World::each().into_iter().map(|world| {
        let plan = world.plan(PlanName::Pro, 1);
        let [one, two] = [("Tesla", "ann@t.com"), ("SpaceX", "bob@s.com")]
            .map(|(name, address)| world.office(&world.open(name, address, &plan).unwrap()));
        (world, one, two)
    })
}

/// Loads two entries of document A, then two of document B.
fn load(world: &World, office: &Office) {
    let entries = [("A", "1", "a one"), ("A", "2", "a two"), ("B", "3", "b one"), ("B", "4", "b two")]
        .map(|(document, chunk_id, question)| draft(document, chunk_id, question).into_entry());
    world.db.write(office.clone(), move |store| store.replace_faq(&entries, now())).wait().unwrap();
}

fn version(world: &World, office: &Office) -> Version {
    world.db.read(office.clone(), |store| store.version()).wait().unwrap()
}

/// Returns the questions of the pages of a filter, each of at most `limit` entries.
fn pages(world: &World, office: &Office, filter: &EntryFilter, limit: usize) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let filter = filter.clone();
        let page = world.db.read(office.clone(), move |store| entries::page(store, &filter, after, limit));
        let page = page.wait().unwrap();
        assert!(page.rows.iter().all(|row| row.updated_at == now()));
        pages.push(page.rows.into_iter().map(|row| row.chunk.question).collect());
        after = page.next;
        if after.is_none() {
            return pages;
        }
    }
}

#[test]
fn pages_go_on_where_the_last_one_ended() {
    for (world, one, two) in offices() {
        load(&world, &one);
        let all = EntryFilter::default();
        assert_eq!(pages(&world, &one, &all, 3), [vec!["a one", "a two", "b one"], vec!["b two"]]);
        assert_eq!(pages(&world, &one, &all, 2), [["a one", "a two"], ["b one", "b two"]]);
        assert_eq!(pages(&world, &one, &all, 4).len(), 1);
        let of_b = EntryFilter { document: Some("B".to_owned()), ..EntryFilter::default() };
        assert_eq!(pages(&world, &one, &of_b, 1), [["b one"], ["b two"]]);
        let two_words = EntryFilter { words: Words::of("TWO yes"), ..EntryFilter::default() };
        assert_eq!(pages(&world, &one, &two_words, 1), [["a two"], ["b two"]]);
        let absent = EntryFilter { document: Some("b".to_owned()), ..EntryFilter::default() };
        assert_eq!(pages(&world, &one, &absent, 9), [Vec::<String>::new()]);
        assert_eq!(pages(&world, &two, &all, 9), [Vec::<String>::new()]);
    }
}

#[test]
fn a_search_looks_at_two_thousand_entries_in_one_page() {
    for (world, one, _) in offices() {
        let entries: Vec<Entry> = (0..2_100)
            .map(|n| draft("A", &n.to_string(), if n == 2_050 { "needle" } else { "hay" }).into_entry())
            .collect();
        world.db.write(one.clone(), move |store| store.replace_faq(&entries, now())).wait().unwrap();
        let filter = EntryFilter { words: Words::of("needle"), ..EntryFilter::default() };
        assert_eq!(pages(&world, &one, &filter, 5), [vec![], vec!["needle"]]);
    }
}

#[test]
fn a_place_in_another_document_than_the_filters_is_before_or_after_all_of_it() {
    for (world, one, _) in offices() {
        load(&world, &one);
        let titled = |title: &'static str| {
            world.db.read(one.clone(), move |store| store.document_titled(title)).wait().unwrap().unwrap()
        };
        let (a, b) = (titled("A"), titled("B"));
        let count = |document: DocumentId, after: DocumentId| {
            let after = EntryPosition { document: after, position: 1 };
            let read = move |store: &mut storage::CompanyStore<'_, Office>| {
                store.entries_after(Some(document), Some(after), 9)
            };
            world.db.read(one.clone(), read).wait().unwrap().len()
        };
        assert_eq!((count(b, a), count(a, b), count(a, a)), (2, 0, 1));
    }
}

#[test]
fn documents_are_listed_with_the_number_of_their_entries() {
    for (world, one, two) in offices() {
        load(&world, &one);
        let documents = |office: &Office, after, limit| {
            let read = move |store: &mut storage::CompanyStore<'_, Office>| store.documents_after(after, limit);
            world.db.read(office.clone(), read).wait().unwrap()
        };
        let all = documents(&one, None, 9);
        let shown: Vec<_> =
            all.iter().map(|it| (it.document.title.as_str(), it.entries, it.created_at == now())).collect();
        assert_eq!(shown, [("A", 2, true), ("B", 2, true)]);
        assert_eq!(documents(&one, None, 1), all[..1]);
        assert_eq!(documents(&one, Some(all[0].document.id), 9), all[1..]);
        assert!(documents(&two, None, 9).is_empty());
    }
}

#[test]
fn an_entry_is_added_once_and_at_the_end_of_its_document() {
    for (world, one, two) in offices() {
        load(&world, &one);
        let create = |office: &Office, draft: Draft| {
            world.db.write(office.clone(), move |store| entries::create(store, draft, now())).wait()
        };
        let created = create(&one, draft("A", "5", "a three")).unwrap();
        assert_eq!((created.chunk.chunk_id.as_str(), created.chunk.position), ("5", 3));
        for taken in ["5", "1", "export"] {
            assert!(matches!(create(&one, draft("C", taken, "again")), Err(CreateError::Taken)), "{taken}");
        }
        assert_eq!(version(&world, &one), Version::new(2));
        assert!(create(&two, draft("A", "5", "theirs")).is_ok());
        let all = EntryFilter::default();
        assert_eq!(pages(&world, &one, &all, 9), [["a one", "a two", "a three", "b one", "b two"]]);
        assert_eq!(pages(&world, &two, &all, 9), [["theirs"]]);
        assert_eq!(world.count("jobs"), "2");
    }
}

#[test]
fn a_change_keeps_the_place_in_a_document_and_moves_to_the_end_of_another() {
    for (world, one, two) in offices() {
        load(&world, &one);
        let update = |office: &Office, id: &'static str, change: EntryChange| {
            world.db.write(office.clone(), move |store| entries::update(store, id, change, now())).wait()
        };
        let question = EntryChange { question: Some("a new".to_owned()), ..EntryChange::default() };
        let alternatives = EntryChange { alternatives: Some(vec!["other".to_owned()]), ..EntryChange::default() };
        assert_eq!(update(&one, "1", question.clone()).unwrap().chunk.position, 1);
        assert_eq!(update(&one, "1", alternatives).unwrap().chunk.alternatives, ["other"]);
        assert_eq!(version(&world, &one), Version::new(3));
        // What changes nothing is no change.
        assert_eq!(update(&one, "1", question).unwrap().chunk.question, "a new");
        assert_eq!(version(&world, &one), Version::new(3));
        let moved = |document: &str| EntryChange { document: Some(document.to_owned()), ..EntryChange::default() };
        assert_eq!(update(&one, "1", moved("B")).unwrap().chunk.position, 5);
        update(&one, "2", moved("B")).unwrap();
        assert_eq!(pages(&world, &one, &EntryFilter::default(), 9), [["b one", "b two", "a new", "a two"]]);
        assert_eq!(world.count("documents"), "1");
        for (office, id) in [(&one, "9"), (&two, "1")] {
            assert!(matches!(update(office, id, moved("C")), Err(UpdateError::NotFound)), "{id}");
        }
        assert_eq!(version(&world, &two), Version::NONE);
    }
}

#[test]
fn the_last_entry_of_a_document_takes_the_document_with_it() {
    for (world, one, two) in offices() {
        load(&world, &one);
        load(&world, &two);
        let delete = |office: &Office, id: &'static str| {
            world.db.write(office.clone(), move |store| entries::delete(store, id, now())).wait()
        };
        for id in ["1", "2"] {
            delete(&one, id).unwrap();
            assert!(matches!(delete(&one, id), Err(DeleteError::NotFound)), "{id}");
        }
        assert_eq!(version(&world, &one), Version::new(3));
        assert_eq!(pages(&world, &one, &EntryFilter::default(), 9), [["b one", "b two"]]);
        assert_eq!(pages(&world, &two, &EntryFilter::default(), 9)[0].len(), 4);
        assert_eq!(world.count("documents"), "3");
    }
}

#[test]
fn changes_at_the_same_time_both_count() {
    for (world, one, _) in offices() {
        load(&world, &one);
        let update =
            |change: EntryChange| world.db.write(one.clone(), move |store| entries::update(store, "1", change, now()));
        let tickets: Vec<_> = (0..6)
            .flat_map(|n: i64| {
                [
                    update(EntryChange { page: Some(n), ..EntryChange::default() }),
                    update(EntryChange { answer: Some(format!("{n}")), ..EntryChange::default() }),
                ]
            })
            .collect();
        tickets.into_iter().for_each(|ticket| drop(ticket.wait().unwrap()));
        let entry = world.db.read(one, |store| store.entry("1")).wait().unwrap().unwrap();
        assert!(entry.chunk.page > 0 && entry.chunk.answer != "Yes.", "{entry:?}");
    }
}

#[test]
fn an_entry_can_be_corrected_whatever_else_the_company_knows() {
    for (world, one, _) in offices() {
        load(&world, &one);
        let asked = |at: usize| Entry {
            alternatives: (1..10_000).map(|n| format!("{at} {n}")).collect(),
            ..draft("A", &at.to_string(), "How?").into_entry()
        };
        let merge = |entries: Vec<Entry>| {
            world.db.write(one.clone(), move |store| store.merge_faq(&entries, now())).wait().unwrap();
            world.db.read(one.clone(), |store| store.extent()).wait().unwrap()
        };
        assert_eq!(merge(vec![asked(5)]).questions, 10_004);
        let extent = merge(vec![asked(6)]);
        assert_eq!((extent.questions, extent.is_within(MAX_EXTENT)), (20_004, false));
        let update = |answer: &str| {
            let change = EntryChange { answer: Some(answer.to_owned()), ..EntryChange::default() };
            world.db.write(one.clone(), move |store| entries::update(store, "1", change, now())).wait()
        };
        assert_eq!(update("No.").unwrap().chunk.answer, "No.");
        assert!(matches!(update("Perhaps."), Err(UpdateError::TooMuch)));
    }
}

#[test]
fn each_change_is_recorded() {
    for (world, one, _) in offices() {
        let steps: [fn(&mut storage::CompanyStore<'_, Office>); 3] = [
            |store| drop(entries::create(store, draft("A", "1", "a"), now()).unwrap()),
            |store| {
                let change = EntryChange { page: Some(2), ..EntryChange::default() };
                drop(entries::update(store, "1", change, now()).unwrap());
            },
            |store| entries::delete(store, "1", now()).unwrap(),
        ];
        for step in steps {
            let done = move |store: &mut storage::CompanyStore<'_, Office>| {
                step(store);
                Ok::<_, tenancy::StoreError>(())
            };
            world.db.write(one.clone(), done).wait().unwrap();
        }
        let entries = world.db.read(one, |store| tenancy::audit::AuditLog::audit_entries(store, None, 9));
        let actions: Vec<_> = entries.wait().unwrap().into_iter().map(|entry| entry.action).take(3).collect();
        let expected = [Action::EntryDeleted, Action::EntryUpdated, Action::EntryCreated].map(Action::as_str);
        assert_eq!(actions, expected);
    }
}
