//! The questions, which are kept for those who run the company.

use super::*;

on_each_database!(
    questions_are_added_listed_and_removed,
    a_question_is_changed_and_keeps_its_place,
    a_question_is_added_once,
    only_what_the_company_knows_can_be_expected,
    bad_questions_are_refused,
    staff_list_and_those_who_run_the_company_change,
);

async fn questions_are_added_listed_and_removed(world: &World) {
    let tesla = taught(world).await;
    let first = golden(&tesla.admin, SIMILAR, "rent_002").await.created();
    assert_eq!((&first["question"], &first["expect"]), (&json!(SIMILAR), &json!("rent_002")));
    let second = golden(&tesla.admin, "<b>Do you sell boats?", "clarify").await.created();
    assert_eq!((&second["question"], &second["expect"]), (&json!("<b>Do you sell boats?"), &json!("clarify")));
    assert_eq!(listed(&tesla.admin).await, json!([first, second]));
    let page = tesla.admin.client().get(GOLDEN).query(&[("limit", "1")]).await.ok();
    assert_eq!(page["results"], json!([first]));
    let next = page["next"].as_str().unwrap();
    let page = tesla.admin.client().get(GOLDEN).query(&[("limit", "1"), ("cursor", next)]).await.ok();
    assert_eq!(page, json!({"results": [second], "next": null}));
    let remove = || tesla.admin.client().call(Method::DELETE, &format!("{GOLDEN}{}/", first["id"]));
    assert_eq!(remove().await.ok(), json!({"message": "Golden question deleted"}));
    remove().await.error(404, "not_found", "Golden question not found");
    assert_eq!(listed(&tesla.admin).await, json!([second]));
    let log = tesla.admin.client().get("/api/audit/").await.ok();
    let actions: Vec<_> = log["results"].as_array().unwrap().iter().map(|row| row["action"].as_str()).collect();
    let (added, removed) = (Some("golden_added"), Some("golden_removed"));
    assert_eq!(actions[..3], [removed, added, added], "{log}");
}

async fn a_question_is_changed_and_keeps_its_place(world: &World) {
    let (tesla, spacex) = (taught(world).await, world.company("SpaceX").await);
    let first = golden(&tesla.admin, SIMILAR, "rent_002").await.created();
    let second = golden(&tesla.admin, "Why?", "clarify").await.created();
    let path = format!("{GOLDEN}{}/", first["id"]);
    let change = |who: &Client, body: Value| who.call(Method::PATCH, &path).json(&body);
    let admin = tesla.admin.client();
    let changed = change(admin, json!({"question": "Is money kept?"})).await.ok();
    let mut expected = first.clone();
    expected["question"] = json!("Is money kept?");
    assert_eq!(changed, expected);
    expected["expect"] = json!("clarify");
    assert_eq!(change(admin, json!({"expect": "clarify"})).await.ok(), expected);
    assert_eq!(change(admin, json!({})).await.ok(), expected);
    for (field, message, body) in [
        ("question", "This question is a golden question already.", json!({"question": "WHY"})),
        ("expect", "There is no entry with this id.", json!({"expect": "nothing"})),
        ("question", "This field may not be blank.", json!({"question": " "})),
        ("expect", "This field may not be null.", json!({"expect": null})),
    ] {
        assert_eq!(change(admin, body).await.expect(400).body[field], json!([message]));
    }
    change(spacex.admin.client(), json!({"expect": "clarify"})).await.error(
        404,
        "not_found",
        "Golden question not found",
    );
    change(tesla.agent("Bo Agent").await.client(), json!({"expect": "clarify"})).await.expect(403);
    assert_eq!(listed(&tesla.admin).await, json!([expected, second]));
    assert_eq!(outcomes(&run(&tesla, &json!({})).await)[0].0, "Is money kept?");
    let named = json!({"expect": "rent_002", "company_id": tesla.id});
    assert_eq!(change(world.superadmin().await.client(), named).await.ok()["expect"], "rent_002");
    // What is expected and was removed since does not keep the question from being corrected.
    tesla.admin.client().call(Method::DELETE, &format!("{ENTRIES}rent_002/")).query(&[("force", "true")]).await.ok();
    let corrected = change(admin, json!({"question": "Is any money kept?", "expect": "rent_002"})).await.ok();
    assert_eq!(corrected["expect"], "rent_002");
    let log = admin.get("/api/audit/").await.ok();
    assert_eq!(log["results"][0]["action"], "golden_changed", "{log}");
}

async fn a_question_is_added_once(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, SIMILAR, "rent_002").await.created();
    let again = golden(&tesla.admin, "Is leaving a DEPOSIT needed", "clarify").await.expect(400);
    assert_eq!(again.body["question"], json!(["This question is a golden question already."]));
    let spacex = world.company("SpaceX").await;
    golden(&spacex.admin, SIMILAR, "clarify").await.created();
    assert_eq!(listed(&tesla.admin).await.as_array().unwrap().len(), 1);
}

async fn only_what_the_company_knows_can_be_expected(world: &World) {
    let tesla = taught(world).await;
    let spacex = world.company("SpaceX").await;
    let superadmin = world.superadmin().await;
    superadmin.load_sample_documents().await.ok();
    let library = superadmin.client().get(ENTRIES).query(&[("shared", "true"), ("limit", "1")]).await.ok();
    let shared = library["results"][0]["chunk_id"].as_str().unwrap().to_owned();
    let absent = golden(&tesla.admin, "Why?", "nothing").await.expect(400);
    assert_eq!(absent.body["expect"], json!(["There is no entry with this id."]));
    for (admin, id) in [(&spacex.admin, "rent_002"), (&tesla.admin, &shared)] {
        let refused = golden(admin, "Why?", id).await.expect(400);
        assert_eq!(refused.body["expect"], absent.body["expect"]);
    }
    tesla.admin.set_bot(&json!({"use_shared_library": true})).await.ok();
    golden(&tesla.admin, "Why?", &shared).await.created();
    assert_eq!(listed(&spacex.admin).await, json!([]));
}

async fn bad_questions_are_refused(world: &World) {
    let tesla = taught(world).await;
    for (field, body) in [
        ("question", json!({"question": " ", "expect": "clarify"})),
        ("question", json!({"question": "x".repeat(1_001), "expect": "clarify"})),
        ("question", json!({"expect": "clarify"})),
        ("expect", json!({"question": "Why?"})),
        ("expect", json!({"question": "Why?", "expect": " "})),
        ("expect", json!({"question": "Why?", "expect": "x".repeat(101)})),
    ] {
        let refused = tesla.admin.client().post(GOLDEN, &body).await.expect(400);
        assert!(refused.body[field].is_array(), "{refused:?}");
    }
    for bad in ["x", "-1", "1.5", "9007199254740992"] {
        let refused = tesla.admin.client().get(GOLDEN).query(&[("cursor", bad)]).await;
        refused.error(400, "bad_request", "Invalid cursor parameter");
    }
    assert_eq!(listed(&tesla.admin).await, json!([]));
    golden(&tesla.admin, &"x".repeat(1_000), "clarify").await.created();
}

async fn staff_list_and_those_who_run_the_company_change(world: &World) {
    let (tesla, spacex) = (taught(world).await, world.company("SpaceX").await);
    let agent = tesla.agent("Bo Agent").await;
    let superadmin = world.superadmin().await;
    let named = json!({"question": SIMILAR, "expect": "rent_002", "company_id": tesla.id});
    superadmin.client().post(GOLDEN, &named).await.created();
    assert_eq!(listed(&agent).await.as_array().unwrap().len(), 1);
    assert_eq!(listed(&spacex.admin).await, json!([]));
    let id = listed(&agent).await[0]["id"].clone();
    let remove = |who: &Client| who.call(Method::DELETE, &format!("{GOLDEN}{id}/"));
    golden(&agent, "Why?", "clarify").await.expect(403);
    remove(agent.client()).await.expect(403);
    agent.client().post(RUN, &json!({})).await.expect(403);
    remove(spacex.admin.client()).await.error(404, "not_found", "Golden question not found");
    superadmin.client().post(RUN, &json!({})).await.expect(400);
    let report = superadmin.client().post(RUN, &json!({"company_id": tesla.id})).await.ok();
    assert_eq!(report["passed"], 1);
    // Whatever an admin names, it is the own company.
    let own = spacex.admin.client().post(RUN, &json!({"company_id": tesla.id})).await.ok();
    assert_eq!(own["rows"], json!([]));
    world.anybody().post(RUN, &json!({"company_id": tesla.id})).await.asks_for_a_token();
}
