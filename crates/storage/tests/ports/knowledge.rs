//! A company's knowledge.

use knowledge::{Chunk, Entry, KnowledgeBase, Version, load};
use storage::CompanyStore;
use tenancy::{access::Office, plans::PlanName};

use crate::world::{Read, World, now};

fn entry(document: &str, chunk_id: &str, question: &str) -> Entry {
    Entry {
        document: document.into(),
        chunk_id: chunk_id.into(),
        section: "General".into(),
        question: question.into(),
        alternatives: vec![format!("{question} again"), "Or so".into()],
        answer: "Yes.<br>Always.".into(),
        page: 3,
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

fn write<T: Send + 'static>(
    world: &World,
    office: &Office,
    job: impl FnOnce(&mut CompanyStore<'_, Office>) -> Read<T> + Send + 'static,
) -> T {
    world.db.write(office.clone(), job).wait().unwrap()
}

fn chunks(world: &World, office: &Office) -> Vec<Chunk> {
    world.db.read(office.clone(), |store| load::snapshot(store, None)).wait().unwrap().chunks
}

/// Returns the documents and questions in the order of the chunks.
fn shown(chunks: &[Chunk]) -> Vec<(&str, &str)> {
    chunks.iter().map(|chunk| (chunk.document.title.as_str(), chunk.question.as_str())).collect()
}

#[test]
fn replacing_leaves_only_the_new_and_keeps_named_documents() {
    for (world, office, _) in offices() {
        assert_eq!(world.db.read(office.clone(), |store| store.version()).wait().unwrap(), Version::NONE);
        let first = [entry("B", "1", "b1"), entry("A", "2", "a1"), entry("B", "3", "b2")];
        assert_eq!(write(&world, &office, move |store| store.replace_faq(&first, now())), Version::new(1));
        let before = chunks(&world, &office);
        assert_eq!(shown(&before), [("B", "b1"), ("B", "b2"), ("A", "a1")]);
        assert_eq!(
            (before[0].answer.as_str(), before[0].page, before[0].section.as_str()),
            ("Yes.<br>Always.", 3, "General")
        );

        let second = [entry("A", "3", "a2"), entry("C", "4", "c1"), entry("A", "2", "a1")];
        let again = second.clone();
        assert_eq!(write(&world, &office, move |store| store.replace_faq(&second, now())), Version::new(2));
        let after = chunks(&world, &office);
        assert_eq!(shown(&after), [("A", "a2"), ("A", "a1"), ("C", "c1")]);
        assert_eq!(after[0].document.id, before[2].document.id);
        assert_eq!(world.count("documents"), "2");

        assert_eq!(write(&world, &office, move |store| store.replace_faq(&again, now())), Version::new(3));
        assert_eq!(write(&world, &office, |store| store.replace_faq(&[], now())), Version::new(4));
        assert_eq!((chunks(&world, &office).len(), world.count("documents")), (0, "0".to_owned()));
    }
}

#[test]
fn merging_replaces_by_chunk_id_and_adds_at_the_end() {
    for (world, office, _) in offices() {
        let first = [entry("A", "1", "one"), entry("A", "2", "two"), entry("B", "3", "three"), entry("C", "4", "four")];
        write(&world, &office, move |store| store.replace_faq(&first, now()));
        let merged = [
            entry("A", "5", "five"),
            entry("A", "1", "one again"),
            entry("A", "3", "moved"),
            entry("B", "6", "six"),
            entry("D", "4", "moved away"),
        ];
        assert_eq!(write(&world, &office, move |store| store.merge_faq(&merged, now())), Version::new(2));
        let after = chunks(&world, &office);
        assert_eq!(
            shown(&after),
            [("A", "one again"), ("A", "two"), ("A", "five"), ("A", "moved"), ("B", "six"), ("D", "moved away")]
        );
        assert_eq!(world.count("documents"), "3");
    }
}

#[test]
fn merging_replaces_all_that_an_entry_says() {
    for (world, office, _) in offices() {
        let first = [entry("A", "1", "one"), entry("A", "2", "two")];
        write(&world, &office, move |store| store.replace_faq(&first, now()));
        let before = chunks(&world, &office);
        let merged = Entry {
            document: "A".into(),
            chunk_id: "1".into(),
            section: "Other".into(),
            question: "uno".into(),
            alternatives: vec!["one more".into()],
            answer: "No.".into(),
            page: 4,
        };
        let same = [merged.clone()];
        write(&world, &office, move |store| store.merge_faq(&same, now()));
        let document = before[0].document.clone();
        let Entry { chunk_id, section, question, alternatives, answer, page, .. } = merged;
        let position = before[0].position;
        let changed = Chunk { document, chunk_id, section, question, alternatives, answer, page, position };
        assert_eq!(chunks(&world, &office), [changed, before[1].clone()]);
    }
}

#[test]
fn replacing_documents_keeps_others_and_the_time_of_what_stays() {
    use knowledge::EntryList as _;

    for (world, office, other) in offices() {
        let first = [entry("A", "1", "one"), entry("A", "2", "two"), entry("A", "3", "three"), entry("B", "4", "four")];
        let theirs = first.clone();
        write(&world, &office, move |store| store.replace_faq(&first, now()));
        write(&world, &other, move |store| store.replace_faq(&theirs, now()));
        let later = now().plus(std::time::Duration::from_secs(9));
        let second = [entry("A", "3", "three"), entry("A", "5", "five"), entry("A", "1", "one more")];
        assert_eq!(
            write(&world, &office, move |store| store.replace_documents(&["2"], &second.each_ref(), later)),
            Version::new(2)
        );
        let after = chunks(&world, &office);
        assert_eq!(shown(&after), [("A", "three"), ("A", "five"), ("A", "one more"), ("B", "four")]);
        let listed = world.db.read(office, |store| store.entries_after(None, None, 9)).wait().unwrap();
        let times: Vec<_> = listed.iter().map(|it| (it.chunk.chunk_id.as_str(), it.updated_at == later)).collect();
        assert_eq!(times, [("3", false), ("5", true), ("1", true), ("4", false)]);
        assert_eq!(chunks(&world, &other).len(), 4);
    }
}

#[test]
fn one_companys_knowledge_is_not_anothers() {
    for (world, one, two) in offices() {
        let same = [entry("A", "1", "mine")];
        let other = [entry("A", "1", "theirs")];
        write(&world, &one, move |store| store.replace_faq(&same, now()));
        write(&world, &two, move |store| store.merge_faq(&other, now()));
        write(&world, &two, |store| store.replace_faq(&[], now()));
        assert_eq!(shown(&chunks(&world, &one)), [("A", "mine")]);
        assert_eq!(world.db.read(one, |store| store.version()).wait().unwrap(), Version::new(1));
        assert_eq!(world.db.read(two, |store| store.version()).wait().unwrap(), Version::new(2));
    }
}

#[test]
fn the_largest_load_fits() {
    for (world, office, _) in offices() {
        let many: Vec<_> =
            (0..5_000).map(|n| entry(&format!("Document {}", n % 1_500), &n.to_string(), "Why?")).collect();
        let again = many.clone();
        write(&world, &office, move |store| store.replace_faq(&many, now()));
        assert_eq!(write(&world, &office, move |store| store.merge_faq(&again, now())), Version::new(2));
        let stored = chunks(&world, &office);
        assert_eq!(stored.len(), 5_000);
        assert_eq!(world.count("documents"), "1500");
    }
}

#[test]
fn loads_at_the_same_time_each_raise_the_version() {
    for (world, office, _) in offices() {
        let load = |n: usize| {
            let entries = [entry("A", "1", "same"), entry("A", &format!("own {n}"), "own")];
            world.db.write(office.clone(), move |store| store.merge_faq(&entries, now()))
        };
        let tickets: Vec<_> = (0..12).map(load).collect();
        let mut versions: Vec<_> = tickets.into_iter().map(|ticket| ticket.wait().unwrap().get()).collect();
        versions.sort_unstable();
        assert_eq!(versions, (1..=12).collect::<Vec<_>>());
        let stored = chunks(&world, &office);
        let mut positions: Vec<_> = stored.iter().map(|chunk| chunk.position).collect();
        positions.dedup();
        assert_eq!((stored.len(), positions.len()), (13, 13));
    }
}
