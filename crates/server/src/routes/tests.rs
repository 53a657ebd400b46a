use std::collections::BTreeMap;

use super::*;
use crate::{http::describe::Token, limits::Scope};

/// Every endpoint that is neither plainly public nor plainly for staff.
const OF_THEIR_OWN: [(&str, Scope); 20] = [
    ("/api/admin-dashboard/agent-first-login/", Scope::SignIn),
    ("/api/admin-dashboard/agent-login/", Scope::SignIn),
    ("/api/auth/admin-first-login/", Scope::SignIn),
    ("/api/auth/change-password/", Scope::SignIn),
    ("/api/auth/login/", Scope::SignIn),
    ("/api/auth/token/refresh/", Scope::Refresh),
    ("/api/chat/upload/", Scope::Upload),
    ("/api/chatbot/chat/", Scope::Chat),
    ("/api/chatbot/end/", Scope::Conversation),
    ("/api/chatbot/feedback/", Scope::Conversation),
    ("/api/chatbot/messages/", Scope::Conversation),
    ("/api/chatbot/rate/", Scope::Conversation),
    ("/api/chatbot/read/", Scope::Conversation),
    ("/api/chatbot/request-person/", Scope::Chat),
    ("/api/chatbot/transcript/", Scope::Conversation),
    ("/api/chatbot/upload/", Scope::Upload),
    ("/api/human-handoff/agent/upload/", Scope::Upload),
    ("/healthz/", Scope::Unlimited),
    ("/media/{path:.*}/", Scope::Media),
    ("/readyz/", Scope::Unlimited),
];

#[test]
fn every_endpoint_is_limited_by_address_or_account_unless_it_is_named_here() {
    let mut own = BTreeMap::new();
    for endpoint in all().into_iter().flat_map(|(_, endpoints)| endpoints) {
        let mut tokens = endpoint.operations().iter().map(|operation| operation.token);
        match endpoint.scope() {
            Scope::Staff => assert!(tokens.all(|token| token == Token::Needed), "{}", endpoint.path()),
            Scope::Public => assert!(tokens.any(|token| token != Token::Needed), "{}", endpoint.path()),
            scope => assert_eq!(own.insert(endpoint.path(), scope), None),
        }
    }
    assert_eq!(own, BTreeMap::from(OF_THEIR_OWN));
}

#[test]
fn connections_are_limited_by_address_when_they_are_opened() {
    for endpoint in endless() {
        assert_eq!(endpoint.scope(), Scope::Socket, "{}", endpoint.path());
    }
}
