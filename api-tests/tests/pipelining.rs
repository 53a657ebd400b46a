//! Requests that are sent behind one that asks for the end of its connection.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    nothing_behind_connection_close_is_served,
    requests_before_connection_close_are_all_served,
    a_long_body_with_connection_close_is_read_to_its_end,
);

/// Returns a request, with these headers besides those of its body.
fn request(head: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("{head}\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}

/// Returns a call that opens a session.
fn chat(company: &Company, headers: &str) -> String {
    let body = json!({"message": "Hello", "company_id": company.id}).to_string();
    request("POST /api/chatbot/chat/ HTTP/1.1", headers, &body)
}

fn sessions(world: &World) -> usize {
    world.lines("SELECT id AS line FROM sessions").len()
}

async fn nothing_behind_connection_close_is_served(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let close = "Connection: close\r\n";
    for (first, opened) in [
        (chat(&tesla, close), 1),
        // These are answered without waiting for anything.
        (request("GET /healthz/ HTTP/1.1", close, ""), 0),
        (request("GET /nowhere/ HTTP/1.1", close, ""), 0),
        (request("OPTIONS /api/chatbot/chat/ HTTP/1.1", close, ""), 0),
        (request("GET /healthz/ HTTP/1.1", "Connection: Close, TE\r\n", ""), 0),
        // HTTP/1.0 closes unless it is asked not to.
        (request("GET /healthz/ HTTP/1.0", "", ""), 0),
    ] {
        let before = sessions(world);
        let both = format!("{first}{}{}", chat(&tesla, ""), chat(&tesla, ""));
        let reply = world.exchange(both.as_bytes()).await;
        assert_eq!(reply.text.matches("HTTP/1.").count(), 1, "{first}: {reply:?}");
        assert!(reply.text.to_lowercase().contains("\r\nconnection: close\r\n") || first.contains("1.0"), "{reply:?}");
        assert_eq!(sessions(world), before + opened, "{first}");
    }
}

async fn requests_before_connection_close_are_all_served(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let line = [chat(&tesla, ""), chat(&tesla, ""), chat(&tesla, "Connection: close\r\n"), chat(&tesla, "")].concat();
    let reply = world.exchange(line.as_bytes()).await;
    assert_eq!(reply.text.matches("HTTP/1.1 200").count(), 3, "{reply:?}");
    assert_eq!(sessions(world), 3);
}

async fn a_long_body_with_connection_close_is_read_to_its_end(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let body = json!({"message": "Hello", "company_id": tesla.id, "unknown": "x".repeat(900_000)}).to_string();
    let long = request("POST /api/chatbot/chat/ HTTP/1.1", "Connection: close\r\n", &body);
    let reply = world.exchange(format!("{long}{}", chat(&tesla, "")).as_bytes()).await;
    assert_eq!((reply.status, sessions(world)), (200, 1), "{reply:?}");
}
