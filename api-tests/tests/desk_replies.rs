//! Saved replies, and the colleagues of an agent.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    agents_keep_their_own_replies_and_read_the_companys,
    admins_keep_the_companys_replies,
    a_shortcut_is_unique_within_its_scope,
    names_are_filled_in_for_a_session,
    replies_go_with_the_person_who_wrote_them,
    replies_and_fields_are_limited,
    colleagues_are_shown_with_their_presence_and_load,
);

fn reply(shortcut: &str, scope: &str) -> Value {
    json!({"shortcut": shortcut, "title": "Refund", "text": "Hi {name}, {agent} here.", "scope": scope})
}

/// Returns shortcuts and scopes of the replies that a caller sees.
async fn seen(who: &impl Caller) -> Vec<(String, String)> {
    let rows = who.replies(&[]).await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (text(&row["shortcut"]), text(&row["scope"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(shortcut, scope)| ((*shortcut).to_owned(), (*scope).to_owned())).collect()
}

async fn agents_keep_their_own_replies_and_read_the_companys(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let own = bo.save_reply(&json!({"shortcut": "Hello", "title": "A hello", "text": "Hello!"})).await.created();
    let expected = json!({
        "id": own["id"], "shortcut": "hello", "title": "A hello", "text": "Hello!", "scope": "own", "filled": null,
    });
    assert_eq!(own, expected);
    let shared = tesla.admin.save_reply(&reply("refund", "company")).await.created();
    assert_eq!(seen(&bo).await, pairs(&[("hello", "own"), ("refund", "company")]));
    assert_eq!(seen(&cy).await, pairs(&[("refund", "company")]));
    assert_eq!(seen(&tesla.admin).await, pairs(&[("refund", "company")]));
    let id = own["id"].as_i64().unwrap();
    let changed = bo.change_reply(id, &json!({"text": "Hello there!"})).await.ok();
    assert_eq!((&changed["text"], &changed["title"]), (&json!("Hello there!"), &json!("A hello")));
    for other in [cy.client(), tesla.admin.client(), world.company("Space X").await.admin.client()] {
        other.change_reply(id, &json!({"text": "x"})).await.error(404, "not_found", "Saved reply not found");
        other.delete_reply(id).await.same_as(&other.delete_reply(999_999).await);
    }
    let only = "Only admins change the replies of the company";
    let id_of_company = shared["id"].as_i64().unwrap();
    bo.save_reply(&reply("x", "company")).await.error(403, "permission_denied", only);
    bo.change_reply(id_of_company, &json!({"text": "x"})).await.error(403, "permission_denied", only);
    bo.delete_reply(id_of_company).await.error(403, "permission_denied", only);
    let deleted = bo.delete_reply(id).await.ok();
    assert_eq!(deleted["message"], "Saved reply deleted successfully");
    bo.delete_reply(id).await.error(404, "not_found", "Saved reply not found");
    assert_eq!(seen(&bo).await, pairs(&[("refund", "company")]));
    world.superadmin().await.replies(&[]).await.refuses_the_role();
    world.anybody().replies(&[]).await.asks_for_a_token();
}

async fn admins_keep_the_companys_replies(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let id = tesla.admin.save_reply(&reply("refund", "company")).await.created()["id"].as_i64().unwrap();
    tesla.admin.save_reply(&reply("mine", "own")).await.created();
    let changed = tesla.admin.change_reply(id, &json!({"shortcut": "money", "title": "Money"})).await.ok();
    assert_eq!(
        (&changed["shortcut"], &changed["title"], &changed["scope"]),
        (&json!("money"), &json!("Money"), &json!("company"))
    );
    assert_eq!(seen(&tesla.admin).await, pairs(&[("mine", "own"), ("money", "company")]));
    tesla.admin.delete_reply(id).await.ok();
    assert_eq!(seen(&tesla.admin).await, pairs(&[("mine", "own")]));
}

async fn a_shortcut_is_unique_within_its_scope(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let in_use = "This shortcut is in use.";
    for (who, scope) in
        [(bo.client(), "own"), (cy.client(), "own"), (tesla.admin.client(), "own"), (tesla.admin.client(), "company")]
    {
        who.save_reply(&reply("refund", scope)).await.created();
        who.save_reply(&reply("REFUND", scope)).await.field_error("shortcut", in_use);
    }
    assert_eq!(seen(&bo).await, pairs(&[("refund", "own"), ("refund", "company")]));
    let other = bo.save_reply(&reply("other", "own")).await.created()["id"].as_i64().unwrap();
    bo.change_reply(other, &json!({"shortcut": "refund"})).await.field_error("shortcut", in_use);
    bo.change_reply(other, &json!({"shortcut": "other"})).await.ok();
    world.company("Space X").await.admin.save_reply(&reply("refund", "company")).await.created();
}

async fn names_are_filled_in_for_a_session(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    tesla.admin.save_reply(&reply("refund", "company")).await.created();
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&bo).await;
    bo.claim(&visitor.session).await.ok();
    let query = [("session_id", visitor.session.as_str())];
    let row = bo.replies(&query).await.ok()[0].clone();
    assert_eq!(
        (&row["filled"], &row["text"]),
        (&json!("Hi Asha Rai, Bo Agent here."), &json!("Hi {name}, {agent} here."))
    );
    cy.replies(&query).await.error(404, "not_found", "Session not found");
    cy.replies(&[("session_id", "nonsense")]).await.error(404, "not_found", "Session not found");
    let mut stranger = tesla.stranger();
    stranger.say("Hello").await;
    let row = tesla.admin.replies(&[("session_id", &stranger.session)]).await.ok()[0].clone();
    assert!(row["filled"].as_str().unwrap().starts_with("Hi , "), "{row}");
}

async fn replies_go_with_the_person_who_wrote_them(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    bo.save_reply(&reply("own", "own")).await.created();
    tesla.admin.save_reply(&reply("refund", "company")).await.created();
    let stored = || world.lines("SELECT shortcut AS line FROM saved_replies ORDER BY shortcut");
    assert_eq!(stored(), ["own", "refund"]);
    tesla.admin.delete_agent(bo.id).await.ok();
    assert_eq!(stored(), ["refund"]);
}

async fn replies_and_fields_are_limited(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let with = |key: &str, value: Value| {
        let mut body = reply("refund", "own");
        body[key] = value;
        body
    };
    for (key, value, message) in [
        ("shortcut", json!("a b"), "Use letters, digits, - and _ only."),
        ("shortcut", json!("x".repeat(33)), "Ensure this field has no more than 32 characters."),
        ("title", json!("x".repeat(101)), "Ensure this field has no more than 100 characters."),
        ("text", json!("x".repeat(4001)), "Ensure this field has no more than 4000 characters."),
        ("text", json!(" "), "This field may not be blank."),
        ("scope", json!("all"), "\"all\" is not a valid choice."),
    ] {
        bo.save_reply(&with(key, value)).await.field_error(key, message);
    }
    bo.save_reply(&json!({})).await.field_error("shortcut", "This field is required.");
    for number in 0..200 {
        bo.save_reply(&reply(&format!("r{number}"), "own")).await.created();
    }
    bo.save_reply(&reply("more", "own")).await.error(400, "bad_request", "There can be 200 saved replies");
    tesla.admin.save_reply(&reply("more", "company")).await.created();
}

async fn colleagues_are_shown_with_their_presence_and_load(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let new = tesla.admin.create_agent(&tesla.agent_body("Al Agent")).await.created();
    let gone = tesla.agent("Di Agent").await;
    tesla.admin.update_agent(gone.id, &json!({"is_active": false})).await.ok();
    world.company("Space X").await.agent("Ed Agent").await;
    for _ in 0..2 {
        tesla.visitor().await.ask_for_a_person(&bo).await;
        bo.claim("next").await.ok();
    }
    cy.client().post("/api/admin-dashboard/update-agent-status/", &json!({"status": "BUSY"})).await.ok();
    let expected = json!([
        {"id": new["agent"]["id"], "name": "Al Agent", "status": "PENDING", "open": 0},
        {"id": bo.id, "name": "Bo Agent", "status": "AVAILABLE", "open": 2},
        {"id": cy.id, "name": "Cy Agent", "status": "BUSY", "open": 0},
    ]);
    for who in [bo.client(), cy.client(), tesla.admin.client()] {
        assert_eq!(who.colleagues().await.ok(), expected);
    }
    world.superadmin().await.colleagues().await.refuses_the_role();
}
