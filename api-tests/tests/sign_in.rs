//! Sign-in, tokens and their expiry.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    a_name_or_an_address_signs_in_as_json_form_or_multipart,
    every_failed_sign_in_reads_the_same,
    a_stale_header_does_not_hinder_signing_in,
    a_user_shows_who_signed_in,
    bad_tokens_are_refused_each_with_its_own_body,
    an_access_token_ends_after_a_quarter_of_an_hour,
    a_refresh_token_is_no_access_token_nor_the_other_way_round,
    a_refresh_token_is_spent_once,
    a_repeat_within_ten_seconds_gets_the_same_pair,
    reuse_of_a_spent_refresh_token_ends_its_family,
    a_refresh_token_lasts_seven_days,
    a_sign_in_lasts_ninety_days_however_often_it_is_refreshed,
    a_bad_token_makes_a_public_caller_anonymous,
);

async fn a_name_or_an_address_signs_in_as_json_form_or_multipart(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let (path, anybody) = ("/api/auth/login/", world.anybody());
    let name = tesla.admin.email.split('@').next().unwrap();
    for login in [name, &tesla.admin.email, &tesla.admin.email.to_uppercase()] {
        let fields = [("username", login), ("password", tesla.admin.password.as_str()), ("unknown", "ignored")];
        let json = json!({"username": login, "password": tesla.admin.password, "company_id": "XXX999"});
        for call in [
            anybody.call(reqwest::Method::POST, path).json(&json),
            anybody.call(reqwest::Method::POST, path).form(&fields),
            anybody.call(reqwest::Method::POST, path).multipart(&fields),
        ] {
            let signed_in = call.await.ok();
            assert_eq!(signed_in["user"]["id"], tesla.admin.id);
            assert!(
                signed_in["agent"].is_null() && signed_in["access"].is_string() && signed_in["refresh"].is_string()
            );
        }
    }
}

async fn every_failed_sign_in_reads_the_same(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    for (login, password) in
        [("nobody", "wrong"), (&tesla.admin.email, "wrong"), (&agent.email, "wrong"), (&agent.name, "x")]
    {
        let reply = world.anybody().login(login, password).await;
        reply.wrong_credentials("Invalid credentials or inactive account.");
    }
    world.anybody().login(&agent.email, "").await.expect(400);
    world
        .anybody()
        .post("/api/auth/login/", &json!({"password": "x"}))
        .await
        .field_error("username", "This field is required.");
}

async fn a_stale_header_does_not_hinder_signing_in(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for header in ["Bearer stale.token.here", "Bearer", "Basic abc", "nonsense with three words"] {
        let call = world.anybody().login(&tesla.admin.email, &tesla.admin.password).header("authorization", header);
        call.await.ok();
        let refreshed = world.anybody().refresh(&tesla.admin.refresh).header("authorization", header);
        refreshed.await.ok();
    }
}

async fn a_user_shows_who_signed_in(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let user = tesla.admin.profile().await.ok();
    assert_eq!(user["company"], json!({"id": "TES001", "name": "Tesla Motors", "status": "active"}));
    assert_eq!((&user["role"], &user["company_id"]), (&json!("ADMIN"), &json!("TES001")));
    assert_eq!((&user["first_name"], &user["last_name"]), (&json!("Tesla"), &json!("Motors")));
    let plan = json!({"id": tesla.plan, "name": "Basic", "max_agents": 10, "price": "99.99", "status": "active"});
    assert_eq!(user["current_plan"], plan);

    let agent = tesla.agent("Bo Agent").await;
    let user = agent.profile().await.ok();
    assert_eq!((&user["role"], &user["username"]), (&json!("AGENT"), &json!(agent.email)));
    assert_eq!((&user["company_id"], &user["is_active"]), (&json!("TES001"), &json!(true)));

    let root = world.superadmin().await.profile().await.ok();
    assert_eq!(
        (&root["role"], &root["company_id"], &root["current_plan"]),
        (&json!("SUPERADMIN"), &Value::Null, &Value::Null)
    );
    for key in ["id", "email", "name", "address", "contact_person", "contact_number", "phone_number", "date_joined"] {
        assert!(root.get(key).is_some() && user.get(key).is_some(), "{key}");
    }
}

async fn bad_tokens_are_refused_each_with_its_own_body(world: &World) {
    let root = world.superadmin().await;
    let token = root.client().token();
    let profile = |header: &str| world.anybody().get("/api/auth/profile/").header("authorization", header);
    for none in ["Basic abc", &format!("Token {token}"), &format!("Bearer-{token}")] {
        profile(none).await.asks_for_a_token();
    }
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        profile(&format!("{scheme} {token}")).await.ok();
    }
    world.anybody().profile().await.asks_for_a_token();

    let (rest, signature) = token.rsplit_once('.').unwrap();
    // The original claims under the header `{"alg":"none"}`.
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split('.').nth(1).unwrap());
    let swapped: String = signature.chars().rev().collect();
    for bad in ["x", "a.b.c", &format!("{rest}.{swapped}"), &format!("{rest}."), &unsigned] {
        let reply = profile(&format!("Bearer {bad}")).await;
        reply.detail(401, "token_not_valid", "Given token not valid for any token type");
        let message =
            json!([{"token_class": "AccessToken", "token_type": "access", "message": "Token is invalid or expired"}]);
        assert_eq!(reply.body["messages"], message);
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"");
    }
    for header in ["Bearer", "bearer", &format!("Bearer {token} more")] {
        let reply = profile(header).await;
        reply.detail(401, "bad_authorization_header", "Authorization header must contain two space-delimited values");
    }
}

async fn an_access_token_ends_after_a_quarter_of_an_hour(world: &World) {
    let root = world.superadmin().await;
    world.clock.advance(Duration::from_secs(14 * 60 + 59));
    root.profile().await.ok();
    world.clock.advance(Duration::from_secs(2));
    root.profile().await.detail(401, "token_not_valid", "Given token not valid for any token type");
}

async fn a_refresh_token_is_no_access_token_nor_the_other_way_round(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let reply = world.anybody().with_token(&tesla.admin.refresh).profile().await;
    reply.detail(401, "token_not_valid", "Given token not valid for any token type");
    assert_eq!(reply.body["messages"][0]["message"], "Token has wrong type");
    let reply = world.anybody().refresh(tesla.admin.client().token()).await;
    reply.detail(401, "token_not_valid", "Token has wrong type");
    world.anybody().refresh("nonsense").await.detail(401, "token_not_valid", "Token is invalid or expired");
    let reply = world.anybody().post("/api/auth/token/refresh/", &json!({})).await;
    reply.field_error("refresh", "This field is required.");
}

async fn a_refresh_token_is_spent_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let first = world.anybody().refresh(&tesla.admin.refresh).await.ok();
    world.anybody().with_token(first["access"].as_str().unwrap()).profile().await.ok();
    assert_ne!(first["refresh"], tesla.admin.refresh.as_str());
    let second = world.anybody().refresh(first["refresh"].as_str().unwrap()).await.ok();
    assert_ne!(second["refresh"], first["refresh"]);
}

async fn a_repeat_within_ten_seconds_gets_the_same_pair(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let first = world.anybody().refresh(&tesla.admin.refresh).await.ok();
    world.clock.advance(Duration::from_secs(9));
    let repeated = world.anybody().refresh(&tesla.admin.refresh).await.ok();
    assert_eq!(first, repeated);
}

async fn reuse_of_a_spent_refresh_token_ends_its_family(world: &World) {
    let refused = "Token is invalid or expired";
    // Reuse after the time in which repeats are allowed.
    let tesla = world.company("Tesla Motors").await;
    let next = world.anybody().refresh(&tesla.admin.refresh).await.ok();
    world.clock.advance(Duration::from_secs(11));
    world.anybody().refresh(&tesla.admin.refresh).await.detail(401, "token_not_valid", refused);
    world.anybody().refresh(next["refresh"].as_str().unwrap()).await.detail(401, "token_not_valid", refused);
    for access in [tesla.admin.client().token(), next["access"].as_str().unwrap()] {
        let ended = world.anybody().with_token(access).profile().await;
        ended.detail(401, "token_not_valid", "Given token not valid for any token type");
    }
    // Reuse within that time, but after the successor was used.
    let again = tesla.admin.signed_in_again().await;
    let next = world.anybody().refresh(&again.refresh).await.ok();
    let newest = world.anybody().refresh(next["refresh"].as_str().unwrap()).await.ok();
    world.anybody().refresh(&again.refresh).await.detail(401, "token_not_valid", refused);
    world.anybody().refresh(newest["refresh"].as_str().unwrap()).await.detail(401, "token_not_valid", refused);
}

async fn a_refresh_token_lasts_seven_days(world: &World) {
    let day = Duration::from_hours(24);
    let tesla = world.company("Tesla Motors").await;
    world.clock.advance(7 * day - Duration::from_secs(1));
    let next = world.anybody().refresh(&tesla.admin.refresh).await.ok();
    world.clock.advance(7 * day + Duration::from_secs(1));
    let late = world.anybody().refresh(next["refresh"].as_str().unwrap()).await;
    late.detail(401, "token_not_valid", "Token is invalid or expired");
}

async fn a_sign_in_lasts_ninety_days_however_often_it_is_refreshed(world: &World) {
    let (day, second) = (Duration::from_hours(24), Duration::from_secs(1));
    let tesla = world.company("Tesla Motors").await;
    let mut refresh = tesla.admin.refresh.clone();
    for _ in 0..15 {
        world.clock.advance(6 * day - second);
        let pair = world.anybody().refresh(&refresh).await.ok();
        world.anybody().with_token(pair["access"].as_str().unwrap()).profile().await.ok();
        pair["refresh"].as_str().unwrap().clone_into(&mut refresh);
    }
    world.clock.advance(14 * second);
    let last = world.anybody().refresh(&refresh).await.ok();
    let again = tesla.admin.signed_in_again().await;
    world.clock.advance(second);
    let over = world.anybody().refresh(last["refresh"].as_str().unwrap()).await;
    over.detail(401, "token_not_valid", "Token is invalid or expired");
    world.anybody().refresh(&again.refresh).await.ok();
}

async fn a_bad_token_makes_a_public_caller_anonymous(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut visitor = tesla.stranger();
    visitor.say("Hello").await;
    for header in ["Bearer broken", "Bearer", "Bearer a b c", &format!("Bearer {}", tesla.admin.refresh)] {
        let opening = json!({"message": "Hello", "company_id": tesla.id});
        world.anybody().chat(&opening).header("authorization", header).await.ok();
        world.anybody().country_codes().header("authorization", header).await.ok();
        world.anybody().validate_phone("9841234567", "+977").header("authorization", header).await.ok();
        world.anybody().session_status(&visitor.session).header("authorization", header).await.ok();
        // A bad token does not supply a company either.
        let nowhere = world.anybody().chat(&json!({"message": "Hello"})).header("authorization", header).await;
        assert_eq!((nowhere.status, &nowhere.body["code"]), (400, &json!("bad_request")), "{nowhere:?}");
    }
}
