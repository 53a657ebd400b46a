//! Signing out everywhere, and tickets for sockets.
#![cfg(test)]

use std::collections::HashSet;

use api_tests::prelude::*;

on_each_database!(
    signing_out_everywhere_ends_every_token_of_the_caller,
    signing_out_everywhere_leaves_others_alone,
    a_ticket_is_opaque_and_new_each_time,
    an_empty_body_may_be_anything_readable,
    neither_is_for_strangers,
);

const NOT_VALID: &str = "Given token not valid for any token type";

async fn signing_out_everywhere_ends_every_token_of_the_caller(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let here = tesla.admin.clone();
    let there = tesla.admin.signed_in_again().await;
    assert!(here.logout_all().await.ok()["message"].is_string());
    for session in [&here, &there] {
        session.profile().await.detail(401, "token_not_valid", NOT_VALID);
        let refused = world.anybody().refresh(&session.refresh).await;
        refused.detail(401, "token_not_valid", "Token is invalid or expired");
    }
    // Refreshed tokens are revoked as well; a new sign-in works.
    let again = tesla.admin.signed_in_again().await;
    again.profile().await.ok();
    let pair = world.anybody().refresh(&again.refresh).await.ok();
    again.logout_all().await.ok();
    world.anybody().refresh(pair["refresh"].as_str().unwrap()).await.expect(401);
    world.anybody().with_token(pair["access"].as_str().unwrap()).profile().await.expect(401);
}

async fn signing_out_everywhere_leaves_others_alone(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    bo.logout_all().await.ok();
    bo.profile().await.detail(401, "token_not_valid", NOT_VALID);
    for other in [tesla.admin.client(), cy.client(), superadmin.client()] {
        other.profile().await.ok();
    }
    world.anybody().refresh(&cy.refresh).await.ok();
    superadmin.logout_all().await.ok();
    superadmin.profile().await.detail(401, "token_not_valid", NOT_VALID);
    world.superadmin().await.profile().await.ok();
}

async fn a_ticket_is_opaque_and_new_each_time(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut seen = HashSet::new();
    for caller in [tesla.admin.client(), tesla.admin.client(), bo.client(), superadmin.client()] {
        let issued = caller.ws_ticket().await.ok();
        assert_eq!(issued["expires_in"], 60);
        let ticket = issued["ticket"].as_str().unwrap().to_owned();
        assert!(ticket.len() == 43 && !ticket.contains('.'), "{ticket}");
        // A ticket is not an access token.
        world.anybody().with_token(&ticket).profile().await.detail(401, "token_not_valid", NOT_VALID);
        assert!(seen.insert(ticket));
    }
    bo.logout_all().await.ok();
    bo.ws_ticket().await.detail(401, "token_not_valid", NOT_VALID);
}

async fn an_empty_body_may_be_anything_readable(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let post = || tesla.admin.client().call(reqwest::Method::POST, "/api/auth/ws-ticket");
    for call in
        [post(), post().json(&json!({"unknown": 1})), post().form(&[("a", "b")]), post().multipart(&[("a", "b")])]
    {
        call.await.ok();
    }
    post().raw("text/plain", "hello").await.expect(415);
    post().raw("application/json", "{").await.expect(400);
    // A caller without a token is refused before the body is validated.
    let stranger = world.anybody().call(reqwest::Method::POST, "/api/auth/ws-ticket/").raw("application/json", "{");
    stranger.await.asks_for_a_token();
}

async fn neither_is_for_strangers(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for path in ["/api/auth/logout-all/", "/api/auth/ws-ticket/"] {
        world.anybody().post(path, &json!({})).await.asks_for_a_token();
        world.anybody().with_token(&tesla.admin.refresh).post(path, &json!({})).await.expect(401);
        let wrong = tesla.admin.client().get(path).await.expect(405);
        assert_eq!(wrong.header("allow"), "POST");
    }
    tesla.admin.profile().await.ok();
}
