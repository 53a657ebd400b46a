//! Knowledge, and the answers from it.
#![cfg(test)]

use api_tests::prelude::*;
use reqwest::{Method, multipart};

on_each_database!(
    an_exact_question_hits_with_confidence_one,
    a_paraphrase_is_answered_with_a_citation,
    a_question_about_something_else_is_not_answered,
    no_model_is_asked_for_a_company_that_did_not_choose_one,
    a_change_is_seen_by_the_next_message,
    loading_replaces_and_merging_keeps,
    a_load_without_entries_never_empties_the_knowledge,
    a_company_never_answers_from_another,
    the_shared_library_serves_nobody_who_has_not_switched_it_on,
    every_form_of_the_load_is_read,
    what_is_no_item_is_skipped,
    a_bad_item_refuses_the_whole_load,
    markup_in_knowledge_is_neutralised,
    a_load_may_have_ten_mebibytes,
    a_company_may_know_no_more_than_its_share,
    only_those_who_run_companies_load_documents,
);

const LOAD: &str = "/api/chatbot/load-rag-documents/";

async fn an_exact_question_hits_with_confidence_one(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    for question in
        ["Do I need to leave a deposit?", "do i need, to leave a DEPOSIT", "  do i need to   leave a deposit ?!"]
    {
        let reply = visitor.say(question).await;
        assert_eq!(
            (&reply["type"], &reply["confidence"], &reply["mode"]),
            (&json!("rag_response"), &json!(1.0), &json!("extractive")),
            "{reply}"
        );
        let answer = "Yes, 100 euros by card, returned when the bicycle comes back.";
        assert_eq!((&reply["answer"], &reply["response"]), (&json!(answer), &json!(answer)));
        assert_eq!((&reply["source"], &reply["company_specific"]), (&json!("company_faq"), &json!(true)));
        let citation = &reply["citations"][0];
        assert_eq!((&citation["title"], &citation["chunk_id"]), (&json!("Price list"), &json!("rent_002")));
        let span = ["start", "end"].map(|key| usize::try_from(citation[key].as_u64().unwrap()).unwrap());
        let cut: String = answer.chars().skip(span[0]).take(span[1] - span[0]).collect();
        assert!(
            citation["document_id"].is_i64() && !cut.is_empty() && citation["snippet"] == cut.as_str(),
            "{citation}"
        );
    }
}

async fn a_paraphrase_is_answered_with_a_citation(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    for (question, chunk) in [
        ("what is the cost of renting a bicycle per day", "rent_001"),
        ("is leaving a deposit needed?", "rent_002"),
        ("could my children be riding in the trailer", "rent_003"),
        ("how long do you take for repairing a puncture?", "repair_001"),
        ("are hydraulic brakes repaired here", "repair_002"),
    ] {
        let reply = visitor.say(question).await;
        assert_eq!(
            (&reply["type"], &reply["citations"][0]["chunk_id"]),
            (&json!("rag_response"), &json!(chunk)),
            "{question}: {reply}"
        );
        let confidence = reply["confidence"].as_f64().unwrap();
        assert!((0.35..=1.0).contains(&confidence), "{question}: {confidence}");
    }
}

async fn a_question_about_something_else_is_not_answered(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.set_bot(&json!({"handoff_after_misses": 0})).await.ok();
    let mut visitor = tesla.visitor().await;
    for question in ["Who won the football match yesterday?", "Is the moon made of cheese", "lorem ipsum dolor"] {
        let reply = visitor.say(question).await;
        assert_eq!(reply["type"], "clarification_needed", "{question}: {reply}");
        for absent in ["answer", "citations", "mode", "source"] {
            assert!(reply.get(absent).is_none(), "{absent}: {reply}");
        }
    }
}

async fn no_model_is_asked_for_a_company_that_did_not_choose_one(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let reply = tesla.visitor().await.say("is leaving a deposit needed?").await;
    assert_eq!(reply["mode"], "extractive");
    assert!(world.model.prompts().is_empty());
}

fn one(question: &str, answer: &str, chunk: &str) -> Value {
    json!({"c": {"s": [{"question": question, "answer": answer, "chunk_id": chunk}]}})
}

async fn a_change_is_seen_by_the_next_message(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    assert_eq!(visitor.say("When do you open?").await["type"], "clarification_needed");
    for hour in ["nine", "ten", "eleven"] {
        tesla.knowledge(&one("When do you open?", &format!("At {hour}."), "hours")).await;
        assert_eq!(visitor.say("When do you open?").await["answer"], format!("At {hour}."));
    }
}

async fn loading_replaces_and_merging_keeps(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    tesla.knowledge(&one("When do you open?", "At nine.", "a")).await;
    let merge = json!({"documents": one("Where are you?", "In Oslo.", "b"), "mode": "merge"});
    let merged = tesla.admin.load_documents(&merge).await.ok();
    assert_eq!(
        (&merged["mode"], &merged["shared"], &merged["company_id"]),
        (&json!("merge"), &json!(false), &json!("TES001"))
    );
    assert_eq!(visitor.say("When do you open?").await["answer"], "At nine.");
    assert_eq!(visitor.say("Where are you?").await["answer"], "In Oslo.");
    let merge = json!({"documents": one("When do you open?", "At ten.", "a"), "mode": "merge"});
    tesla.admin.load_documents(&merge).await.ok();
    assert_eq!(visitor.say("When do you open?").await["answer"], "At ten.");

    let replaced = tesla.knowledge(&one("What is your name?", "Tesla.", "c")).await;
    assert_eq!((&replaced["mode"], &replaced["documents_count"]), (&json!("replace"), &json!(1)));
    assert_ne!(visitor.say("Where are you?").await["answer"], "In Oslo.");
    assert_eq!(visitor.say("What is your name?").await["answer"], "Tesla.");
    let reply = tesla.admin.load_documents(&json!({"documents": one("q", "a", "c"), "mode": "append"})).await;
    reply.field_error("mode", "\"append\" is not a valid choice.");

    // A bare body without entries is taken for a mistake. An empty `documents` object is intended.
    for nothing in [json!({}), json!({"a": 1, "b": {"c": "d"}}), json!({"mode": "replace", "documents": 7})] {
        tesla.admin.load_documents(&nothing).await.field_error("documents", "No documents were found.");
    }
    assert_eq!(visitor.say("What is your name?").await["answer"], "Tesla.");
    assert_eq!(tesla.admin.load_documents(&json!({"documents": {}})).await.ok()["documents_count"], 0);
    assert_ne!(visitor.say("What is your name?").await["answer"], "Tesla.");
}

async fn a_load_without_entries_never_empties_the_knowledge(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&one("When do you open?", "At nine.", "a")).await;
    let export = json!({"company_info": {"company_id": "TES001", "name": "Tesla Motors"}, "company_faqs": {}});
    let flat = json!({"faq": [{"question": "q", "answer": "a"}]});
    let shapes = [
        export.clone(),
        flat.clone(),
        json!({"company_faqs": {"general": []}}),
        json!({"company_faqs": {"general": {"deep": [{"question": "q", "answer": "a"}]}}}),
        json!({"documents": export}),
        json!({"documents": flat}),
        json!({"documents": {"c": {}}}),
        json!({"documents": {"c": {"s": []}}}),
        json!({"documents": {}, "company_info": {"company_id": "TES001"}}),
        json!({"documents": {}, "file": {}}),
        json!({"documents": []}),
        json!({"documents": null}),
        json!({"documents": "{\"c\": {}}"}),
        json!({}),
    ];
    let admin = tesla.admin.client();
    let post = || admin.call(Method::POST, LOAD);
    let file = |faq: &Value| multipart::Part::bytes(faq.to_string().into_bytes()).file_name("faq.json");
    for shape in &shapes {
        let with = |form: multipart::Form| post().parts(form.part("file", file(shape)));
        for call in [
            admin.post(LOAD, shape),
            post().query(&[("mode", "replace"), ("company_id", "TES001")]).json(shape),
            with(multipart::Form::new()),
            with(multipart::Form::new().text("mode", "replace").text("company_id", "TES001")),
            with(multipart::Form::new().text("documents", "{}")),
        ] {
            let reply = call.await;
            reply.field_error("documents", "No documents were found.");
            let expected = reply.body["expected"].to_string();
            for part in ["<category>", "<subcategory>", "question", "answer", "documents", "file"] {
                assert!(expected.contains(part), "{part}: {reply:?}");
            }
        }
    }
    // In a file, and when merging, nothing asks for empty knowledge.
    let plain = json!({"documents": {}});
    for call in [
        post().parts(multipart::Form::new().part("file", file(&plain))),
        admin.post(LOAD, &json!({"documents": {}, "mode": "merge"})),
        post().query(&[("mode", "merge")]).json(&plain),
    ] {
        call.await.field_error("documents", "No documents were found.");
    }
    assert_eq!(tesla.visitor().await.say("When do you open?").await["answer"], "At nine.");

    // The one form that does.
    let whole = json!({"documents": {}, "mode": "replace", "company_id": "TES001"});
    for call in
        [admin.post(LOAD, &whole), post().parts(multipart::Form::new().text("documents", "{}").text("mode", "replace"))]
    {
        tesla.knowledge(&one("When do you open?", "At nine.", "a")).await;
        assert_eq!(call.await.ok()["documents_count"], 0);
        assert_ne!(tesla.visitor().await.say("When do you open?").await["answer"], "At nine.");
    }
}

async fn a_company_never_answers_from_another(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.knowledge(&one("When do you open?", "Tesla opens at nine.", "hours")).await;
    space.knowledge(&one("Where are you?", "SpaceX is in Texas.", "hours")).await;
    let (mut at_tesla, mut at_space) = (tesla.visitor().await, space.visitor().await);
    assert_eq!(at_tesla.say("Where are you?").await["type"], "clarification_needed");
    assert_eq!(at_space.say("When do you open?").await["type"], "clarification_needed");
    // An admin cannot load knowledge into another company by naming it.
    let body = json!({"documents": one("Who are you?", "Somebody.", "x"), "company_id": "SPA001"});
    assert_eq!(tesla.admin.load_documents(&body).await.ok()["company_id"], "TES001");
    assert_eq!(at_space.say("Who are you?").await["type"], "small_talk");
    assert_eq!(at_tesla.say("Who are you?").await["answer"], "Somebody.");
}

async fn the_shared_library_serves_nobody_who_has_not_switched_it_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let superadmin = world.superadmin().await;
    let loaded = superadmin.load_sample_documents().await.ok();
    assert_eq!(loaded["documents_count"], 113);
    let body =
        json!({"documents": one("When do you open?", "Shared answer.", "hours"), "shared": true, "mode": "merge"});
    let shared = superadmin.load_documents(&body).await.ok();
    assert_eq!((&shared["shared"], &shared["company_id"]), (&json!(true), &Value::Null));
    let mut visitor = tesla.visitor().await;
    for question in ["When do you open?", "How do I create an account?"] {
        assert_eq!(visitor.say(question).await["type"], "clarification_needed");
    }
    // The superadmin loads knowledge into a company by naming it.
    let body = json!({"documents": one("When do you open?", "Own answer.", "hours"), "company_id": "TES001"});
    assert_eq!(superadmin.load_documents(&body).await.ok()["company_id"], "TES001");
    assert_eq!(visitor.say("When do you open?").await["answer"], "Own answer.");
    superadmin.load_documents(&one("q", "a", "x")).await.expect(400);
    // Booleans in the query are read like those in a body.
    let load = |shared| superadmin.load_documents(&one("q", "a", "x")).query(&[("mode", "merge"), ("shared", shared)]);
    for (word, status) in [("yes", 200), ("on", 200), ("0", 400), ("", 400), ("perhaps", 400)] {
        load(word).await.expect(status);
    }
    load("perhaps").await.field_error("shared", "Must be a valid boolean.");
}

async fn every_form_of_the_load_is_read(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let admin = tesla.admin.client();
    let file = |faq: &Value| multipart::Part::bytes(faq.to_string().into_bytes()).file_name("faq.json");
    let mut with_mode = one("Question three?", "3", "x");
    with_mode["mode"] = "replace".into();
    let calls = [
        admin.post(LOAD, &one("Question one?", "1", "x")),
        admin.post(LOAD, &json!({"documents": one("Question two?", "2", "x")})),
        admin.post(LOAD, &with_mode),
        admin.call(Method::POST, LOAD).query(&[("mode", "replace")]).json(&one("Question four?", "4", "x")),
        admin
            .call(Method::POST, LOAD)
            .parts(multipart::Form::new().text("mode", "replace").part("file", file(&one("Question five?", "5", "x")))),
    ];
    let numbers = ["one", "two", "three", "four", "five"];
    for ((call, number), answer) in calls.into_iter().zip(numbers).zip(1..) {
        assert_eq!(call.await.ok()["documents_count"], 1, "{number}");
        assert_eq!(visitor.say(&format!("Question {number}?")).await["answer"], answer.to_string());
    }
}

async fn what_is_no_item_is_skipped(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let faq = json!({"version": 3, "note": "text", "c": {"about": "text", "list": {"x": 1},
        "s": [{"question": " Who? ", "answer": " Me. ", "extra": [1]}, {"question": "Why?", "answer": "Because."}]}});
    assert_eq!(tesla.knowledge(&faq).await["documents_count"], 2);
    let reply = tesla.visitor().await.say("Who?").await;
    assert_eq!((&reply["answer"], &reply["citations"][0]["title"]), (&json!("Me."), &json!("c")));
    assert!(!reply["citations"][0]["chunk_id"].as_str().unwrap().is_empty());
}

async fn a_bad_item_refuses_the_whole_load(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&one("When do you open?", "At nine.", "a")).await;
    let good = json!({"question": "q", "answer": "a", "chunk_id": "same"});
    for bad in [
        json!({"question": " ", "answer": "a"}),
        json!({"question": "q"}),
        json!({"question": "x".repeat(1001), "answer": "a"}),
        json!({"question": "q", "answer": "x".repeat(10_001)}),
        json!({"question": "q", "answer": "a", "section": "x".repeat(101)}),
        json!({"question": "q", "answer": "a", "document": "x".repeat(201)}),
        json!({"question": "q", "answer": "a", "page": "one"}),
        json!({"question": "q", "answer": "a", "chunk_id": "same"}),
        json!({"question": ["q"], "answer": "a"}),
        json!("text"),
    ] {
        let reply = tesla.admin.load_documents(&json!({"cat": {"sub": [good, bad]}})).await.expect(400);
        let message = reply.body["documents"][0].as_str().unwrap_or_default();
        assert!(message.starts_with("cat.sub[1]: "), "{reply:?}");
    }
    assert_eq!(tesla.visitor().await.say("When do you open?").await["answer"], "At nine.");
}

async fn markup_in_knowledge_is_neutralised(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&one("What is <b>bold</b>?", "Tags: <b>, </b>,<!-- -->. But 1 < 2<br>and more.", "m")).await;
    let reply = tesla.visitor().await.say("What is <b>bold</b>?").await;
    assert_eq!(reply["answer"], "Tags: < b>, < /b>,< !-- -->. But 1 < 2<br>and more.", "{reply}");
}

async fn a_load_may_have_ten_mebibytes(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let items: Vec<_> =
        (0..5000).map(|n| json!({"question": format!("Question {n}?"), "answer": "a".repeat(300)})).collect();
    assert_eq!(tesla.knowledge(&json!({"c": {"s": items}})).await["documents_count"], 5000);
    let mut more = items;
    more.push(json!({"question": "One more?", "answer": "a"}));
    tesla.admin.load_documents(&json!({"c": {"s": more}})).await.expect(400);
    let huge = json!({"c": {"s": [], "padding": "x".repeat(10 << 20)}});
    let reply = tesla.admin.load_documents(&huge).await.expect(413);
    assert_eq!(reply.body["code"], "payload_too_large");
}

async fn a_company_may_know_no_more_than_its_share(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let entry = |part: usize, number: usize| {
        let (question, answer) = (format!("What is {number} of {part}?"), "word ".repeat(1_900));
        json!({"question": question, "answer": answer, "chunk_id": format!("{part}_{number}")})
    };
    let merge = |part: usize| {
        let entries: Vec<_> = (0..600).map(|number| entry(part, number)).collect();
        json!({"documents": {"c": {"s": entries}}, "mode": "merge"})
    };
    tesla.admin.load_documents(&merge(0)).await.ok();
    tesla.admin.load_documents(&merge(0)).await.ok();
    let refused = tesla.admin.load_documents(&merge(1)).await;
    refused.field_error("documents", "There may be no more than 20000 questions and 10485760 characters altogether.");
    let asked = |number: usize| {
        let alternatives: Vec<_> = (0..20).map(|n| format!("{number} {n}")).collect();
        json!({"question": format!("Q{number}"), "answer": "A", "alternatives": alternatives})
    };
    let many = json!({"documents": {"c": {"s": (0..953).map(asked).collect::<Vec<_>>()}}});
    let refused = tesla.admin.load_documents(&many).await;
    refused.field_error("documents", "There may be no more than 20000 questions and 10485760 characters altogether.");
    let reply = tesla.visitor().await.say("What is 7 of 1?").await;
    assert_ne!(reply["confidence"], 1.0, "the refused load was stored");
    // The ceiling applies to each company separately.
    space.admin.load_documents(&merge(1)).await.ok();
    assert_eq!(space.visitor().await.say("What is 7 of 1?").await["confidence"], 1.0);
}

async fn only_those_who_run_companies_load_documents(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let faq = one("q", "a", "x");
    world.anybody().load_documents(&faq).await.asks_for_a_token();
    agent.load_documents(&faq).await.refuses_the_role();
    world.anybody().load_sample_documents().await.asks_for_a_token();
    agent.load_sample_documents().await.refuses_the_role();
    tesla.admin.load_sample_documents().await.refuses_the_role();
    tesla
        .admin
        .client()
        .call(Method::POST, LOAD)
        .raw("application/json", "[1]")
        .await
        .field_error("non_field_errors", "Invalid data. Expected a dictionary, but got list.");
}
