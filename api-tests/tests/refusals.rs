//! How a step of the intake is left without a value: refusals, and rejections in a row.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    only_rejections_in_a_row_lead_on,
    a_refused_country_is_no_refusal_of_the_number,
    an_optional_number_is_asked_although_its_country_was_skipped,
    without_a_number_the_country_is_the_default,
    a_profile_that_was_sent_leaves_no_contact_data_to_ask_for,
);

/// Brings a new visitor to the step of the phone number, in a country.
async fn at_phone(tesla: &Company, country: &str) -> Visitor {
    let mut visitor = tesla.stranger();
    for text in ["Hello", "Ann Ray", country] {
        visitor.say(text).await;
    }
    visitor
}

async fn only_rejections_in_a_row_lead_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    for between in ["why do you need this?", "hello", "thanks", "Do you repair hydraulic brakes?", "Do zebras fly?"] {
        let mut visitor = at_phone(&tesla, "Nepal").await;
        for text in ["12", "12", between, "12", "12"] {
            assert_eq!(visitor.say(text).await["collecting"], "phone", "{between}: {text}");
        }
        assert_eq!(visitor.say("12").await["collecting"], "email", "{between}");
    }
}

async fn a_refused_country_is_no_refusal_of_the_number(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    for text in ["Hello", "Ann Ray", "skip"] {
        visitor.say(text).await;
    }
    assert_eq!(visitor.say("skip").await["collecting"], "phone");
    let first = visitor.say("skip").await;
    assert_eq!((&first["collecting"], &first["suggestions"]), (&json!("phone"), &json!(["Skip", "Talk to a person"])));
    assert_eq!(visitor.say("skip").await["collecting"], "email");
}

async fn an_optional_number_is_asked_although_its_country_was_skipped(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.set_bot(&json!({"profile_steps": {"name": "required", "phone": "optional"}})).await.ok();
    let mut visitor = tesla.stranger();
    for text in ["Hello", "Ann Ray"] {
        visitor.say(text).await;
    }
    let skipped = visitor.say("Skip").await;
    assert_eq!((&skipped["collecting"], skipped["temp_data"].get("phone")), (&json!("phone"), None), "{skipped}");
    assert_eq!(visitor.say("9841234567").await["temp_data"]["phone"], "+977-9841234567");
}

async fn without_a_number_the_country_is_the_default(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = at_phone(&tesla, "Germany").await;
    for _ in 0..4 {
        visitor.say("skip").await;
    }
    let profile = &tesla.admin.profiles(&[]).await.ok()["profiles"][0];
    assert_eq!((&profile["phone"], &profile["country_code"]), (&json!(""), &json!("+977")));
}

async fn a_profile_that_was_sent_leaves_no_contact_data_to_ask_for(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = at_phone(&tesla, "Nepal").await;
    for _ in 0..4 {
        visitor.say("skip").await;
    }
    let wish = visitor.say("Talk to a person").await;
    assert_eq!(wish["suggestions"][0], "Leave my e-mail address");
    let body = json!({"session_id": visitor.session, "name": "Ann Ray", "phone": "9841234567"});
    visitor.create_profile(&body).await.ok();
    assert_eq!(visitor.say("Talk to a person").await["suggestions"], json!(["Browse topics"]));
}
