//! Visitors' profiles: lists, statistics, deletion.

use std::collections::BTreeSet;

use attachments::Attachments as _;
use chatbot::{AllProfiles as _, NewProfile, ProfileFilter, ProfileStats, Profiles as _, SessionStatus, profile};
use handoff::{
    Rating, desk,
    erase::{self, EraseError},
    visitor,
};
use storage::{Database, Target, testing::Scratch};
use tenancy::{CompanyStatus, ProfileId, SessionRowId, StoreError, Timestamp, companies};

use crate::{
    files::file,
    stage::{Company, keyed, known, later, text},
    world::{World, day, now},
};

/// Opens a session and saves this profile for it, at the given time.
fn save(world: &World, company: &Company, profile: NewProfile, at: Timestamp) -> (SessionRowId, ProfileId) {
    let key = world.turn(&world.visitor(company, None), &text("hi"), at).user.session;
    let saved = world.db.write(company.housekeeper(), move |store| profile::save(store, key, profile, at));
    (key, saved.wait().unwrap().id)
}

fn search(text: &str) -> ProfileFilter {
    ProfileFilter { search: Some(text.to_owned()), ..ProfileFilter::default() }
}

/// Returns the number of matching profiles, and the names on one page.
fn names(world: &World, company: &Company, filter: ProfileFilter, offset: i64, limit: i64) -> (i64, Vec<String>) {
    let (count, rows) = world.see(company, move |store| store.page_of_profiles(&filter, offset, limit));
    (count, rows.into_iter().map(|row| row.profile.name).collect())
}

#[test]
fn both_databases_find_the_same_profiles() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let noon = Timestamp::parse("2026-11-22T12:00:00Z").unwrap();
        let rows = [
            (known("\u{c9}mile Zola"), noon),
            (NewProfile { email: Some("Zoe@Example.COM".into()), ..known("50%_\\ Off") }, now()),
            (NewProfile { country_code: "+1".into(), phone: "+1-2025550123".into(), ..known("Ann Ray") }, now()),
            (known("\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3} Homer"), later(86_399)),
            (known("\u{418}\u{432}\u{430}\u{43d}"), later(86_400)),
        ];
        for (profile, at) in rows {
            save(&world, &tesla, profile, at);
        }
        save(&world, &spacex, known("\u{c9}mile Zola"), now());
        let [emile, off, ann, odysseus, ivan] = [
            "\u{c9}mile Zola",
            "50%_\\ Off",
            "Ann Ray",
            "\u{39f}\u{394}\u{3a5}\u{3a3}\u{3a3}\u{395}\u{3a5}\u{3a3} Homer",
            "\u{418}\u{432}\u{430}\u{43d}",
        ];
        let all = ProfileFilter::default;
        let cases: [(ProfileFilter, Vec<&str>); 24] = [
            (all(), vec![ivan, odysseus, ann, off, emile]),
            (search("\u{e9}MILE"), vec![emile]),
            (search("emile"), vec![emile]),
            (search("zola  EMILE"), vec![emile]),
            (search("001 (202) 555-0123"), vec![ann]),
            (search("ray 202 5550123 ann"), vec![ann]),
            (search("\u{301}"), vec![]),
            (search(&"a ".repeat(51)), vec![]),
            (search("\u{418}\u{412}"), vec![ivan]),
            (search("\u{3bf}\u{3b4}\u{3c5}\u{3c3}"), vec![odysseus]),
            (search("\u{39f}\u{394}\u{3a5}\u{3a3}"), vec![odysseus]),
            (search("\u{3b5}\u{3c5}\u{3c3}"), vec![odysseus]),
            (search("%"), vec![off]),
            (search("_"), vec![off]),
            (search("\\"), vec![off]),
            (search("zoe@EXAMPLE"), vec![off]),
            (search("2025550"), vec![ann]),
            (search("o"), vec![odysseus, off, emile]),
            (search(&"a".repeat(60_000)), vec![]),
            (ProfileFilter { country_code: Some("+1".into()), ..all() }, vec![ann]),
            (ProfileFilter { country_code: Some("+1".into()), ..search("ivan") }, vec![]),
            (ProfileFilter { created_from: Some(day("2026-11-24").start()), ..all() }, vec![ivan]),
            (ProfileFilter { created_before: Some(day("2026-11-23").start()), ..all() }, vec![emile]),
            (
                ProfileFilter {
                    created_from: Some(day("2026-11-23").start()),
                    created_before: Some(day("2026-11-24").start()),
                    ..ProfileFilter::default()
                },
                vec![odysseus, ann, off],
            ),
        ];
        for (filter, expected) in cases {
            let shown = filter.search.as_ref().map(|text| text.chars().take(20).collect::<String>());
            let count = i64::try_from(expected.len()).unwrap();
            let found = names(&world, &tesla, filter, 0, 9);
            assert_eq!(
                (found.0, found.1.iter().map(String::as_str).collect::<Vec<_>>()),
                (count, expected),
                "{shown:?}"
            );
        }
        let page = names(&world, &tesla, all(), 1, 2);
        assert_eq!((page.0, page.1), (5, vec![odysseus.to_owned(), ann.to_owned()]));
        assert_eq!(names(&world, &tesla, all(), 9, 2), (5, vec![]));

        let everyone = |filter: ProfileFilter| {
            let read =
                world.db.platform_read(world.boss.clone(), move |store| store.page_of_all_profiles(&filter, 0, 9));
            let (count, rows) = read.wait().unwrap();
            (count, rows.iter().map(|row| row.profile.company).collect::<BTreeSet<_>>().len())
        };
        assert_eq!(everyone(search("zola")), (2, 2));
        world
            .db
            .write(spacex.housekeeper(), |store| companies::set_status(store, CompanyStatus::Closed))
            .wait()
            .unwrap();
        assert_eq!((everyone(search("zola")), everyone(all())), ((1, 1), (5, 1)));
    }
}

#[test]
fn a_list_and_the_numbers_show_the_sessions_of_today() {
    for world in World::each() {
        let company = world.company("tesla");
        // Monday, 23 November: yesterday was another week of the same month.
        let times = ["2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-22T23:59:58Z", "2026-11-23T00:00:00Z"]
            .map(|time| Timestamp::parse(time).unwrap());
        let [old, _, yesterday, _] = times.map(|at| save(&world, &company, known("Ann Ray"), at).0);
        let with_email = NewProfile { email: Some("a@b.example".into()), country_code: "+1".into(), ..known("Bo") };
        let (newest, id) = save(&world, &company, with_email, times[3]);
        let session = |key: SessionRowId| world.see(&company, move |store| store.profile_of(key)).unwrap().session_id;
        world.escalated(&company, session(newest), now());
        let assigned = world.escalated(&company, session(yesterday), now());
        let ben = world.agent(&company, "ben").id();
        let given = world.db.write(company.office.clone(), move |store| desk::assign(store, assigned, ben, now()));
        given.wait().unwrap();
        world.turn(&world.visitor(&company, Some(session(old))), &text("hello"), later(60));
        // A session without a profile counts as escalated too.
        let nameless = world.turn(&world.visitor(&company, None), &text("hello"), now()).session;
        world.escalated(&company, nameless, now());
        let favorite = match world.scratch.options.target {
            storage::Target::Sqlite(_) => "1",
            storage::Target::Postgres(_) => "TRUE",
        };
        world.scratch.execute(&format!("UPDATE profiles SET is_favorite = {favorite} WHERE id = {id}")).unwrap();

        let at = later(86_399);
        let stats = world.see(&company, move |store| store.profile_stats(at));
        let expected = ProfileStats {
            total: 5,
            today: 2,
            this_week: 2,
            this_month: 4,
            by_country: vec![("+1".to_owned(), 1), ("+977".to_owned(), 4)],
            with_email: 1,
            escalated_sessions: 3,
            favorites: 1,
            active: 4,
            used_today: 3,
        };
        assert_eq!(stats, expected);
        let all = world.db.platform_read(world.boss.clone(), move |store| store.all_profile_stats(at));
        assert_eq!(all.wait().unwrap(), expected);
        let (_, rows) = world.see(&company, |store| store.page_of_profiles(&ProfileFilter::default(), 0, 9));
        assert_eq!(
            rows.iter().map(|row| row.status).collect::<Vec<_>>(),
            [
                SessionStatus::Escalated,
                SessionStatus::Active,
                SessionStatus::Assigned,
                SessionStatus::Active,
                SessionStatus::Active
            ]
        );
        assert!(rows[0].profile.is_favorite && !rows[1].profile.is_favorite);
        assert_eq!((rows[4].session_created_at, rows[4].profile.last_used), (times[0], later(60)));
    }
}

#[test]
fn profiles_from_before_the_keys_are_found_after_a_migration() {
    for world in World::each() {
        let company = world.company("tesla");
        for _ in 0..3 {
            save(&world, &company, NewProfile { phone: "+49-1517777777".into(), ..known("Ren\u{e9}") }, now());
        }
        world.scratch.execute("UPDATE profiles SET search_key = ''").unwrap();
        assert_eq!(names(&world, &company, search("rene"), 0, 9).0, 0);
        let options = &world.scratch.options;
        Database::migrate(&options.target, options.owner.as_ref()).unwrap();
        assert_eq!(names(&world, &company, search("rene"), 0, 9).0, 3);
        assert_eq!(names(&world, &company, search("0151 7777777"), 0, 9).0, 3);
    }
}

#[test]
fn a_person_who_comes_back_has_one_id_and_earlier_sessions() {
    for world in World::each() {
        let [tesla, spacex] = ["tesla", "spacex"].map(|name| world.company(name));
        let with = |phone: &str, email: &str| NewProfile {
            phone: phone.into(),
            email: Some(email.to_owned()).filter(|email| !email.is_empty()),
            ..known("Ann")
        };
        let person = |company: &Company, profile: NewProfile| {
            let (key, id) = save(&world, company, profile, now());
            let profile = world.see(company, move |store| store.profile(id)).unwrap();
            let at = profile.clone();
            let earlier = world.see(company, move |store| store.earlier_sessions(&at, 9));
            (key, profile, earlier.into_iter().map(|session| session.session_id).collect::<Vec<_>>())
        };
        let (_, first, none) = person(&tesla, with("+49-1517777777", "Ann@B.example"));
        assert_eq!(none, []);
        let (_, phone, one) = person(&tesla, with("+49-1517777777", ""));
        assert_eq!((&phone.persistent_user_id, one), (&first.persistent_user_id, vec![first.session_id]));
        let (key, email, two) = person(&tesla, with("+49-1518888888", "ann@b.EXAMPLE"));
        assert_eq!(email.persistent_user_id, first.persistent_user_id);
        assert_eq!(two, [phone.session_id, first.session_id]);
        let (_, other, none) = person(&tesla, with("+49-1519999999", "bo@b.example"));
        assert_ne!(other.persistent_user_id, first.persistent_user_id);
        assert_eq!(none, []);
        let (_, elsewhere, none) = person(&spacex, with("+49-1517777777", "ann@b.example"));
        assert_ne!(elsewhere.persistent_user_id, first.persistent_user_id);
        assert_eq!(none, []);
        // Without a phone or an address, everybody is a person of their own.
        let [one, two] = [0, 1].map(|_| person(&tesla, with("none", "")).1.persistent_user_id);
        assert_ne!(one, two);
        // Of a typing error nothing stays.
        let corrected = with("+49-1516666666", "cy@b.example");
        let write = move |store: &mut storage::CompanyStore<'_, _>| profile::save(store, key, corrected, now());
        let after = world.db.write(tesla.housekeeper(), write).wait().unwrap();
        assert!(![&first, &other].iter().any(|known| known.persistent_user_id == after.persistent_user_id));
    }
}

/// An anonymous caller sees the same id for a phone, whether the company knows the phone or the address or neither.
#[test]
fn the_id_that_a_visitor_sees_depends_on_the_phone_only() {
    for world in World::each() {
        let company = world.company("tesla");
        let shown = |profile: NewProfile| {
            let phone = profile.phone.clone();
            let (key, _) = save(&world, &company, profile, now());
            world.see(&company, move |store| store.visitor_id(key, &phone))
        };
        let with =
            |phone: &str, email: &str| NewProfile { phone: phone.into(), email: Some(email.into()), ..known("Ann") };
        let one = shown(with("+49-1517777777", "ann@b.example"));
        let two = shown(with("+49-1518888888", "ann@b.example"));
        assert_ne!(one, two, "a known address does not show");
        assert_eq!(shown(with("+49-1517777777", "new@b.example")), one);
        assert_eq!(shown(with("+49-1518888888", "new@b.example")), two);
        assert_ne!(shown(with("none", "ann@b.example")), shown(with("none", "ann@b.example")));
    }
}

/// Of a deleted conversation no text stays in the free space of a SQLite file.
#[test]
fn deleted_text_does_not_linger_in_the_file() {
    let world = World::new(Scratch::sqlite());
    let company = world.company("tesla");
    let secret = "an-unforgettable-word";
    let opened = world.turn(&world.visitor(&company, None), &keyed(&format!("{secret} first"), "k"), now());
    let (key, session) = (opened.user.session, opened.session);
    for at in 0..20 {
        // Short texts and texts that need pages of their own.
        let message = format!("{secret} {}", secret.repeat(at * 100));
        world.turn(&world.visitor(&company, Some(session)), &text(&message), later(at.try_into().unwrap()));
    }
    let new = NewProfile { address: Some(secret.repeat(9)), ..known(secret) };
    let write = move |store: &mut storage::CompanyStore<'_, _>| profile::save(store, key, new, later(60));
    let id = world.db.write(company.housekeeper(), write).wait().unwrap().id;
    let Target::Sqlite(file) = world.scratch.options.target.clone() else { panic!("not SQLite") };
    let lingers = || {
        world.scratch.execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let bytes = std::fs::read(&file.path).unwrap();
        bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    assert!(lingers());
    world.db.write(company.office.clone(), move |store| erase::profile(store, id)).wait().unwrap();
    assert!(!lingers());
}

#[test]
fn two_new_profiles_of_one_person_see_each_other() {
    for world in World::each() {
        let company = world.company("tesla");
        let keys: Vec<_> =
            (0..8).map(|_| world.turn(&world.visitor(&company, None), &text("hi"), now()).user.session).collect();
        let writes: Vec<_> = keys
            .into_iter()
            .enumerate()
            .map(|(at, key)| {
                let phone = format!("+49-151777777{at}");
                let profile = NewProfile { phone, email: Some("ann@b.example".into()), ..known("Ann") };
                world.db.write(company.housekeeper(), move |store| profile::save(store, key, profile, now()))
            })
            .collect();
        let ids: BTreeSet<_> = writes.into_iter().map(|write| write.wait().unwrap().persistent_user_id).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
    }
}

#[test]
fn a_profile_that_is_changed_stays_the_same_profile() {
    for world in World::each() {
        let company = world.company("tesla");
        let (key, id) = save(&world, &company, known("Ann Ray"), now());
        let before = world.see(&company, move |store| store.profile(id)).unwrap();
        let new =
            NewProfile { email: Some("ann@b.example".into()), address: Some("1 Road".into()), ..known("<b>Ann</b>") };
        world.db.write(company.housekeeper(), move |store| profile::save(store, key, new, later(9))).wait().unwrap();
        let after = world.see(&company, move |store| store.profile_of(key)).unwrap();
        assert_eq!((after.id, &after.persistent_user_id, after.created_at), (id, &before.persistent_user_id, now()));
        assert_eq!((after.email.as_deref(), after.address.as_deref()), (Some("ann@b.example"), Some("1 Road")));
        let session = world.stored(&company, after.session_id);
        assert_eq!(session.profile, Some((id, after.name.clone())));
        assert_eq!((session.revision, session.updated_at, session.last_seq), (3, later(9), 2));
        assert_eq!(names(&world, &company, search("ann ray"), 0, 9).0, 0);
        assert_eq!(names(&world, &company, search("ann@b"), 0, 9), (1, vec![after.name]));
    }
}

#[test]
fn deleting_a_profile_leaves_nothing_of_its_session_and_all_of_the_others() {
    const TABLES: [&str; 12] = [
        "sessions",
        "profiles",
        "messages",
        "attachments",
        "message_files",
        "handoffs",
        "transfers",
        "idempotency_keys",
        "opening_keys",
        "feedback",
        "ratings",
        "notes",
    ];
    for world in World::each() {
        let company = world.company("tesla");
        let [ben, cleo] = ["ben", "cleo"].map(|name| world.agent(&company, name).id());
        let fill = |n: &str| {
            let opened = world.turn(&world.visitor(&company, None), &keyed("hi", n), now());
            let (session, key) = (opened.session, opened.user.session);
            let files = [file(&company, key, "a"), file(&company, key, "b")];
            let id = world.db.write(company.office.clone(), move |store| {
                let id = profile::save(store, key, known("Ann Ray"), now()).unwrap().id;
                let handoff =
                    desk::escalate(&mut store.acting(), session, &crate::stage::urgent("x"), now()).unwrap().id;
                for agent in [ben, cleo] {
                    desk::assign(store, handoff, agent, now()).unwrap();
                }
                handoff::notes::write(&mut store.acting(), session, "private".to_owned().into(), now()).unwrap();
                files.iter().for_each(|file| drop(store.insert(file).unwrap().unwrap()));
                Ok::<_, StoreError>(id)
            });
            let id = id.wait().unwrap();
            let caller = world.visitor(&company, Some(session));
            let blobs = world.see(&company, move |store| {
                let ids: Vec<_> = (1..=9).map(tenancy::AttachmentId::new).collect();
                store.of_session(key, &ids)
            });
            let attachments = blobs.iter().map(|file| file.id).collect();
            world.turn(&caller, &handoff::turn::Ask { attachments, ..keyed("see", &format!("{n} too")) }, now());
            let opinions = world.db.write(caller, |store| {
                visitor::give_feedback(store, 2, false, None, now()).unwrap();
                visitor::rate(store, &Rating { score: 2, comment: Some("slow".into()) }, now())
            });
            opinions.wait().unwrap();
            (id, session, blobs.into_iter().map(|file| file.key).collect::<BTreeSet<_>>())
        };
        let (kept, kept_session, _) = fill("kept");
        let counts = || TABLES.map(|table| world.count(table));
        let before = counts();
        assert!(!before.contains(&"0".to_owned()), "{before:?}");
        let (gone, session, keys) = fill("gone");
        let erased = world.db.write(company.office.clone(), move |store| erase::profile(store, gone)).wait().unwrap();
        assert_eq!(erased.into_iter().collect::<BTreeSet<_>>(), keys);
        assert_eq!(keys.len(), 2);
        assert_eq!(counts(), before);
        assert_eq!(world.stored(&company, kept_session).profile.unwrap().0, kept);
        assert_eq!(world.visitor(&company, Some(session)).session(), None);
        let again = world.db.write(company.office.clone(), move |store| erase::profile(store, gone)).wait();
        assert!(matches!(again, Err(EraseError::NotFound)), "{again:?}");
    }
}
