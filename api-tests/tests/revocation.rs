//! Revoked tokens are not cached: the very next call is refused.
#![cfg(test)]

use std::future::IntoFuture as _;

use api_tests::prelude::*;
use tenancy::CompanyStatus::{Active, Suspended};
use tokio::task::JoinSet;

on_each_database!(
    signing_out_everywhere_is_felt_by_the_next_call_on_every_connection,
    every_other_end_of_tokens_is_felt_at_once,
    a_suspension_is_felt_at_once_and_so_is_its_end,
    a_refresh_beside_a_sign_out_everywhere_gives_nothing_that_works,
);

/// Sends as many concurrent calls as a console would, all with this token; returns their statuses.
async fn crowd(caller: &Client) -> Vec<u16> {
    let mut set = JoinSet::new();
    for _ in 0..12 {
        set.spawn(caller.profile().into_future());
    }
    set.join_all().await.into_iter().map(|reply| reply.status).collect()
}

async fn signing_out_everywhere_is_felt_by_the_next_call_on_every_connection(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    for _ in 0..3 {
        let bo = bo.signed_in_again().await;
        let other_device = bo.signed_in_again().await;
        assert_eq!(crowd(bo.client()).await, [200; 12]);
        other_device.logout_all().await.ok();
        assert_eq!(crowd(bo.client()).await, [401; 12]);
        assert_eq!(crowd(other_device.client()).await, [401; 12]);
        world.anybody().refresh(&bo.refresh).await.expect(401);
    }
}

async fn every_other_end_of_tokens_is_felt_at_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let superadmin = world.superadmin().await;
    for how in ["reset", "deactivated", "operator", "deleted"] {
        let bo = tesla.agent(&format!("Bo {how}")).await;
        let pair = world.anybody().refresh(&bo.refresh).await.ok();
        let later = world.anybody().with_token(pair["access"].as_str().unwrap());
        assert_eq!((crowd(bo.client()).await, crowd(&later).await), (vec![200; 12], vec![200; 12]), "{how}");
        match how {
            "reset" => drop(tesla.admin.reset_agent_password(bo.id).await.ok()),
            "deactivated" => drop(tesla.admin.update_agent(bo.id, &json!({"is_active": false})).await.ok()),
            "operator" => world.set_password(&bo.email, "another password"),
            _ => assert!([200, 204].contains(&tesla.admin.delete_agent(bo.id).await.status)),
        }
        assert_eq!((crowd(bo.client()).await, crowd(&later).await), (vec![401; 12], vec![401; 12]), "{how}");
        for refresh in [bo.refresh.as_str(), pair["refresh"].as_str().unwrap()] {
            world.anybody().refresh(refresh).await.expect(401);
        }
    }
    let space = world.company("Space Motors").await;
    assert_eq!(crowd(space.admin.client()).await, [200; 12]);
    superadmin.reset_admin_password(space.admin.id).await.ok();
    assert_eq!(crowd(space.admin.client()).await, [401; 12]);
    world.anybody().refresh(&space.admin.refresh).await.expect(401);
}

async fn a_suspension_is_felt_at_once_and_so_is_its_end(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    assert_eq!(crowd(tesla.admin.client()).await, [200; 12]);
    world.set_status(&tesla.id, Suspended);
    assert_eq!(crowd(tesla.admin.client()).await, [401; 12]);
    world.anybody().refresh(&tesla.admin.refresh).await.detail(401, "user_inactive", "User is inactive");
    world.set_status(&tesla.id, Active);
    assert_eq!(crowd(tesla.admin.client()).await, [200; 12]);
    // The refused refresh did not spend the token.
    world.anybody().refresh(&tesla.admin.refresh).await.ok();
}

async fn a_refresh_beside_a_sign_out_everywhere_gives_nothing_that_works(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for _ in 0..6 {
        let admin = tesla.admin.signed_in_again().await;
        let mut set = JoinSet::new();
        for _ in 0..4 {
            set.spawn(world.anybody().refresh(&admin.refresh).into_future());
        }
        let mut end = JoinSet::new();
        end.spawn(admin.logout_all().into_future());
        end.join_all().await.into_iter().for_each(|reply| drop(reply.ok()));
        for reply in set.join_all().await {
            if reply.status == 200 {
                let caller = world.anybody().with_token(reply.body["access"].as_str().unwrap());
                caller.profile().await.expect(401);
                world.anybody().refresh(reply.body["refresh"].as_str().unwrap()).await.expect(401);
            } else {
                reply.detail(401, "token_not_valid", "Token is invalid or expired");
            }
        }
    }
}
