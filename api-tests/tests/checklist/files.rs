//! Guarantees about uploads and links. See docs/compatibility.md, Files.

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    responses_carry_both_families_of_names,
    text_named_pdf_and_ten_mebibytes_are_accepted_and_a_link_is_good_for_days_everywhere_the_same,
);

async fn responses_carry_both_families_of_names(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("Hello").await;
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    assert!(file["file_id"].is_i64() && file["file_url"].as_str().unwrap().starts_with("/media/"), "{file}");
    assert!(file["url"].as_str().unwrap().ends_with(file["file_url"].as_str().unwrap()), "{file}");
    assert_eq!((&file["original_name"], &file["file_size"]), (&json!("cv.pdf"), &json!(5)));
    for (one, other) in [("file_id", "id"), ("original_name", "name"), ("file_size", "size")] {
        assert_eq!(file[one], file[other], "{one} and {other}");
    }
}

async fn text_named_pdf_and_ten_mebibytes_are_accepted_and_a_link_is_good_for_days_everywhere_the_same(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.share("large.txt", &vec![b'x'; 10 << 20]).await;
    let file = visitor.share("transcript.pdf", b"no pdf, just text").await;
    let link = &file["file_url"];
    visitor.ask_for_a_person(&bo).await;
    let said = visitor.send(&json!({"message": "see this", "attachment_ids": [file["id"]]})).await.ok();
    let sent = bo.send_message(&json!({"session_id": visitor.session, "attachment_ids": [file["id"]]})).await.ok();
    let query = [("session_id", visitor.session.as_str()), ("company_id", "TES001")];
    let as_staff = bo.messages(&visitor.session).await.ok();
    let past = bo.client().get("/api/chatbot/chat-history/").query(&query).await.ok();
    let shown = |rows: &Value, side: &str| {
        let rows = rows["messages"].as_array().unwrap();
        let row = rows.iter().rfind(|row| row["message_type"] == side && row["file_url"].is_string());
        row.unwrap_or_else(|| panic!("no file of {side} in {rows:?}")).clone()
    };
    let (by_visitor, by_agent, in_history) =
        (shown(&as_staff, "user"), shown(&as_staff, "agent"), shown(&past, "user"));
    for other in [
        &said["attachments"][0]["file_url"],
        &said["user_message"]["attachments"][0]["file_url"],
        &sent["chat_message"]["attachments"][0]["file_url"],
        &by_visitor["file_url"],
        &by_visitor["attachments"][0]["file_url"],
        &by_agent["file_url"],
        &in_history["file_url"],
    ] {
        assert_eq!(other, link);
    }
    world.clock.advance(Duration::from_hours(7 * 24));
    let served = world.anybody().get(link.as_str().unwrap()).await.expect(200);
    assert_eq!(served.bytes, b"no pdf, just text");
}
