//! Messages that staff send, and the messages of a session as staff read them.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    messages_of_a_session_are_for_its_agent,
    a_message_carries_files_and_who_wrote_it,
    a_message_is_refused_with_the_reason,
    both_paths_send_a_message,
);

async fn waiting(company: &Company, staff: &impl Caller) -> (Visitor, i64) {
    let mut visitor = company.visitor().await;
    let handoff = visitor.ask_for_a_person(staff).await;
    (visitor, handoff)
}

async fn messages_of_a_session_are_for_its_agent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let (mut visitor, handoff) = waiting(&tesla, &bo).await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    visitor.send(&json!({"attachment_ids": [file["id"]]})).await.ok();
    tesla.admin.assign(handoff, bo.id).await.ok();
    let page = bo.messages(&visitor.session).await.ok();
    assert_eq!(
        (&page["session"]["status"], &page["session"]["user_profile"]["name"]),
        (&json!("assigned"), &json!("Asha Rai"))
    );
    let rows = page["messages"].as_array().unwrap();
    assert!(rows.iter().zip(1..).all(|(row, seq)| row["seq"] == seq && row["id"].is_i64()), "{page}");
    let last = rows.last().unwrap();
    assert_eq!((&last["message_type"], &last["content"]), (&json!("user"), &Value::Null));
    assert_eq!((&last["file_url"], &last["file_name"]), (&file["file_url"], &json!("cv.pdf")));
    assert_eq!((&rows[0]["file_url"], &rows[0]["file_name"]), (&Value::Null, &Value::Null));

    cy.messages(&visitor.session).await.error(403, "not_assigned", "Session not assigned to this agent");
    let message = "Session not found or access denied";
    bo.messages("TES001_none").await.error(404, "not_found", message);
    tesla.admin.messages(&visitor.session).await.error(404, "not_found", "Agent profile not found");
    bo.resolve(handoff, "").await.ok();
    bo.messages(&visitor.session).await.ok();
}

async fn a_message_carries_files_and_who_wrote_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (visitor, _) = waiting(&tesla, &bo).await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let body = json!({"session_id": visitor.session, "message": "See <b>this</b>", "attachment_ids": [file["id"]]});
    let sent = bo.send_message(&body).await.ok();
    assert_eq!(sent["chat_message"]["content"], "See < b>this< /b>");
    assert_eq!(sent["chat_message"]["attachments"][0]["file_url"], file["file_url"]);
    let body = json!({"session_id": visitor.session, "attachment_ids": [file["id"]]});
    bo.send_message(&body).await.ok();
    tesla.admin.write(&visitor.session, "Admin here").await.ok();
    let page = bo.messages(&visitor.session).await.ok();
    let rows: Vec<_> =
        page["messages"].as_array().unwrap().iter().filter(|row| row["message_type"] == "agent").collect();
    assert_eq!(rows[0]["metadata"], json!({"has_attachments": true, "agent_id": bo.id, "agent_name": "Bo Agent"}));
    assert_eq!(
        (&rows[2]["metadata"]["has_attachments"], &rows[2]["metadata"]["admin_id"]),
        (&json!(false), &json!(tesla.admin.id))
    );
    assert!(rows[2]["metadata"]["admin_name"].is_string());
}

async fn a_message_is_refused_with_the_reason(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (visitor, _) = waiting(&tesla, &bo).await;
    bo.send_message(&json!({"message": "Hello"})).await.error(400, "bad_request", "session_id is required");
    let message = "Either message or attachment_ids is required";
    for body in [
        json!({"session_id": visitor.session}),
        json!({"session_id": visitor.session, "message": " ", "attachment_ids": []}),
    ] {
        bo.send_message(&body).await.error(400, "bad_request", message);
    }
    // A blank id is refused. As a key, it would make all messages that carry it repeats of the first one.
    let blank = json!({"session_id": visitor.session, "message": "Hello", "client_message_id": " "});
    bo.send_message(&blank).await.field_error("client_message_id", "This field may not be blank.");
    let foreign = tesla.visitor().await.share("cv.pdf", b"%PDF-").await["id"].clone();
    let body = json!({"session_id": visitor.session, "message": "Hello", "attachment_ids": [foreign]});
    let reply = bo.send_message(&body).await.expect(400);
    assert!(reply.body["attachment_ids"].is_array(), "{reply:?}");
    let body = json!({"session_id": visitor.session, "message": "x".repeat(10_001)});
    bo.send_message(&body).await.field_error("message", "Ensure this field has no more than 10000 characters.");
    assert_eq!(bo.handoffs(&[("status", "pending")]).await.ok().as_array().unwrap().len(), 1);
}

async fn both_paths_send_a_message(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let (visitor, _) = waiting(&tesla, &bo).await;
    let body = json!({"session_id": visitor.session, "message": "Hello"});
    let sent = bo.client().post("/api/human-handoff/send-message/", &body).await.ok();
    assert_eq!(sent["chat_message"]["content"], "Hello");
    assert_eq!(bo.own_sessions(&[]).await.ok()["count"], 1);
}
