//! Existing admins: changes of names and addresses, password resets, deletion, and the closing of a company.
#![cfg(test)]

use std::future::IntoFuture as _;

use api_tests::prelude::*;

on_each_database!(
    only_what_is_sent_changes,
    null_and_blank_empty_a_contact_field,
    a_name_carries_first_and_last_name_along,
    the_owners_name_is_the_companys,
    a_change_is_refused_for_each_bad_field,
    names_pass_the_markup_rule,
    a_deleted_admins_tokens_end_and_the_address_is_free,
    the_last_admins_end_closes_the_company,
    two_last_admins_deleted_at_once_close_the_company,
    a_reset_password_must_be_replaced_first,
    a_reset_is_for_active_admins,
);

async fn join(superadmin: &Superadmin, company: &Company, name: &str, email: &str) -> Value {
    let joining = json!({"name": name, "email": email, "company_id": company.id});
    superadmin.create_admin(&joining).await.created()
}

async fn id_of(superadmin: &Superadmin, email: &str) -> i64 {
    superadmin.list_admins(&[("search", email)]).await.ok()["results"][0]["id"].as_i64().unwrap()
}

async fn only_what_is_sent_changes(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let before = superadmin.list_admins(&[("admin_id", &tesla.admin.id.to_string())]).await.ok();
    let path = format!("/api/auth/update-admin/{}", tesla.admin.id);
    for (at, method) in [reqwest::Method::PUT, reqwest::Method::PATCH].into_iter().enumerate() {
        let number = format!("555-{at}");
        let fields =
            [("phone_number", number.as_str()), ("company_id", "XXX999"), ("username", "other"), ("role", "X")];
        for call in [
            superadmin.client().call(method.clone(), &path).form(&fields),
            superadmin.client().call(method.clone(), &format!("{path}/")).multipart(&fields),
        ] {
            let updated = call.await.ok();
            assert!(updated["message"].is_string());
            let mut wanted = before.clone();
            wanted["phone_number"] = json!(number);
            assert_eq!(updated["admin"], wanted);
        }
    }
    let same = superadmin.client().call(reqwest::Method::PUT, &path).await.ok();
    assert_eq!(same["admin"]["phone_number"], "555-1");
    let body =
        json!({"email": "New.Owner@t.example", "first_name": "Ann", "address": "1 Road", "contact_person": "Cy"});
    let row = superadmin.update_admin(tesla.admin.id, &body).await.ok()["admin"].clone();
    assert_eq!((&row["email"], &row["address"]), (&json!("New.Owner@t.example"), &json!("1 Road")));
    // The user name stays, the new address works as login, and the tokens are still valid.
    let user = tesla.admin.profile().await.ok();
    assert_eq!(user["username"], tesla.admin.email.split('@').next().unwrap());
    assert_eq!((&user["first_name"], &user["last_name"]), (&json!("Ann"), &json!("Motors")));
    assert_eq!((&user["role"], &user["contact_person"]), (&json!("ADMIN"), &json!("Cy")));
    world.anybody().login("new.owner@T.example", &tesla.admin.password).await.ok();
    world.anybody().login(&tesla.admin.email, &tesla.admin.password).await.expect(400);
}

async fn null_and_blank_empty_a_contact_field(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let full = json!({"address": "1 Road", "contact_person": "Cy", "contact_number": "1", "phone_number": "2"});
    superadmin.update_admin(tesla.admin.id, &full).await.ok();
    let emptied = json!({"address": null, "contact_person": "", "contact_number": "  "});
    let row = superadmin.update_admin(tesla.admin.id, &emptied).await.ok()["admin"].clone();
    for field in ["address", "contact_person", "contact_number"] {
        assert_eq!(row[field], "", "{field}");
    }
    assert_eq!(row["phone_number"], "2");
}

async fn a_name_carries_first_and_last_name_along(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    for (body, first, last) in [
        (json!({"name": "Nikola Tesla Junior"}), "Nikola", "Tesla Junior"),
        (json!({"name": "Solo"}), "Solo", "Admin"),
        (json!({"name": "Ann Ray", "last_name": "Lee"}), "Ann", "Lee"),
        (json!({"last_name": ""}), "Ann", ""),
    ] {
        superadmin.update_admin(tesla.admin.id, &body).await.ok();
        let user = tesla.admin.profile().await.ok();
        assert_eq!((&user["first_name"], &user["last_name"]), (&json!(first), &json!(last)), "{body}");
    }
}

async fn the_owners_name_is_the_companys(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    join(&superadmin, &tesla, "Second Admin", "second@t.example").await;
    let second = id_of(&superadmin, "second@t.example").await;
    let renamed = superadmin.update_admin(second, &json!({"name": "Other"})).await.ok()["admin"].clone();
    assert_eq!((&renamed["name"], &renamed["company"]["name"]), (&json!("Other"), &json!("Tesla Motors")));
    let renamed = superadmin.update_admin(tesla.admin.id, &json!({"name": "Tesla Inc"})).await.ok()["admin"].clone();
    assert_eq!((&renamed["company"]["name"], &renamed["company_id"]), (&json!("Tesla Inc"), &json!("TES001")));
    // After the owner's deletion, the oldest remaining admin owns the company.
    assert_eq!(superadmin.delete_admin(tesla.admin.id).await.ok()["company_closed"], false);
    let row = superadmin.list_admins(&[("admin_id", &second.to_string())]).await.ok();
    assert_eq!(row["company"]["name"], "Tesla Inc");
    let assignment = superadmin.list_assignments(&[("user_id", &second.to_string())]).await.ok()[0].clone();
    assert_eq!((&assignment["user"], &assignment["status"]), (&json!(second), &json!("active")));
    let renamed = superadmin.update_admin(second, &json!({"name": "Other Inc"})).await.ok()["admin"].clone();
    assert_eq!(renamed["company"]["name"], "Other Inc");
}

async fn a_change_is_refused_for_each_bad_field(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let space = world.company("SpaceX").await;
    let bo = space.agent("Bo Agent").await;
    let (long, taken) = ("x".repeat(101), "This email is already in use.");
    for (key, value, message) in [
        ("email", json!(space.admin.email.to_uppercase()), taken),
        ("email", json!(bo.email), taken),
        ("email", json!("not an address"), "Enter a valid email address."),
        ("email", json!(""), "This field may not be blank."),
        ("email", json!(null), "This field may not be null."),
        ("name", json!("  "), "This field may not be blank."),
        ("name", json!(null), "This field may not be null."),
        ("name", json!(long), "Ensure this field has no more than 100 characters."),
        ("first_name", json!(true), "Not a valid string."),
        ("phone_number", json!("123456789012345678901"), "Ensure this field has no more than 20 characters."),
    ] {
        let mut body = json!({"address": "changed"});
        body[key] = value;
        superadmin.update_admin(tesla.admin.id, &body).await.field_error(key, message);
    }
    let row = superadmin.list_admins(&[("admin_id", &tesla.admin.id.to_string())]).await.ok();
    assert_eq!(row["address"], "");
    superadmin.update_admin(tesla.admin.id, &json!({"email": tesla.admin.email.to_uppercase()})).await.ok();
    let bo = bo.profile().await.ok()["id"].as_i64().unwrap();
    for not_admin in [999_999, bo] {
        superadmin.update_admin(not_admin, &json!({"name": "X"})).await.error(404, "not_found", "Admin not found");
        superadmin.delete_admin(not_admin).await.error(404, "not_found", "Admin not found");
    }
    superadmin.client().call(reqwest::Method::DELETE, "/api/auth/delete-admin/abc/").await.expect(404);
}

async fn names_pass_the_markup_rule(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let row = superadmin.update_admin(tesla.admin.id, &json!({"name": "<b>Tesla</b> 1 < 2"})).await.ok();
    assert_eq!(row["admin"]["name"], "< b>Tesla< /b> 1 < 2");
    assert_eq!(row["admin"]["company"]["name"], "< b>Tesla< /b> 1 < 2");
    superadmin.update_admin(tesla.admin.id, &json!({"first_name": "<i>", "last_name": "<br>"})).await.ok();
    let user = tesla.admin.profile().await.ok();
    assert_eq!((&user["first_name"], &user["last_name"]), (&json!("< i>"), &json!("< br>")));
}

async fn a_deleted_admins_tokens_end_and_the_address_is_free(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    join(&superadmin, &tesla, "Second Admin", "second@t.example").await;
    let deleted = superadmin.delete_admin(tesla.admin.id).await.ok();
    let admin =
        json!({"id": tesla.admin.id, "name": "Tesla Motors", "email": tesla.admin.email, "company_id": "TES001"});
    assert_eq!((&deleted["deleted_admin"], &deleted["company_closed"]), (&admin, &json!(false)));
    assert_eq!(deleted["message"], "Admin deleted successfully");
    tesla.admin.profile().await.detail(401, "user_not_found", "User not found");
    world.anybody().refresh(&tesla.admin.refresh).await.expect(401);
    let reply = world.anybody().login(&tesla.admin.email, &tesla.admin.password).await;
    reply.wrong_credentials("Invalid credentials or inactive account.");
    superadmin.delete_admin(tesla.admin.id).await.error(404, "not_found", "Admin not found");
    let again = join(&superadmin, &tesla, "Third Admin", &tesla.admin.email).await;
    let user =
        world.anybody().login(&tesla.admin.email, again["password"].as_str().unwrap()).await.ok()["user"].clone();
    assert!(user["id"].as_i64().unwrap() > tesla.admin.id);
}

async fn the_last_admins_end_closes_the_company(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let space = world.company("SpaceX").await;
    let (bo, mut visitor) = (tesla.agent("Bo Agent").await, tesla.visitor().await);
    visitor.ask_for_a_person(&tesla.admin).await;
    let of_tesla: &[(&str, &str)] = &[("company_id", "TES001")];
    assert_eq!(superadmin.handoffs(of_tesla).await.ok().as_array().unwrap().len(), 1);
    let deleted = superadmin.delete_admin(tesla.admin.id).await.ok();
    assert_eq!(deleted["company_closed"], true);
    let message = deleted["message"].as_str().unwrap();
    assert!(message.starts_with("Admin deleted successfully. ") && message.contains("company was closed"), "{message}");

    bo.profile().await.detail(401, "user_inactive", "User is inactive");
    let reply = world.anybody().login(&bo.email, &bo.password).await;
    reply.wrong_credentials("Invalid credentials or inactive account.");
    let reply = visitor.chat(&json!({"message": "Hello", "company_id": "TES001"})).await;
    reply.error(404, "not_found", "Company not found");

    assert_eq!(superadmin.list_admins(&[]).await.ok()["count"], 1);
    assert_eq!(superadmin.list_agents().await.ok(), json!([]));
    for of in [of_tesla, &[]] {
        assert_eq!(superadmin.handoffs(of).await.ok(), json!([]));
    }
    let rows = superadmin.list_assignments(&[]).await.ok();
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["user"]), (1, &json!(space.admin.id)));
    let joining = json!({"name": "Third", "email": "third@t.example", "company_id": "TES001"});
    let reply = superadmin.create_admin(&joining).await;
    reply.field_error("company_id", "Company not found or not active.");
    // A new company gets neither the code nor the staff of the closed one.
    let next = world.company("Tesla Motors").await;
    assert_eq!(next.id, "TES002");
    assert_eq!(next.admin.list_agents().await.ok(), json!([]));
}

async fn two_last_admins_deleted_at_once_close_the_company(world: &World) {
    let superadmin = world.superadmin().await;
    for round in 0..4 {
        let tesla = world.company("Tesla Motors").await;
        let email = format!("second{round}@t.example");
        join(&superadmin, &tesla, "Second Admin", &email).await;
        let second = id_of(&superadmin, &email).await;
        let mut calls = tokio::task::JoinSet::new();
        for admin in [tesla.admin.id, second] {
            calls.spawn(superadmin.delete_admin(admin).into_future());
        }
        let closed = calls.join_all().await.into_iter().map(|reply| reply.ok()["company_closed"] == true);
        assert_eq!(closed.filter(|closed| *closed).count(), 1);
        let reply = world.anybody().chat(&json!({"message": "Hello", "company_id": tesla.id})).await;
        reply.error(404, "not_found", "Company not found");
    }
    assert_eq!(superadmin.list_admins(&[]).await.ok()["count"], 0);
    assert_eq!(superadmin.list_assignments(&[]).await.ok(), json!([]));
}

async fn a_reset_password_must_be_replaced_first(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let reset = superadmin.reset_admin_password(tesla.admin.id).await.ok();
    let password = reset["new_password"].as_str().unwrap();
    assert_eq!((&reset["email"], password.chars().count()), (&json!(tesla.admin.email), 16));
    assert!(reset["message"].is_string());

    tesla.admin.profile().await.detail(401, "token_not_valid", "Given token not valid for any token type");
    let refused = world.anybody().refresh(&tesla.admin.refresh).await;
    refused.detail(401, "token_not_valid", "Token is invalid or expired");
    world.anybody().login(&tesla.admin.email, &tesla.admin.password).await.expect(400);
    let first = world.anybody().login(&tesla.admin.email, password).await.ok();
    assert_eq!((&first["code"], &first["access"]), (&json!("first_login_required"), &Value::Null));
    assert_eq!(first["user"], json!({"role": "ADMIN", "id": tesla.admin.id, "email": tesla.admin.email}));
    let choice = json!({"email": tesla.admin.email, "current_password": password,
        "new_password": "mynewpassword123", "confirm_password": "mynewpassword123"});
    world.anybody().admin_first_login(&choice).await.ok();
    let signed_in = world.anybody().login(&tesla.admin.email, "mynewpassword123").await.ok();
    assert_eq!(signed_in["user"]["id"], tesla.admin.id);
}

async fn a_reset_is_for_active_admins(world: &World) {
    let superadmin = world.superadmin().await;
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let root = superadmin.profile().await.ok()["id"].as_i64().unwrap();
    for not_admin in [999_999, root, bo.profile().await.ok()["id"].as_i64().unwrap()] {
        let reply = superadmin.reset_admin_password(not_admin).await;
        reply.field_error("admin_id", "Admin not found or inactive.");
    }
    let post = |body: Value| superadmin.client().post("/api/auth/reset-admin-password/", &body);
    post(json!({})).await.field_error("admin_id", "This field is required.");
    post(json!({"admin_id": "x"})).await.field_error("admin_id", "A valid integer is required.");
    bo.profile().await.ok();
}
