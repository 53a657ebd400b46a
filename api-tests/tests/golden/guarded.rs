//! Changes of the knowledge, on servers whose encoder is off.

use super::*;

on_each_database!(
    a_change_that_loses_a_golden_question_is_refused_unless_it_is_forced,
    a_change_that_loses_nothing_is_made,
    a_dry_run_names_what_would_be_lost,
    an_answer_to_unanswered_questions_is_guarded,
    at_most_twenty_are_named,
    bad_values_of_force_are_refused,
    other_companies_and_the_library_are_not_guarded,
);

fn replaced() -> Value {
    json!({"documents": {"Shop": {"Boats": [{"question": "Do you sell boats?", "answer": "No."}]}}})
}

async fn entries(company: &Company) -> Value {
    company.admin.client().get(ENTRIES).await.ok()
}

async fn a_change_that_loses_a_golden_question_is_refused_unless_it_is_forced(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, EXACT, "rent_002").await.created();
    golden(&tesla.admin, SIMILAR, "rent_002").await.created();
    let admin = tesla.admin.client();
    let thief = json!({"question": SIMILAR, "answer": "No.", "document": "D", "chunk_id": "thief"});
    let other = json!({"question": "What is up?", "answer": "Nothing."});
    let upload = json!({"text": "id,question,answer\n1,Why?,So.\n", "document": "Price list"});
    let merged = json!({"mode": "merge", "documents": {"shop": {"Renting": [
        {"question": "What is up?", "answer": "Nothing.", "chunk_id": "rent_002", "document": "Price list"}]}}});
    let both = |outcome: &'static str| [(EXACT, outcome), (SIMILAR, outcome)];
    let before = entries(&tesla).await;
    assert_lost(&admin.post(ENTRIES, &thief).await, &[(SIMILAR, "wrong")]);
    assert_lost(&patch(&tesla.admin, "rent_002", &other).await, &both("unanswered"));
    assert_lost(&delete(&tesla.admin, "rent_002").await, &both("missing"));
    assert_lost(&admin.post(LOAD, &replaced()).await, &both("missing"));
    assert_lost(&admin.post(LOAD, &merged).await, &both("unanswered"));
    assert_lost(&admin.post(UPLOADS, &upload).await, &both("missing"));
    let mut named = upload.clone();
    named["company_id"] = json!(tesla.id);
    assert_lost(&world.superadmin().await.client().post(UPLOADS, &named).await, &both("missing"));
    assert_eq!(entries(&tesla).await, before);

    let forced = |mut body: Value| {
        body["force"] = json!(true);
        body
    };
    admin.post(ENTRIES, &forced(thief)).await.created();
    delete(&tesla.admin, "thief").await.ok();
    patch(&tesla.admin, "rent_002", &forced(other)).await.ok();
    tesla.knowledge(&sample::bicycle_faq()).await;
    admin.post(UPLOADS, &forced(upload)).await.ok();
    tesla.knowledge(&sample::bicycle_faq()).await;
    admin.post(LOAD, &merged).query(&[("force", "1")]).await.ok();
    tesla.knowledge(&sample::bicycle_faq()).await;
    admin.post(LOAD, &replaced()).query(&[("force", "true")]).await.ok();
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), both("missing"));
}

async fn a_change_that_loses_nothing_is_made(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, EXACT, "rent_002").await.created();
    golden(&tesla.admin, "zzz", "rent_002").await.created();
    let boats = json!({"question": "Do you sell boats?", "answer": "No.", "document": "D", "chunk_id": "boats"});
    tesla.admin.client().post(ENTRIES, &boats).await.created();
    patch(&tesla.admin, "rent_002", &json!({"answer": "Yes, 200 euros."})).await.ok();
    delete(&tesla.admin, "boats").await.ok();
    // A category may be called as the parameter is.
    let mut faq = sample::bicycle_faq();
    faq["force"] = json!({"Boats": [{"question": "Do you sell boats?", "answer": "No."}]});
    tesla.admin.client().post(LOAD, &faq).await.ok();
    // Errors are told as without golden questions.
    delete(&tesla.admin, "boats").await.error(404, "not_found", "Entry not found");
    let taken = json!({"question": "Why?", "answer": "So.", "document": "D", "chunk_id": "rent_002"});
    let refused = tesla.admin.client().post(ENTRIES, &taken).await.expect(400);
    assert_eq!(refused.body["chunk_id"], json!(["This id is taken."]));
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), [(EXACT, "passed"), ("zzz", "unanswered")]);
}

async fn a_dry_run_names_what_would_be_lost(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, EXACT, "rent_002").await.created();
    let upload = json!({"text": "id,question,answer\n1,Why?,So.\n", "document": "Price list", "dry_run": true});
    let report = tesla.admin.client().post(UPLOADS, &upload).await.ok();
    let lost = json!([{"id": report["golden_lost"][0]["id"], "question": EXACT, "expect": "rent_002",
        "would": "clarify", "chunk_id": null, "outcome": "missing"}]);
    assert_eq!((&report["golden_lost"], &report["removed"]), (&lost, &json!(2)));
    // Also if it will be forced.
    let mut forced = upload.clone();
    forced["force"] = json!(true);
    assert_eq!(tesla.admin.client().post(UPLOADS, &forced).await.ok()["golden_lost"], lost);
    forced["dry_run"] = json!(false);
    assert_eq!(tesla.admin.client().post(UPLOADS, &forced).await.ok()["golden_lost"], json!([]));
    // What failed already is not lost.
    assert_eq!(tesla.admin.client().post(UPLOADS, &upload).await.ok()["golden_lost"], json!([]));
}

async fn an_answer_to_unanswered_questions_is_guarded(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, SIMILAR, "rent_002").await.created();
    tesla.visitor().await.say("Do you sell boats?").await;
    let unanswered = "/api/knowledge/unanswered/";
    let group = tesla.admin.client().get(unanswered).await.ok()["results"][0]["id"].clone();
    let answer = |body: Value| tesla.admin.client().post(&format!("{unanswered}{group}/answer/"), &body);
    let thief = json!({"question": SIMILAR, "answer": "No.", "document": "D"});
    assert_lost(&answer(thief.clone()).await, &[(SIMILAR, "wrong")]);
    assert_eq!(tesla.admin.client().get(unanswered).await.ok()["results"][0]["id"], group);
    let mut forced = thief;
    forced["force"] = json!(true);
    assert_eq!(answer(forced).await.created()["closed"], 1);
}

async fn at_most_twenty_are_named(world: &World) {
    let tesla = taught(world).await;
    let alternatives: Vec<_> = (0..20).map(|number| format!("{number}{number}x")).collect();
    patch(&tesla.admin, "rent_002", &json!({"alternatives": alternatives})).await.ok();
    for question in alternatives.iter().map(String::as_str).chain([EXACT]) {
        golden(&tesla.admin, question, "rent_002").await.created();
    }
    let refused = delete(&tesla.admin, "rent_002").await.expect(409);
    assert_eq!(refused.body["golden_lost"].as_array().unwrap().len(), 20);
}

async fn bad_values_of_force_are_refused(world: &World) {
    let tesla = taught(world).await;
    let admin = tesla.admin.client();
    for call in [
        delete(&tesla.admin, "rent_002").query(&[("force", "maybe")]),
        delete(&tesla.admin, "rent_002").query(&[("force", "")]),
        patch(&tesla.admin, "rent_002", &json!({"answer": "No.", "force": 7})),
        admin.post(LOAD, &replaced()).query(&[("force", "maybe")]),
    ] {
        let refused = call.await.expect(400);
        assert!(refused.body["force"].is_array(), "{refused:?}");
    }
    assert_eq!(entries(&tesla).await["results"].as_array().unwrap().len(), 5);
}

async fn other_companies_and_the_library_are_not_guarded(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, EXACT, "rent_002").await.created();
    let spacex = world.company("SpaceX").await;
    spacex.knowledge(&sample::bicycle_faq()).await;
    delete(&spacex.admin, "rent_002").await.ok();
    let superadmin = world.superadmin().await;
    superadmin.load_sample_documents().await.ok();
    tesla.admin.set_bot(&json!({"use_shared_library": true})).await.ok();
    let library = superadmin.client().get(ENTRIES).query(&[("shared", "true"), ("limit", "1")]).await.ok();
    let id = library["results"][0]["chunk_id"].as_str().unwrap();
    golden(&tesla.admin, library["results"][0]["question"].as_str().unwrap(), id).await.created();
    delete(&superadmin, id).query(&[("shared", "true")]).await.ok();
    assert_eq!(outcomes(&run(&tesla, &json!({})).await)[1].1, "missing");
}
