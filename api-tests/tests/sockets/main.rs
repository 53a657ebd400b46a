//! The socket of one session, for visitors and staff, the socket of a company's staff, and both as streams of events.
#![cfg(test)]

mod admission;
mod company;
mod delivery;
mod events;
mod existing;
mod frames;
mod notes;
mod presence;
mod processes;
mod protocol;
mod sending;
mod slow;

use api_tests::prelude::*;

/// Returns position, sender and text of the messages among these frames.
fn texts(frames: &[Value]) -> Vec<(i64, String, String)> {
    let messages = frames.iter().filter(|frame| frame["type"] == "chat_message");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    messages.map(|one| (one["seq"].as_i64().unwrap(), text(&one["sender_type"]), text(&one["message"]))).collect()
}

/// Returns the positions of the messages among these frames.
fn seqs(frames: &[Value]) -> Vec<i64> {
    texts(frames).into_iter().map(|(seq, ..)| seq).collect()
}

/// Receives this many messages.
async fn messages(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut messages = Vec::new();
    while messages.len() < count {
        messages.push(socket.next_of("chat_message").await);
    }
    messages
}

/// Returns a visitor of the company with a session of two messages.
async fn greeted(company: &Company) -> Visitor {
    let mut visitor = company.stranger();
    visitor.say("Hello").await;
    visitor
}

async fn last_seq(visitor: &Visitor) -> i64 {
    visitor.conversation(&visitor.session, &[]).await.ok()["session"]["last_seq"].as_i64().unwrap()
}
