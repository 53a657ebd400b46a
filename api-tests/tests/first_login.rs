//! Admins on a server that requires a first login of them.
#![cfg(test)]

use std::time::Duration;

use api_tests::{Setup, prelude::*};

api_tests::on_each_database! { with strict:
    a_new_admin_replaces_the_first_password,
    the_first_password_of_an_admin_expires,
}

fn strict() -> Setup {
    Setup { require_first_login: true, ..Setup::default() }
}

const NEW: &str = "a much finer secret";

/// Creates an admin. Returns the e-mail address and the password.
async fn created(world: &World, email: &str, company: Option<&str>) -> (String, String) {
    let root = world.superadmin().await;
    let plan = root.create_plan(&json!({"plan_name": "basic", "max_agents": 3, "price": "9.99"})).await.created();
    let body = json!({"name": "Tesla Motors", "email": email, "plan_id": plan["id"], "company_id": company});
    let admin = root.create_admin(&body).await.created();
    (email.to_owned(), admin["password"].as_str().unwrap().to_owned())
}

fn first_login(world: &World, email: &str, current: &str) -> Call {
    let body = json!({"email": email, "current_password": current, "new_password": NEW, "confirm_password": NEW});
    world.anybody().admin_first_login(&body)
}

async fn a_new_admin_replaces_the_first_password(world: &World) {
    for (email, company) in [("ann@t.example", None), ("bob@t.example", Some("TES001"))] {
        let (email, password) = created(world, email, company).await;
        let reply = world.anybody().login(&email, &password).await.ok();
        assert_eq!((&reply["code"], &reply["user"]["role"]), (&json!("first_login_required"), &json!("ADMIN")));
        assert!(reply.get("access").is_none());
        first_login(world, &email, &password).await.ok();
        assert_eq!(world.anybody().login(&email, NEW).await.ok()["user"]["company_id"], "TES001");
    }
}

async fn the_first_password_of_an_admin_expires(world: &World) {
    let (email, password) = created(world, "ann@t.example", None).await;
    world.clock.advance(Duration::from_hours(7 * 24));
    let refused = world.anybody().login(&email, &password).await;
    refused.wrong_credentials("Invalid credentials or inactive account.");
    first_login(world, &email, &password).await.wrong_credentials("Current password is incorrect.");
}
