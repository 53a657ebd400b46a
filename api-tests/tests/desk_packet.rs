//! The packet of a session, and the priority of its handoff.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    a_packet_has_what_an_agent_needs,
    a_session_that_is_assigned_to_another_agent_was_transferred,
    a_packet_is_for_staff_who_may_see_the_session,
    the_question_that_called_a_person_is_unanswered,
    a_question_that_the_intake_noted_is_unanswered,
    a_question_whose_answer_did_not_help_is_unanswered,
    an_agent_learns_of_the_earlier_sessions_that_it_may_see,
    the_priority_of_an_open_handoff_is_changed,
    what_was_known_at_the_opening_stays_as_it_was,
    every_way_to_call_a_person_stores_a_packet,
    a_packet_of_the_intake_names_what_it_has,
    a_deleted_visitor_leaves_no_packet,
    a_packet_names_the_page_and_the_browser,
    staff_correct_the_profile_of_a_visitor,
    a_profile_is_made_of_what_the_intake_has,
    a_bad_correction_changes_nothing,
);

/// The times and events of a packet's timeline.
fn events(packet: &Value) -> Vec<&str> {
    packet["timeline"].as_array().unwrap().iter().map(|moment| moment["event"].as_str().unwrap()).collect()
}

async fn a_packet_has_what_an_agent_needs(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.visitor().await;
    let question = "How long does a puncture repair take?";
    let answered = visitor.say(question).await;
    assert_eq!(answered["type"], "rag_response", "{answered}");
    let lost = visitor.say("zzz qqq").await;
    assert_eq!(lost["type"], "clarification_needed", "{lost}");
    world.clock.advance(Duration::from_secs(60));
    let handoff = visitor.ask_for_a_person(&bo).await;
    let packet = bo.packet(&visitor.session).await.ok();
    let asked = json!({"seq": answered["user_message"]["seq"], "text": question});
    let unanswered = json!({"seq": lost["user_message"]["seq"], "text": "zzz qqq"});
    assert_eq!(packet["summary"]["asked"], json!([asked, unanswered]));
    assert_eq!(packet["summary"]["unanswered"], json!([unanswered]));
    let answers = packet["summary"]["answered"].as_array().unwrap();
    assert_eq!((answers.len(), &answers[0]["confidence"]), (1, &answered["confidence"]));
    assert_eq!((&packet["session"]["status"], &packet["session"]["step"]), (&json!("escalated"), &Value::Null));
    assert_eq!((&packet["profile"]["name"], &packet["client"]), (&json!("Asha Rai"), &Value::Null));
    assert_eq!(
        (&packet["handoffs"][0]["id"], &packet["handoffs"][0]["escalation_reason"]),
        (&json!(handoff), &json!("Talk to a person"))
    );
    assert_eq!(packet["handoffs"].as_array().unwrap().len(), 1);
    assert_eq!(events(&packet), ["started", "escalated"]);
    assert_eq!(packet["timeline"][1]["at"], packet["handoffs"][0]["escalated_at"]);

    bo.claim(&visitor.session).await.ok();
    bo.transfer(&visitor.session, &json!({"agent_id": cy.id})).await.ok();
    cy.resolve(handoff, "done").await.ok();
    let packet = cy.packet(&visitor.session).await.ok();
    assert_eq!(events(&packet), ["started", "escalated", "transferred", "resolved"]);
    let [passed, resolved] = [2, 3].map(|at: usize| packet["timeline"][at].clone());
    let [of_bo, of_cy] = [&bo, &cy].map(|agent| json!({"id": agent.id, "name": agent.name}));
    assert_eq!((&passed["from_agent"], &passed["agent"], &resolved["agent"]), (&of_bo, &of_cy, &of_cy));
    // The transfer stays when an agent goes, but does not name it.
    tesla.admin.delete_agent(bo.id).await.ok();
    let packet = tesla.admin.packet(&visitor.session).await.ok();
    assert_eq!((&packet["timeline"][2]["from_agent"], &packet["timeline"][2]["agent"]), (&Value::Null, &of_cy));
}

/// What was known when the session's handoff was last opened.
async fn opening(tesla: &Company, visitor: &Visitor) -> Value {
    tesla.admin.packet(&visitor.session).await.ok()["handoffs"][0]["packet"].clone()
}

async fn what_was_known_at_the_opening_stays_as_it_was(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let answered = visitor.say("How long does a puncture repair take?").await;
    let lost = visitor.say("zzzz qqqq").await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    let packet = opening(&tesla, &visitor).await;
    let unanswered = json!({"seq": lost["user_message"]["seq"], "text": "zzzz qqqq"});
    assert_eq!((&packet["question"], &packet["unanswered"]), (&unanswered, &json!([unanswered])));
    assert_eq!((&packet["reason"], &packet["visitor"]["name"]), (&json!("Talk to a person"), &json!("Asha Rai")));
    let passage = &packet["passages"][0];
    let cited = &answered["citations"][0];
    assert_eq!((&passage["confidence"], &passage["seq"]), (&answered["confidence"], &answered["last_seq"]));
    assert_eq!((&passage["chunk_id"], &passage["title"]), (&cited["chunk_id"], &cited["title"]));
    let turns = packet["turns"].as_array().unwrap();
    let types: Vec<_> = turns.iter().rev().take(3).map(|turn| turn["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["escalated", "clarification_needed", "rag_response"]);
    assert_eq!(turns.last().unwrap()["seq"], packet["last_seq"]);
    let summary = packet["summary"].as_str().unwrap();
    assert!(summary.contains("How long does a puncture repair take?"), "{summary}");
    assert!(!summary.contains("5551234567"), "{summary}");

    // Neither what is said later nor a change of the profile or the knowledge changes it.
    bo.claim(&visitor.session).await.ok();
    visitor.say("Are you there?").await;
    let profile = json!({"session_id": visitor.session, "name": "Asha Sharma", "phone": "+977 9841234567"});
    visitor.client().post("/api/chatbot/create-profile/", &profile).await.ok();
    tesla.knowledge(&json!({"a": {"b": [{"question": "Why?", "answer": "So."}]}})).await;
    assert_eq!(opening(&tesla, &visitor).await, packet);
    // The next opening does.
    bo.resolve(handoff, "").await.ok();
    bo.move_session(&visitor.session, "reopen").await.ok();
    let again = opening(&tesla, &visitor).await;
    assert_eq!((&again["visitor"]["name"], &again["reason"]), (&json!("Asha Sharma"), &json!("Talk to a person")));
    assert!(again["last_seq"].as_i64() > packet["last_seq"].as_i64(), "{again}");
}

async fn every_way_to_call_a_person_stores_a_packet(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut misses = tesla.visitor().await;
    for question in ["Do you rent out submarines?", "What does a submarine cost?", "Where is your submarine?"] {
        misses.say(question).await;
    }
    assert_eq!(opening(&tesla, &misses).await["question"]["text"], "Where is your submarine?");
    let mut button = tesla.stranger();
    let first = button.say("Hello").await;
    let wish = json!({"session_id": first["session_id"], "reason": "My order"});
    button.client().post("/api/chatbot/request-person/", &wish).await.ok();
    assert_eq!(opening(&tesla, &button).await["reason"], "My order");
    let mut staff = tesla.stranger();
    staff.say("Hello").await;
    bo.escalate(&staff.session, "looks lost").await.ok();
    assert_eq!(opening(&tesla, &staff).await["reason"], "looks lost");
    // A stranger's first message opens session and handoff at once.
    let mut first = tesla.stranger();
    first.say("Talk to a person").await;
    let packet = opening(&tesla, &first).await;
    assert_eq!((&packet["reason"], &packet["last_seq"]), (&json!("Talk to a person"), &json!(2)));
}

async fn a_packet_names_the_page_and_the_browser(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    assert_eq!(tesla.admin.packet(&visitor.session).await.ok()["client"], Value::Null);
    let client = |page: &str| {
        json!({"page": page, "referrer": "https://search.example/", "browser": "Firefox 140",
        "language": "ne"})
    };
    visitor.send(&json!({"message": "Talk to a person", "client": client("https://tesla.example/bikes")})).await.ok();
    assert_eq!(opening(&tesla, &visitor).await["client"], client("https://tesla.example/bikes"));
    visitor.send(&json!({"message": "Are you there?", "client": client("https://tesla.example/help")})).await.ok();
    visitor.say("Hello?").await;
    let packet = tesla.admin.packet(&visitor.session).await.ok();
    assert_eq!(packet["client"], client("https://tesla.example/help"));
    assert_eq!(packet["handoffs"][0]["packet"]["client"], client("https://tesla.example/bikes"));
    // A client that sent a field of this name before it had a meaning goes on to work.
    for odd in [json!(5), json!("x"), json!(null), json!({"page": [1]})] {
        visitor.send(&json!({"message": "Hello", "client": odd})).await.ok();
    }
    assert_eq!(tesla.admin.packet(&visitor.session).await.ok()["client"], packet["client"]);
    // The visitor's own calls do not show it.
    let own = visitor.conversation(&visitor.session, &[]).await.ok();
    assert!(!own.to_string().contains("Firefox"), "{own}");
}

async fn staff_correct_the_profile_of_a_visitor(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    let before = bo.packet(&visitor.session).await.ok()["profile"].clone();
    world.clock.advance(Duration::from_secs(60));
    let change = json!({"profile": {"name": "Asha <b>Sharma", "phone": "00977 9841234567"}, "priority": "high"});
    let packet = bo.change_session(&visitor.session, &change).await.ok();
    let profile = &packet["profile"];
    assert_eq!((&profile["name"], &profile["phone"]), (&json!("Asha < b>Sharma"), &json!("+977-9841234567")));
    assert_eq!((&profile["country_code"], &packet["handoffs"][0]["priority"]), (&json!("+977"), &json!("high")));
    for key in ["id", "email", "address", "created_at", "last_used"] {
        assert_eq!(profile[key], before[key], "{key}");
    }
    assert_eq!(packet["handoffs"][0]["user_profile"]["name"], "Asha < b>Sharma");
    bo.claim(&visitor.session).await.ok();
    let cleared = json!({"profile": {"email": "", "address": "Pokhara", "name": null}});
    let packet = bo.change_session(&visitor.session, &cleared).await.ok();
    assert_eq!((&packet["profile"]["email"], &packet["profile"]["address"]), (&Value::Null, &json!("Pokhara")));
    // A country alone leaves the number as it is; a number is read as one of that country.
    let moved = json!({"profile": {"phone": "20 7946 0958"}});
    let reply = tesla.admin.change_session(&visitor.session, &json!({"profile": {"country_code": "GB"}})).await.ok();
    assert_eq!(
        (&reply["profile"]["country_code"], &reply["profile"]["phone"]),
        (&json!("+44"), &json!("+977-9841234567"))
    );
    let reply = tesla.admin.change_session(&visitor.session, &moved).await.ok();
    assert_eq!(
        (&reply["profile"]["country_code"], &reply["profile"]["phone"]),
        (&json!("+44"), &json!("+44-2079460958"))
    );
    // An agent who may not see the session cannot correct it.
    let name = json!({"profile": {"name": "X"}});
    cy.change_session(&visitor.session, &name).await.error(404, "not_found", "Session not found");
    world.company("Space X").await.admin.change_session(&visitor.session, &name).await.error(
        404,
        "not_found",
        "Session not found",
    );
    bo.resolve(handoff, "").await.ok();
    let same = json!({"profile": {"name": "Asha Rai"}});
    let packet = bo.change_session(&visitor.session, &same).await.ok();
    assert_eq!((&packet["profile"]["name"], &packet["session"]["status"]), (&json!("Asha Rai"), &json!("resolved")));
    // What changes nothing is not recorded.
    bo.change_session(&visitor.session, &same).await.ok();
    let root = world.superadmin().await;
    root.change_session(&visitor.session, &json!({"profile": {"name": "Asha"}})).await.ok();
    let log = tesla.admin.client().get("/api/audit/").await.ok();
    let entries = log["results"].as_array().unwrap().iter().filter(|entry| entry["action"] == "profile_corrected");
    let actors: Vec<_> = entries.map(|entry| (&entry["actor"]["kind"], &entry["object"]["id"])).collect();
    let id = json!(before["id"].to_string());
    let expected = ["superadmin", "agent", "admin", "admin", "agent", "agent"].map(|kind| json!(kind));
    assert_eq!(actors, expected.iter().map(|kind| (kind, &id)).collect::<Vec<_>>());
}

async fn a_profile_is_made_of_what_the_intake_has(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    for text in ["Hello", "Ann Ray"] {
        visitor.say(text).await;
    }
    let incomplete = tesla.admin.change_session(&visitor.session, &json!({"profile": {"address": "Pokhara"}})).await;
    incomplete.field_error("profile", "phone: This field is required.");
    assert_eq!(tesla.admin.packet(&visitor.session).await.ok()["profile"], Value::Null);
    let change = json!({"profile": {"phone": "9841234567"}});
    let packet = tesla.admin.change_session(&visitor.session, &change).await.ok();
    assert_eq!(
        (&packet["profile"]["name"], &packet["profile"]["phone"]),
        (&json!("Ann Ray"), &json!("+977-9841234567"))
    );
    assert_eq!(packet["session"]["step"], Value::Null);
    // The intake has ended.
    assert_ne!(visitor.say("Good morning").await["type"], "profile_collection");
    // A number without a country is one of the company's.
    tesla.admin.set_bot(&json!({"default_country_code": "+49"})).await.ok();
    let mut other = tesla.stranger();
    for text in ["Hello", "Eva Kern"] {
        other.say(text).await;
    }
    let change = json!({"profile": {"phone": "151 23456789"}});
    let packet = tesla.admin.change_session(&other.session, &change).await.ok();
    assert_eq!(packet["profile"]["phone"], "+49-15123456789");
}

async fn a_bad_correction_changes_nothing(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    let before = bo.packet(&visitor.session).await.ok();
    for (profile, message) in [
        (json!({"name": " "}), "name: This field may not be blank."),
        (json!({"name": "x".repeat(101)}), "name: Ensure this field has no more than 100 characters."),
        (json!({"phone": ""}), "phone: This field may not be blank."),
        (json!({"email": "nonsense"}), "email: Enter a valid email address."),
        (json!({"address": ["x"]}), "address: Not a valid string."),
        (json!("Ann"), "Expected a dictionary of items but got type \"str\"."),
    ] {
        let change = json!({"priority": "urgent", "profile": profile});
        bo.change_session(&visitor.session, &change).await.field_error("profile", message);
    }
    // A priority that cannot be changed leaves the profile as it is.
    let mut other = tesla.visitor().await;
    other.say("Hello").await;
    let change = json!({"priority": "urgent", "profile": {"name": "X"}});
    tesla.admin.change_session(&other.session, &change).await.expect(409);
    assert_eq!(tesla.admin.packet(&other.session).await.ok()["profile"]["name"], "Asha Rai");
    assert_eq!(bo.packet(&visitor.session).await.ok(), before);
}

async fn a_packet_of_the_intake_names_what_it_has(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    for text in ["Hello", "Ann Ray", "Nepal", "9841234567", "Talk to a person"] {
        visitor.say(text).await;
    }
    let known = json!({"name": "Ann Ray", "phone": "+977-9841234567", "email": null, "address": null});
    assert_eq!(opening(&tesla, &visitor).await["visitor"], known);
}

async fn a_deleted_visitor_leaves_no_packet(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.say("zebra-of-the-visitor").await;
    visitor.ask_for_a_person(&bo).await;
    assert!(opening(&tesla, &visitor).await.to_string().contains("zebra-of-the-visitor"));
    let profile = tesla.admin.packet(&visitor.session).await.ok()["profile"]["id"].as_i64().unwrap();
    tesla.admin.delete_profile(profile).await.ok();
    tesla.admin.packet(&visitor.session).await.error(404, "not_found", "Session not found");
    assert!(!tesla.admin.handoffs(&[]).await.ok().to_string().contains("zebra-of-the-visitor"));
}

async fn a_session_that_is_assigned_to_another_agent_was_transferred(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    for agent in [&bo, &bo, &cy] {
        tesla.admin.assign(handoff, agent.id).await.ok();
    }
    let packet = cy.packet(&visitor.session).await.ok();
    assert_eq!(events(&packet), ["started", "escalated", "transferred"]);
    let [of_bo, of_cy] = [&bo, &cy].map(|agent| json!({"id": agent.id, "name": agent.name}));
    let passed = &packet["timeline"][2];
    assert_eq!((&passed["from_agent"], &passed["agent"]), (&of_bo, &of_cy));
}

async fn a_packet_is_for_staff_who_may_see_the_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    bo.packet(&visitor.session).await.error(404, "not_found", "Session not found");
    let packet = tesla.admin.packet(&visitor.session).await.ok();
    assert_eq!((&packet["handoffs"], &packet["profile"]), (&json!([]), &Value::Null));
    assert_eq!((&packet["session"]["step"], events(&packet)), (&json!("name"), vec!["started"]));
    bo.escalate(&visitor.session, "lost").await.ok();
    cy.packet(&visitor.session).await.ok();
    bo.claim(&visitor.session).await.ok();
    let none = cy.packet("TES001_00000000-0000-4000-8000-000000000000").await;
    cy.packet(&visitor.session).await.same_as(&none);
    world.company("Space X").await.admin.packet(&visitor.session).await.error(404, "not_found", "Session not found");
    world.superadmin().await.packet(&visitor.session).await.ok();
    world.anybody().packet(&visitor.session).await.asks_for_a_token();
}

async fn the_question_that_called_a_person_is_unanswered(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let questions = ["Do you rent out submarines?", "What does a submarine cost?", "Where is your submarine?"];
    let mut kinds = Vec::new();
    for question in questions {
        kinds.push(visitor.say(question).await["type"].clone());
    }
    assert_eq!(kinds, ["clarification_needed", "clarification_needed", "escalated"]);
    let packet = bo.packet(&visitor.session).await.ok();
    let unanswered = packet["summary"]["unanswered"].as_array().unwrap();
    assert_eq!(unanswered.iter().map(|it| it["text"].clone()).collect::<Vec<_>>(), questions);
}

/// The texts of the questions in one list of a packet's summary.
async fn questions(tesla: &Company, visitor: &Visitor, list: &str) -> Vec<String> {
    let packet = tesla.admin.packet(&visitor.session).await.ok();
    packet["summary"][list].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

async fn a_question_that_the_intake_noted_is_unanswered(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.stranger();
    let (first, second) = ("Do zebras cross the moon?", "Do you rent out submarines?");
    for text in [first, "Ann Ray", second, "Do you repair hydraulic brakes?", "why do you need this?"] {
        visitor.say(text).await;
    }
    assert_eq!(questions(&tesla, &visitor, "unanswered").await, [first, second]);
    assert_eq!(questions(&tesla, &visitor, "asked").await, [first, second, "Do you repair hydraulic brakes?"]);
    // The first question is looked up again at the end of the intake.
    let faq = json!({"a": {"b": [{"question": first, "answer": "Never."}]}});
    tesla.knowledge(&faq).await;
    let mut last = Value::Null;
    for text in ["Nepal", "9841234567", "skip", "skip"] {
        last = visitor.say(text).await;
    }
    assert_eq!(last["answer"], "Never.");
    assert_eq!(questions(&tesla, &visitor, "unanswered").await, [second]);
}

async fn a_question_whose_answer_did_not_help_is_unanswered(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    let question = "Do you repair hydraulic brakes?";
    // The welcome is no answer.
    visitor.give_feedback(&visitor.session, 2, false).await.ok();
    let seq = visitor.say(question).await["last_seq"].as_i64().unwrap();
    visitor.give_feedback(&visitor.session, seq, false).await.ok();
    assert_eq!(questions(&tesla, &visitor, "unanswered").await, [question]);
    visitor.give_feedback(&visitor.session, seq, true).await.ok();
    assert_eq!(questions(&tesla, &visitor, "unanswered").await, Vec::<String>::new());
}

async fn an_agent_learns_of_the_earlier_sessions_that_it_may_see(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    // Both visitors give the same phone number.
    let (mut first, mut second) = (tesla.visitor().await, tesla.visitor().await);
    second.ask_for_a_person(&bo).await;
    let earlier = async |packet: Call| packet.await.ok()["earlier"].clone();
    let of_admin = earlier(tesla.admin.packet(&second.session)).await;
    assert_eq!(of_admin[0]["session_id"], first.session.as_str());
    assert_eq!(earlier(bo.packet(&second.session)).await, json!([]));
    first.ask_for_a_person(&bo).await;
    assert_eq!(earlier(bo.packet(&second.session)).await[0]["session_id"], first.session.as_str());
}

async fn the_priority_of_an_open_handoff_is_changed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (mut first, mut second) = (tesla.visitor().await, tesla.visitor().await);
    let quiet = json!({"priority": "high"});
    let refused = tesla.admin.change_session(&first.session, &quiet).await;
    let said = ["code", "from", "event"].map(|key| refused.body[key].clone());
    assert_eq!((refused.status, said), (409, ["illegal_transition", "active", "prioritise"].map(Value::from)));
    first.ask_for_a_person(&bo).await;
    world.clock.advance(Duration::from_secs(5));
    let handoff = second.ask_for_a_person(&bo).await;
    let packet = bo.change_session(&second.session, &json!({"priority": "urgent"})).await.ok();
    assert_eq!((&packet["handoffs"][0]["priority"], &packet["handoffs"][0]["id"]), (&json!("urgent"), &json!(handoff)));
    let queue = bo.conversations(&[("view", "queue")]).await.ok();
    assert_eq!(queue["results"][0]["session_id"], second.session.as_str());
    cy.claim(&second.session).await.ok();
    bo.change_session(&second.session, &quiet).await.error(403, "not_assigned", "Session not assigned to this agent");
    cy.change_session(&second.session, &quiet).await.ok();
    let packet = tesla.admin.change_session(&second.session, &json!({})).await.ok();
    assert_eq!(packet["handoffs"][0]["priority"], "high");
    let odd = cy.change_session(&second.session, &json!({"priority": "asap"})).await;
    odd.field_error("priority", "\"asap\" is not a valid choice.");
    world.superadmin().await.change_session(&second.session, &json!({"priority": "low"})).await.ok();
    let foreign = world.company("Space X").await;
    foreign.admin.change_session(&second.session, &quiet).await.error(404, "not_found", "Session not found");
}
