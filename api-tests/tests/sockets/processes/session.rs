//! What the connections to a session are sent at one server of what happens at another.

use api_tests::{on_postgres, prelude::*};

use super::{SOON, socket_at, staff_at};
use crate::greeted;

#[test]
fn who_types_at_one_is_shown_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let (visitor, stranger) = (greeted(&tesla).await, greeted(&tesla).await);
        tesla.admin.escalate(&visitor.session, "help").await.ok();
        let (mut here, mut there) = (visitor.socket("").await, staff_at(&other, &tesla.admin, &visitor).await);
        let (mut unconcerned, mut installation) = (
            socket_at(&other, &stranger, "").await,
            world.superadmin().await.socket(&tesla.id, &visitor.session).await,
        );
        for is_typing in [true, false] {
            here.send(&json!({"type": "typing", "is_typing": is_typing})).await;
            let typing = there.next_of("typing_indicator").await;
            assert_eq!((&typing["is_typing"], &typing["sender_type"]), (&json!(is_typing), &json!("user")));
            assert_eq!((&typing["sender_name"], &typing["session_id"]), (&Value::Null, &json!(visitor.session)));
        }
        // The name is known once this server has heard that the admin is connected to the other.
        let typing = loop {
            there.send(&json!({"type": "typing", "is_typing": true})).await;
            if let Ok(frame) = tokio::time::timeout(SOON / 4, here.next_of("typing_indicator")).await {
                break frame;
            }
        };
        assert_eq!((&typing["sender_type"], &typing["sender_name"]), (&json!("agent"), &json!("Tesla Motors")));
        // A superadmin only listens, and nobody is shown that it types.
        installation.send(&json!({"type": "typing", "is_typing": true})).await;
        installation.settled().await;
        here.send(&json!({"type": "typing", "is_typing": true})).await;
        assert_eq!(there.next_of("typing_indicator").await["sender_type"], "user");
        assert_eq!(unconcerned.settled().await, Vec::<Value>::new());
    });
}

#[test]
fn a_file_that_is_shared_at_one_is_shown_at_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let (visitor, stranger) = (greeted(&tesla).await, greeted(&tesla).await);
        let (mut here, mut there) = (visitor.socket("").await, socket_at(&other, &visitor, "").await);
        let mut staff = staff_at(&other, &tesla.admin, &visitor).await;
        let mut unconcerned = socket_at(&other, &stranger, "").await;
        for name in ["one.txt", "two.txt"] {
            let shared = visitor.share(name, b"Some text").await;
            let told = here.next_of("file_shared").await;
            for socket in [&mut there, &mut staff] {
                let mut elsewhere = socket.next_of("file_shared").await;
                assert_eq!((&elsewhere["id"], &elsewhere["original_name"]), (&shared["id"], &json!(name)));
                // Links name the address that the client has called.
                for link in ["url", "file_url", "thumbnail"] {
                    elsewhere[link] = told[link].clone();
                }
                assert_eq!(elsewhere, told);
            }
        }
        assert_eq!(unconcerned.settled().await, Vec::<Value>::new());
    });
}
