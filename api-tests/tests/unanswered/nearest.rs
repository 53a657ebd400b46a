//! What the list says of a group beside its questions: why it is there, where it was asked, and which entry comes nearest.

use super::*;

on_each_database!(
    the_nearest_entry_is_the_first_candidate_of_a_trial,
    the_nearest_entry_follows_the_knowledge,
    groups_are_listed_from_a_moment_on,
);

async fn the_nearest_entry_is_the_first_candidate_of_a_trial(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.set_bot(&json!({"confidence_threshold": 0.99})).await.ok();
    let question = "Which zebra wants a deposit?";
    let (visitor, _) = asked(&tesla, question).await;
    asked(&tesla, "zzz?").await;
    let groups = list(&tesla, &[]).await;
    let group = groups.iter().find(|group| group["question"] == question).unwrap();
    let trial = tesla.admin.client().post("/api/knowledge/ask/", &json!({"question": question})).await.ok();
    let (best, first) = (&group["best"], &trial["candidates"][0]);
    for key in ["chunk_id", "document", "question", "score", "shared"] {
        assert_eq!(best[key], first[key], "{key}");
    }
    assert_eq!((&best["chunk_id"], &best["confidence"]), (&json!("rent_002"), &trial["evidence"][0]["confidence"]));
    assert_eq!((&group["why"], &group["session_id"]), (&json!("low"), &json!(visitor.session)));
    let unlike = groups.iter().find(|group| group["question"] == "zzz?").unwrap();
    assert_eq!(unlike["best"], Value::Null);
}

async fn the_nearest_entry_follows_the_knowledge(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    asked(&tesla, "Do you sell snow chains?").await;
    let best = async || list(&tesla, &[]).await[0]["best"].clone();
    assert_eq!(best().await, Value::Null);
    let entry =
        json!({"question": "Do you sell snow chains?", "answer": "Yes.", "document": "D", "chunk_id": "chains"});
    tesla.admin.client().post("/api/knowledge/entries/", &entry).await.created();
    let found = best().await;
    assert_eq!(
        (&found["chunk_id"], &found["confidence"], &found["shared"]),
        (&json!("chains"), &json!(1.0), &json!(false))
    );
    tesla.admin.client().call(reqwest::Method::DELETE, "/api/knowledge/entries/chains/").await.ok();
    // The library counts only for a company that uses it.
    let superadmin = world.superadmin().await;
    superadmin.load_sample_documents().await.ok();
    let shared =
        superadmin.client().get("/api/knowledge/entries/").query(&[("shared", "true"), ("limit", "1")]).await.ok();
    asked(&tesla, shared["results"][0]["question"].as_str().unwrap()).await;
    assert_eq!(best().await, Value::Null);
    tesla.admin.set_bot(&json!({"use_shared_library": true})).await.ok();
    let found = best().await;
    assert_eq!((&found["chunk_id"], &found["shared"]), (&shared["results"][0]["chunk_id"], &json!(true)));
}

async fn groups_are_listed_from_a_moment_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for question in ["Is there snow?", "Where can I swim?", "IS THERE snow??"] {
        tesla.stranger().say(question).await;
        world.clock.advance(Duration::from_secs(60));
    }
    let all = list(&tesla, &[]).await;
    assert_eq!(counts(&all), [("Is there snow?", 2), ("Where can I swim?", 1)]);
    let from = async |moment: &str| list(&tesla, &[("from", moment)]).await;
    let at = |group: usize| all[group]["last_at"].as_str().unwrap();
    // A group is whole, even if it began before.
    assert_eq!(from(at(0)).await, all[..1]);
    assert_eq!(from(at(1)).await, all);
    assert_eq!(from(&at(0)[..10]).await, all);
    assert_eq!(from("2100-01-01").await, Vec::<Value>::new());
    for (name, value) in [("from", "yesterday"), ("tz", "Nowhere/Land")] {
        let refused = tesla.admin.client().get(LIST).query(&[(name, value)]).await.expect(400);
        assert!(
            refused.body["error"].as_str().unwrap().starts_with(&format!("Invalid {name} parameter")),
            "{refused:?}"
        );
    }
}
