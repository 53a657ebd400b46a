//! What a visitor does with its conversation: read positions, feedback, rating, leaving, transcript.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    what_a_visitor_has_read_only_rises,
    feedback_on_an_answer_is_kept_and_the_last_call_counts,
    an_answer_that_did_not_help_leaves_the_question,
    only_messages_of_the_bot_take_feedback,
    a_rating_is_from_one_to_five_and_the_last_call_counts,
    a_visitor_who_leaves_closes_its_handoff,
    a_visitor_without_a_handoff_leaves_and_comes_back,
    a_transcript_has_all_that_was_said,
    each_bad_field_is_refused,
);

async fn info(company: &Company, visitor: &Visitor) -> Value {
    company.admin.history(&company.id, &visitor.session).await.ok()
}

async fn what_a_visitor_has_read_only_rises(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    visitor.say("Ann Ray").await;
    for (sent, read) in [(2, 2), (1, 2), (-5, 2), (3, 3), (1 << 40, 4), (4, 4)] {
        let reply = visitor.mark_read(&visitor.session, sent).await.ok();
        assert_eq!(reply, json!({"visitor_read_seq": read}), "{sent}");
    }
    let session = visitor.conversation(&visitor.session, &[]).await.ok()["session"].clone();
    assert_eq!((&session["visitor_read_seq"], &session["staff_read_seq"]), (&json!(4), &json!(0)));
    assert_eq!(info(&tesla, &visitor).await["session_info"]["visitor_read_seq"], 4);
    // Reading is no change that a turn would have to wait for.
    visitor.say("+1 United States").await;
    assert_eq!(visitor.mark_read(&visitor.session, 6).await.ok()["visitor_read_seq"], 6);
}

async fn feedback_on_an_answer_is_kept_and_the_last_call_counts(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    assert_eq!(info(&tesla, &visitor).await["feedback"], json!([]));
    let reply = visitor.give_feedback(&visitor.session, 4, false).await.ok();
    assert_eq!(reply, json!({"seq": 4, "helpful": false}));
    let body = json!({"session_id": visitor.session, "seq": 2, "helpful": true, "comment": " <b>nice</b> "});
    visitor.client().post("/api/chatbot/feedback/", &body).await.ok();
    let expected = json!([
        {"seq": 2, "helpful": true, "comment": "<b>nice</b>"},
        {"seq": 4, "helpful": false, "comment": null},
    ]);
    assert_eq!(info(&tesla, &visitor).await["feedback"], expected);
    let body = json!({"session_id": visitor.session, "seq": 2, "helpful": false, "comment": ""});
    visitor.client().post("/api/chatbot/feedback/", &body).await.ok();
    assert_eq!(info(&tesla, &visitor).await["feedback"][0], json!({"seq": 2, "helpful": false, "comment": null}));
}

async fn an_answer_that_did_not_help_leaves_the_question(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let questions = || world.lines("SELECT coalesce(question, '-') AS line FROM feedback ORDER BY seq");
    let asked = visitor.say("Who won the cup final?").await;
    let seq = asked["last_seq"].as_i64().unwrap();
    visitor.say("And the one before?").await;
    visitor.give_feedback(&visitor.session, seq, false).await.ok();
    assert_eq!(questions(), ["Who won the cup final?"]);
    visitor.give_feedback(&visitor.session, seq, true).await.ok();
    assert_eq!(questions(), ["-"]);
    // A file alone is no question.
    let file = visitor.share("note.txt", b"a small text").await;
    let sent = visitor.send(&json!({"attachment_ids": [file["id"]]})).await.ok();
    visitor.give_feedback(&visitor.session, sent["last_seq"].as_i64().unwrap(), false).await.ok();
    assert_eq!(questions(), ["-", "-"]);
}

async fn only_messages_of_the_bot_take_feedback(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&tesla.admin).await;
    tesla.admin.write(&visitor.session, "Good morning").await.ok();
    let last = visitor.conversation(&visitor.session, &[]).await.ok()["session"]["last_seq"].as_i64().unwrap();
    for (seq, status, message) in [
        (1, 400, "Only messages of the bot take feedback"),
        (last, 400, "Only messages of the bot take feedback"),
        (last + 1, 404, "Message not found"),
        (0, 404, "Message not found"),
        (-1, 404, "Message not found"),
    ] {
        let code = if status == 400 { "bad_request" } else { "not_found" };
        visitor.give_feedback(&visitor.session, seq, true).await.error(status, code, message);
    }
    assert_eq!(info(&tesla, &visitor).await["feedback"], json!([]));
}

async fn a_rating_is_from_one_to_five_and_the_last_call_counts(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let rate = |score: Value, comment: Value| {
        visitor.rate(&json!({"session_id": visitor.session, "score": score, "comment": comment}))
    };
    assert_eq!(info(&tesla, &visitor).await["rating"], Value::Null);
    let (least, most) =
        ("Ensure this value is greater than or equal to 1.", "Ensure this value is less than or equal to 5.");
    for (score, message) in
        [(json!(0), least), (json!(-3), least), (json!(6), most), (json!(4.5), "A valid integer is required.")]
    {
        rate(score, Value::Null).await.field_error("score", message);
    }
    let long = rate(json!(5), json!("x".repeat(1001))).await;
    long.field_error("comment", "Ensure this field has no more than 1000 characters.");
    assert_eq!(info(&tesla, &visitor).await["rating"], Value::Null);
    assert_eq!(rate(json!(5), json!("x".repeat(1000))).await.ok(), json!({"score": 5}));
    assert_eq!(rate(json!("1"), json!("Too slow")).await.ok(), json!({"score": 1}));
    assert_eq!(info(&tesla, &visitor).await["rating"], json!({"score": 1, "comment": "Too slow"}));
}

async fn a_visitor_who_leaves_closes_its_handoff(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    for is_assigned in [false, true] {
        let mut visitor = tesla.visitor().await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        if is_assigned {
            bo.write(&visitor.session, "Good morning").await.ok();
        }
        assert_eq!(visitor.leave(&visitor.session).await.ok(), json!({"status": "resolved"}));
        let row = &tesla.admin.handoffs(&[("status", "resolved")]).await.ok()[0];
        assert_eq!((&row["id"], &row["notes"]), (&json!(handoff), &json!("left by the visitor")));
        assert!(row["resolved_at"].is_string());
        let history = info(&tesla, &visitor).await;
        assert_eq!(history["session_info"]["status"], "resolved");
        assert!(history["session_info"]["visitor_left_at"].is_string());
        // Leaving twice changes nothing more.
        assert_eq!(visitor.leave(&visitor.session).await.ok(), json!({"status": "resolved"}));
        let resolved: Vec<_> =
            bo.activities(&[("activity_type", "session_resolve")]).await.ok().as_array().unwrap().clone();
        assert_eq!(resolved.len(), usize::from(is_assigned));
        bo.write(&visitor.session, "Are you there?").await.expect(403);
    }
    assert_eq!(bo.dashboard().await.ok()["stats"]["resolved_today"], 1);
}

async fn a_visitor_without_a_handoff_leaves_and_comes_back(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.visitor().await;
    let before = info(&tesla, &visitor).await;
    assert_eq!(before["session_info"]["visitor_left_at"], Value::Null);
    assert_eq!(visitor.leave(&visitor.session).await.ok(), json!({"status": "active"}));
    let after = info(&tesla, &visitor).await;
    assert!(after["session_info"]["visitor_left_at"].is_string());
    assert_eq!(after["messages"], before["messages"]);
    assert_eq!(tesla.admin.handoffs(&[]).await.ok(), json!([]));
    let session = visitor.session.clone();
    visitor.say("Hello again").await;
    assert_eq!(visitor.session, session);
    assert_eq!(info(&tesla, &visitor).await["session_info"]["visitor_left_at"], Value::Null);
}

async fn a_transcript_has_all_that_was_said(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let unnamed = String::from_utf8(visitor.transcript(&visitor.session).await.expect(200).bytes).unwrap();
    assert!(unnamed.contains(" Visitor: Hello\n"), "{unnamed}");
    let profile = json!({"session_id": visitor.session, "name": "Ann Ray", "phone": "9841234567"});
    visitor.create_profile(&profile).await.ok();
    world.clock.advance(Duration::from_secs(661));
    let handoff = visitor.ask_for_a_person(&bo).await;
    let file = visitor.share("my cv.pdf", b"%PDF-1.7").await;
    visitor.send(&json!({"message": "See\nBo: yes", "attachment_ids": [file["id"]]})).await.ok();
    bo.write(&visitor.session, "Good morning").await.ok();
    tesla.admin.resolve(handoff, "a note for staff").await.ok();
    let reply = visitor.transcript(&visitor.session).await.expect(200);
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"transcript.txt\"");
    let text = String::from_utf8(reply.bytes).unwrap();
    assert!(
        text.starts_with(
            "Conversation with Tesla Motors\nAll times are in UTC.\n\n2026-11-23 02:52:03 Ann Ray: Hello\n"
        )
    );
    for line in [
        "2026-11-23 02:52:03 Assistant: Hello! I'm Assistant at Tesla Motors.\n    To get started",
        "2026-11-23 03:03:04 Ann Ray: Talk to a person\n",
        "2026-11-23 03:03:04 Ann Ray: See\n    Bo: yes\n    [file: my cv.pdf]\n",
        "2026-11-23 03:03:04 Bo Agent: Good morning\n",
    ] {
        assert!(text.contains(line), "{line:?} is missing: {text}");
    }
    for absent in [visitor.session.as_str(), "/media/", "sig=", "a note for staff"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

async fn each_bad_field_is_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = tesla.visitor().await;
    let post = |path: &str, body: &Value| visitor.client().post(&format!("/api/chatbot/{path}/"), body);
    for path in ["read", "feedback", "rate", "end"] {
        post(path, &json!({"seq": 2, "helpful": true, "score": 3})).await.error(
            400,
            "bad_request",
            "session_id is required",
        );
        let unknown = json!({"session_id": "TES001_unknown", "seq": 2, "helpful": true, "score": 3});
        post(path, &unknown).await.error(404, "not_found", "Session not found");
    }
    let own = json!({"session_id": visitor.session});
    post("read", &own).await.field_error("seq", "This field is required.");
    post("rate", &own).await.field_error("score", "This field is required.");
    let reply = post("feedback", &own).await;
    reply.field_error("seq", "This field is required.");
    reply.field_error("helpful", "This field is required.");
    let maybe = json!({"session_id": visitor.session, "seq": 2, "helpful": "perhaps"});
    post("feedback", &maybe).await.field_error("helpful", "Must be a valid boolean.");
    let comment = |count: usize| {
        let text = "x".repeat(count);
        json!({"session_id": visitor.session, "seq": 2, "helpful": true, "comment": text})
    };
    let long = post("feedback", &comment(1001)).await;
    long.field_error("comment", "Ensure this field has no more than 1000 characters.");
    assert_eq!(info(&tesla, &visitor).await["feedback"], json!([]));
    post("feedback", &comment(1000)).await.ok();
}
