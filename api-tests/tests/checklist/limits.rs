//! Limits to one company, and new refusals. See docs/compatibility.md, Deliberate differences.

use api_tests::prelude::*;

use crate::delete;

on_each_database!(
    lists_and_objects_are_limited_to_the_callers_company,
    handoff_calls_see_one_company_and_agents_neither_assign_nor_resolve_for_others,
    assigning_what_is_resolved_is_409_and_both_forms_of_send_message_answer_alike,
    deleting_the_last_admin_closes_the_company_and_agent_limits_are_enforced,
);

async fn lists_and_objects_are_limited_to_the_callers_company(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let agent = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&agent).await;
    let profile = tesla.admin.profiles(&[]).await.ok()["results"][0]["id"].as_i64().unwrap();
    let stranger = space.admin.client();
    for path in [
        "/api/admin-dashboard/list-agents/",
        "/api/admin-dashboard/agent-sessions/",
        "/api/human-handoff/sessions/",
        "/api/human-handoff/activities/",
    ] {
        assert_eq!(stranger.get(path).query(&[("company_id", &tesla.id)]).await.ok(), json!([]), "{path}");
    }
    assert_eq!(stranger.profiles(&[("company_id", &tesla.id)]).await.ok()["count"], 0);
    stranger.visitor_profile(profile).await.expect(404);
    let path = format!("/api/chatbot/chat-history/?session_id={}&company_id={}", visitor.session, tesla.id);
    stranger.get(&path).await.error(404, "not_found", "Session not found");
}

async fn handoff_calls_see_one_company_and_agents_neither_assign_nor_resolve_for_others(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    space.admin.escalate(&visitor.session, "mine?").await.expect(404);
    space.admin.assign(handoff, bo.id).await.expect(404);
    space.admin.resolve(handoff, "").await.expect(404);
    bo.assign(handoff, bo.id).await.refuses_the_role();
    cy.write(&visitor.session, "I take this.").await.ok();
    bo.resolve(handoff, "").await.error(403, "not_assigned", "Session not assigned to this agent");
    cy.resolve(handoff, "").await.ok();
}

async fn assigning_what_is_resolved_is_409_and_both_forms_of_send_message_answer_alike(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&bo).await;
    let forms = ["/api/human-handoff/agent/send-message/", "/api/human-handoff/send-message/"];
    let body = json!({"session_id": visitor.session, "message": "Hello"});
    let keys = |reply: Reply| reply.ok()["chat_message"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(bo.client().post(forms[0], &body).await), keys(bo.client().post(forms[1], &body).await));
    bo.resolve(handoff, "done").await.ok();
    for form in forms {
        let reply = bo.client().post(form, &body).await;
        reply.error(403, "not_escalated", "Session not escalated to human handoff");
    }
    let reply = tesla.admin.assign(handoff, bo.id).await.expect(409);
    assert_eq!((&reply.body["code"], &reply.body["from"]), (&json!("illegal_transition"), &json!("resolved")));
}

async fn deleting_the_last_admin_closes_the_company_and_agent_limits_are_enforced(world: &World) {
    let tesla = world.company_with_seats("Tesla Motors", 1).await;
    let agent = tesla.agent("Bo Agent").await;
    let refused = tesla.admin.create_agent(&tesla.agent_body("Cy Agent")).await.expect(403);
    assert_eq!((&refused.body["code"], &refused.body["max_allowed"]), (&json!("agent_limit_reached"), &json!(1)));

    let superadmin = world.superadmin().await;
    let gone = delete(&superadmin, &format!("/api/auth/delete-admin/{}/", tesla.admin.id)).await.ok();
    assert_eq!((&gone["company_closed"], &gone["deleted_admin"]["company_id"]), (&json!(true), &json!("TES001")));
    agent.profile().await.expect(401);
    world.anybody().login(&agent.email, &agent.password).await.expect(400);
    world.anybody().chat(&json!({"message": "Hello", "company_id": "TES001"})).await.expect(404);
    assert_eq!(superadmin.list_agents().await.ok(), json!([]));
    assert_eq!(world.company("Tesla Motors").await.id, "TES002");
}

mod rates {
    use api_tests::{Setup, prelude::*};

    api_tests::on_each_database! { with default_limits: calls_are_rate_limited }

    /// A server with the default limits.
    fn default_limits() -> Setup {
        Setup { limits: Some(server::config::Limits::default()), ..Setup::default() }
    }

    async fn calls_are_rate_limited(world: &World) {
        let phone = json!({"phone": "9841234567"});
        for left in (0..120).rev() {
            let reply = world.anybody().post("/api/chatbot/validate-phone/", &phone).await.expect(200);
            assert_eq!(reply.header("ratelimit-remaining"), left.to_string());
        }
        let refused = world.anybody().post("/api/chatbot/validate-phone/", &phone).await.expect(429);
        assert_eq!(refused.body["code"], "rate_limited");
        assert!(!refused.header("retry-after").is_empty());
    }
}
