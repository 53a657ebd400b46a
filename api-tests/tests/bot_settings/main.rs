//! A company's bot settings.
#![cfg(test)]

mod defaults;
mod german;

use api_tests::prelude::*;
use german::{a_bot_can_speak_german, a_preview_speaks_german};
use reqwest::Method;

on_each_database!(
    settings_are_shown_with_their_defaults,
    a_change_is_partial_and_null_resets,
    settings_belong_to_those_who_run_the_company,
    each_setting_is_validated,
    quick_replies_are_validated,
    forms_change_settings_too,
    the_next_message_is_answered_with_the_change,
    texts_pass_the_markup_rule_and_keep_their_breaks,
    the_shared_library_and_the_threshold_take_effect,
    a_preview_shows_reading_stage_and_reply_and_stores_nothing,
    a_bot_can_speak_german,
    a_preview_speaks_german,
);

const PATH: &str = "/api/admin-dashboard/bot-settings/";

async fn settings_are_shown_with_their_defaults(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let menu = json!(["Browse topics", "Talk to a person"]);
    let mut expected = json!({
        "company_id": "TES001",
        "bot_name": "Assistant",
        "welcome_text": "Hello! I'm {bot_name} at {company_name}.<br><br>To get started, what's your full name?",
        "profile_when": "first",
        "profile_steps": {"name": "required", "phone": "required", "email": "optional", "address": "optional"},
        "profile_reason_text": "We ask so that a colleague can get back to you. It's up to you.",
        "profile_done_text": "Thank you, {name}! How can I help you?",
        "profile_suggestions": menu,
        "answer_suggestions": menu,
        "greeting_text": "Hello! How can I help you today?",
        "greeting_suggestions": menu,
        "thanks_text": "You're welcome! Is there anything else I can help you with?",
        "goodbye_text": "Goodbye! Come back any time.",
        "agreement_text": "Good. What would you like to know?",
        "refusal_text": "All right. I'm here if you need anything.",
        "about_text": "I'm {bot_name}, an automated assistant at {company_name}. I answer questions about \
            {company_name}, and I can call a person for you.",
        "frustration_text": "I'm sorry that this is not going well. Would you like to talk to a person?",
        "language_text": "I answer in English.",
        "clarification_text": "I'm not sure I have that answer. Could you tell me more?",
        "clarification_again_text": "I still don't have an answer to that. You can put it in other words, or talk to \
            a person.",
        "clarification_suggestions": menu,
        "handoff_after_misses": 3,
        "handoff_on_frustration": true,
        "escalation_text": "I'm connecting you with a member of our team. Please wait a moment.",
        "offline_text": "Nobody from our team is here right now. Leave your question and how to reach you, and we will \
            get back to you. I can go on helping meanwhile.",
        "hours": null,
        "assignment": "manual",
        "assignment_limit": 5,
        "escalation_phrases": ["talk to advisor", "human advisor", "speak to human", "talk to human", "human agent",
            "real person", "live agent", "talk to a person", "talk to agent", "customer service", "representative"],
        "default_country_code": "+977",
        "quick_replies": [],
        "use_shared_library": false,
        "confidence_threshold": 0.35,
        "answer_mode": "extractive",
    });
    expected.as_object_mut().unwrap().append(defaults::texts().as_object_mut().unwrap());
    assert_eq!(tesla.admin.bot_settings().await.ok(), expected);
    // An empty change has no effect, and the response can be sent back as a change.
    assert_eq!(tesla.admin.set_bot(&json!({})).await.ok(), expected);
    assert_eq!(tesla.admin.set_bot(&expected).await.ok(), expected);
}

async fn a_change_is_partial_and_null_resets(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let quick = json!([{"match": ["Visa"], "reply": "Which?", "suggestions": ["Work"], "type": "visa_selection"},
        {"match": [" Fees ", "fees"], "reply": "Soon.", "unknown": 1}]);
    let first = tesla.admin.set_bot(&json!({"bot_name": "  Kit ", "quick_replies": quick, "nonsense": 1})).await.ok();
    assert_eq!((&first["bot_name"], &first["quick_replies"][0]), (&json!("Kit"), &quick[0]));
    assert_eq!(
        first["quick_replies"][1],
        json!({"match": ["Fees", "fees"], "reply": "Soon.", "suggestions": [], "type": "quick_reply"})
    );
    let patch = tesla.admin.client().call(Method::PATCH, PATH);
    let change = json!({"profile_suggestions": [], "confidence_threshold": "0.5", "use_shared_library": "yes"});
    let second = patch.json(&change).await.ok();
    assert_eq!((&second["bot_name"], &second["profile_suggestions"]), (&json!("Kit"), &json!([])));
    assert_eq!((&second["confidence_threshold"], &second["use_shared_library"]), (&json!(0.5), &json!(true)));
    assert_eq!(tesla.admin.bot_settings().await.ok(), second);

    let reset = json!({"bot_name": null, "quick_replies": null, "profile_suggestions": null,
        "confidence_threshold": null, "use_shared_library": null});
    let defaults = tesla.admin.set_bot(&reset).await.ok();
    let mut untouched = space.admin.bot_settings().await.ok();
    untouched["company_id"] = json!("TES001");
    assert_eq!(defaults, untouched);
    tesla.admin.set_bot(&json!({"bot_name": "Kit"})).await.ok();
    tesla.admin.set_bot(&json!({"name_question_text": "Name?", "skip_suggestion": "Pass", "and_word": "&"})).await.ok();
    // A blank text gives the default again, so that no sentence is ever missing.
    let blank = json!({"bot_name": " ", "name_question_text": "", "skip_suggestion": "\u{200b}", "and_word": null});
    assert_eq!(tesla.admin.set_bot(&blank).await.ok(), untouched);
}

async fn settings_belong_to_those_who_run_the_company(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let bo = tesla.agent("Bo Agent").await;
    let root = world.superadmin().await;
    world.anybody().bot_settings().await.asks_for_a_token();
    world.anybody().set_bot(&json!({"confidence_threshold": "x"})).await.asks_for_a_token();
    bo.bot_settings().await.refuses_the_role();
    bo.set_bot(&json!({"bot_name": "Bo"})).await.refuses_the_role();

    // The company that an admin names is ignored.
    let kit = json!({"bot_name": "Kit", "company_id": space.id});
    assert_eq!(tesla.admin.set_bot(&kit).await.ok()["company_id"], "TES001");
    let asked = tesla.admin.bot_settings().query(&[("company_id", "SPA001")]).await.ok();
    assert_eq!(asked["bot_name"], "Kit");
    assert_eq!(space.admin.bot_settings().await.ok()["bot_name"], "Assistant");

    let named = [("company_id", "SPA001")];
    assert_eq!(root.bot_settings().query(&named).await.ok()["company_id"], "SPA001");
    assert_eq!(root.set_bot(&json!({"bot_name": "A", "company_id": "SPA001"})).await.ok()["bot_name"], "A");
    assert_eq!(root.set_bot(&json!({"bot_name": "B"})).query(&named).await.ok()["bot_name"], "B");
    // The body takes precedence over the query.
    let both = root.set_bot(&json!({"bot_name": "C", "company_id": "TES001"})).query(&named).await.ok();
    assert_eq!((&both["company_id"], &both["bot_name"]), (&json!("TES001"), &json!("C")));
    for call in [root.bot_settings(), root.set_bot(&json!({"bot_name": "A"})), root.set_bot(&json!({"company_id": ""}))]
    {
        call.await.error(400, "bad_request", "company_id is required");
    }
    for code in ["XXX001", "spa001", "a b", "%"] {
        let query = [("company_id", code)];
        root.bot_settings().query(&query).await.error(404, "not_found", "Company not found");
        root.set_bot(&json!({"company_id": code})).await.error(404, "not_found", "Company not found");
    }
    world.set_status("SPA001", tenancy::CompanyStatus::Closed);
    root.bot_settings().query(&named).await.error(404, "not_found", "Company not found");
}

async fn each_setting_is_validated(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let long = |count: usize| json!("x".repeat(count));
    let before = tesla.admin.bot_settings().await.ok();
    for (field, value, message) in [
        ("bot_name", long(101), "Ensure this field has no more than 100 characters."),
        ("bot_name", json!(true), "Not a valid string."),
        ("bot_name", json!("a\u{0}b"), "Null characters are not allowed."),
        ("welcome_text", long(4001), "Ensure this field has no more than 4000 characters."),
        ("escalation_text", json!(["a"]), "Not a valid string."),
        ("name_question_text", long(4001), "Ensure this field has no more than 4000 characters."),
        ("field_text", long(101), "Ensure this field has no more than 100 characters."),
        ("skip_suggestion", long(201), "Ensure this field has no more than 200 characters."),
        ("skip_suggestion", json!("\u{2192} ?!"), "A button needs a letter or a digit."),
        ("weekdays", json!(vec!["a"; 8]), "Ensure this field has no more than 7 elements."),
        ("answer_suggestions", json!("a"), "Expected a list of items but got type \"str\"."),
        ("answer_suggestions", json!({"0": "a"}), "Expected a list of items but got type \"dict\"."),
        ("greeting_suggestions", json!(vec!["a"; 21]), "Ensure this field has no more than 20 elements."),
        ("escalation_phrases", json!(vec!["a"; 101]), "Ensure this field has no more than 100 elements."),
        ("default_country_code", json!("977"), "Not a calling code: a plus and the number of a country, such as +977."),
        ("use_shared_library", json!("maybe"), "Must be a valid boolean."),
        ("use_shared_library", json!(""), "Must be a valid boolean."),
        ("confidence_threshold", json!(true), "A valid number is required."),
        ("confidence_threshold", json!("NaN"), "A valid number is required."),
        ("confidence_threshold", json!(1.01), "Ensure this value is less than or equal to 1."),
        ("confidence_threshold", json!(-0.1), "Ensure this value is greater than or equal to 0."),
        ("answer_mode", json!("poetic"), "\"poetic\" is not a valid choice."),
        ("profile_when", json!("later"), "\"later\" is not a valid choice."),
        ("profile_steps", json!("all"), "Expected a dictionary of items but got type \"str\"."),
        (
            "profile_steps",
            json!({"email": "maybe"}),
            "unknown variant `maybe`, expected one of `required`, `optional`, `off`",
        ),
        (
            "profile_steps",
            json!({"fax": "off"}),
            "unknown field `fax`, expected one of `name`, `phone`, `email`, `address`",
        ),
        ("profile_steps", json!({"name": "off"}), "Nothing can be required while name is off."),
        ("hours", json!({"monday": ["09:00-17:00"]}), "missing field `timezone`"),
        (
            "hours",
            json!({"timezone": "Mars"}),
            "timezone: \"Mars\" is not the name of a time zone, such as Europe/Berlin.",
        ),
        (
            "hours",
            json!({"timezone": "UTC", "monday": ["17-9"]}),
            "monday: \"17-9\" is not an interval such as 09:00-17:30.",
        ),
        ("assignment", json!("random"), "\"random\" is not a valid choice."),
        ("assignment_limit", json!(101), "Ensure this value is from 0 to 100."),
        ("handoff_after_misses", json!(21), "Ensure this value is from 0 to 20."),
        ("handoff_after_misses", json!("often"), "A valid integer is required."),
        ("handoff_on_frustration", json!("maybe"), "Must be a valid boolean."),
    ] {
        tesla.admin.set_bot(&json!({field: value, "greeting_text": "Hey"})).await.field_error(field, message);
    }
    for (field, value, index, message) in [
        ("answer_suggestions", json!(["a", " "]), "1", "This field may not be blank."),
        ("answer_suggestions", json!(["a", null]), "1", "This field may not be null."),
        ("answer_suggestions", json!([[], "a"]), "0", "Not a valid string."),
        ("answer_suggestions", json!([long(201)]), "0", "Ensure this field has no more than 200 characters."),
        ("escalation_phrases", json!(["help", "?!"]), "1", "A phrase needs a letter or a digit."),
    ] {
        let reply = tesla.admin.set_bot(&json!({field: value})).await.expect(400);
        assert_eq!(reply.body[field], json!({index: [message]}), "{reply:?}");
    }
    assert_eq!(tesla.admin.bot_settings().await.ok(), before);
    for (field, value) in [
        ("confidence_threshold", json!(0)),
        ("confidence_threshold", json!(1)),
        ("default_country_code", json!("+352")),
        ("answer_mode", json!("llm")),
        ("bot_name", long(100)),
        ("escalation_phrases", json!([])),
        ("profile_when", json!("handoff")),
        ("profile_steps", json!({"name": "off", "phone": "off", "email": "optional", "address": "off"})),
        (
            "hours",
            json!({"timezone": "Europe/Berlin", "monday": ["09:00-12:30", "13:30-24:00"], "tuesday": [],
            "wednesday": [], "thursday": [], "friday": [], "saturday": [], "sunday": [], "closed_days": ["2026-12-25"]}),
        ),
        ("hours", Value::Null),
        ("handoff_after_misses", json!(0)),
    ] {
        let after = tesla.admin.set_bot(&json!({field: value})).await.ok();
        assert!(after[field] == value || after[field].as_f64() == value.as_f64(), "{field}: {after}");
    }
}

async fn quick_replies_are_validated(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let fine = json!({"match": ["Fees"], "reply": "Soon."});
    for (item, message) in [
        (json!("text"), "Expected a dictionary of items but got type \"str\"."),
        (json!(null), "This field may not be null."),
        (json!({}), "match: This field is required."),
        (json!({"match": ["a"]}), "reply: This field is required."),
        (json!({"match": ["a"], "reply": " "}), "reply: This field may not be blank."),
        (json!({"match": [], "reply": "b"}), "match: This list may not be empty."),
        (json!({"match": "a", "reply": "b"}), "match: Expected a list of items but got type \"str\"."),
        (json!({"match": ["\u{1f44b}"], "reply": "b"}), "match: A phrase needs a letter or a digit."),
        (
            json!({"match": ["a"], "reply": "b", "suggestions": "c"}),
            "suggestions: Expected a list of items but got type \"str\".",
        ),
        (json!({"match": ["a"], "reply": "b", "type": "Big Type"}), "type: A type is written in lower_snake_case."),
        (
            json!({"match": ["a"], "reply": "b", "type": "rag_response"}),
            "type: \"rag_response\" is a type of the bot's own.",
        ),
        (
            json!({"match": ["a"], "reply": "b", "type": "human_handling"}),
            "type: \"human_handling\" is a type of the bot's own.",
        ),
        (
            json!({"match": ["a", "\u{1f4b6} FEES"], "reply": "b"}),
            "match: Another quick reply matches \"\u{1f4b6} FEES\" already.",
        ),
    ] {
        let reply = tesla.admin.set_bot(&json!({"quick_replies": [fine, item]})).await.expect(400);
        assert_eq!(reply.body["quick_replies"], json!({"1": [message]}), "{reply:?}");
        assert_eq!(reply.body["code"], "validation_error");
    }
    let many = json!({"quick_replies": vec![&fine; 201]});
    tesla.admin.set_bot(&many).await.field_error("quick_replies", "Ensure this field has no more than 200 elements.");
    let kinds = ["quick_reply", "a", "step_2"].map(|kind| json!({"match": [kind], "reply": "b", "type": kind}));
    tesla.admin.set_bot(&json!({"quick_replies": kinds})).await.ok();
}

async fn forms_change_settings_too(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let put = || tesla.admin.client().call(Method::PUT, PATH);
    let quick = r#"{"match":["Fees"],"reply":"Soon."}"#;
    let list = format!("[{quick}]");
    for (first, second) in [
        (vec![("profile_suggestions", r#"["A","B"]"#)], vec![("quick_replies", list.as_str())]),
        (vec![("profile_suggestions", "A"), ("profile_suggestions", "B")], vec![("quick_replies", quick)]),
        (vec![("profile_suggestions[1]", "B"), ("profile_suggestions[0]", "A")], vec![("quick_replies[0]", quick)]),
    ] {
        let fields = [first, second, vec![("confidence_threshold", "0.25"), ("use_shared_library", "on")]].concat();
        for call in [put().form(&fields), put().multipart(&fields)] {
            let shown = call.await.ok();
            assert_eq!(shown["profile_suggestions"], json!(["A", "B"]), "{fields:?}");
            assert_eq!(shown["quick_replies"][0]["reply"], "Soon.", "{fields:?}");
            assert_eq!((&shown["confidence_threshold"], &shown["use_shared_library"]), (&json!(0.25), &json!(true)));
        }
    }
    let blank = [
        ("profile_suggestions", ""),
        ("quick_replies", " "),
        ("confidence_threshold", ""),
        ("use_shared_library", ""),
        ("answer_mode", ""),
    ];
    let shown = put().form(&blank).await.ok();
    assert_eq!(shown["profile_suggestions"], json!(["Browse topics", "Talk to a person"]));
    assert_eq!((&shown["quick_replies"], &shown["confidence_threshold"]), (&json!([]), &json!(0.35)));
    assert_eq!(put().form(&[("profile_suggestions", "[]")]).await.ok()["profile_suggestions"], json!([]));
    // A single text is a list with one item. Text that is not a complete JSON list is a single text too.
    assert_eq!(put().form(&[("profile_suggestions", "[x")]).await.ok()["profile_suggestions"], json!(["[x"]));
    let refused = put().form(&[("quick_replies", "no object")]).await.expect(400);
    let message = "Expected a dictionary of items but got type \"str\".";
    assert_eq!(refused.body["quick_replies"], json!({"0": [message]}));
}

async fn the_next_message_is_answered_with_the_change(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let change = json!({
        "bot_name": "Kit", "welcome_text": "I'm {bot_name} of {company_name}. Your name?",
        "profile_done_text": "Done, {name}.", "profile_suggestions": ["Visa for {name}"],
        "greeting_text": "Hey {name}", "greeting_suggestions": [], "clarification_text": "Sorry?",
        "escalation_text": "One moment, {name}.", "escalation_phrases": ["help me"], "default_country_code": "+44",
        "quick_replies": [{"match": ["Visa for {name}", "Visa"], "reply": "Which, {name}?", "type": "visa_selection"}],
    });
    tesla.admin.set_bot(&change).await.ok();
    let mut visitor = tesla.stranger();
    assert_eq!(visitor.say("hi").await["response"], "I'm Kit of Tesla Motors. Your name?");
    visitor.say("Asha Rai").await;
    // A local number that is valid in the company's default country names both.
    assert_eq!(visitor.say("020 7946 0958").await["temp_data"]["country_code"], "+44");
    for answer in ["07400 123456", "skip"] {
        visitor.say(answer).await;
    }
    let done = visitor.say("London").await;
    assert_eq!((&done["response"], &done["suggestions"]), (&json!("Done, Asha Rai."), &json!(["Visa for Asha Rai"])));
    for text in ["Visa for Asha Rai", "\u{1f6c2} VISA"] {
        let quick = visitor.say(text).await;
        assert_eq!((&quick["type"], &quick["response"]), (&json!("visa_selection"), &json!("Which, Asha Rai?")));
    }
    let greeting = visitor.say("hello").await;
    assert_eq!((&greeting["response"], &greeting["suggestions"]), (&json!("Hey Asha Rai"), &json!([])));
    assert_eq!(visitor.say("zzz").await["response"], "Sorry?");
    tesla.admin.set_bot(&json!({"clarification_text": "Pardon?"})).await.ok();
    visitor.say("hello").await;
    assert_eq!(visitor.say("zzz").await["response"], "Pardon?");
    tesla.agent("Bo Agent").await;
    let escalated = visitor.say("please HELP  me now").await;
    assert_eq!((&escalated["type"], &escalated["response"]), (&json!("escalated"), &json!("One moment, Asha Rai.")));
}

async fn texts_pass_the_markup_rule_and_keep_their_breaks(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let tag = "<script>a<br>1 < 2</b><!--";
    let safe = "< script>a<br>1 < 2< /b>< !--";
    let change = json!({"welcome_text": tag, "greeting_suggestions": [tag], "escalation_phrases": [tag],
        "quick_replies": [{"match": [tag], "reply": tag, "suggestions": [tag]}]});
    let shown = tesla.admin.set_bot(&change).await.ok();
    let quick = &shown["quick_replies"][0];
    for text in [
        &shown["welcome_text"],
        &shown["greeting_suggestions"][0],
        &shown["escalation_phrases"][0],
        &quick["match"][0],
        &quick["reply"],
        &quick["suggestions"][0],
    ] {
        assert_eq!(text, safe);
    }
    assert_eq!(tesla.stranger().say("hi").await["response"], safe);
    // A placeholder next to a `<` does not become a tag.
    tesla.admin.set_bot(&json!({"welcome_text": "<{bot_name}>", "bot_name": "img src=x"})).await.ok();
    assert_eq!(tesla.stranger().say("hi").await["response"], "< img src=x>");
}

async fn the_shared_library_and_the_threshold_take_effect(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let faq = json!({"Help": {"Accounts": [{"question": "How do I reset my password?", "answer": "Use the link."}]}});
    let root = world.superadmin().await;
    root.load_documents(&json!({"documents": faq, "shared": true})).await.ok();
    let mut visitor = tesla.visitor().await;
    let question = "How do I reset my password?";
    assert_eq!(visitor.say(question).await["type"], "clarification_needed");
    tesla.admin.set_bot(&json!({"use_shared_library": true, "answer_suggestions": ["More"]})).await.ok();
    let answer = visitor.say(question).await;
    assert_eq!((&answer["source"], &answer["suggestions"]), (&json!("general_faq"), &json!(["More"])));
    assert_eq!(visitor.say("reset password").await["type"], "rag_response");
    tesla.admin.set_bot(&json!({"confidence_threshold": 1})).await.ok();
    assert_eq!(visitor.say("reset password").await["type"], "clarification_needed");
    assert_eq!(visitor.say(question).await["confidence"], 1.0);
}

async fn a_preview_shows_reading_stage_and_reply_and_stores_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let bo = tesla.agent("Bo Agent").await;
    let preview = |body: Value| tesla.admin.client().post("/api/admin-dashboard/bot-settings/preview/", &body);
    for (body, intent, step, kind) in [
        (json!({"text": "can I talk to somebody real"}), "person", "person", "escalated"),
        (json!({"text": "thx!!"}), "thanks", "small_talk", "small_talk"),
        (json!({"text": "Do you repair hydraulic brakes?"}), "question", "knowledge", "rag_response"),
        (json!({"text": "Ann Ray", "state": "name"}), "nothing", "intake", "profile_collection"),
        (json!({"text": "skip", "state": "email"}), "refusal", "intake", "profile_collection"),
        (json!({"text": "zzz qqq"}), "nothing", "clarification", "clarification_needed"),
    ] {
        let shown = preview(body.clone()).await.ok();
        assert_eq!(
            (&shown["reading"]["intent"], &shown["step"], &shown["reply"]["type"]),
            (&json!(intent), &json!(step), &json!(kind)),
            "{body}: {shown}"
        );
        assert!(shown["reply"]["response"].is_string() && shown["reply"]["suggestions"].is_array(), "{shown}");
    }
    let read = preview(json!({"text": "I'm Ann Ray, ann@example.com", "state": "name"})).await.ok();
    assert_eq!(
        read["reading"]["values"],
        json!({"name": "Ann Ray", "country_code": null, "phone": null, "email": "ann@example.com", "address": null})
    );
    assert_eq!(read["reply"]["collecting"], "country_code");
    preview(json!({"text": "x", "state": "nowhere"})).await.field_error("state", "\"nowhere\" is not a valid choice.");
    preview(json!({})).await.field_error("text", "This field is required.");
    bo.client().post("/api/admin-dashboard/bot-settings/preview/", &json!({"text": "x"})).await.refuses_the_role();
    assert_eq!(tesla.admin.handoffs(&[]).await.ok(), json!([]));
}
