//! A client that does not read: it misses nothing, and delays nobody.

use api_tests::prelude::*;

use crate::{greeted, messages, seqs};

on_each_database!(a_client_that_reads_too_slowly_catches_up_and_delays_nobody);

/// Number of messages. Together they are longer than what the operating system keeps for a connection.
const MESSAGES: i64 = 350;
/// Characters of a message, at four bytes each.
const LENGTH: usize = 9_900;

/// Returns the text of a message, which begins with its number.
fn long(number: i64) -> String {
    format!("{number}:{}", "\u{1F6B2}".repeat(LENGTH))
}

async fn a_client_that_reads_too_slowly_catches_up_and_delays_nobody(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = greeted(&tesla).await;
    visitor.ask_for_a_person(&bo).await;
    bo.write(&visitor.session, "Good morning").await.ok();
    let path = format!("/ws/chat/{}/{}/", tesla.id, visitor.session);
    let mut slow = Socket::open_narrow(visitor.client().host(), &path).await;
    assert_eq!(slow.next().await["type"], "connection_established");
    let mut quick = visitor.socket("").await;
    let mut first = 0;
    for number in 0..MESSAGES {
        bo.write(&visitor.session, &long(number)).await.ok();
        // The other client of the session has each message before the next one is written.
        let message = messages(&mut quick, 1).await.remove(0);
        let seq = message["seq"].as_i64().unwrap();
        if number == 0 {
            first = seq;
        }
        assert_eq!(seq, first + number);
    }
    let (mut received, mut resyncs) = (Vec::new(), Vec::new());
    while received.last() != Some(&(first + MESSAGES - 1)) {
        let frame = slow.next().await;
        match frame["type"].as_str() {
            Some("chat_message") => {
                let [seq] = seqs(std::slice::from_ref(&frame))[..] else { panic!("{frame}") };
                let text = frame["message"].as_str().unwrap();
                assert!(text.starts_with(&format!("{}:", seq - first)), "{seq} has another text");
                received.push(seq);
            }
            Some("resync") => resyncs.push((frame["from_seq"].as_i64().unwrap(), received.last().copied(), frame)),
            _ => {}
        }
    }
    // Each message came once and in order, and the client was told where it had fallen behind.
    assert_eq!(received, (first..first + MESSAGES).collect::<Vec<_>>());
    assert!(!resyncs.is_empty(), "the client did not fall behind");
    for (from, last, frame) in resyncs {
        assert_eq!((&frame["reason"], Some(from)), (&json!("lagged"), last.map(|last| last + 1)), "{frame}");
    }
}
