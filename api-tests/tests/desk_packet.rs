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
