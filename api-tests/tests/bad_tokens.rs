//! Every bad token of the corpus is refused where a token is needed. On public endpoints its bearer is
//! anonymous.
#![cfg(test)]

use api_tests::{SECRET, prelude::*};
use identity::tokens::corpus::{BadToken, Sample, Verdict, bad_tokens, resigned};

on_each_database!(
    no_bad_token_opens_a_protected_endpoint,
    no_bad_token_is_anybody_on_a_public_one,
    no_bad_refresh_token_is_exchanged,
    what_a_token_claims_to_be_gives_no_rights,
    a_token_of_no_sign_in_or_of_anothers_is_refused,
);

/// The corpus of bad tokens, derived from an admin's tokens.
struct Corpus {
    tesla: Company,
    stranger: i64,
}

impl Corpus {
    async fn new(world: &World) -> Self {
        let tesla = world.company("Tesla Motors").await;
        let stranger = world.company("Space Motors").await.admin.id;
        Self { tesla, stranger }
    }

    fn sample(&self, world: &World) -> Sample<'_> {
        let (good, other) = (self.tesla.admin.client().token(), self.tesla.admin.refresh.as_str());
        Sample { secret: SECRET, good, other, stranger: self.stranger, now: world.seconds() }
    }

    fn rows(&self, world: &World) -> Vec<BadToken> {
        sendable(&self.sample(world))
    }
}

fn sendable(sample: &Sample<'_>) -> Vec<BadToken> {
    let mut rows = bad_tokens(sample);
    rows.retain(BadToken::fits_a_header);
    assert!(rows.len() >= 200, "{}", rows.len());
    rows
}

async fn no_bad_token_opens_a_protected_endpoint(world: &World) {
    let corpus = Corpus::new(world).await;
    for bad in corpus.rows(world) {
        let reply = world.anybody().with_token(&bad.token).profile().await;
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"api\"", "{}: {reply:?}", bad.what);
        let message = match bad.verdict {
            Verdict::Malformed | Verdict::Expired | Verdict::Outdated => "Token is invalid or expired",
            Verdict::WrongType => "Token has wrong type",
            Verdict::Gone => {
                reply.detail(401, "user_not_found", "User not found");
                continue;
            }
        };
        assert_eq!(reply.status, 401, "{}: {reply:?}", bad.what);
        reply.detail(401, "token_not_valid", "Given token not valid for any token type");
        let messages = json!([{"token_class": "AccessToken", "token_type": "access", "message": message}]);
        assert_eq!(reply.body["messages"], messages, "{}: {reply:?}", bad.what);
    }
    corpus.tesla.admin.profile().await.ok();
}

async fn no_bad_token_is_anybody_on_a_public_one(world: &World) {
    let corpus = Corpus::new(world).await;
    // A valid staff token supplies the company. Without one, the company is missing.
    let hello = json!({"message": "Hello"});
    corpus.tesla.admin.client().chat(&hello).await.ok();
    let none = world.anybody().chat(&hello).await;
    none.error(400, "bad_request", none.body["error"].as_str().unwrap());
    for bad in corpus.rows(world) {
        let reply = world.anybody().with_token(&bad.token).chat(&hello).await;
        assert_eq!(reply.status, 400, "{}: {reply:?}", bad.what);
        reply.same_as(&none);
    }
    let mut visitor = corpus.tesla.stranger();
    visitor.say("Hello").await;
    for bad in corpus.rows(world).iter().step_by(10) {
        world.anybody().with_token(&bad.token).session_status(&visitor.session).await.ok();
    }
}

async fn no_bad_refresh_token_is_exchanged(world: &World) {
    let corpus = Corpus::new(world).await;
    let access = corpus.sample(world);
    let sample = Sample { good: access.other, other: access.good, ..access };
    for bad in sendable(&sample) {
        let reply = world.anybody().refresh(&bad.token).await;
        assert_eq!(reply.status, 401, "{}: {reply:?}", bad.what);
        match bad.verdict {
            Verdict::Malformed | Verdict::Expired | Verdict::Outdated => {
                reply.detail(401, "token_not_valid", "Token is invalid or expired");
            }
            Verdict::WrongType => reply.detail(401, "token_not_valid", "Token has wrong type"),
            Verdict::Gone => reply.detail(401, "user_not_found", "User not found"),
        }
    }
    // None of the bad tokens has spent the valid one or revoked its family.
    world.anybody().refresh(&corpus.tesla.admin.refresh).await.ok();
}

async fn what_a_token_claims_to_be_gives_no_rights(world: &World) {
    let corpus = Corpus::new(world).await;
    let sample = corpus.sample(world);
    for (claim, value) in [("role", "\"SUPERADMIN\""), ("role", "\"AGENT\""), ("company_id", "\"SPA001\"")] {
        let caller = world.anybody().with_token(&resigned(&sample, claim, value));
        let user = caller.profile().await.ok();
        assert_eq!((&user["role"], &user["company_id"]), (&json!("ADMIN"), &json!("TES001")), "{claim} {value}");
        caller.list_admins(&[]).await.refuses_the_role();
    }
}

async fn a_token_of_no_sign_in_or_of_anothers_is_refused(world: &World) {
    let corpus = Corpus::new(world).await;
    let sample = corpus.sample(world);
    let lines = format!("SELECT id AS line FROM refresh_families WHERE user_id = {}", corpus.stranger);
    let foreign = world.lines(&lines).concat();
    for family in [foreign, "0".repeat(32)] {
        let caller = world.anybody().with_token(&resigned(&sample, "family", &format!("\"{family}\"")));
        caller.profile().await.detail(401, "token_not_valid", "Given token not valid for any token type");
    }
    corpus.tesla.admin.profile().await.ok();
}
