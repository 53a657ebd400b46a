//! How a visitor reads its own conversation. See docs/API.md, Reading the conversation.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    a_visitor_reads_its_conversation_as_the_chat_gave_it,
    messages_are_read_in_pages_in_both_directions,
    the_session_is_named_by_header_or_query,
    a_query_that_cannot_be_read_is_refused,
    a_waiting_visitor_sees_its_place_in_the_queue,
    the_name_of_the_agent_is_shown_while_the_handoff_is_open,
    the_outcome_is_shown_while_the_handoff_is_open,
    the_step_of_the_intake_is_shown_until_a_person_takes_over,
    files_have_the_same_links_as_everywhere,
    a_deleted_session_is_not_found,
    visitors_of_a_suspended_company_are_refused,
);

fn seqs(body: &Value) -> Vec<i64> {
    body["messages"].as_array().unwrap().iter().map(|message| message["seq"].as_i64().unwrap()).collect()
}

async fn a_visitor_reads_its_conversation_as_the_chat_gave_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    tesla.admin.set_bot(&json!({"bot_name": "Tess"})).await.ok();
    let faq = sample::bicycle_faq();
    let text =
        faq.as_object().unwrap().values().find_map(|part| part.as_object()?.values().next()?[0]["question"].as_str());
    let mut reply = visitor.say(text.unwrap()).await;
    assert_eq!(reply["type"], "rag_response", "{reply}");
    let body = visitor.conversation(&visitor.session, &[]).await.ok();

    assert_eq!(body["has_more"], false);
    let last_seq = reply["last_seq"].as_i64().unwrap();
    assert_eq!(seqs(&body), (1..=last_seq).collect::<Vec<_>>());
    let session = &body["session"];
    for (key, value) in [
        ("session_id", json!(visitor.session)),
        ("status", json!("active")),
        ("agent", Value::Null),
        ("queue", Value::Null),
        ("profile_completed", json!(true)),
        ("visitor_read_seq", json!(0)),
        ("staff_read_seq", json!(0)),
        ("last_seq", json!(last_seq)),
    ] {
        assert_eq!(session.get(key), Some(&value), "{key}: {session}");
    }
    assert_eq!((session.get("collecting"), session.get("outcome")), (Some(&Value::Null), Some(&Value::Null)));

    let [user, bot] = [last_seq - 2, last_seq - 1].map(|at| &body["messages"][usize::try_from(at).unwrap()]);
    for (key, value) in reply["user_message"].as_object().unwrap() {
        assert_eq!(&user[key], value, "{key}");
    }
    assert_eq!((user.get("sender_name"), user.get("reply")), (Some(&Value::Null), Some(&Value::Null)));
    assert_eq!((&bot["message_type"], &bot["sender_name"]), (&json!("bot"), &json!("Tess")));
    assert_eq!(bot["content"], reply["response"]);
    for key in ["response", "session_id", "user_message"] {
        reply.as_object_mut().unwrap().remove(key);
    }
    assert_eq!(bot["reply"], reply);
    assert!(bot["reply"]["citations"].is_array());

    // A token changes nothing.
    let with_token = tesla.admin.conversation(&visitor.session, &[]).await.ok();
    assert_eq!(with_token, body);
}

async fn messages_are_read_in_pages_in_both_directions(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    for text in ["Hello", "Ann Ray", "+1 United States"] {
        visitor.say(text).await;
    }
    let page = async |query: &[(&str, &str)]| {
        let body = visitor.conversation(&visitor.session, query).await.ok();
        (seqs(&body), body["has_more"].as_bool().unwrap())
    };
    assert_eq!(page(&[]).await, (vec![1, 2, 3, 4, 5, 6], false));
    assert_eq!(page(&[("limit", "2")]).await, (vec![5, 6], true));
    assert_eq!(page(&[("limit", "6")]).await, (vec![1, 2, 3, 4, 5, 6], false));
    assert_eq!(page(&[("after", "0"), ("limit", "4")]).await, (vec![1, 2, 3, 4], true));
    assert_eq!(page(&[("after", "4"), ("limit", "2")]).await, (vec![5, 6], false));
    assert_eq!(page(&[("after", "6")]).await, (vec![], false));
    assert_eq!(page(&[("after", "99")]).await, (vec![], false));
    assert_eq!(page(&[("before", "5"), ("limit", "2")]).await, (vec![3, 4], true));
    assert_eq!(page(&[("before", "3"), ("limit", "2")]).await, (vec![1, 2], false));
    assert_eq!(page(&[("before", "1")]).await, (vec![], false));
    assert_eq!(page(&[("before", "99"), ("limit", "9000")]).await, (vec![1, 2, 3, 4, 5, 6], false));
}

async fn the_session_is_named_by_header_or_query(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let anybody = world.anybody();
    for path in ["/api/chatbot/messages/", "/api/chatbot/transcript/"] {
        let get = || anybody.get(path);
        get().query(&[("session_id", visitor.session.as_str())]).await.expect(200);
        let both = get().query(&[("session_id", "TES001_unknown")]).header("x-session-id", &visitor.session);
        both.await.expect(200);
        get().query(&[("session_id", visitor.session.as_str())]).header("x-session-id", " ").await.expect(200);
        get().await.error(400, "bad_request", "session_id is required");
        get().query(&[("session_id", "")]).await.error(400, "bad_request", "session_id is required");
        for unknown in ["TES001_unknown", "no session at all", "XXX999_7be419cd-3f64-4b0f-9a52-0c2f4a1d8e11"] {
            get().header("x-session-id", unknown).await.error(404, "not_found", "Session not found");
        }
    }
}

async fn a_query_that_cannot_be_read_is_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    for (name, value) in [
        ("after", "x"),
        ("after", "-1"),
        ("before", "0"),
        ("limit", "0"),
        ("limit", "ten"),
        ("wait", "26"),
        ("wait", "1.5"),
    ] {
        let refused = visitor.conversation(&visitor.session, &[(name, value)]).await;
        refused.error(400, "bad_request", &format!("Invalid {name} parameter"));
    }
    let both = visitor.conversation(&visitor.session, &[("after", "1"), ("before", "3")]).await;
    both.error(400, "bad_request", "after and before cannot be sent together");
}

async fn place(visitor: &Visitor) -> Value {
    visitor.conversation(&visitor.session, &[]).await.ok()["session"]["queue"].clone()
}

async fn a_waiting_visitor_sees_its_place_in_the_queue(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let bo = tesla.agent("Bo Agent").await;
    let (mut ann, mut ben, mut cy) = (tesla.visitor().await, tesla.visitor().await, tesla.visitor().await);
    let mut foreign = spacex.visitor().await;
    assert_eq!(place(&ann).await, Value::Null);
    foreign.ask_for_a_person(&spacex.admin).await;
    world.clock.advance(std::time::Duration::from_secs(1));
    let first = ben.ask_for_a_person(&bo).await;
    world.clock.advance(std::time::Duration::from_secs(1));
    ann.ask_for_a_person(&bo).await;
    // At the same moment the one who came first is first.
    cy.ask_for_a_person(&bo).await;
    let at = |position: i64, waiting: i64| json!({"position": position, "waiting": waiting});
    assert_eq!([place(&ben).await, place(&ann).await, place(&cy).await], [at(1, 3), at(2, 3), at(3, 3)]);
    assert_eq!(place(&foreign).await, at(1, 1));
    tesla.admin.assign(first, bo.id).await.ok();
    assert_eq!([place(&ben).await, place(&ann).await, place(&cy).await], [Value::Null, at(1, 2), at(2, 2)]);
    // An agent who leaves gives its sessions back, and they keep their places.
    tesla.admin.delete_agent(bo.id).await.ok();
    assert_eq!([place(&ben).await, place(&ann).await, place(&cy).await], [at(1, 3), at(2, 3), at(3, 3)]);
}

async fn the_name_of_the_agent_is_shown_while_the_handoff_is_open(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, di) = (tesla.agent("Bo Agent").await, tesla.agent("Di Agent").await);
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    let session = async || visitor.conversation(&visitor.session, &[]).await.ok()["session"].clone();
    let waiting = session().await;
    assert_eq!((&waiting["status"], &waiting["agent"]), (&json!("escalated"), &Value::Null));
    bo.write(&visitor.session, "Good morning").await.ok();
    let assigned = session().await;
    assert_eq!((&assigned["status"], &assigned["agent"]), (&json!("assigned"), &json!({"name": "Bo Agent"})));
    tesla.admin.assign(handoff, di.id).await.ok();
    assert_eq!(session().await["agent"], json!({"name": "Di Agent"}));
    tesla.admin.write(&visitor.session, "I am the owner").await.ok();
    tesla.admin.resolve(handoff, "a note for staff").await.ok();
    let resolved = visitor.conversation(&visitor.session, &[]).await;
    assert!(!String::from_utf8(resolved.bytes.clone()).unwrap().contains("a note for staff"));
    let resolved = resolved.ok();
    assert_eq!((&resolved["session"]["status"], &resolved["session"]["agent"]), (&json!("resolved"), &Value::Null));
    let names: Vec<_> =
        resolved["messages"].as_array().unwrap().iter().rev().take(2).map(|row| row["sender_name"].clone()).collect();
    assert_eq!(names, ["Tesla Motors", "Bo Agent"]);
}

async fn the_outcome_is_shown_while_the_handoff_is_open(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    // Nobody is there.
    let handoff = visitor.ask_for_a_person(&tesla.admin).await;
    let session = async || visitor.conversation(&visitor.session, &[]).await.ok()["session"].clone();
    assert_eq!(session().await["outcome"], "offline");
    tesla.admin.resolve(handoff, "").await.ok();
    assert_eq!(session().await["outcome"], Value::Null);
}

async fn the_step_of_the_intake_is_shown_until_a_person_takes_over(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    let session = async |visitor: &Visitor| visitor.conversation(&visitor.session, &[]).await.ok()["session"].clone();
    visitor.say("Hello").await;
    assert_eq!(session(&visitor).await["collecting"], "name");
    visitor.say("Ann Ray").await;
    let asked = session(&visitor).await;
    assert_eq!((&asked["collecting"], &asked["profile_completed"]), (&json!("country_code"), &json!(false)));
    tesla.admin.escalate(&visitor.session, "early").await.ok();
    assert_eq!(session(&visitor).await["collecting"], "country_code");
    tesla.admin.write(&visitor.session, "Hello Ann").await.ok();
    assert_eq!(session(&visitor).await["collecting"], Value::Null);
}

async fn files_have_the_same_links_as_everywhere(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let file = visitor.share("note.txt", b"a small text").await;
    let sent = visitor.send(&json!({"message": "See my note", "attachment_ids": [file["id"]]})).await.ok();
    let body = visitor.conversation(&visitor.session, &[("after", "0")]).await.ok();
    let rows: Vec<_> =
        body["messages"].as_array().unwrap().iter().filter(|row| row["attachments"] != json!([])).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["attachments"], sent["attachments"]);
}

async fn a_deleted_session_is_not_found(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let profile = tesla.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
    visitor.give_feedback(&visitor.session, 2, false).await.ok();
    visitor.rate(&json!({"session_id": visitor.session, "score": 1})).await.ok();
    tesla.admin.delete_profile(profile).await.ok();
    let calls = [
        visitor.conversation(&visitor.session, &[]),
        visitor.transcript(&visitor.session),
        visitor.mark_read(&visitor.session, 1),
        visitor.give_feedback(&visitor.session, 2, true),
        visitor.rate(&json!({"session_id": visitor.session, "score": 1})),
        visitor.leave(&visitor.session),
    ];
    for call in calls {
        call.await.error(404, "not_found", "Session not found");
    }
    for table in ["feedback", "ratings"] {
        assert_eq!(world.lines(&format!("SELECT CAST(count(*) AS TEXT) AS line FROM {table}")), ["0"], "{table}");
    }
}

async fn visitors_of_a_suspended_company_are_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    world.set_status(&tesla.id, tenancy::CompanyStatus::Suspended);
    visitor.conversation(&visitor.session, &[]).await.error(403, "company_inactive", "Company is not active");
    visitor.leave(&visitor.session).await.error(403, "company_inactive", "Company is not active");
}
