//! What visitors asked and got no good answer to: groups of questions, which are closed or answered.
#![cfg(test)]

mod closing;
mod nearest;

use std::time::{Duration, Instant};

use api_tests::{Setup, prelude::*};

const LIST: &str = "/api/knowledge/unanswered/";

async fn list(company: &Company, query: &[(&str, &str)]) -> Vec<Value> {
    company.admin.client().get(LIST).query(query).await.ok()["results"].as_array().unwrap().clone()
}

async fn asked(company: &Company, question: &str) -> (Visitor, Value) {
    let mut visitor = company.visitor().await;
    let reply = visitor.say(question).await;
    (visitor, reply)
}

fn act(company: &Company, group: &Value, act: &str, body: &Value) -> Call {
    company.admin.client().post(&format!("{LIST}{}/{act}/", group["id"]), body)
}

/// Returns the questions of the groups and how many each has.
fn counts(groups: &[Value]) -> Vec<(&str, i64)> {
    groups.iter().map(|group| (group["question"].as_str().unwrap(), group["count"].as_i64().unwrap())).collect()
}

/// Questions on servers whose encoder is off: words tell which of them mean the same.
mod by_words {
    use super::*;

    on_each_database!(
        questions_without_an_answer_are_grouped,
        what_is_asked_during_the_intake_counts,
        an_answer_that_did_not_help_counts_until_it_did,
        a_person_who_is_called_shows_that_an_answer_was_missed,
        a_closed_group_comes_back_only_with_new_questions,
        an_answer_becomes_an_entry_and_closes_its_group,
        a_refused_answer_changes_nothing,
        groups_are_listed_page_by_page_in_two_orders,
        bad_parameters_are_refused,
        old_questions_are_not_listed,
        questions_of_a_deleted_visitor_are_gone,
        admins_see_their_company_and_superadmins_the_one_they_name,
    );

    async fn questions_without_an_answer_are_grouped(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        tesla.knowledge(&sample::bicycle_faq()).await;
        assert_eq!(list(&tesla, &[]).await, Vec::<Value>::new());
        let (one, first) = asked(&tesla, "Do you sell snow chains?").await;
        world.clock.advance(Duration::from_secs(1));
        asked(&tesla, "What is the password of the wifi?").await;
        world.clock.advance(Duration::from_secs(1));
        let (two, second) = asked(&tesla, "Are snow chains sold?").await;
        let (_, answered) = asked(&tesla, "Do I need to leave a deposit?").await;
        assert_eq!((&second["type"], &answered["type"]), (&json!("clarification_needed"), &json!("rag_response")));
        let groups = list(&tesla, &[]).await;
        assert_eq!(counts(&groups), [("Do you sell snow chains?", 2), ("What is the password of the wifi?", 1)]);
        let chains = &groups[0];
        assert_eq!(chains["causes"], json!({"low": 2, "thumb_down": 0, "escalated": 0}));
        let example = |at: usize| &chains["examples"][at];
        assert_eq!((&chains["first_at"], &chains["last_at"]), (&example(1)["at"], &example(0)["at"]));
        assert_eq!(
            *example(0),
            json!({"question": "Are snow chains sold?", "session_id": two.session, "seq": second["last_seq"],
                "cause": "low", "at": chains["last_at"]})
        );
        assert_eq!((&example(1)["session_id"], &example(1)["seq"]), (&json!(one.session), &first["last_seq"]));
    }

    async fn what_is_asked_during_the_intake_counts(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        let mut visitor = tesla.stranger();
        let reply = visitor.say("Do you sell snow chains?").await;
        assert_eq!(reply["type"], "profile_collection", "{reply}");
        visitor.say("Ann Ray").await;
        let groups = list(&tesla, &[]).await;
        assert_eq!(counts(&groups), [("Do you sell snow chains?", 1)]);
        assert_eq!(groups[0]["examples"][0]["seq"], 2);
    }

    async fn an_answer_that_did_not_help_counts_until_it_did(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        tesla.knowledge(&sample::bicycle_faq()).await;
        let (visitor, reply) = asked(&tesla, "Do I need to leave a deposit?").await;
        let seq = reply["last_seq"].as_i64().unwrap();
        assert_eq!(list(&tesla, &[]).await, Vec::<Value>::new());
        for _ in 0..2 {
            visitor.give_feedback(&visitor.session, seq, false).await.ok();
            let groups = list(&tesla, &[]).await;
            assert_eq!(counts(&groups), [("Do I need to leave a deposit?", 1)]);
            assert_eq!(groups[0]["causes"], json!({"low": 0, "thumb_down": 1, "escalated": 0}));
        }
        visitor.give_feedback(&visitor.session, seq, true).await.ok();
        assert_eq!(list(&tesla, &[]).await, Vec::<Value>::new());
        // What the bot did not answer stays unanswered, whatever the visitor says of it.
        let (visitor, reply) = asked(&tesla, "Do you sell snow chains?").await;
        for helpful in [false, true] {
            visitor.give_feedback(&visitor.session, reply["last_seq"].as_i64().unwrap(), helpful).await.ok();
            assert_eq!(list(&tesla, &[]).await[0]["causes"], json!({"low": 1, "thumb_down": 0, "escalated": 0}));
        }
    }

    async fn a_person_who_is_called_shows_that_an_answer_was_missed(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        tesla.knowledge(&sample::bicycle_faq()).await;
        let escalated = json!({"low": 0, "thumb_down": 0, "escalated": 1});
        // The visitor asks for a person right after a question without an answer.
        let (mut visitor, _) = asked(&tesla, "Do you sell snow chains?").await;
        visitor.ask_for_a_person(&tesla.admin).await;
        let groups = list(&tesla, &[]).await;
        assert_eq!((counts(&groups), &groups[0]["causes"]), (vec![("Do you sell snow chains?", 1)], &escalated));
        // An answer in between shows that the question before is not why.
        let (mut visitor, _) = asked(&tesla, "Where can I swim?").await;
        visitor.say("Do I need to leave a deposit?").await;
        visitor.ask_for_a_person(&tesla.admin).await;
        assert_eq!(list(&tesla, &[]).await[0]["causes"]["low"], 1);
        // The bot calls a person instead of asking back.
        tesla.admin.set_bot(&json!({"handoff_after_misses": 1})).await.ok();
        let (_, reply) = asked(&tesla, "What is the password of the wifi?").await;
        assert_eq!(reply["type"], "escalated", "{reply}");
        let groups = list(&tesla, &[]).await;
        assert_eq!((groups.len(), &groups[0]["causes"]), (3, &escalated));
        assert_eq!(groups[0]["examples"][0]["seq"], reply["last_seq"]);
        // Who only wants a person has asked nothing.
        let mut visitor = tesla.visitor().await;
        visitor.ask_for_a_person(&tesla.admin).await;
        assert_eq!(list(&tesla, &[]).await, groups);
    }

    async fn a_closed_group_comes_back_only_with_new_questions(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        let (visitor, reply) = asked(&tesla, "Do you sell snow chains?").await;
        asked(&tesla, "snow chains sold?").await;
        asked(&tesla, "Where can I swim?").await;
        let group = list(&tesla, &[]).await.remove(1);
        let closed = act(&tesla, &group, "close", &json!({})).await.ok();
        assert_eq!(closed, json!({"closed": 2}));
        act(&tesla, &group, "close", &json!({})).await.error(404, "not_found", "Question not found");
        // An opinion on what was closed opens nothing.
        visitor.give_feedback(&visitor.session, reply["last_seq"].as_i64().unwrap(), false).await.ok();
        assert_eq!(counts(&list(&tesla, &[]).await), [("Where can I swim?", 1)]);
        asked(&tesla, "Do you sell snow chains?").await;
        let groups = list(&tesla, &[]).await;
        assert_eq!(counts(&groups), [("Do you sell snow chains?", 1), ("Where can I swim?", 1)]);
        assert_ne!(groups[0]["id"], group["id"]);
    }

    async fn an_answer_becomes_an_entry_and_closes_its_group(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        tesla.knowledge(&sample::bicycle_faq()).await;
        asked(&tesla, "Do you sell snow chains?").await;
        asked(&tesla, "Are snow chains sold?").await;
        let group = list(&tesla, &[]).await.remove(0);
        let body =
            json!({"answer": "Yes, from October on.", "document": "Handbook", "alternatives": ["winter chains"]});
        let answered = act(&tesla, &group, "answer", &body).await.created();
        assert_eq!(
            (&answered["closed"], &answered["entry"]["question"]),
            (&json!(2), &json!("Do you sell snow chains?"))
        );
        let entry = tesla.admin.client().get("/api/knowledge/entries/?q=october").await.ok()["results"][0].clone();
        assert_eq!(answered["entry"], entry);
        assert_eq!(entry["alternatives"], json!(["winter chains"]));
        assert_eq!(list(&tesla, &[]).await, Vec::<Value>::new());
        for question in ["do you sell snow chains", "Winter chains?"] {
            assert_eq!(asked(&tesla, question).await.1["answer"], "Yes, from October on.");
        }
        act(&tesla, &group, "answer", &body).await.error(404, "not_found", "Question not found");
        // Another wording than the visitors' may be the better question.
        asked(&tesla, "wifi??").await;
        let group = list(&tesla, &[]).await.remove(0);
        let body = json!({"question": "Is there wifi?", "answer": "No.", "document": "Handbook", "chunk_id": "w"});
        let answered = act(&tesla, &group, "answer", &body).await.created();
        assert_eq!(
            (&answered["entry"]["question"], &answered["entry"]["chunk_id"]),
            (&json!("Is there wifi?"), &json!("w"))
        );
    }

    async fn a_refused_answer_changes_nothing(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        tesla.knowledge(&sample::bicycle_faq()).await;
        asked(&tesla, "Do you sell snow chains?").await;
        let groups = list(&tesla, &[]).await;
        let fields = |change: Value| {
            let mut body = json!({"answer": "Yes.", "document": "Handbook"});
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            body
        };
        for (field, body) in [
            ("chunk_id", fields(json!({"chunk_id": "rent_001"}))),
            ("chunk_id", fields(json!({"chunk_id": "export"}))),
            ("answer", fields(json!({"answer": " "}))),
            ("document", fields(json!({"document": null}))),
            ("question", fields(json!({"question": "x".repeat(1_001)}))),
            ("alternatives", fields(json!({"alternatives": "one"}))),
        ] {
            let refused = act(&tesla, &groups[0], "answer", &body).await.expect(400);
            assert!(refused.body[field].is_array(), "{field}: {refused:?}");
        }
        assert_eq!(list(&tesla, &[]).await, groups);
        let entries = tesla.admin.client().get("/api/knowledge/entries/").await.ok();
        assert_eq!(entries["results"].as_array().unwrap().len(), 5);
    }

    async fn groups_are_listed_page_by_page_in_two_orders(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        for question in ["Is there snow?", "Where can I swim?", "IS THERE snow??", "Who won the cup?"] {
            tesla.stranger().say(question).await;
        }
        let newest = [("Who won the cup?", 1), ("Is there snow?", 2), ("Where can I swim?", 1)];
        let frequent = [("Is there snow?", 2), ("Who won the cup?", 1), ("Where can I swim?", 1)];
        for (order, expected) in [("newest", newest), ("frequent", frequent)] {
            assert_eq!(counts(&list(&tesla, &[("order", order)]).await), expected);
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let query = [("order", order), ("limit", "1"), ("cursor", &cursor)];
                let page = tesla.admin.client().get(LIST).query(&query).await.ok();
                assert_eq!(page["results"].as_array().unwrap().len(), 1, "{page}");
                seen.push(page["results"][0].clone());
                match &page["next"] {
                    Value::String(next) => cursor.clone_from(next),
                    _ => break,
                }
            }
            assert_eq!(counts(&seen), expected);
        }
    }

    async fn bad_parameters_are_refused(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        for (name, values) in
            [("order", &["x", "Newest"][..]), ("cursor", &["1", "1.", "1.x", "-1.2"]), ("limit", &["x"])]
        {
            for value in values {
                let refused = tesla.admin.client().get(LIST).query(&[(name, *value)]).await;
                refused.error(400, "bad_request", &format!("Invalid {name} parameter"));
            }
        }
        for id in ["0", "1", "99999999999999999999"] {
            for (act, body) in [("close", json!({})), ("answer", json!({"answer": "A", "document": "D"}))] {
                let unknown = tesla.admin.client().post(&format!("{LIST}{id}/{act}/"), &body).await;
                unknown.error(404, "not_found", "Question not found");
            }
        }
    }

    async fn old_questions_are_not_listed(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        tesla.stranger().say("Do you sell snow chains?").await;
        let listed = async || {
            let admin = tesla.admin.signed_in_again().await;
            admin.client().get(LIST).await.ok()["results"].as_array().unwrap().len()
        };
        world.clock.advance(Duration::from_hours(90 * 24));
        assert_eq!(listed().await, 1);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(listed().await, 0);
    }

    async fn questions_of_a_deleted_visitor_are_gone(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        asked(&tesla, "Do you sell snow chains?").await;
        let profiles = tesla.admin.profiles(&[]).await.ok();
        tesla.admin.delete_profile(profiles["results"][0]["id"].as_i64().unwrap()).await.ok();
        assert_eq!(list(&tesla, &[]).await, Vec::<Value>::new());
    }

    async fn admins_see_their_company_and_superadmins_the_one_they_name(world: &World) {
        let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
        tesla.stranger().say("Do you sell snow chains?").await;
        let group = list(&tesla, &[]).await.remove(0);
        let named = [("company_id", tesla.id.as_str())];
        assert_eq!(list(&spacex, &named).await, Vec::<Value>::new());
        act(&spacex, &group, "close", &json!({})).await.error(404, "not_found", "Question not found");
        let body = json!({"answer": "A", "document": "D", "company_id": tesla.id});
        act(&spacex, &group, "answer", &body).await.error(404, "not_found", "Question not found");
        tesla.agent("Bo Agent").await.client().get(LIST).await.refuses_the_role();
        let boss = world.superadmin().await;
        boss.client().get(LIST).await.error(400, "bad_request", "company_id is required");
        let unknown = boss.client().get(LIST).query(&[("company_id", "ABC001")]).await;
        unknown.error(404, "not_found", "Company not found");
        assert_eq!(boss.client().get(LIST).query(&named).await.ok()["results"][0], group);
        let answered = boss.client().post(&format!("{LIST}{}/answer/", group["id"]), &body).await.created();
        assert_eq!(answered["closed"], 1);
        assert_eq!(list(&tesla, &[]).await, Vec::<Value>::new());
    }
}

/// Questions on servers whose encoder is on.
mod by_meaning {
    use super::*;

    /// How long the jobs of a test may take on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(120);

    fn encoding() -> Setup {
        Setup { encoder: true, ..Setup::default() }
    }

    on_each_database!(with encoding: questions_that_share_no_word_but_a_meaning_are_one_group,);

    async fn questions_that_share_no_word_but_a_meaning_are_one_group(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        for question in [
            "Do you ship abroad?",
            "Can I bring my dog?",
            "Is international delivery available?",
            "Can I take my puppy with me?",
        ] {
            tesla.stranger().say(question).await;
        }
        let superadmin = world.superadmin().await;
        let since = Instant::now();
        while superadmin.jobs(&[]).await.ok()["results"] != json!([]) {
            assert!(since.elapsed() < PATIENCE, "{:?}", superadmin.jobs(&[]).await);
        }
        let listed = tesla.admin.client().get(LIST).await.ok();
        let rows = listed["results"].as_array().unwrap();
        let groups: Vec<_> = rows.iter().map(|group| (&group["question"], &group["count"])).collect();
        let two = json!(2);
        let expected = [(&json!("Can I bring my dog?"), &two), (&json!("Do you ship abroad?"), &two)];
        assert_eq!(groups, expected, "{listed}");
    }
}
