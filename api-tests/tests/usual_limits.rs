//! The rate limits of a server that was not configured otherwise.
#![cfg(test)]

use api_tests::{Setup, prelude::*};
use server::config::Limits;

api_tests::on_each_database! { with usual: thirty_visitors_behind_one_address_do_not_lock_each_other_out }

fn usual() -> Setup {
    Setup { limits: Some(Limits::default()), ..Setup::default() }
}

async fn thirty_visitors_behind_one_address_do_not_lock_each_other_out(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let mut visitor = tesla.stranger();
        visitor.say("Hello").await;
        // Two calls a second are what a page makes that asks for news.
        waiting.spawn(async move {
            for _ in 0..120 {
                visitor.conversation(&visitor.session, &[]).await.expect(200);
            }
            visitor
        });
    }
    for visitor in waiting.join_all().await {
        let refused = visitor.conversation(&visitor.session, &[]).await;
        refused.error(429, "rate_limited", "Too many requests.");
        assert_eq!(refused.header("ratelimit-limit"), "120");
    }
    tesla.stranger().say("Hello").await;
}
