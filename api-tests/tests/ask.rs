//! What would be answered to a question, as staff see it.
#![cfg(test)]

use api_tests::prelude::*;

const ASK: &str = "/api/knowledge/ask/";

on_each_database!(
    an_answer_is_shown_with_what_speaks_for_it,
    another_threshold_shows_what_would_change,
    the_library_is_asked_as_in_a_chat,
    asking_stores_nothing,
    staff_ask_within_their_company,
);

async fn ask(who: &impl Caller, question: &str) -> Value {
    who.client().post(ASK, &json!({"question": question})).await.ok()
}

async fn an_answer_is_shown_with_what_speaks_for_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let shown = ask(&tesla.admin, "do I need to leave a DEPOSIT").await;
    let answer = "Yes, 100 euros by card, returned when the bicycle comes back.";
    assert_eq!(
        (&shown["would"], &shown["confidence"], &shown["answer"]),
        (&json!("answer"), &json!(1.0), &json!(answer))
    );
    assert_eq!(shown["evidence"], json!([{"shared": false, "confidence": 1.0, "compared": "exact", "features": {}}]));
    let first = &shown["candidates"][0];
    assert_eq!(
        (&first["chunk_id"], &first["document"], &first["shared"]),
        (&json!("rent_002"), &json!("Price list"), &json!(false))
    );
    let mut visitor = tesla.visitor().await;
    for question in ["is leaving a deposit needed?", "how long for repairing a puncture? do you repair brakes?"] {
        let (shown, said) = (ask(&tesla.admin, question).await, visitor.say(question).await);
        assert_eq!(said["type"], "rag_response", "{said}");
        for key in ["answer", "confidence", "citations"] {
            assert_eq!(shown[key], said[key], "{question}: {key}");
        }
    }
    let shown = ask(&tesla.admin, "is leaving a deposit needed?").await;
    let evidence = &shown["evidence"][0];
    assert_eq!(evidence["compared"], "words");
    assert!(evidence["features"]["coverage"].as_f64().unwrap() > 0.0, "{evidence}");
}

async fn another_threshold_shows_what_would_change(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let at = async |threshold: Value| {
        tesla
            .admin
            .client()
            .post(ASK, &json!({"question": "deposit for the trailer", "threshold": threshold}))
            .await
            .ok()
    };
    let (low, high) = (at(json!(0)).await, at(json!("0.999")).await);
    assert_eq!((&low["would"], &high["would"]), (&json!("answer"), &json!("clarify")));
    assert_eq!((&high["answer"], &high["citations"], &high["threshold"]), (&Value::Null, &json!([]), &json!(0.999)));
    assert_eq!((&low["confidence"], &low["candidates"]), (&high["confidence"], &high["candidates"]));
    assert!(!high["suggestions"].as_array().unwrap().is_empty(), "{high}");
    assert_eq!(ask(&tesla.admin, "deposit for the trailer").await["threshold"], 0.35);
    let nothing = ask(&tesla.admin, "zzz").await;
    assert_eq!(
        (&nothing["would"], &nothing["confidence"], &nothing["candidates"]),
        (&json!("clarify"), &json!(0.0), &json!([]))
    );
    for (field, body) in [
        ("question", json!({"question": " "})),
        ("question", json!({"question": "x".repeat(2_001)})),
        ("threshold", json!({"question": "x", "threshold": 2})),
    ] {
        let refused = tesla.admin.client().post(ASK, &body).await.expect(400);
        assert!(refused.body[field].is_array(), "{refused:?}");
    }
}

async fn the_library_is_asked_as_in_a_chat(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    world.superadmin().await.load_sample_documents().await.ok();
    let question = "How do I create an account?";
    assert_eq!(ask(&tesla.admin, question).await["candidates"], json!([]));
    tesla.admin.set_bot(&json!({"use_shared_library": true})).await.ok();
    let shown = ask(&tesla.admin, question).await;
    assert_eq!((&shown["would"], &shown["candidates"][0]["shared"]), (&json!("answer"), &json!(true)));
}

async fn asking_stores_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let rows = || {
        world.lines("SELECT CAST(count(*) AS TEXT) AS line FROM messages UNION ALL SELECT CAST(count(*) AS TEXT) FROM audit_entries")
    };
    let before = rows();
    ask(&tesla.admin, "How long does a puncture repair take?").await;
    assert_eq!(rows(), before);
}

async fn staff_ask_within_their_company(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.knowledge(&sample::bicycle_faq()).await;
    let agent = tesla.agent("Bo Agent").await;
    let question = "Do I need to leave a deposit?";
    assert_eq!(ask(&agent, question).await["would"], "answer");
    let named = json!({"question": question, "company_id": tesla.id});
    assert_eq!(spacex.admin.client().post(ASK, &named).await.ok()["candidates"], json!([]));
    let superadmin = world.superadmin().await;
    assert_eq!(superadmin.client().post(ASK, &named).await.ok()["would"], "answer");
    superadmin.client().post(ASK, &json!({"question": question})).await.expect(400);
    let unknown = json!({"question": question, "company_id": "ABC001"});
    superadmin.client().post(ASK, &unknown).await.error(404, "not_found", "Company not found");
    world.anybody().post(ASK, &named).await.asks_for_a_token();
}
