//! Groups that an entry answers already: their questions become alternatives of the entry. And questions that say nothing
//! without the one before, which are not published.

use super::*;

on_each_database!(
    a_group_is_closed_into_an_entry_that_it_then_finds,
    what_the_entry_has_is_not_added_again,
    an_entry_that_has_no_room_gets_what_fits,
    a_refused_closing_changes_nothing,
    a_closing_that_loses_a_golden_question_is_refused_unless_it_is_forced,
    a_question_that_needs_the_one_before_is_published_together_with_it,
    a_question_that_says_nothing_alone_is_not_published,
    a_thumb_down_keeps_the_question_before,
    only_entries_of_the_company_are_closed_into,
);

/// What the entry `rent_002` answers.
const DEPOSIT: &str = "Yes, 100 euros by card, returned when the bicycle comes back.";

async fn taught(world: &World) -> Company {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

async fn a_group_is_closed_into_an_entry_that_it_then_finds(world: &World) {
    let tesla = taught(world).await;
    for question in ["Is money kept as security?", "is security money kept", "Is money kept as security"] {
        asked(&tesla, question).await;
    }
    let group = list(&tesla, &[]).await.remove(0);
    let wordings = ["Is money kept as security?", "is security money kept"];
    let closed = act(&tesla, &group, "close", &json!({"chunk_id": "rent_002"})).await.ok();
    assert_eq!((&closed["closed"], texts(&closed["added"])), (&json!(3), wordings.to_vec()));
    assert_eq!(closed["left_out"], json!([]));
    assert_eq!(
        (&closed["entry"]["chunk_id"], texts(&closed["entry"]["alternatives"])),
        (&json!("rent_002"), wordings.to_vec())
    );
    assert_eq!(list(&tesla, &[]).await, Vec::<Value>::new());
    for wording in wordings {
        let (_, reply) = asked(&tesla, wording).await;
        assert_eq!((&reply["answer"], &reply["confidence"]), (&json!(DEPOSIT), &json!(1.0)), "{wording}");
    }
    let log = tesla.admin.client().get("/api/audit/").await.ok();
    let actions: Vec<_> =
        log["results"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions[..2], ["entry_updated", "questions_closed"], "{log}");
    act(&tesla, &group, "close", &json!({"chunk_id": "rent_002"})).await.error(404, "not_found", "Question not found");
}

async fn what_the_entry_has_is_not_added_again(world: &World) {
    let tesla = taught(world).await;
    let (visitor, reply) = asked(&tesla, "do I need to leave a DEPOSIT").await;
    visitor.give_feedback(&visitor.session, reply["last_seq"].as_i64().unwrap(), false).await.ok();
    let group = list(&tesla, &[]).await.remove(0);
    let closed = act(&tesla, &group, "close", &json!({"chunk_id": "rent_002", "ignore": false})).await.ok();
    assert_eq!((&closed["closed"], &closed["added"]), (&json!(1), &json!([])));
    assert_eq!(closed["entry"]["alternatives"], json!([]));
}

async fn an_entry_that_has_no_room_gets_what_fits(world: &World) {
    let tesla = taught(world).await;
    let entry = "/api/knowledge/entries/rent_002/";
    let alternatives = |number: usize| (0..number).map(|at| format!("Security {at}?")).collect::<Vec<_>>();
    let fill = async |number: usize| {
        let body = json!({"alternatives": alternatives(number)});
        tesla.admin.client().call(reqwest::Method::PATCH, entry).json(&body).await.ok();
    };
    for question in ["zebra stripes money?", "zebra stripes money?", "money zebra stripes"] {
        asked(&tesla, question).await;
    }
    let group = list(&tesla, &[]).await.remove(0);
    fill(20).await;
    let refused = act(&tesla, &group, "close", &json!({"chunk_id": "rent_002"})).await.expect(400);
    assert_eq!(refused.body["chunk_id"], json!(["The entry has 20 alternatives, which is the most."]));
    fill(19).await;
    let closed = act(&tesla, &group, "close", &json!({"chunk_id": "rent_002"})).await.ok();
    assert_eq!(closed["added"], json!(["zebra stripes money?"]));
    assert_eq!((&closed["left_out"], &closed["closed"]), (&json!(["money zebra stripes"]), &json!(3)));
}

async fn a_refused_closing_changes_nothing(world: &World) {
    let tesla = taught(world).await;
    asked(&tesla, "Is money kept as security?").await;
    let groups = list(&tesla, &[]).await;
    let entries = tesla.admin.client().get("/api/knowledge/entries/").await.ok();
    for (field, body) in [
        ("non_field_errors", json!({"chunk_id": "rent_002", "ignore": true})),
        ("non_field_errors", json!({"ignore": false})),
        ("non_field_errors", json!({"alternatives": ["Security?"]})),
        ("chunk_id", json!({"chunk_id": "nothing"})),
        ("chunk_id", json!({"chunk_id": "x".repeat(101)})),
        ("chunk_id", json!({"chunk_id": "rent_001", "alternatives": ["do i need to leave a deposit"]})),
        ("alternatives", json!({"chunk_id": "rent_002", "alternatives": "one"})),
        ("ignore", json!({"ignore": "perhaps"})),
        ("force", json!({"chunk_id": "rent_002", "force": "perhaps"})),
    ] {
        let refused = act(&tesla, &groups[0], "close", &body).await.expect(400);
        assert!(refused.body[field].is_array(), "{field}: {refused:?}");
    }
    assert_eq!(list(&tesla, &[]).await, groups);
    assert_eq!(tesla.admin.client().get("/api/knowledge/entries/").await.ok(), entries);
    let closed = act(&tesla, &groups[0], "close", &json!({"ignore": true})).await.ok();
    assert_eq!(closed, json!({"closed": 1}));
}

async fn a_closing_that_loses_a_golden_question_is_refused_unless_it_is_forced(world: &World) {
    let tesla = taught(world).await;
    let golden = json!({"question": "Is security money kept?", "expect": "clarify"});
    tesla.admin.client().post("/api/knowledge/golden/", &golden).await.created();
    asked(&tesla, "Is money kept as security?").await;
    asked(&tesla, "Is security money kept?").await;
    let groups = list(&tesla, &[]).await;
    let refused = act(&tesla, &groups[0], "close", &json!({"chunk_id": "rent_002"})).await.expect(409);
    assert_eq!(
        (&refused.body["code"], &refused.body["golden_lost"][0]["question"]),
        (&json!("golden_lost"), &golden["question"])
    );
    assert_eq!(list(&tesla, &[]).await, groups);
    let forced = act(&tesla, &groups[0], "close", &json!({"chunk_id": "rent_002", "force": true})).await.ok();
    assert_eq!(forced["closed"], 2);
    assert_eq!(asked(&tesla, "Is security money kept?").await.1["answer"], DEPOSIT);
}

async fn a_question_that_needs_the_one_before_is_published_together_with_it(world: &World) {
    let tesla = taught(world).await;
    let (mut visitor, _) = asked(&tesla, "Do you give swimming lessons?").await;
    visitor.say("and for giraffes?").await;
    let groups = list(&tesla, &[]).await;
    let both = "Do you give swimming lessons? and for giraffes?";
    let group = groups.iter().find(|group| group["examples"].to_string().contains(both)).unwrap();
    let first = groups.iter().find(|group| !group["examples"].to_string().contains(both));
    let body = json!({"answer": "From four years on.", "document": "Handbook"});
    let question = act(&tesla, group, "answer", &body).await.created()["entry"]["question"].clone();
    assert!(question.as_str().unwrap().starts_with("Do you give swimming lessons?"), "{question}");
    if first.is_some() {
        assert_eq!(question, both);
        // Asked again in the same way, it is found.
        let (mut visitor, _) = asked(&tesla, "Do you give swimming lessons?").await;
        assert_eq!(visitor.say("and for giraffes?").await["answer"], "From four years on.");
    }
    // And what goes on from another question is not answered with it.
    let (mut visitor, _) = asked(&tesla, "Which wifi is there?").await;
    assert_ne!(visitor.say("and for giraffes?").await["type"], "rag_response");
}

async fn a_question_that_says_nothing_alone_is_not_published(world: &World) {
    let tesla = taught(world).await;
    asked(&tesla, "and for giraffes?").await;
    let group = list(&tesla, &[]).await.remove(0);
    assert_eq!(group["question"], "and for giraffes?");
    let body = json!({"answer": "From four years on.", "document": "Handbook"});
    let refused = act(&tesla, &group, "answer", &body).await.expect(400);
    let message = "What the visitors asked says nothing without the question before. Send a question.";
    assert_eq!(refused.body["question"], json!([message]));
    let refused = act(&tesla, &group, "close", &json!({"chunk_id": "rent_003"})).await.expect(400);
    let message = "What the visitors asked says nothing without the question before. Send alternatives.";
    assert_eq!(refused.body["alternatives"], json!([message]));
    assert_eq!(list(&tesla, &[]).await, std::slice::from_ref(&group));
    let body = json!({"chunk_id": "rent_003", "alternatives": ["May kids come along?"]});
    assert_eq!(act(&tesla, &group, "close", &body).await.ok()["added"], json!(["May kids come along?"]));
    let answer = "Trailers carry two children up to 40 kilograms together.";
    assert_eq!(asked(&tesla, "may kids come ALONG").await.1["answer"], answer);
}

async fn a_thumb_down_keeps_the_question_before(world: &World) {
    let tesla = taught(world).await;
    tesla.admin.set_bot(&json!({"confidence_threshold": 0.0})).await.ok();
    let (mut visitor, _) = asked(&tesla, "How long does a puncture repair take?").await;
    let reply = visitor.say("and for brakes?").await;
    assert_eq!(reply["type"], "rag_response", "{reply}");
    let both = "How long does a puncture repair take? and for brakes?";
    let seq = reply["last_seq"].as_i64().unwrap();
    visitor.give_feedback(&visitor.session, seq, false).await.ok();
    assert_eq!(counts(&list(&tesla, &[]).await), [(both, 1)]);
    // As well if the visitor has asked something else since.
    visitor.give_feedback(&visitor.session, seq, true).await.ok();
    visitor.say("Can children ride in a trailer?").await;
    visitor.give_feedback(&visitor.session, seq, false).await.ok();
    assert_eq!(counts(&list(&tesla, &[]).await), [(both, 1)]);
}

async fn only_entries_of_the_company_are_closed_into(world: &World) {
    let (tesla, spacex) = (taught(world).await, world.company("SpaceX").await);
    let boss = world.superadmin().await;
    boss.load_sample_documents().await.ok();
    tesla.admin.set_bot(&json!({"use_shared_library": true})).await.ok();
    let library = boss.client().get("/api/knowledge/entries/").query(&[("shared", "true"), ("limit", "1")]).await.ok();
    asked(&tesla, "Is zebra money kept as security?").await;
    asked(&spacex, "Is zebra money kept as security?").await;
    let own = list(&spacex, &[]).await.remove(0);
    act(&spacex, &own, "close", &json!({"chunk_id": "rent_002"})).await.expect(400);
    let group = list(&tesla, &[]).await.remove(0);
    let shared = &library["results"][0]["chunk_id"];
    let refused = act(&tesla, &group, "close", &json!({"chunk_id": shared})).await.expect(400);
    assert_eq!(refused.body["chunk_id"], json!(["There is no entry with this id."]));
    let path = format!("{LIST}{}/close/", group["id"]);
    let named = json!({"chunk_id": "rent_002", "company_id": tesla.id});
    spacex.admin.client().post(&path, &named).await.error(404, "not_found", "Question not found");
    assert_eq!(boss.client().post(&path, &named).await.ok()["closed"], 1);
}
