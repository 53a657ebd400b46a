//! The chat history, and files that agents send.
#![cfg(test)]

use api_tests::prelude::*;
use reqwest::{
    Method,
    multipart::{Form, Part},
};

on_each_database!(
    a_history_shows_every_message_oldest_first,
    a_history_is_for_those_who_may_see_the_session,
    a_history_needs_a_session_and_its_company,
    an_agent_sends_a_file_with_a_message,
    only_the_agent_of_an_open_handoff_uploads,
    an_agents_upload_is_refused_with_the_reason,
    a_visitor_upload_reads_its_fields_in_every_encoding,
    every_row_of_a_file_has_an_absolute_link_too,
    staff_list_the_files_of_a_session_with_those_that_no_message_carries,
    an_upload_has_a_second_path,
);

async fn a_history_shows_every_message_oldest_first(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let body = json!({"attachment_ids": [file["id"]], "client_message_id": "one", "context": "Home page"});
    visitor.send(&body).await.ok();
    let page = tesla.admin.history(&tesla.id, &visitor.session).await.ok();
    assert_eq!(page["session_id"], visitor.session.as_str());
    let info = &page["session_info"];
    assert_eq!((&info["status"], &info["is_escalated"]), (&json!("active"), &json!(false)));
    assert_eq!((&info["profile_completed"], &info["visitor_read_seq"]), (&json!(false), &json!(0)));
    assert!(info["created_at"].is_string() && info["updated_at"].is_string() && info["staff_read_seq"] == 0);
    let rows = page["messages"].as_array().unwrap();
    let kinds: Vec<_> = rows.iter().map(|row| (row["seq"].clone(), row["message_type"].clone())).collect();
    let expected = [(1, "user"), (2, "bot"), (3, "user"), (4, "bot")];
    assert_eq!(kinds, expected.map(|(seq, kind)| (json!(seq), json!(kind))));
    let row = &rows[2];
    assert_eq!((&row["content"], &row["client_message_id"]), (&Value::Null, &json!("one")));
    assert_eq!(row["metadata"], json!({"context": "Home page", "has_attachments": true}));
    assert_eq!((&row["file_url"], &row["file_name"]), (&file["file_url"], &json!("cv.pdf")));
    assert_eq!((&rows[0]["file_url"], &rows[0]["file_name"]), (&Value::Null, &Value::Null));
    assert_eq!(rows[1]["metadata"]["source"], "profile_collection");
    assert!(rows.iter().all(|row| row["id"].is_i64() && row["timestamp"].is_string()));
    // The doubled prefix and the missing slash change nothing.
    let query = [("session_id", visitor.session.as_str()), ("company_id", "TES001")];
    assert_eq!(tesla.admin.client().get("/api/api/chatbot/chat-history").query(&query).await.ok(), page);
}

async fn a_history_is_for_those_who_may_see_the_session(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let root = world.superadmin().await;
    let mut visitor = tesla.visitor().await;
    let id = visitor.session.clone();
    let absent = tesla.admin.history("TES001", "TES001_none").await;
    absent.error(404, "not_found", "Session not found");

    world.anybody().history("TES001", &id).await.asks_for_a_token();
    tesla.admin.history("TES001", &id).await.ok();
    root.history("TES001", &id).await.ok();
    for reply in [
        bo.history("TES001", &id).await,
        space.admin.history("TES001", &id).await,
        space.admin.history("SPA001", &id).await,
        tesla.admin.history("SPA001", &id).await,
        root.history("SPA001", &id).await,
        root.history("XXX001", &id).await,
        root.history("TES001", "TES001_none").await,
    ] {
        reply.same_as(&absent);
    }
    let handoff = visitor.ask_for_a_person(&bo).await;
    assert_eq!(bo.history("TES001", &id).await.ok()["session_info"]["status"], "escalated");
    cy.history("TES001", &id).await.ok();
    bo.write(&id, "Hello").await.ok();
    bo.history("TES001", &id).await.ok();
    cy.history("TES001", &id).await.same_as(&absent);
    bo.resolve(handoff, "").await.ok();
    assert_eq!(bo.history("TES001", &id).await.ok()["session_info"]["is_escalated"], false);
    cy.history("TES001", &id).await.same_as(&absent);
}

async fn a_history_needs_a_session_and_its_company(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let get = |query: &[(&str, &str)]| tesla.admin.client().get("/api/chatbot/chat-history/").query(query);
    get(&[]).await.error(400, "bad_request", "session_id is required");
    get(&[("session_id", " "), ("company_id", "TES001")]).await.error(400, "bad_request", "session_id is required");
    get(&[("session_id", "x")]).await.error(400, "bad_request", "company_id is required");
    let odd = [("session_id", "x\u{0}/../"), ("company_id", "'; --")];
    get(&odd).await.error(404, "not_found", "Session not found");
}

async fn an_agent_sends_a_file_with_a_message(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    bo.write(&visitor.session, "Hello").await.ok();
    let before = bo.messages(&visitor.session).await.ok()["messages"].as_array().unwrap().len();

    let file = bo.agent_upload(&visitor.session, "offer.pdf", b"%PDF-").await.created();
    assert_eq!((&file["uploader"], &file["name"]), (&json!("agent"), &json!("offer.pdf")));
    assert_eq!((&file["id"], &file["file_id"]), (&file["file_id"], &file["id"]));
    assert_eq!((&file["session_id"], &file["company_id"]), (&json!(visitor.session), &json!("TES001")));
    assert_eq!(file["url"], format!("https://chat.example.com{}", file["file_url"].as_str().unwrap()));
    let after = bo.messages(&visitor.session).await.ok()["messages"].as_array().unwrap().len();
    assert_eq!(before, after, "an upload stores no message");

    let body = json!({"session_id": visitor.session, "attachment_ids": [file["id"]]});
    let sent = bo.send_message(&body).await.ok()["chat_message"].clone();
    assert_eq!((&sent["content"], &sent["attachments"][0]["uploader"]), (&Value::Null, &json!("agent")));
    assert_eq!(sent["attachments"][0]["file_url"], file["file_url"]);
    let served = visitor.client().get(file["file_url"].as_str().unwrap()).await.expect(200);
    assert_eq!(served.bytes, b"%PDF-");
    let history = tesla.admin.history("TES001", &visitor.session).await.ok();
    let last = history["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["message_type"], &last["file_name"]), (&json!("agent"), &json!("offer.pdf")));
    assert_eq!((&last["metadata"]["has_attachments"], &last["metadata"]["agent_id"]), (&json!(true), &json!(bo.id)));
}

async fn only_the_agent_of_an_open_handoff_uploads(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let di = space.agent("Di Agent").await;
    let mut visitor = tesla.visitor().await;
    let id = visitor.session.clone();
    let try_by = async |who: &Agent| who.agent_upload(&id, "a.txt", b"text").await;
    let not_escalated = "Session not escalated to human handoff";
    let not_assigned = "Session not assigned to this agent";
    try_by(&bo).await.error(403, "not_escalated", not_escalated);
    let handoff = visitor.ask_for_a_person(&bo).await;
    try_by(&bo).await.error(403, "not_assigned", not_assigned);
    tesla.admin.assign(handoff, bo.id).await.ok();
    try_by(&bo).await.created();
    try_by(&cy).await.error(403, "not_assigned", not_assigned);
    let foreign = try_by(&di).await;
    foreign.error(404, "not_found", "Session not found or access denied");
    bo.agent_upload("TES001_none", "a.txt", b"text").await.same_as(&foreign);
    bo.agent_upload("no session/..", "a.txt", b"text").await.same_as(&foreign);
    let root = world.superadmin().await;
    let large = vec![b'x'; 3 << 20];
    world.anybody().agent_upload(&id, "a.txt", &large).await.asks_for_a_token();
    tesla.admin.agent_upload(&id, "a.txt", &large).await.refuses_the_role();
    root.agent_upload(&id, "a.txt", b"text").await.refuses_the_role();
    bo.resolve(handoff, "").await.ok();
    try_by(&bo).await.error(403, "not_escalated", not_escalated);
}

async fn an_agents_upload_is_refused_with_the_reason(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    bo.write(&visitor.session, "Hello").await.ok();
    let required = "session_id and file are required";
    let file = || Part::bytes(b"text".to_vec()).file_name("a.txt");
    let session = || visitor.session.clone();
    for form in [
        Form::new().text("session_id", session()),
        Form::new().part("file", file()),
        Form::new().text("session_id", " ").part("file", file()),
        Form::new().text("session_id", session()).text("file", "not a file"),
    ] {
        bo.agent_upload_form(form).await.error(400, "bad_request", required);
    }
    let path = "/api/human-handoff/agent/upload/";
    bo.client().post(path, &json!({"session_id": session()})).await.error(400, "bad_request", required);
    bo.client().call(Method::POST, path).await.error(400, "bad_request", required);
    bo.client().call(Method::POST, path).raw("text/plain", "x").await.expect(415);
    bo.agent_upload(&visitor.session, "a.txt", b"").await.field_error("file", "The submitted file is empty.");
    let reason = "File upload failed: File type 'exe' is not allowed";
    bo.agent_upload(&visitor.session, "a.exe", b"text").await.error(400, "bad_request", reason);
    let big = vec![b'x'; (10 << 20) + 1];
    let reason = "File upload failed: File size exceeds maximum limit of 10.0MB";
    bo.agent_upload(&visitor.session, "a.txt", &big).await.error(400, "bad_request", reason);
    let long = Form::new().text("session_id", session()).text("message_context", "x".repeat(501));
    let message = "Ensure this field has no more than 500 characters.";
    bo.agent_upload_form(long.part("file", file())).await.field_error("message_context", message);
}

async fn a_visitor_upload_reads_its_fields_in_every_encoding(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let post = || visitor.client().call(Method::POST, "/api/chatbot/upload/");
    let long = "x".repeat(501);
    let fields = [("company_id", "TES001"), ("uploader", "bot"), ("message_context", long.as_str())];
    let json = json!({"company_id": "TES001", "uploader": "bot", "message_context": long});
    let replies = [post().multipart(&fields).await, post().form(&fields).await, post().json(&json).await];
    for reply in &replies {
        reply.field_error("file", "No file was submitted.");
        reply.field_error("session_id", "This field is required.");
        reply.field_error("uploader", "\"bot\" is not a valid choice.");
        reply.field_error("message_context", "Ensure this field has no more than 500 characters.");
        reply.same_as(&replies[0]);
    }
    let odd = post().json(&json!({"file": "text", "session_id": null, "company_id": [1], "uploader": null})).await;
    odd.field_error("file", "No file was submitted.");
    odd.field_error("session_id", "This field may not be null.");
    odd.field_error("company_id", "Not a valid string.");
    assert_eq!(odd.body["uploader"], Value::Null);
    post().raw("application/json", "{").await.expect(400);
    post()
        .raw("application/json", "[]")
        .await
        .field_error("non_field_errors", "Invalid data. Expected a dictionary, but got list.");
    // A blank company is treated as a missing one.
    let form = Form::new().text("company_id", "").text("session_id", visitor.session.clone());
    let file = Part::bytes(b"text".to_vec()).file_name("a.txt");
    let reply = visitor.upload_form(form.part("file", file)).await.expect(400);
    assert!(reply.body["error"].as_str().unwrap().starts_with("company_id is required."), "{reply:?}");
}

async fn every_row_of_a_file_has_an_absolute_link_too(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let reply = visitor.send(&json!({"attachment_ids": [file["id"]]})).await.ok();
    visitor.ask_for_a_person(&bo).await;
    let offer = bo.agent_upload(&visitor.session, "offer.pdf", b"%PDF-").await;
    assert_eq!(offer.status, 403, "{offer:?}");
    bo.write(&visitor.session, "Hello").await.ok();
    let offer = bo.agent_upload(&visitor.session, "offer.pdf", b"%PDF-").await.created();
    let body = json!({"session_id": visitor.session, "attachment_ids": [offer["id"]]});
    let sent = bo.send_message(&body).await.ok();
    let history = tesla.admin.history(&tesla.id, &visitor.session).await.ok();
    let conversation = bo.messages(&visitor.session).await.ok();
    let rows = |of: &Value| {
        let messages = of["messages"].as_array().unwrap();
        messages.iter().flat_map(|row| row["attachments"].as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    let mut seen = vec![
        (reply["attachments"][0].clone(), &file),
        (reply["user_message"]["attachments"][0].clone(), &file),
        (sent["chat_message"]["attachments"][0].clone(), &offer),
    ];
    for of in [&history, &conversation] {
        seen.extend(rows(of).into_iter().zip([&file, &offer]));
    }
    assert_eq!(seen.len(), 7);
    for (row, upload) in seen {
        assert_eq!((&row["url"], &row["file_url"]), (&upload["url"], &upload["file_url"]));
        assert_eq!(row["url"], format!("https://chat.example.com{}", row["file_url"].as_str().unwrap()));
    }
}

async fn staff_list_the_files_of_a_session_with_those_that_no_message_carries(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (bo, cy, root) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await, world.superadmin().await);
    let mut visitor = tesla.visitor().await;
    let id = visitor.session.clone();
    assert_eq!(tesla.admin.files(&id).await.ok(), json!({"files": [], "count": 0}));
    let sent = visitor.share("cv.pdf", b"%PDF-").await;
    visitor.send(&json!({"attachment_ids": [sent["id"]]})).await.ok();
    let loose = visitor.share("letter.txt", b"text").await;
    tesla.visitor().await.share("other.txt", b"text").await;

    let page = tesla.admin.files(&id).await.ok();
    let rows: Vec<_> = page["files"].as_array().unwrap().iter().collect();
    assert_eq!(page["count"], 2);
    for (row, upload) in rows.iter().zip([&sent, &loose]) {
        for key in ["id", "original_name", "file_url", "url", "mime_type", "file_size", "uploader", "company_id"] {
            assert_eq!(row[key], upload[key], "{key}");
        }
        assert!(row["session"].is_i64() && row["user_profile"].is_i64(), "{row}");
    }
    assert_eq!(root.files(&id).await.ok(), page);
    let and_company = [("session_id", id.as_str()), ("company_id", "SPA001")];
    assert_eq!(tesla.admin.client().get("/api/chatbot/files/").query(&and_company).await.ok(), page);

    world.anybody().files(&id).await.asks_for_a_token();
    let absent = tesla.admin.files("TES001_none").await;
    absent.error(404, "not_found", "Session not found");
    space.admin.files(&id).await.same_as(&absent);
    bo.files(&id).await.same_as(&absent);
    visitor.ask_for_a_person(&bo).await;
    assert_eq!(bo.files(&id).await.ok(), page);
    bo.write(&id, "Hello").await.ok();
    assert_eq!(bo.files(&id).await.ok(), page);
    cy.files(&id).await.same_as(&absent);
    let without = tesla.admin.client().get("/api/chatbot/files/").await;
    without.error(400, "bad_request", "session_id is required");
}

async fn an_upload_has_a_second_path(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let upload = |name: &str, content: Vec<u8>| {
        let file = Part::bytes(content).file_name(name.to_owned());
        let form = Form::new().text("company_id", tesla.id.clone()).text("session_id", visitor.session.clone());
        visitor.client().call(Method::POST, "/api/chat/upload/").parts(form.part("file", file))
    };
    let file = upload("cv.pdf", b"%PDF-".to_vec()).await.created();
    assert_eq!((&file["session_id"], &file["uploader"]), (&json!(visitor.session), &json!("user")));
    assert_eq!(tesla.admin.files(&visitor.session).await.ok()["files"][0]["id"], file["id"]);
    let served = visitor.client().get(file["file_url"].as_str().unwrap()).await.expect(200);
    assert_eq!(served.bytes, b"%PDF-");
    upload("a.exe", b"text".to_vec()).await.error(
        400,
        "bad_request",
        "File upload failed: File type 'exe' is not allowed",
    );
}
