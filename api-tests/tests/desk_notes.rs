//! Messages at the desk, with the private notes of staff between them, and how far staff have read.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    a_note_is_shown_to_staff_where_it_was_written,
    pages_hold_the_notes_between_their_messages,
    no_transport_of_a_visitor_ever_carries_a_note,
    a_note_with_a_transfer_is_kept,
    a_note_with_a_key_is_stored_once,
    a_poll_shows_each_note_once,
    who_may_not_see_a_session_neither_reads_nor_writes_notes,
    staff_mark_how_far_they_have_read,
    bad_windows_and_texts_are_refused,
);

/// A company, and an agent to whom a visitor's session is assigned.
async fn scene(world: &World) -> (Company, Agent, Visitor) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    bo.claim(&visitor.session).await.ok();
    (tesla, bo, visitor)
}

/// Returns the texts of a page, those of notes in brackets.
fn texts(page: &Value) -> Vec<String> {
    let rows = page["results"].as_array().unwrap().iter();
    rows.map(|row| match (row["message_type"].as_str().unwrap(), row["content"].as_str().unwrap()) {
        ("note", text) => format!("[{text}]"),
        (_, text) => text.to_owned(),
    })
    .collect()
}

async fn a_note_is_shown_to_staff_where_it_was_written(world: &World) {
    let (tesla, bo, mut visitor) = scene(world).await;
    visitor.say("My bike broke").await;
    let note = bo.note(&visitor.session, "Was here in May <b>").await.created();
    let last = visitor.say("Are you there?").await["user_message"]["seq"].as_i64().unwrap();
    let expected = json!({
        "id": note["id"], "seq": last - 1, "message_type": "note", "content": "Was here in May < b>",
        "sender_name": "Bo Agent", "metadata": {"author": "agent"}, "timestamp": "2026-11-23T02:52:03.458070Z",
        "client_message_id": null, "attachments": [],
    });
    assert_eq!(note, expected);
    tesla.admin.note(&visitor.session, "Refund her").await.created();
    let root = world.superadmin().await;
    let written = root.note(&visitor.session, "Seen").await.created();
    assert_eq!((&written["sender_name"], &written["metadata"]), (&Value::Null, &json!({"author": "superadmin"})));
    for page in [bo.desk_messages(&visitor.session, &[]), root.desk_messages(&visitor.session, &[])] {
        let page = page.await.ok();
        assert_eq!(page["last_seq"], last);
        let texts = texts(&page);
        let end = ["My bike broke", "[Was here in May < b>]", "Are you there?", "[Refund her]", "[Seen]"];
        assert_eq!(texts[texts.len() - 5..], end);
    }
    // A note is no message: neither the counters nor the conversation know of it.
    let history = tesla.admin.history(&tesla.id, &visitor.session).await.ok();
    assert!(!history.to_string().contains("Refund her"));
    let shown = bo.messages(&visitor.session).await.ok();
    assert!(!shown.to_string().contains("Refund her"));
}

async fn pages_hold_the_notes_between_their_messages(world: &World) {
    let (_, bo, mut visitor) = scene(world).await;
    for number in 1..=4 {
        visitor.say(&format!("Message {number}")).await;
        bo.note(&visitor.session, &format!("Note {number}")).await.created();
    }
    let newest = bo.desk_messages(&visitor.session, &[("limit", "2")]).await.ok();
    assert_eq!(texts(&newest), ["Message 3", "[Note 3]", "Message 4", "[Note 4]"]);
    assert_eq!(newest["has_more"], true);
    let first = newest["results"][0]["seq"].as_i64().unwrap();
    let query = [("before_seq", first.to_string()), ("limit", "2".to_owned())];
    let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
    let before = bo.desk_messages(&visitor.session, &query).await.ok();
    assert_eq!(texts(&before), ["Message 1", "[Note 1]", "Message 2", "[Note 2]"]);
    let after = (first - 1).to_string();
    let page = bo.desk_messages(&visitor.session, &[("after_seq", &after), ("limit", "1")]).await.ok();
    assert_eq!(texts(&page), ["[Note 2]", "Message 3"]);
    let page = bo.desk_messages(&visitor.session, &[("after_seq", &first.to_string())]).await.ok();
    assert_eq!(texts(&page), ["[Note 3]", "Message 4", "[Note 4]"]);
    assert_eq!(page["has_more"], false);
    // New notes are seen although no message has come.
    let last = page["last_seq"].to_string();
    bo.note(&visitor.session, "Note 5").await.created();
    let page = bo.desk_messages(&visitor.session, &[("after_seq", &last)]).await.ok();
    assert_eq!(texts(&page), ["[Note 4]", "[Note 5]"]);
}

async fn no_transport_of_a_visitor_ever_carries_a_note(world: &World) {
    const SECRET: &str = "canary-of-a-note";
    let (tesla, bo, mut visitor) = scene(world).await;
    let mut early = visitor.socket("").await;
    let (mut staff, _) = bo.company_socket().await;
    bo.note(&visitor.session, SECRET).await.created();
    bo.transfer(&visitor.session, &json!({"queue": true, "note": SECRET})).await.ok();
    bo.claim(&visitor.session).await.ok();
    visitor.say("Are you there?").await;
    bo.write(&visitor.session, "Yes").await.ok();
    let mut seen = early.settled().await;
    seen.extend(visitor.socket("?after=0").await.settled().await);
    let told = staff.settled().await;
    assert_eq!(told.iter().filter(|frame| frame.to_string().contains(SECRET)).count(), 2, "{told:?}");
    seen.extend(told.into_iter().filter(|frame| frame["type"] != "note_added"));
    assert!(seen.len() > 10, "{seen:?}");
    for reply in [
        visitor.conversation(&visitor.session, &[]).await,
        visitor.transcript(&visitor.session).await,
        visitor.session_status(&visitor.session).await,
        visitor.send(&json!({"message": "Good evening"})).await,
        // The calls that existing clients of staff show to anybody.
        bo.messages(&visitor.session).await,
        bo.dashboard().await,
        bo.handoffs(&[]).await,
        tesla.admin.history(&tesla.id, &visitor.session).await,
        tesla.admin.activities(&[]).await,
    ] {
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(!String::from_utf8_lossy(&reply.bytes).contains(SECRET), "{reply:?}");
    }
    bo.move_session(&visitor.session, "return-to-bot").await.ok();
    seen.push(visitor.say("What are your hours?").await);
    let stream = visitor.client().get("/api/chatbot/events/?after=0").header("X-Session-Id", &visitor.session);
    let mut stream = stream.events().await;
    for _ in 0..8 {
        seen.push(stream.next().await.unwrap().frame);
    }
    assert!(seen.iter().all(|one| !one.to_string().contains(SECRET)), "{seen:?}");
    let page = bo.desk_messages(&visitor.session, &[]).await.ok();
    assert_eq!(texts(&page).iter().filter(|text| text.contains(SECRET)).count(), 2);
}

async fn a_note_with_a_key_is_stored_once(world: &World) {
    let (tesla, bo, visitor) = scene(world).await;
    let path = format!("/api/desk/sessions/{}/notes/", visitor.session);
    let note = |text: &str, id: &str| json!({"text": text, "client_message_id": id});
    let first = bo.client().post(&path, &note("Was here in May", "n-1")).await.expect(201);
    assert_eq!((&first.body["client_message_id"], first.header("idempotency-replayed")), (&json!("n-1"), ""));
    // A repeat may come over another route, with the key as a header.
    let call = tesla.admin.client().post(&path, &json!({"text": "Was here in May"}));
    for repeat in [bo.client().post(&path, &note("Was here in May", "n-1")), call.header("Idempotency-Key", "n-1")] {
        let repeat = repeat.await.expect(201);
        assert_eq!((&repeat.body, repeat.header("idempotency-replayed")), (&first.body, "true"));
    }
    let reused = "This idempotency key was used for another message.";
    bo.client().post(&path, &note("Was here in June", "n-1")).await.error(422, "idempotency_key_reuse", reused);
    let unequal = bo.client().post(&path, &note("x", "n-2")).header("Idempotency-Key", "n-3").await;
    unequal.error(400, "bad_request", "Idempotency-Key and client_message_id differ");
    // Messages and notes have keys of their own.
    let message = json!({"session_id": visitor.session, "message": "Hello", "client_message_id": "n-1"});
    bo.client().post("/api/human-handoff/send-message/", &message).await.ok();
    let page = bo.desk_messages(&visitor.session, &[]).await.ok();
    assert_eq!(texts(&page).iter().filter(|text| text.starts_with('[')).count(), 1);
}

async fn a_poll_shows_each_note_once(world: &World) {
    let (_, bo, mut visitor) = scene(world).await;
    bo.note(&visitor.session, "Note 1").await.created();
    let mut page = bo.desk_messages(&visitor.session, &[]).await.ok();
    let session = visitor.session.clone();
    let poll = async |last: &Value| {
        let (seq, note) = (last["last_seq"].to_string(), last["last_note"].to_string());
        bo.desk_messages(&session, &[("after_seq", &seq), ("after_note", &note)]).await.ok()
    };
    for _ in 0..2 {
        page = poll(&page).await;
        assert_eq!(texts(&page), Vec::<String>::new());
    }
    for number in 2..=3 {
        bo.note(&visitor.session, &format!("Note {number}")).await.created();
    }
    page = poll(&page).await;
    assert_eq!(texts(&page), ["[Note 2]", "[Note 3]"]);
    bo.note(&visitor.session, "Note 4").await.created();
    visitor.say("Are you there?").await;
    let last = poll(&page).await;
    assert_eq!(texts(&last), ["[Note 4]", "Are you there?"]);
    // In pages of one message too each note comes once.
    let query = [("after_seq", "0"), ("after_note", "0"), ("limit", "500")];
    let all = texts(&bo.desk_messages(&visitor.session, &query).await.ok());
    let (mut seen, mut seq, mut note) = (Vec::new(), json!(0), json!(0));
    loop {
        let (after, known) = (seq.to_string(), note.to_string());
        let query = [("after_seq", after.as_str()), ("after_note", &known), ("limit", "1")];
        let page = bo.desk_messages(&visitor.session, &query).await.ok();
        seen.extend(texts(&page));
        note = page["last_note"].clone();
        if page["has_more"] == false {
            break;
        }
        seq = page["results"].as_array().unwrap().last().unwrap()["seq"].clone();
    }
    assert_eq!(seen, all);
    for odd in ["x", "-1"] {
        let reply = bo.desk_messages(&visitor.session, &[("after_note", odd)]).await;
        reply.error(400, "bad_request", "Invalid after_note parameter");
    }
}

async fn a_note_with_a_transfer_is_kept(world: &World) {
    let (tesla, bo, visitor) = scene(world).await;
    let cy = tesla.agent("Cy Agent").await;
    bo.transfer(&visitor.session, &json!({"agent_id": cy.id, "note": "Speaks Nepali"})).await.ok();
    bo.transfer(&visitor.session, &json!({"agent_id": cy.id, "note": "Not stored"})).await.expect(403);
    cy.transfer(&visitor.session, &json!({"queue": true, "note": "End of my shift"})).await.ok();
    tesla.admin.transfer(&visitor.session, &json!({"agent_id": 999_999, "note": "Not stored"})).await.expect(404);
    let page = tesla.admin.desk_messages(&visitor.session, &[]).await.ok();
    let notes: Vec<_> =
        page["results"].as_array().unwrap().iter().filter(|row| row["message_type"] == "note").collect();
    let notes: Vec<_> =
        notes.iter().map(|row| (row["sender_name"].as_str().unwrap(), row["content"].as_str().unwrap())).collect();
    assert_eq!(notes, [("Bo Agent", "Speaks Nepali"), ("Cy Agent", "End of my shift")]);
}

async fn who_may_not_see_a_session_neither_reads_nor_writes_notes(world: &World) {
    let (tesla, _, visitor) = scene(world).await;
    let cy = tesla.agent("Cy Agent").await;
    let space = world.company("Space X").await;
    let none = "TES001_00000000-0000-4000-8000-000000000000";
    for stranger in [cy.client(), space.admin.client()] {
        for session in [visitor.session.as_str(), none, "nonsense"] {
            stranger.note(session, "Hi").await.error(404, "not_found", "Session not found");
            stranger.desk_messages(session, &[]).await.error(404, "not_found", "Session not found");
            stranger.staff_read(session, 1).await.error(404, "not_found", "Session not found");
        }
    }
    world.anybody().note(&visitor.session, "Hi").await.asks_for_a_token();
    world.anybody().desk_messages(&visitor.session, &[]).await.asks_for_a_token();
    let page = tesla.admin.desk_messages(&visitor.session, &[]).await.ok();
    assert!(texts(&page).iter().all(|text| !text.starts_with('[')));
}

async fn staff_mark_how_far_they_have_read(world: &World) {
    let (tesla, bo, mut visitor) = scene(world).await;
    let last = visitor.say("Are you there?").await["user_message"]["seq"].as_i64().unwrap();
    assert_eq!(bo.staff_read(&visitor.session, last - 1).await.ok(), json!({"staff_read_seq": last - 1}));
    assert_eq!(bo.staff_read(&visitor.session, 1).await.ok(), json!({"staff_read_seq": last - 1}));
    assert_eq!(tesla.admin.staff_read(&visitor.session, 1_000_000).await.ok(), json!({"staff_read_seq": last}));
    let own = visitor.conversation(&visitor.session, &[]).await.ok();
    assert_eq!(own["session"]["staff_read_seq"], last);
    assert_eq!(bo.desk_messages(&visitor.session, &[]).await.ok()["staff_read_seq"], last);
    world.superadmin().await.staff_read(&visitor.session, 1).await.refuses_the_role();
    let odd = bo.client().post(&format!("/api/desk/sessions/{}/read/", visitor.session), &json!({"seq": "x"})).await;
    odd.field_error("seq", "A valid integer is required.");
}

async fn bad_windows_and_texts_are_refused(world: &World) {
    let (_, bo, visitor) = scene(world).await;
    for query in [[("after_seq", "x")], [("before_seq", "-1")], [("limit", "0")]] {
        let name = query[0].0;
        let reply = bo.desk_messages(&visitor.session, &query).await;
        reply.error(400, "bad_request", &format!("Invalid {name} parameter"));
    }
    let both = bo.desk_messages(&visitor.session, &[("after_seq", "1"), ("before_seq", "2")]).await;
    both.error(400, "bad_request", "after_seq and before_seq cannot be sent together");
    bo.desk_messages(&visitor.session, &[("limit", "100000")]).await.ok();
    let long = "Ensure this field has no more than 4000 characters.";
    bo.note(&visitor.session, &"x".repeat(4001)).await.field_error("text", long);
    bo.note(&visitor.session, &"x".repeat(4000)).await.created();
    bo.note(&visitor.session, " ").await.field_error("text", "This field may not be blank.");
    let note = json!({"queue": true, "note": "x".repeat(4001)});
    bo.transfer(&visitor.session, &note).await.field_error("note", long);
}
