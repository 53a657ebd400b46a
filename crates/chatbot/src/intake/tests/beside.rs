//! Messages that are no answer to the question of the intake.

use super::*;
use crate::fixtures::index;

#[test]
fn an_entry_about_what_the_bot_asks_for_comes_before_the_reason() {
    let question = "Why do you need my phone number?";
    let shop = index(&[("Privacy", question, "Only the courier sees it.")]);
    let mut talk = Talk::at(Step::Phone);
    talk.knowledge = shop;
    let reply = talk.say(question);
    assert_eq!((reply.kind.as_str(), reply.collecting), ("rag_response", Some(Step::Phone)));
    assert!(reply.response.starts_with("Only the courier sees it."), "{}", reply.response);
    let reason = Talk::at(Step::Phone).say(question).response;
    assert!(reason.starts_with("We ask so that"), "{reason}");
}
