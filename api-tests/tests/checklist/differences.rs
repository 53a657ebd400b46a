//! Differences that a client of the replaced service can notice. See docs/compatibility.md, Deliberate differences.

use std::time::Duration;

use api_tests::prelude::*;

use crate::{delete, first_login, put};

on_each_database!(
    a_password_is_readable_only_in_the_response_that_makes_it,
    access_lasts_fifteen_minutes_and_refresh_works_once,
    new_passwords_are_checked_and_first_login_does_not_tell_an_unknown_email,
    failed_agent_login_is_400_and_the_calls_of_agents_are_403_for_others,
    session_ids_carry_the_code_visitors_see_a_name_and_an_unknown_company_is_404,
    unknown_attachments_are_400_and_links_are_relative_signed_and_run_out,
    resets_deactivation_and_deletion_end_tokens_at_once,
    is_escalated_is_true_only_while_a_handoff_is_open_and_new_agents_are_pending,
    load_rag_documents_needs_a_token_and_fills_a_library_that_serves_who_switched_it_on,
    texts_and_menus_come_from_bot_settings,
);

const SETTINGS: &str = "/api/admin-dashboard/bot-settings/";

async fn a_password_is_readable_only_in_the_response_that_makes_it(world: &World) {
    let (tesla, superadmin) = (world.company("Tesla Motors").await, world.superadmin().await);
    let agent = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let reset = tesla.admin.reset_agent_password(agent["agent"]["id"].as_i64().unwrap()).await.ok();
    let secrets = [&json!(tesla.admin.password), &agent["password"], &reset["new_password"]];
    let changed = json!({"phone": "555-NEW"});
    let path = format!("/api/admin-dashboard/update-agent/{}/", agent["agent"]["id"]);
    for reply in [
        superadmin.list_admins(&[]).await,
        tesla.admin.list_agents().await,
        tesla.admin.profile().await,
        put(&tesla.admin, &path, &changed).await,
        put(&superadmin, &format!("/api/auth/update-admin/{}/", tesla.admin.id), &json!({"address": "x"})).await,
    ] {
        let body = reply.ok().to_string();
        assert!(body.contains("\"generated_password\":null"), "{body}");
        for secret in secrets {
            assert!(!body.contains(secret.as_str().unwrap()), "{body}");
        }
    }
}

async fn access_lasts_fifteen_minutes_and_refresh_works_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    world.clock.advance(Duration::from_secs(15 * 60 - 1));
    tesla.admin.profile().await.ok();
    world.clock.advance(Duration::from_secs(2));
    tesla.admin.profile().await.expect(401);
    let pair = world.anybody().refresh(&tesla.admin.refresh).await.ok();
    world.anybody().with_token(pair["access"].as_str().unwrap()).profile().await.ok();
    world.clock.advance(Duration::from_secs(11));
    world.anybody().refresh(&tesla.admin.refresh).await.expect(401);
}

async fn resets_deactivation_and_deletion_end_tokens_at_once(world: &World) {
    let (tesla, superadmin) = (world.company("Tesla Motors").await, world.superadmin().await);
    let agents = [tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await, tesla.agent("Di Agent").await];
    let [reset, blocked, gone] = &agents;
    tesla.admin.reset_agent_password(reset.id).await.ok();
    let path = format!("/api/admin-dashboard/update-agent/{}/", blocked.id);
    put(&tesla.admin, &path, &json!({"is_active": false})).await.ok();
    delete(&tesla.admin, &format!("/api/admin-dashboard/delete-agent/{}/", gone.id)).await.ok();
    for agent in &agents {
        agent.profile().await.expect(401);
        world.anybody().refresh(&agent.refresh).await.expect(401);
        world.anybody().login(&agent.email, &agent.password).await.expect(400);
    }
    let body = json!({"admin_id": tesla.admin.id});
    superadmin.client().post("/api/auth/reset-admin-password/", &body).await.ok();
    tesla.admin.profile().await.expect(401);
    world.anybody().refresh(&tesla.admin.refresh).await.expect(401);
}

async fn new_passwords_are_checked_and_first_login_does_not_tell_an_unknown_email(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();
    let email = agent["email"].as_str().unwrap().to_uppercase();
    for (new, message) in [
        ("seven77", "Ensure this field has at least 8 characters."),
        ("password", "This password is too common."),
        (&email, "This password must not be the same as the e-mail."),
    ] {
        let reply = world.anybody().agent_first_login(&first_login(&agent["email"], &agent["password"], new)).await;
        reply.field_error("new_password", message);
    }
    let wrong = first_login(&agent["email"], &json!("wrong"), "NewPassword123");
    let unknown = first_login(&json!("nobody@t.example"), &agent["password"], "NewPassword123");
    let wrong = world.anybody().agent_first_login(&wrong).await.expect(400);
    wrong.same_as(&world.anybody().agent_first_login(&unknown).await);
}

async fn failed_agent_login_is_400_and_the_calls_of_agents_are_403_for_others(world: &World) {
    let (tesla, superadmin) = (world.company("Tesla Motors").await, world.superadmin().await);
    let agent = tesla.agent("Bo Agent").await;
    let login = |email: &str| json!({"email": email, "password": "wrong"});
    for email in [&agent.email, &tesla.admin.email, "nobody@t.example"] {
        world.anybody().post("/api/admin-dashboard/agent-login/", &login(email)).await.expect(400);
    }
    for who in [tesla.admin.client(), superadmin.client()] {
        who.post("/api/admin-dashboard/agent-logout/", &json!({})).await.refuses_the_role();
        who.post("/api/admin-dashboard/update-agent-status/", &json!({"status": "BUSY"})).await.refuses_the_role();
    }
}

async fn session_ids_carry_the_code_visitors_see_a_name_and_an_unknown_company_is_404(world: &World) {
    let visitor = world.company("Tesla Motors").await.visitor().await;
    assert!(visitor.session.starts_with("TES001_"));
    let profile = visitor.session_status(&visitor.session).await.ok()["user_profile"].clone();
    assert_eq!(profile["name"], "Asha Rai");
    let others = profile.as_object().unwrap().iter().filter(|(key, _)| *key != "name");
    let others: Vec<_> = others.collect();
    assert!(others.len() >= 10 && others.iter().all(|(_, value)| value.is_null()), "{profile}");
    let reply = world.anybody().chat(&json!({"message": "Hello", "company_id": "TES999"})).await;
    reply.error(404, "not_found", "Company not found");
}

async fn unknown_attachments_are_400_and_links_are_relative_signed_and_run_out(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.visitor().await;
    let reply = visitor.send(&json!({"message": "look", "attachment_ids": [99_999]})).await;
    reply.field_error("attachment_ids", "Unknown attachment: 99999");
    let file = visitor.share("cv.pdf", b"%PDF-").await;
    let link = file["file_url"].as_str().unwrap();
    assert!(link.starts_with("/media/") && link.contains("?exp=") && link.contains("&sig="), "{link}");
    world.anybody().get(link).await.expect(200);
    world.clock.advance(Duration::from_hours(9 * 24));
    assert_eq!(world.anybody().get(link).await.expect(403).body["code"], "link_invalid");
}

async fn is_escalated_is_true_only_while_a_handoff_is_open_and_new_agents_are_pending(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.create_agent(&tesla.agent_body("New Agent")).await.created();
    assert_eq!(tesla.admin.list_agents().await.ok()[0]["status"], "PENDING");
    let mut visitor = tesla.visitor().await;
    let escalated = async |visitor: &Visitor| {
        let profile = &tesla.admin.profiles(&[]).await.ok()["results"][0];
        let detail = tesla.admin.visitor_profile(profile["id"].as_i64().unwrap()).await.ok();
        let status = visitor.session_status(&visitor.session).await.ok();
        let flags = [
            &status["is_escalated"],
            &profile["session_info"]["is_escalated"],
            &detail["session_info"]["is_escalated"],
        ];
        assert!(flags.iter().all(|value| *value == flags[0]), "{flags:?}");
        flags[0].as_bool().unwrap()
    };
    assert!(!escalated(&visitor).await);
    let handoff = visitor.ask_for_a_person(&tesla.admin).await;
    assert!(escalated(&visitor).await);
    tesla.admin.resolve(handoff, "done").await.ok();
    assert!(!escalated(&visitor).await);
    assert_eq!(visitor.say("Good evening").await["type"], "greeting_response");
    assert!(!escalated(&visitor).await);
}

async fn load_rag_documents_needs_a_token_and_fills_a_library_that_serves_who_switched_it_on(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    world.anybody().load_sample_documents().await.asks_for_a_token();
    let superadmin = world.superadmin().await;
    assert!(superadmin.load_sample_documents().await.ok()["documents_count"].as_i64().unwrap() > 0);
    let shared = json!({"documents": sample::bicycle_faq(), "shared": true});
    superadmin.load_documents(&shared).await.ok();
    let mut visitor = tesla.visitor().await;
    let question = "Do I need to leave a deposit?";
    assert_eq!(visitor.say(question).await["type"], "clarification_needed");
    put(&tesla.admin, SETTINGS, &json!({"use_shared_library": true})).await.ok();
    let reply = visitor.say(question).await;
    assert_eq!((&reply["type"], &reply["source"]), (&json!("rag_response"), &json!("general_faq")));
}

async fn texts_and_menus_come_from_bot_settings(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let settings = json!({
        "bot_name": "Tess", "welcome_text": "{bot_name} of {company_name} here.<br>Your name?",
        "quick_replies": [{"match": ["Choose country", "Explore countries"], "reply": "Which country interests you?",
            "suggestions": ["Canada", "Germany"], "type": "country_selection"}],
    });
    put(&tesla.admin, SETTINGS, &settings).await.ok();
    assert_eq!(tesla.stranger().say("Hello").await["response"], "Tess of Tesla Motors here.<br>Your name?");
    let (mut here, mut there) = (tesla.visitor().await, space.visitor().await);
    let menu = here.say("explore countries").await;
    assert_eq!(
        (&menu["type"], &menu["response"]),
        (&json!("country_selection"), &json!("Which country interests you?"))
    );
    assert_eq!(menu["suggestions"], json!(["Canada", "Germany"]));
    assert_eq!(there.say("explore countries").await["type"], "clarification_needed");
}
