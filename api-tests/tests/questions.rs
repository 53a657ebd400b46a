//! In which order the bot tries to answer, and what it does with questions.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    a_follow_up_is_read_in_the_light_of_the_question_before,
    several_questions_in_one_message_are_each_answered,
    the_second_clarification_offers_the_nearest_questions,
    a_wish_for_a_person_comes_before_a_quick_reply,
    a_quick_reply_comes_before_small_talk_knowledge_and_greeting,
    a_quick_reply_may_replace_the_list_of_topics,
    a_stored_question_comes_before_a_greeting,
    a_yes_alone_is_small_talk,
    the_menu_works_without_company_phrases,
    each_message_marks_the_profile_as_used,
    rows_of_the_bot_say_where_they_come_from,
);

/// A company without an intake.
async fn open(world: &World) -> Company {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.set_bot(&json!({"profile_when": "never"})).await.ok();
    tesla
}

async fn a_follow_up_is_read_in_the_light_of_the_question_before(world: &World) {
    let tesla = open(world).await;
    let entry = |question: &str, answer: &str| json!({"question": question, "answer": answer});
    let bakery = json!({"bakery": {
        "Cakes": [entry("How much is a birthday cake?", "24 euros.")],
        "Bread": [entry("When is the bread fresh?", "At 7.")],
        "Opening": [entry("How much earlier do you open in summer?", "One hour.")],
    }});
    tesla.knowledge(&bakery).await;
    let follow_up = "and how much is it?";
    assert!(!tesla.stranger().say(follow_up).await.to_string().contains("24 euros."));
    let mut visitor = tesla.stranger();
    visitor.say("do you bake a birthday cake").await;
    let reply = visitor.say(follow_up).await;
    assert_eq!((&reply["type"], &reply["response"]), (&json!("rag_response"), &json!("24 euros.")));
}

async fn several_questions_in_one_message_are_each_answered(world: &World) {
    let tesla = open(world).await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let text = "Do I need to leave a deposit? And how long does a puncture repair take?";
    let reply = tesla.stranger().say(text).await;
    assert_eq!(reply["type"], "rag_response");
    let said = reply["response"].as_str().unwrap();
    assert!(said.contains("100 euros by card") && said.contains("twenty minutes"), "{said}");
    assert_eq!(reply["answer"], said);
    let cited: Vec<_> =
        reply["citations"].as_array().unwrap().iter().map(|one| one["chunk_id"].as_str().unwrap()).collect();
    assert_eq!(cited, ["rent_002", "repair_001"]);
}

async fn the_second_clarification_offers_the_nearest_questions(world: &World) {
    let tesla = open(world).await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    // Only an equal question is an answer, so that others are just near.
    tesla.admin.set_bot(&json!({"confidence_threshold": 1})).await.ok();
    let mut visitor = tesla.stranger();
    let first = visitor.say("puncture repairs, how long?").await;
    assert_eq!(
        (&first["type"], &first["suggestions"]),
        (&json!("clarification_needed"), &json!(["Browse topics", "Talk to a person"]))
    );
    let second = visitor.say("the puncture repair takes how long?").await;
    assert_eq!(second["type"], "clarification_needed");
    let offered = second["suggestions"].as_array().unwrap();
    assert_eq!(offered.first(), Some(&json!("How long does a puncture repair take?")), "{second}");
    assert_eq!(offered.last(), Some(&json!("Talk to a person")));
    let asked = offered[0].as_str().unwrap();
    assert_eq!(visitor.say(asked).await["type"], "rag_response");
    // Where nothing is near, only a person is offered.
    visitor.say("zzz qqq").await;
    assert_eq!(visitor.say("qqq zzz").await["suggestions"], json!(["Talk to a person"]));
}

async fn a_wish_for_a_person_comes_before_a_quick_reply(world: &World) {
    let tesla = open(world).await;
    let quick = json!([{"match": ["Talk to a person", "Real person"], "reply": "No."}]);
    tesla.admin.set_bot(&json!({"quick_replies": quick})).await.ok();
    for wish in ["Talk to a person", "real person"] {
        assert_eq!(tesla.stranger().say(wish).await["type"], "escalated", "{wish}");
    }
}

async fn a_quick_reply_comes_before_small_talk_knowledge_and_greeting(world: &World) {
    let tesla = open(world).await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let texts = ["Thanks", "Are you a robot?", "Do I need to leave a deposit?", "Repairs", "Good morning"];
    let mut visitor = tesla.stranger();
    for text in texts {
        assert_ne!(visitor.say(text).await["type"], "menu", "{text}");
    }
    let quick = json!([{"match": texts, "reply": "Which?", "suggestions": ["This"], "type": "menu"}]);
    tesla.admin.set_bot(&json!({"quick_replies": quick})).await.ok();
    for text in texts {
        let reply = visitor.say(text).await;
        assert_eq!((&reply["type"], &reply["response"]), (&json!("menu"), &json!("Which?")), "{text}");
        assert_eq!(reply["suggestions"], json!(["This"]));
    }
}

async fn a_quick_reply_may_replace_the_list_of_topics(world: &World) {
    let tesla = open(world).await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.stranger();
    assert_eq!(visitor.say("Browse topics").await["type"], "topic_selection");
    let quick = json!([{"match": ["browse topics"], "reply": "Ask away."}]);
    tesla.admin.set_bot(&json!({"quick_replies": quick})).await.ok();
    let reply = visitor.say("Browse topics").await;
    assert_eq!((&reply["type"], &reply["response"]), (&json!("quick_reply"), &json!("Ask away.")));
}

async fn a_stored_question_comes_before_a_greeting(world: &World) {
    let tesla = open(world).await;
    let mut visitor = tesla.stranger();
    assert_eq!(visitor.say("Good morning").await["type"], "greeting_response");
    tesla.knowledge(&json!({"talk": {"Talk": [{"question": "Good morning", "answer": "To you too."}]}})).await;
    let reply = visitor.say("Good morning").await;
    assert_eq!((&reply["type"], &reply["answer"]), (&json!("rag_response"), &json!("To you too.")));
}

async fn a_yes_alone_is_small_talk(world: &World) {
    let tesla = open(world).await;
    let agreement = tesla.admin.bot_settings().await.ok()["agreement_text"].clone();
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    for yes in ["yes", "Yes!", "ok"] {
        let reply = visitor.say(yes).await;
        assert_eq!((&reply["type"], &reply["response"]), (&json!("small_talk"), &agreement), "{yes}");
    }
}

async fn the_menu_works_without_company_phrases(world: &World) {
    let tesla = open(world).await;
    tesla.admin.set_bot(&json!({"escalation_phrases": []})).await.ok();
    for wish in ["Talk to a person", "can I speak to a human please"] {
        assert_eq!(tesla.stranger().say(wish).await["type"], "escalated", "{wish}");
    }
    // A company adds to what is understood.
    assert_ne!(tesla.stranger().say("Clara to the till").await["type"], "escalated");
    tesla.admin.set_bot(&json!({"escalation_phrases": ["Clara to the till"]})).await.ok();
    assert_eq!(tesla.stranger().say("clara to the till!").await["type"], "escalated");
}

async fn each_message_marks_the_profile_as_used(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let used = async || tesla.admin.profiles(&[]).await.ok()["results"][0]["last_used"].clone();
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(used().await, "2026-11-23T02:52:03.458070Z");
    visitor.say("Hello").await;
    assert_eq!(used().await, "2026-11-23T02:53:03.458070Z");
    visitor.ask_for_a_person(&bo).await;
    world.clock.advance(Duration::from_mins(1));
    // It does not matter who answers.
    assert_eq!(visitor.say("Anybody?").await["type"], "human_handling");
    assert_eq!(used().await, "2026-11-23T02:54:03.458070Z");
    world.clock.advance(Duration::from_mins(1));
    bo.write(&visitor.session, "Good morning").await.ok();
    assert_eq!(used().await, "2026-11-23T02:54:03.458070Z");
}

async fn rows_of_the_bot_say_where_they_come_from(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    for text in ["Hello", "Ann Ray", "Nepal", "9841234567", "skip", "skip", "Good evening", "zzz qqq"] {
        visitor.say(text).await;
    }
    let history = tesla.admin.history(&tesla.id, &visitor.session).await.ok();
    let rows = history["messages"].as_array().unwrap().iter().filter(|row| row["message_type"] == "bot");
    let said: Vec<_> = rows.map(|row| row["metadata"].clone()).collect();
    let intake = |collecting: &str| json!({"source": "profile_collection", "type": "profile_collection", "collecting": collecting});
    assert_eq!(said[0], intake("name"));
    let mut second = intake("country_code");
    second["temp_data"] = json!({"name": "Ann Ray"});
    assert_eq!(said[1], second);
    assert_eq!((&said[3]["collecting"], &said[3]["temp_data"]["phone"]), (&json!("email"), &json!("+977-9841234567")));
    let ends =
        [("profile_collection", "profile_complete"), ("bot", "greeting_response"), ("bot", "clarification_needed")];
    for (row, (source, kind)) in said[5..].iter().zip(ends) {
        assert_eq!((&row["source"], &row["type"]), (&json!(source), &json!(kind)), "{row}");
        assert!(row.get("collecting").is_none() && row.get("temp_data").is_none(), "{row}");
    }
}
