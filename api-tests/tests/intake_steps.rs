//! The steps of the intake: which are asked, what moves on, and what replaces what was given.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    an_optional_step_may_be_skipped_and_one_that_is_off_is_not_asked,
    without_a_phone_number_no_country_is_asked,
    a_third_rejection_in_a_row_moves_on,
    a_name_that_was_rejected_is_asked_again_at_the_handoff,
    a_question_without_an_answer_is_noted_and_the_step_asked_again,
    a_noted_question_is_looked_up_again_at_the_end,
    the_first_noted_question_is_offered_to_a_person_at_the_end,
    a_first_message_may_name_the_visitor,
    a_correction_replaces_what_was_given_at_any_step,
    a_file_without_a_text_is_acknowledged_and_the_step_asked_again,
    asked_at_the_handoff_the_steps_follow_its_text_and_end_in_silence,
);

/// Sends texts as a new visitor. Returns the visitor and the last reply.
async fn told(company: &Company, texts: &[&str]) -> (Visitor, Value) {
    let (mut visitor, mut reply) = (company.stranger(), Value::Null);
    for text in texts {
        reply = visitor.say(text).await;
    }
    (visitor, reply)
}

async fn profile(company: &Company) -> Value {
    company.admin.profiles(&[]).await.ok()["results"][0].clone()
}

/// Asserts that a reply says something before it repeats this prompt.
#[track_caller]
fn repeats(reply: &Value, prompt: &Value) {
    let [reply_text, prompt_text] = [reply, prompt].map(|reply| reply["response"].as_str().unwrap());
    assert!(reply_text.ends_with(prompt_text) && reply_text.len() > prompt_text.len(), "{prompt_text}: {reply}");
    assert_eq!((&reply["collecting"], &reply["suggestions"]), (&prompt["collecting"], &prompt["suggestions"]));
}

async fn an_optional_step_may_be_skipped_and_one_that_is_off_is_not_asked(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let steps = json!({"name": "optional", "phone": "optional", "email": "required", "address": "off"});
    tesla.admin.set_bot(&json!({"profile_steps": steps})).await.ok();
    let (mut visitor, reply) = told(&tesla, &["Hello", "Skip"]).await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["name"]), (&json!("country_code"), &Value::Null));
    let chips = reply["suggestions"].as_array().unwrap();
    assert_eq!((chips.len(), &chips[8], &chips[9]), (10, &json!("Show more countries"), &json!("Skip")));
    let more = visitor.say("Show more countries").await["suggestions"].clone();
    assert_eq!(more.as_array().unwrap().last(), Some(&json!("Skip")));
    let reply = visitor.say("Nepal").await;
    assert_eq!(
        (&reply["collecting"], &reply["suggestions"]),
        (&json!("phone"), &json!(["Example: 9841234567", "Skip"]))
    );
    let reply = visitor.say("Skip").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["phone"]), (&json!("email"), &Value::Null));
    assert_eq!(reply["suggestions"], json!(["Example: your.email@example.com"]));
    // The required step is asked once more before it gives way.
    assert_eq!(visitor.say("Skip").await["collecting"], "email");
    assert_eq!(visitor.say("ann@example.com").await["type"], "profile_complete");
    let made = profile(&tesla).await;
    assert_eq!((&made["name"], &made["phone"]), (&json!("Visitor"), &json!("")));
    assert_eq!((&made["email"], &made["address"]), (&json!("ann@example.com"), &Value::Null));
}

async fn without_a_phone_number_no_country_is_asked(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let steps = json!({"phone": "off", "email": "off", "address": "optional"});
    tesla.admin.set_bot(&json!({"profile_steps": steps})).await.ok();
    let (mut visitor, reply) = told(&tesla, &["Hello", "Ann Ray"]).await;
    assert_eq!(reply["collecting"], "address");
    assert_eq!(visitor.say("Main Street 1").await["type"], "profile_complete");
    let made = profile(&tesla).await;
    assert_eq!((&made["phone"], &made["country_code"]), (&json!(""), &json!("+977")));
    assert_eq!((&made["name"], &made["address"]), (&json!("Ann Ray"), &json!("Main Street 1")));
}

async fn a_third_rejection_in_a_row_moves_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (mut visitor, _) = told(&tesla, &["Hello", "Ann Ray"]).await;
    for (step, bad, next) in
        [("country_code", "Atlantis", "phone"), ("phone", "12", "email"), ("email", "anna@@gmail.com", "address")]
    {
        for _ in 0..2 {
            assert_eq!(visitor.say(bad).await["collecting"], step, "{bad}");
        }
        let reply = visitor.say(bad).await;
        assert_eq!((&reply["type"], &reply["collecting"]), (&json!("profile_collection"), &json!(next)), "{bad}");
        assert_eq!(reply["temp_data"].get(step).unwrap_or(&Value::Null), &Value::Null, "{reply}");
    }
    assert_eq!(visitor.say("Skip").await["type"], "profile_complete");
    let made = profile(&tesla).await;
    assert_eq!((&made["name"], &made["phone"], &made["email"]), (&json!("Ann Ray"), &json!(""), &Value::Null));
}

async fn a_name_that_was_rejected_is_asked_again_at_the_handoff(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (mut visitor, reply) = told(&tesla, &["Hello", "4nn", "4nn", "4nn"]).await;
    assert_eq!(reply["collecting"], "country_code");
    let reply = visitor.say("Talk to a person").await;
    assert_eq!((&reply["type"], &reply["outcome"]), (&json!("escalated"), &json!("queued")));
    assert_eq!(reply["collecting"], "name");
    visitor.say("Ann Ray").await;
    let row = &bo.handoffs(&[("status", "pending")]).await.ok()[0];
    assert_eq!(row["user_profile"]["name"], "Ann Ray");
}

async fn a_question_without_an_answer_is_noted_and_the_step_asked_again(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (mut visitor, prompt) = told(&tesla, &["Hello", "Ann Ray", "Nepal"]).await;
    let reply = visitor.say("Do zebras cross the moon?").await;
    repeats(&reply, &prompt);
    assert_eq!((&reply["type"], &reply["temp_data"]), (&json!("profile_collection"), &prompt["temp_data"]));
    assert_eq!(visitor.say("9841234567").await["collecting"], "email");
}

async fn a_noted_question_is_looked_up_again_at_the_end(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let asked = "Do you repair hydraulic brakes?";
    let (mut visitor, reply) = told(&tesla, &["Hello", "Ann Ray", asked]).await;
    assert_eq!(reply["type"], "profile_collection");
    tesla.knowledge(&sample::bicycle_faq()).await;
    for text in ["Nepal", "9841234567", "skip"] {
        visitor.say(text).await;
    }
    let reply = visitor.say("skip").await;
    assert_eq!(reply["type"], "profile_complete");
    let said = reply["response"].as_str().unwrap();
    assert!(said.contains(asked) && said.contains("bleeding hydraulic brakes takes one working day"), "{said}");
    // It is answered, so nobody has to be told of it.
    visitor.say("Talk to a person").await;
    assert_eq!(tesla.admin.handoffs(&[]).await.ok()[0]["escalation_reason"], "Talk to a person");
}

async fn the_first_noted_question_is_offered_to_a_person_at_the_end(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let texts = ["Hello", "Ann Ray", "Do zebras cross the moon?", "Can lions swim to Mars?", "Nepal", "9841234567"];
    let (mut visitor, _) = told(&tesla, &texts).await;
    visitor.say("skip").await;
    let reply = visitor.say("skip").await;
    assert_eq!(reply["type"], "profile_complete");
    let said = reply["response"].as_str().unwrap();
    assert!(said.contains("Do zebras cross the moon?") && !said.contains("lions"), "{said}");
    assert_eq!(visitor.say("yes please").await["type"], "escalated");
    let reason = tesla.admin.handoffs(&[]).await.ok()[0]["escalation_reason"].to_string();
    assert!(reason.contains("Do zebras cross the moon?"), "{reason}");
}

async fn a_first_message_may_name_the_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for first in ["Hi, I'm Tom", "Good morning, my name is Tom"] {
        let (_, reply) = told(&tesla, &[first]).await;
        assert_eq!((&reply["type"], &reply["collecting"]), (&json!("profile_collection"), &json!("country_code")));
        assert_eq!(reply["temp_data"], json!({"name": "Tom"}), "{first}");
    }
}

async fn a_correction_replaces_what_was_given_at_any_step(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (mut visitor, _) = told(&tesla, &["Hello", "Ann Ray", "Nepal", "9841234567"]).await;
    let reply = visitor.say("sorry, my name is Anna Ray").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["name"]), (&json!("email"), &json!("Anna Ray")));
    assert_eq!(reply["temp_data"]["phone"], "+977-9841234567");
    // The number does not fit the other country, so it is asked again.
    let reply = visitor.say("wrong country, I am in Singapore").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["country_code"]), (&json!("phone"), &json!("+65")));
    assert_eq!(reply["temp_data"].get("phone").unwrap_or(&Value::Null), &Value::Null);
    visitor.say("9123 4567").await;
    assert_eq!(visitor.say("ann@example.com").await["collecting"], "address");
    let reply = visitor.say("sorry, my number is 9876 5432").await;
    assert_eq!((&reply["collecting"], &reply["temp_data"]["phone"]), (&json!("address"), &json!("+65-98765432")));
    assert_eq!(visitor.say("Orchard Road").await["type"], "profile_complete");
    let made = profile(&tesla).await;
    let kept = ["name", "phone", "country_code", "email", "address"].map(|key| made[key].as_str().unwrap());
    assert_eq!(kept, ["Anna Ray", "+65-98765432", "+65", "ann@example.com", "Orchard Road"]);
}

async fn a_file_without_a_text_is_acknowledged_and_the_step_asked_again(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (mut visitor, prompt) = told(&tesla, &["Hello", "Ann Ray", "Nepal"]).await;
    let file = visitor.share("cv.pdf", b"%PDF-").await["id"].clone();
    for body in [json!({"attachment_ids": [file]}), json!({"attachment_ids": [file], "message": " "})] {
        let reply = visitor.send(&body).await.ok();
        repeats(&reply, &prompt);
        assert_eq!(reply["temp_data"], prompt["temp_data"]);
    }
}

async fn asked_at_the_handoff_the_steps_follow_its_text_and_end_in_silence(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let change = json!({"profile_when": "handoff", "escalation_text": "One moment."});
    tesla.admin.set_bot(&change).await.ok();
    let mut visitor = tesla.stranger();
    let reply = visitor.say("Talk to a person").await;
    assert_eq!((&reply["type"], &reply["outcome"]), (&json!("escalated"), &json!("queued")));
    let (text, prompt) = reply["response"].as_str().unwrap().split_once("<br><br>").unwrap();
    assert!(text == "One moment." && !prompt.is_empty(), "{reply}");
    assert_eq!((&reply["collecting"], &reply["escalated"]), (&json!("name"), &json!(true)));
    // Nobody waits for the form.
    assert_eq!(bo.handoffs(&[("status", "pending")]).await.ok().as_array().unwrap().len(), 1);
    let answers = ["Ann Ray", "Nepal", "9841234567", "skip"];
    let steps = ["country_code", "phone", "email", "address"];
    for (answer, step) in answers.into_iter().zip(steps) {
        assert_eq!(visitor.say(answer).await["collecting"], step, "{answer}");
    }
    assert_eq!(visitor.say("Main Street 1").await["type"], "profile_complete");
    assert_eq!(profile(&tesla).await["phone"], "+977-9841234567");
    let reply = visitor.say("are you there?").await;
    assert_eq!((&reply["type"], &reply["response"]), (&json!("human_handling"), &json!("")));
}
