//! Paths, error bodies and statuses. See docs/compatibility.md: Paths, Request bodies, Errors.

use api_tests::prelude::*;
use reqwest::Method;

use crate::{delete, put};

on_each_database!(
    both_slash_forms_for_all_methods_without_a_redirect_and_put_is_partial,
    error_bodies_are_json_with_a_string_error_next_to_unchanged_field_arrays,
    the_status_oddities_are_kept,
);

async fn both_slash_forms_for_all_methods_without_a_redirect_and_put_is_partial(world: &World) {
    let (tesla, superadmin) = (world.company("Tesla Motors").await, world.superadmin().await);
    let (bo, root) = (tesla.agent("Bo Agent").await, superadmin.client());
    let before = &superadmin.list_admins(&[]).await.ok()["results"][0];
    for slash in ["", "/"] {
        root.get(&format!("/api/auth/list-plans{slash}")).await.ok();
        root.call(Method::HEAD, &format!("/api/auth/list-plans{slash}")).await.expect(200);
        let preflight = root.call(Method::OPTIONS, &format!("/api/auth/list-plans{slash}"));
        let preflight =
            preflight.header("origin", "https://shop.example").header("access-control-request-method", "GET");
        assert!(preflight.await.status < 300);
        tesla.stranger().client().post(&format!("/api/chatbot/chat{slash}"), &json!({})).await.expect(400);
        let path = format!("/api/auth/update-admin/{}{slash}", tesla.admin.id);
        let street = format!("Street{slash}");
        let changed = put(root, &path, &json!({"address": street})).await.ok();
        assert_eq!(changed["admin"]["address"], street.as_str());
        for key in ["name", "email", "company_id", "phone_number", "contact_person", "current_plan"] {
            assert_eq!(changed["admin"][key], before[key], "{key}");
        }
        root.call(Method::PATCH, &path).json(&json!({"contact_person": "Ann"})).await.ok();
        put(root, &path, &json!({"contact_person": before["contact_person"]})).await.ok();

        let path = format!("/api/admin-dashboard/update-agent/{}{slash}", bo.id);
        let changed = put(&tesla.admin, &path, &json!({"specialization": "Repairs"})).await.ok();
        let kept = (&changed["agent"]["name"], &changed["agent"]["email"], &changed["agent"]["phone"]);
        assert_eq!(kept, (&json!("Bo Agent"), &json!(bo.email), &json!("555-TEST")));

        let spare = tesla.admin.create_agent(&tesla.agent_body("Spare Agent")).await.created();
        delete(&tesla.admin, &format!("/api/admin-dashboard/delete-agent/{}{slash}", spare["agent"]["id"])).await.ok();
    }
}

async fn error_bodies_are_json_with_a_string_error_next_to_unchanged_field_arrays(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (anybody, admin) = (world.anybody(), tesla.admin.client());
    let phone = anybody.post("/api/chatbot/validate-phone/", &json!({"phone": ""})).await;
    phone.field_error("phone", "This field may not be blank.");
    assert_eq!(phone.body["error"], "phone: This field may not be blank.");
    let both = tesla.admin.create_agent(&json!({"phone": "1", "specialization": "x"})).await.expect(400);
    for key in ["name", "email"] {
        assert_eq!(both.body[key], json!(["This field is required."]));
    }
    let unwritten = anybody.chat(&json!({"company_id": tesla.id})).await;
    unwritten.field_error("non_field_errors", "Either message content or attachments must be provided");
    assert_eq!(unwritten.body["error"], "Either message content or attachments must be provided");
    let odd = anybody.call(Method::POST, "/api/chatbot/chat/").raw("application/json", "{").await;
    let text = anybody.call(Method::POST, "/api/chatbot/chat/").raw("text/plain", "Hello").await;
    for (reply, status) in [
        (odd, 400),
        (anybody.profile().await, 401),
        (admin.list_plans(&[]).await, 403),
        (anybody.get("/api/no-such-path/").await, 404),
        (anybody.session_status("none").await, 404),
        (anybody.call(Method::DELETE, "/api/chatbot/chat/").await, 405),
        (text, 415),
    ] {
        let reply = reply.expect(status);
        assert!(reply.header("content-type").starts_with("application/json"), "{reply:?}");
        assert!(reply.body["error"].is_string() && reply.body["code"].is_string(), "{reply:?}");
        assert!(reply.body["detail"].is_null() || reply.body["detail"] == reply.body["error"], "{reply:?}");
    }
}

async fn the_status_oddities_are_kept(world: &World) {
    let superadmin = world.superadmin().await;
    let root = superadmin.client();
    let small = superadmin.create_plan(&json!({"plan_name": "basic", "max_agents": 2, "price": 5})).await.created();
    let large = superadmin.create_plan(&json!({"plan_name": "gold", "max_agents": 9, "price": 50})).await.created();
    let tesla = world.company("Tesla Motors").await;
    let opening = json!({"name": "Space", "email": "sam@space.example", "plan_id": small["id"]});
    superadmin.create_admin(&opening).await.expect(201);
    let agent = tesla.admin.create_agent(&tesla.agent_body("Bo Agent")).await.created();

    let list = superadmin.list_admins(&[("search", "sam@space")]).await.ok();
    let (admin, assignment) = (&list["results"][0]["id"], &list["results"][0]["current_plan"]["assignment_id"]);
    let renewed = root.post("/api/auth/renew-subscription/", &json!({"assignment_id": assignment})).await.created();
    let upgrade = json!({"assignment_id": renewed["new_assignment"]["id"], "new_plan_id": large["id"]});
    root.post("/api/auth/upgrade-plan/", &upgrade).await.expect(201);

    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let profile = json!({"session_id": visitor.session, "name": "Ann", "phone": "9841234567"});
    let profile = visitor.create_profile(&profile).await.expect(200).body["profile"]["id"].as_i64().unwrap();
    tesla.admin.escalate(&visitor.session, "help").await.expect(200);
    visitor.upload(&tesla.id, &visitor.session, "a.txt", b"text").await.expect(201);

    for reply in [
        tesla.admin.delete_profile(profile).await,
        delete(&tesla.admin, &format!("/api/admin-dashboard/delete-agent/{}/", agent["agent"]["id"])).await,
        delete(root, &format!("/api/auth/delete-admin/{admin}/")).await,
    ] {
        assert!(reply.ok()["message"].is_string());
    }
}
