//! Frames that are not messages, and the limits of a connection.

use api_tests::prelude::*;

use crate::{greeted, last_seq};

on_each_database!(
    blank_and_unknown_frames_are_ignored,
    a_frame_that_is_not_json_is_an_error_and_the_connection_stays,
    frames_that_cannot_be_text_are_closed_with_their_codes,
    a_frame_in_parts_is_one_frame,
    a_flood_is_refused_and_then_closed,
);

async fn blank_and_unknown_frames_are_ignored(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    for frame in [json!({"message": "  "}), json!({}), json!({"type": "escalate_to_human"}), json!({"type": 7})] {
        socket.send(&frame).await;
    }
    assert_eq!(socket.settled().await, Vec::<Value>::new());
    assert_eq!(last_seq(&visitor).await, 2);
}

async fn a_frame_that_is_not_json_is_an_error_and_the_connection_stays(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    let expected = json!({"type": "error", "code": "parse_error", "message": "Invalid JSON format"});
    for text in ["{", "[1]", "hello", ""] {
        socket.send_text(text).await;
        assert_eq!(socket.next().await, expected, "{text}");
    }
    socket.send(&json!({"type": "ping", "timestamp": 17})).await;
    assert_eq!(socket.next().await, json!({"type": "pong", "timestamp": 17}));
    socket.send_raw(Opcode::Ping, true, b"x").await;
    assert_eq!(socket.incoming().await, Incoming::Pong);
}

async fn frames_that_cannot_be_text_are_closed_with_their_codes(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    socket.send_raw(Opcode::Binary, true, b"{}").await;
    assert_eq!(socket.closed().await.1, 1003);
    let mut socket = visitor.socket("").await;
    socket.send_raw(Opcode::Text, true, b"{\"message\":\"\xff\"}").await;
    assert_eq!(socket.closed().await.1, 1007);
    let mut socket = visitor.socket("").await;
    socket.send_raw(Opcode::Text, true, &vec![b' '; 64 * 1024 + 1]).await;
    assert_eq!(socket.closed().await.1, 1009);
    let mut socket = visitor.socket("").await;
    let mut longest = b"{\"type\":\"ping\"".to_vec();
    longest.resize(64 * 1024 - 1, b' ');
    longest.push(b'}');
    socket.send_raw(Opcode::Text, true, &longest).await;
    assert_eq!(socket.next().await["type"], "pong");
    socket.send_raw(Opcode::Close, true, &1000_u16.to_be_bytes()).await;
    assert_eq!(socket.closed().await.1, 1000);
}

async fn a_frame_in_parts_is_one_frame(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    socket.send_raw(Opcode::Text, false, b"{\"type\":").await;
    socket.send_raw(Opcode::Ping, true, b"").await;
    socket.send_raw(Opcode::Continuation, true, b"\"ping\",\"timestamp\":1}").await;
    assert_eq!(socket.incoming().await, Incoming::Pong);
    assert_eq!(socket.next().await, json!({"type": "pong", "timestamp": 1}));
    for _ in 0..3 {
        socket.send_raw(Opcode::Text, false, &vec![b' '; 40_000]).await;
        socket.send_raw(Opcode::Continuation, true, &vec![b' '; 40_000]).await;
    }
    assert_eq!(socket.closed().await.1, 1009);
}

async fn a_flood_is_refused_and_then_closed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let visitor = greeted(&tesla).await;
    let mut socket = visitor.socket("").await;
    for _ in 0..60 {
        socket.send(&json!({"type": "typing", "is_typing": true})).await;
    }
    let error = socket.next_of("error").await;
    assert_eq!(error["code"], "rate_limited");
    assert!(error["retry_after"].as_u64().is_some_and(|seconds| seconds >= 1));
    for _ in 0..200 {
        socket.send(&json!({"type": "typing", "is_typing": true})).await;
    }
    assert_eq!(socket.closed().await.1, 1008);
}
