//! Rules for bodies, paths and headers that apply to every endpoint.
#![cfg(test)]

use api_tests::prelude::*;
use reqwest::Method;

on_each_database!(
    json_form_and_multipart_are_read_alike,
    an_empty_body_is_an_empty_object,
    unparseable_json_is_a_parse_error,
    a_top_level_that_is_no_object_is_named,
    another_content_type_is_refused,
    a_large_body_is_refused,
    odd_bodies_are_refused_and_never_break_anything,
    a_refused_choice_lists_the_choices_of_the_document,
    values_are_coerced,
    lists_are_read_in_every_form,
    the_last_value_of_a_repeated_key_wins,
    paths_answer_with_and_without_the_final_slash,
    a_doubled_prefix_is_served,
    an_unknown_path_is_not_found,
    another_method_is_refused_and_the_allowed_are_named,
    head_follows_get,
    a_preflight_is_answered,
    every_answer_has_its_own_request_id,
    the_server_says_that_it_is_well,
    the_root_says_what_this_is_and_names_no_company,
);

const CHAT: &str = "/api/chatbot/chat/";
const LOAD: &str = "/api/chatbot/load-rag-documents/";
const PHONE: &str = "/api/chatbot/validate-phone/";

async fn json_form_and_multipart_are_read_alike(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let fields = [("message", "Hello"), ("company_id", tesla.id.as_str()), ("nonsense", "x")];
    let post = || world.anybody().call(Method::POST, CHAT);
    let json = json!({"message": "Hello", "company_id": tesla.id, "nonsense": {"deep": [1]}});
    for call in [post().json(&json), post().form(&fields), post().multipart(&fields)] {
        assert_eq!(call.await.ok()["collecting"], "name");
    }
    let typed = post().raw("application/json; charset=utf-8", json.to_string());
    typed.await.ok();
    let encoded =
        post().raw("application/x-www-form-urlencoded", format!("message=a%2Bb+c%26d&company_id={}", tesla.id));
    assert_eq!(encoded.await.ok()["user_message"]["content"], "a+b c&d");
}

async fn an_empty_body_is_an_empty_object(world: &World) {
    let empty = world.anybody().call(Method::POST, PHONE).await;
    empty.field_error("phone", "This field is required.");
    world.anybody().post(PHONE, &json!({})).await.same_as(&empty);
    world.anybody().call(Method::POST, PHONE).form(&[]).await.same_as(&empty);
}

async fn unparseable_json_is_a_parse_error(world: &World) {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for body in [
        b"{".as_slice(),
        b"nonsense",
        b"{\"phone\":}",
        b"{\"phone\":\"\xff\xfe\"}",
        b"{\"phone\":1} trailing",
        deep.as_bytes(),
    ] {
        let reply = world.anybody().call(Method::POST, PHONE).raw("application/json", body).await.expect(400);
        assert_eq!(reply.body["code"], "parse_error", "{reply:?}");
        assert!(reply.body["detail"].as_str().unwrap().starts_with("JSON parse error - "), "{reply:?}");
    }
}

async fn a_top_level_that_is_no_object_is_named(world: &World) {
    for (body, name) in [("[]", "list"), ("\"text\"", "str"), ("5", "int"), ("5.5", "float"), ("true", "bool")] {
        let reply = world.anybody().call(Method::POST, PHONE).raw("application/json", body).await;
        let message = format!("Invalid data. Expected a dictionary, but got {name}.");
        reply.field_error("non_field_errors", &message);
    }
    world.anybody().call(Method::POST, PHONE).raw("application/json", "null").await.expect(400);
}

async fn another_content_type_is_refused(world: &World) {
    let reply = world.anybody().call(Method::POST, PHONE).raw("text/plain", "phone=1").await;
    reply.detail(415, "unsupported_media_type", "Unsupported media type \"text/plain\" in request.");
    let reply = world.anybody().call(Method::POST, PHONE).raw("application/xml", "<phone/>").await.expect(415);
    assert!(reply.body["detail"].as_str().unwrap().contains("application/xml"));
}

async fn a_large_body_is_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let text = "x".repeat((1 << 20) + 1);
    let fields = [("phone", text.as_str())];
    let post = || world.anybody().call(Method::POST, PHONE);
    for call in [
        post().json(&json!({"phone": text})),
        post().form(&fields),
        world.anybody().post(CHAT, &json!({"message": text, "company_id": tesla.id})),
    ] {
        let reply = call.await.expect(413);
        assert_eq!(reply.body["code"], "payload_too_large");
    }
    let below =
        world.anybody().post(PHONE, &json!({"phone": "9841234567", "padding": "x".repeat((1 << 20) - 100)})).await;
    assert_eq!(below.ok()["valid"], true);
}

async fn odd_bodies_are_refused_and_never_break_anything(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let odd = [
        json!(null),
        json!(true),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"$ne": 1}),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!("\u{0}"),
        json!("\u{fffd}\u{202e}"),
        json!("x".repeat(5000)),
        json!("' OR 1=1 --"),
        json!(""),
    ];
    let calls: [(&str, &str); 14] = [
        ("/api/auth/login/", "username password"),
        ("/api/auth/token/refresh/", "refresh"),
        ("/api/auth/create-plan/", "plan_name max_agents price company_name expiry_date"),
        ("/api/auth/create-admin/", "name email plan_id company_id address"),
        ("/api/auth/admin-first-login/", "email current_password new_password confirm_password"),
        ("/api/admin-dashboard/agent-first-login/", "email current_password new_password confirm_password"),
        ("/api/admin-dashboard/reset-agent-password/", "agent_id"),
        ("/api/chatbot/chat/", "message session_id company_id context attachment_ids client_message_id"),
        ("/api/chatbot/create-profile/", "session_id name phone email address country_code"),
        ("/api/chatbot/load-rag-documents/", "documents company_id shared mode"),
        ("/api/human-handoff/escalate/", "session_id reason priority"),
        ("/api/human-handoff/assign/", "handoff_session_id agent_id"),
        ("/api/human-handoff/resolve/", "handoff_session_id notes"),
        ("/api/human-handoff/agent/send-message/", "session_id message attachment_ids client_message_id"),
    ];
    let superadmin = world.superadmin().await;
    for (path, keys) in calls {
        for value in &odd {
            let body: Value = keys.split(' ').map(|key| (key.to_owned(), value.clone())).collect();
            for who in [superadmin.client(), tesla.admin.client()] {
                let reply = who.post(path, &body).await;
                // A load whose `documents` holds no entries is valid.
                assert!(reply.status >= 400 || reply.body["documents_count"] == 0, "{reply:?}");
            }
        }
        let raw = world
            .anybody()
            .call(Method::POST, path)
            .raw("multipart/form-data; boundary=x", b"--x\r\nnonsense\xff\0".to_vec());
        assert!(raw.await.status >= 400);
        let raw = world
            .anybody()
            .call(Method::POST, path)
            .raw("application/x-www-form-urlencoded", b"%ff%00=%zz&&=&%".to_vec());
        assert!(raw.await.status >= 400);
    }
    assert_eq!(superadmin.list_admins(&[]).await.ok()["count"], 1);
    assert_eq!(superadmin.list_plans(&[]).await.ok().as_array().unwrap().len(), 1);
    assert_eq!(tesla.admin.profiles(&[]).await.ok()["count"], 0);
}

async fn a_refused_choice_lists_the_choices_of_the_document(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (root, bo) = (world.superadmin().await, tesla.agent("Bo Agent").await);
    let document = world.anybody().get("/openapi.json").await.ok();
    let documented = |method: &str, path: &str, field: &str| {
        let content = document["paths"][path][method]["requestBody"]["content"].as_object().unwrap();
        let schema = &content.values().next().unwrap()["schema"];
        let schema = schema["$ref"].as_str().map_or(schema, |to| document.pointer(&to[1..]).unwrap());
        let words =
            schema["properties"][field]["enum"].as_array().unwrap_or_else(|| panic!("{path} {field}: {schema}"));
        words.iter().filter(|word| !word.is_null()).cloned().collect::<Vec<_>>()
    };
    for (client, method, path, field) in [
        (root.client(), Method::POST, "/api/auth/create-plan/", "plan_name"),
        (bo.client(), Method::POST, "/api/admin-dashboard/update-agent-status/", "status"),
        (tesla.admin.client(), Method::POST, "/api/human-handoff/escalate/", "priority"),
        (tesla.admin.client(), Method::POST, LOAD, "mode"),
        (tesla.admin.client(), Method::PUT, "/api/admin-dashboard/bot-settings/", "answer_mode"),
        (tesla.admin.client(), Method::POST, "/api/chatbot/upload/", "uploader"),
    ] {
        let reply = client.call(method.clone(), path).json(&json!({field: "odd"})).await;
        assert_eq!(reply.body[field], json!(["\"odd\" is not a valid choice."]), "{reply:?}");
        let words = documented(&method.as_str().to_lowercase(), path, field);
        assert_eq!(reply.body["choices"][field], json!(words), "{reply:?}");
    }
    let reply = tesla.admin.client().call(Method::POST, LOAD).query(&[("mode", "odd")]).json(&json!({})).await;
    assert_eq!(reply.body["choices"], json!({"mode": ["replace", "merge"]}), "{reply:?}");
    let parameters = document["paths"][LOAD]["post"]["parameters"].as_array().unwrap();
    let mode = parameters.iter().find(|parameter| parameter["name"] == "mode").unwrap();
    assert_eq!(mode["schema"]["enum"], json!(["replace", "merge"]));
}

async fn values_are_coerced(world: &World) {
    let superadmin = world.superadmin().await;
    let plan = |agents: Value, price: Value, company: Value| {
        superadmin.create_plan(
            &json!({"plan_name": " basic ", "max_agents": agents, "price": price, "company_name": company}),
        )
    };
    for agents in [json!(5), json!("5"), json!(5.0), json!("5.0"), json!(" 5 ")] {
        assert_eq!(plan(agents.clone(), json!(" 7.5 "), json!(42)).await.created()["max_agents"], 5, "{agents}");
    }
    let made = plan(json!(1), json!(7.5), json!("  Trimmed \n")).await.created();
    assert_eq!((&made["price"], &made["company_name"]), (&json!("7.50"), &json!("Trimmed")));
    assert_eq!(plan(json!(1), json!(1), json!(42)).await.created()["company_name"], "42");
    plan(json!(1), json!(1), json!([1])).await.field_error("company_name", "Not a valid string.");
    plan(json!(1), json!(1), json!("a\u{0}")).await.field_error("company_name", "Null characters are not allowed.");
}

async fn lists_are_read_in_every_form(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let one = visitor.share("a.txt", b"1").await["id"].to_string();
    let two = visitor.share("b.txt", b"2").await["id"].to_string();
    let base = [("company_id", tesla.id.as_str()), ("session_id", visitor.session.as_str())];
    let repeated = [("attachment_ids", one.as_str()), ("attachment_ids", two.as_str())];
    let indexed = [("attachment_ids[0]", one.as_str()), ("attachment_ids[1]", two.as_str())];
    for pairs in [repeated, indexed] {
        let fields = [base, pairs].concat();
        let post = || visitor.client().call(Method::POST, CHAT);
        for call in [post().form(&fields), post().multipart(&fields)] {
            let shown = call.await.ok()["attachments"].clone();
            assert_eq!((shown[0]["id"].to_string(), shown[1]["id"].to_string()), (one.clone(), two.clone()));
        }
    }
    // A single field is a list with one member.
    let single = [base[0], base[1], ("attachment_ids", &one)];
    assert_eq!(
        visitor.client().call(Method::POST, CHAT).form(&single).await.ok()["attachments"][0]["id"].to_string(),
        one
    );
}

async fn the_last_value_of_a_repeated_key_wins(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    let path = format!("/api/chatbot/session-status/?session_id=x&company_id=SPA001&session_id={}", visitor.session);
    visitor.client().get(&path).await.ok();
    let encoded = world
        .anybody()
        .call(Method::POST, PHONE)
        .raw("application/x-www-form-urlencoded", "phone=1&phone=9841234567&country_code=%2B977");
    assert_eq!(encoded.await.ok()["provider"], "NTC");
    let doubled =
        world.anybody().call(Method::POST, PHONE).raw("application/json", r#"{"phone":"1","phone":"9841234567"}"#);
    assert_eq!(doubled.await.ok()["valid"], true);
}

async fn paths_answer_with_and_without_the_final_slash(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let admin = tesla.admin.client();
    for path in [
        "/api/auth/profile",
        "/api/admin-dashboard/user-profiles",
        "/api/admin-dashboard/user-profiles/stats",
        "/api/human-handoff/sessions",
    ] {
        let (without, with) = (admin.get(path).await.ok(), admin.get(&format!("{path}/")).await.ok());
        assert_eq!(without, with, "{path}");
    }
    let login = json!({"username": tesla.admin.email, "password": tesla.admin.password});
    world.anybody().post("/api/auth/login", &login).await.ok();
    admin.call(Method::DELETE, "/api/admin-dashboard/user-profiles/9/delete").await.error(
        404,
        "not_found",
        "User profile not found",
    );
}

async fn a_doubled_prefix_is_served(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let user = tesla.admin.client().get("/api/api/auth/profile").await.ok();
    assert_eq!(user["id"], tesla.admin.id);
    world.anybody().post("/api/api/chatbot/chat/", &json!({"message": "Hello", "company_id": tesla.id})).await.ok();
    world.anybody().get("/api/api/api/auth/profile/").await.detail(404, "not_found", "Not found.");
}

async fn an_unknown_path_is_not_found(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let admin = tesla.admin.client();
    for path in [
        "/nowhere",
        "/api/",
        "/api/auth/",
        "/api/auth/nothing/",
        "/api/auth/profile/more/",
        "/API/auth/profile/",
        "/api/admin-dashboard/user-profiles/abc/",
        "/api/admin-dashboard/user-profiles/1.5/",
        "/api/auth%2Fprofile/",
        "/api/%00/",
        "/api/%ff/",
    ] {
        admin.get(path).await.detail(404, "not_found", "Not found.");
    }
    admin.call(Method::POST, "/nowhere/").json(&json!({})).await.detail(404, "not_found", "Not found.");
    // A malformed id is an unknown path, for every method and before a token is required.
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let reply = world.anybody().call(method, "/api/admin-dashboard/user-profiles/abc/").await;
        reply.detail(404, "not_found", "Not found.");
    }
    for beyond in ["0", "9007199254740993", "99999999999999999999"] {
        let reply = admin.get(&format!("/api/admin-dashboard/user-profiles/{beyond}/")).await;
        reply.error(404, "not_found", "User profile not found");
    }
    let reply = world.anybody().get("/").await;
    assert!(reply.status < 500);
    assert!(world.anybody().get("/admin/").await.status < 500);
}

async fn another_method_is_refused_and_the_allowed_are_named(world: &World) {
    let anybody = world.anybody();
    for (method, path, allowed) in [
        (Method::GET, CHAT, "POST"),
        (Method::PUT, "/api/auth/login", "POST"),
        (Method::DELETE, "/api/auth/profile/", "GET"),
        (Method::POST, "/api/human-handoff/sessions/", "GET"),
        (Method::PATCH, "/api/chatbot/load-rag-documents/", "POST"),
        (Method::DELETE, "/api/admin-dashboard/user-profiles/5/", "GET"),
        (Method::GET, "/api/admin-dashboard/user-profiles/5/delete/", "DELETE"),
    ] {
        let reply = anybody.call(method, path).await.expect(405);
        assert_eq!(reply.body["code"], "method_not_allowed");
        assert!(reply.body["detail"].is_string(), "{reply:?}");
        assert!(reply.header("allow").split(", ").any(|word| word == allowed), "{path}: {}", reply.header("allow"));
    }
}

async fn head_follows_get(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let admin = tesla.admin.client();
    for path in ["/api/auth/profile/", "/api/chatbot/country-codes/", "/healthz"] {
        let (get, head) = (admin.get(path).await.expect(200), admin.call(Method::HEAD, path).await.expect(200));
        assert!(head.bytes.is_empty());
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    world.anybody().call(Method::HEAD, "/api/auth/profile/").await.expect(401);
    admin.call(Method::HEAD, CHAT).await.expect(405);
}

async fn a_preflight_is_answered(world: &World) {
    let reply = world
        .anybody()
        .call(Method::OPTIONS, CHAT)
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type, idempotency-key, x-csrftoken")
        .await;
    assert!(reply.status == 200 || reply.status == 204, "{reply:?}");
    assert_eq!(reply.header("access-control-max-age"), "86400");
    let methods = reply.header("access-control-allow-methods");
    for method in ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"] {
        assert!(methods.contains(method), "{methods}");
    }
    let headers = reply.header("access-control-allow-headers").to_lowercase();
    for name in [
        "accept",
        "authorization",
        "content-type",
        "idempotency-key",
        "user-agent",
        "x-csrftoken",
        "x-requested-with",
        "x-session-id",
    ] {
        assert!(headers.contains(name), "{headers}");
    }
    let exposed = world.anybody().country_codes().header("origin", "https://shop.example").await;
    let exposed = exposed.header("access-control-expose-headers").to_lowercase();
    for name in ["idempotency-replayed", "retry-after", "x-request-id", "etag", "content-range", "content-disposition"]
    {
        assert!(exposed.contains(name), "{exposed}");
    }
}

async fn every_answer_has_its_own_request_id(world: &World) {
    let first = world.anybody().country_codes().await;
    let second = world.anybody().country_codes().await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

async fn the_server_says_that_it_is_well(world: &World) {
    world.anybody().get("/healthz").await.expect(200);
    world.anybody().get("/readyz").await.expect(200);
}

async fn the_root_says_what_this_is_and_names_no_company(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let anybody = world.anybody();
    for call in [anybody.get("/"), anybody.get("/").header("accept", "application/json"), tesla.admin.client().get("/")]
    {
        let reply = call.await.expect(200);
        assert_eq!((&reply.body["name"], &reply.body["docs"]), (&json!("Switchboard"), &json!("/docs/")), "{reply:?}");
        assert_eq!(reply.header("vary"), "Accept");
        assert!(!reply.body.to_string().contains("Tesla"), "{reply:?}");
    }
    // As browsers send it; the body is not JSON, so the reply is read raw.
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let asked = format!("GET / HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    let page = world.exchange(asked.as_bytes()).await;
    assert_eq!(page.status, 200);
    for part in ["content-type: text/html; charset=utf-8", "<title>Switchboard</title>", "href=\"/docs/\""] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("Tesla") && !page.text.contains("TES001"), "{}", page.text);
}
