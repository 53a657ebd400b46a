//! Wishes for a person: what the button does, what goes along with the handoff, and when the bot calls by itself.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    the_reason_beside_the_button_is_no_answer_to_the_intake,
    a_second_press_tells_the_state_while_the_intake_goes_on,
    a_replayed_press_tells_the_state_of_then,
    contact_data_is_taken_where_nothing_is_asked,
    contact_data_given_before_a_handoff_is_not_asked_again,
    a_question_survives_a_second_wish,
    a_name_is_asked_again_at_the_handoff_during_the_intake,
    a_name_is_asked_again_at_the_handoff_after_the_intake,
    no_number_of_misses_calls_a_person_if_it_is_zero,
    leaving_is_no_resolution_by_staff,
    a_wish_that_comes_back_to_the_queue_is_no_early_escalation,
    a_session_that_staff_escalated_goes_on_when_it_comes_back_to_the_queue,
    a_model_answers_in_a_session_that_staff_escalated_early,
);

const REQUEST: &str = "/api/chatbot/request-person/";

/// Presses the button for a person.
async fn press(visitor: &Visitor, reason: Option<&str>) -> Value {
    let body = json!({"session_id": visitor.session, "reason": reason});
    visitor.client().post(REQUEST, &body).await.ok()
}

async fn say_all(visitor: &mut Visitor, texts: &[&str]) -> Value {
    let mut last = Value::Null;
    for text in texts {
        last = visitor.say(text).await;
    }
    last
}

/// Returns the row of a visitor's handoff.
async fn handoff_of(tesla: &Company, visitor: &Visitor) -> Value {
    let rows = tesla.admin.handoffs(&[]).await.ok();
    let row = rows.as_array().unwrap().iter().find(|row| row["chat_session_id"] == visitor.session.as_str());
    row.unwrap().clone()
}

async fn the_reason_beside_the_button_is_no_answer_to_the_intake(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let intake = ["Hello", "Ann Ray", "+977", "9841234567", "skip"];
    for (steps, reason) in
        [(1, "Purple Curtains"), (2, "Germany"), (3, "9841234567"), (4, "ann@example.com"), (5, "12 Purple Road")]
    {
        let mut visitor = tesla.stranger();
        say_all(&mut visitor, &intake[..steps]).await;
        let before = visitor.conversation(&visitor.session, &[]).await.ok()["session"]["collecting"].clone();
        let reply = press(&visitor, Some(reason)).await;
        assert_eq!((&reply["type"], &reply["collecting"]), (&json!("escalated"), &before), "{reason}: {reply}");
        let row = handoff_of(&tesla, &visitor).await;
        assert_eq!(row["escalation_reason"], reason);
        let given = row["user_profile"].to_string();
        assert!(!given.contains(reason) || intake[..steps].contains(&reason), "{reason}: {given}");
    }
}

async fn a_second_press_tells_the_state_while_the_intake_goes_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    tesla.admin.escalate(&visitor.session, "lost").await.ok();
    let reply = press(&visitor, Some("Ann Ray")).await;
    assert_eq!((&reply["type"], &reply["outcome"]), (&json!("human_handling"), &json!("queued")), "{reply}");
    // The intake goes on where it was.
    assert_eq!(visitor.say("Bo Ray").await["temp_data"], json!({"name": "Bo Ray"}));

    tesla.agent("Bo Agent").await;
    tesla.admin.set_bot(&json!({"profile_when": "handoff"})).await.ok();
    let mut visitor = tesla.stranger();
    assert_eq!(visitor.say("Talk to a person").await["collecting"], "name");
    let reply = press(&visitor, None).await;
    assert_eq!((&reply["type"], &reply["outcome"]), (&json!("human_handling"), &json!("queued")), "{reply}");
}

async fn a_replayed_press_tells_the_state_of_then(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.say("Talk to a person").await;
    let wish = json!({"session_id": visitor.session, "client_message_id": "tap-2"});
    let first = visitor.client().post(REQUEST, &wish).await.ok();
    assert_eq!(first["outcome"], "queued");
    bo.claim(&visitor.session).await.ok();
    assert_eq!(visitor.client().post(REQUEST, &wish).await.ok(), first);
}

async fn contact_data_is_taken_where_nothing_is_asked(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let off = json!({"name": "off", "phone": "off", "email": "off", "address": "off"});
    for settings in [json!({"profile_when": "never"}), json!({"profile_when": "first", "profile_steps": off})] {
        tesla.admin.set_bot(&settings).await.ok();
        let mut visitor = tesla.stranger();
        let wish = visitor.say("Talk to a person").await;
        assert_eq!(wish["suggestions"][0], "Leave my e-mail address", "{settings}: {wish}");
        assert_eq!(visitor.say("Leave my e-mail address").await["type"], "small_talk");
        let noted = visitor.say("ann@example.com").await;
        assert_eq!(noted["type"], "small_talk", "{settings}: {noted}");
        assert!(noted["response"].as_str().unwrap().contains("e-mail address"), "{noted}");
        assert_eq!(handoff_of(&tesla, &visitor).await["user_profile"]["email"], "ann@example.com", "{settings}");
        let again = visitor.say("Talk to a person").await;
        assert_eq!(again["suggestions"], json!(["Browse topics"]), "{settings}: {again}");
    }
}

async fn contact_data_given_before_a_handoff_is_not_asked_again(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.set_bot(&json!({"profile_when": "handoff"})).await.ok();
    let mut visitor = tesla.stranger();
    say_all(&mut visitor, &["my name is Ann Ray", "my number is +977 9841234567"]).await;
    let reply = visitor.say("Talk to a person").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["name"]), (&json!("email"), &json!("Ann Ray")), "{reply}");
}

async fn a_question_survives_a_second_wish(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    say_all(&mut visitor, &["Hello", "Talk to a person", "Do zebras cross the moon?", "Talk to a person"]).await;
    let done = say_all(&mut visitor, &["Ann Ray", "+977", "9841234567", "skip", "skip"]).await;
    assert_eq!(done["type"], "profile_complete");
    assert!(done["response"].as_str().unwrap().contains("Do zebras cross the moon?"), "{done}");

    // The question of a handoff is looked up again at the end too, and its reason keeps it.
    let mut visitor = tesla.stranger();
    say_all(&mut visitor, &["Do zebras cross the moon?", "Talk to a person"]).await;
    let reason = handoff_of(&tesla, &visitor).await["escalation_reason"].clone();
    assert_eq!(reason, "Talk to a person\n\nAsked before: Do zebras cross the moon?");
    let faq = json!({"a": {"b": [{"question": "Do zebras cross the moon?", "answer": "Never."}]}});
    tesla.knowledge(&faq).await;
    let done = say_all(&mut visitor, &["Ann Ray", "+977", "9841234567", "skip", "skip"]).await;
    assert_eq!((&done["type"], &done["answer"]), (&json!("profile_complete"), &json!("Never.")), "{done}");
}

async fn a_name_is_asked_again_at_the_handoff_during_the_intake(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    let third = say_all(&mut visitor, &["Hello", "4nn", "4nn", "4nn"]).await;
    assert_eq!(third["collecting"], "country_code");
    let wish = visitor.say("Talk to a person").await;
    assert_eq!((&wish["outcome"], &wish["collecting"]), (&json!("queued"), &json!("name")), "{wish}");
    visitor.say("Ann Ray").await;
    assert_eq!(handoff_of(&tesla, &visitor).await["user_profile"]["name"], "Ann Ray");
}

async fn a_name_is_asked_again_at_the_handoff_after_the_intake(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    let answers = ["Hello", "4nn", "4nn", "4nn", "Nepal", "9841234567", "ann@example.com", "skip"];
    assert_eq!(say_all(&mut visitor, &answers).await["type"], "profile_complete");
    let wish = visitor.say("Talk to a person").await;
    assert_eq!((&wish["outcome"], &wish["collecting"]), (&json!("queued"), &json!("name")), "{wish}");
    assert_eq!(wish.get("temp_data"), None);
    let info = async || tesla.admin.history(&tesla.id, &visitor.session).await.ok()["session_info"].clone();
    assert_eq!(info().await["profile_completed"], true);
    let before = handoff_of(&tesla, &visitor).await["user_profile"].clone();
    assert_eq!((&before["name"], &before["phone"]), (&json!("Visitor"), &json!("+977-9841234567")));
    assert_eq!(tesla.admin.profiles(&[]).await.ok()["profiles"][0]["session_info"]["profile_completed"], true);
    let mut named = visitor.clone();
    assert_eq!(named.say("Ann Ray").await.get("collecting"), None);
    let after = handoff_of(&tesla, &visitor).await["user_profile"].clone();
    assert_eq!(after["name"], "Ann Ray");
    for key in ["id", "phone", "email", "address", "country_code"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    // It is asked once, and then a person handles the session.
    assert_eq!(named.say("my order is late").await["type"], "human_handling");
}

async fn no_number_of_misses_calls_a_person_if_it_is_zero(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    tesla.admin.set_bot(&json!({"handoff_after_misses": 0})).await.ok();
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.resolve(handoff, "done").await.ok();
    for text in ["zzz qqq", "Do zebras cross the moon?"] {
        assert_eq!(visitor.say(text).await["type"], "clarification_needed", "{text}");
    }
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.resolve(handoff, "done").await.ok();
    assert_eq!(visitor.say("Do zebras cross the moon?").await["type"], "profile_collection");
}

async fn leaving_is_no_resolution_by_staff(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.say("Talk to a person").await;
    visitor.leave(&visitor.session).await.ok();
    assert_eq!(visitor.say("zzz qqq").await["type"], "clarification_needed");
    // A visitor who leaves after staff have resolved the handoff may still complain.
    let handoff = visitor.ask_for_a_person(&bo).await;
    tesla.admin.resolve(handoff, "done").await.ok();
    visitor.leave(&visitor.session).await.ok();
    assert_eq!(visitor.say("hmm, it is still broken").await["type"], "escalated");
}

async fn a_wish_that_comes_back_to_the_queue_is_no_early_escalation(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, _cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let handoff = visitor.ask_for_a_person(&tesla.admin).await;
    assert_eq!(visitor.say("Ann Ray").await["type"], "human_handling");
    tesla.admin.assign(handoff, bo.id).await.ok();
    tesla.admin.delete_agent(bo.id).await.ok();
    let reply = visitor.say("Ann Ray").await;
    assert_eq!(reply["type"], "human_handling", "{reply}");
}

async fn a_session_that_staff_escalated_goes_on_when_it_comes_back_to_the_queue(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    tesla.admin.escalate(&visitor.session, "lost").await.ok();
    let handoff = handoff_of(&tesla, &visitor).await["id"].as_i64().unwrap();
    tesla.admin.assign(handoff, bo.id).await.ok();
    tesla.admin.delete_agent(bo.id).await.ok();
    assert_eq!(visitor.say("Ann Ray").await["collecting"], "country_code");
}

async fn a_model_answers_in_a_session_that_staff_escalated_early(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.set_bot(&json!({"answer_mode": "llm"})).await.ok();
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    tesla.admin.escalate(&visitor.session, "lost").await.ok();
    let question = "Do you repair hydraulic brakes?";
    let reply = visitor.say(question).await;
    assert_eq!((&reply["type"], &reply["collecting"]), (&json!("rag_response"), &json!("name")), "{reply}");
    // Once a person has acted, the bot is silent.
    tesla.admin.write(&visitor.session, "I am here").await.ok();
    assert_eq!(visitor.say(question).await["type"], "human_handling");
}
