//! The entries of what a company knows, one by one.
#![cfg(test)]

use std::time::{Duration, Instant};

use api_tests::{Setup, prelude::*};
use reqwest::Method;

const ENTRIES: &str = "/api/knowledge/entries/";

/// How long the job of a test may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

on_each_database!(
    entries_are_listed_by_document_and_found_by_their_words,
    pages_go_on_where_the_last_one_ended,
    documents_are_listed_with_the_number_of_their_entries,
    a_new_entry_answers_the_next_message,
    a_change_is_answered_at_once,
    an_entry_with_the_question_of_another_is_stored_with_a_warning,
    a_removed_entry_answers_no_more,
    an_alternative_question_finds_the_entry,
    bad_entries_are_refused,
    a_company_knows_no_more_than_its_share_after_any_change,
    the_library_is_listed_for_companies_that_use_it_and_changed_by_superadmins_only,
    entries_of_another_company_do_not_exist,
    agents_read_and_admins_write,
);

/// Returns the ids of listed entries.
fn ids(page: &Value) -> Vec<&str> {
    page["results"].as_array().unwrap().iter().map(|row| row["chunk_id"].as_str().unwrap()).collect()
}

async fn list(who: &impl Caller, query: &[(&str, &str)]) -> Value {
    who.client().get(ENTRIES).query(query).await.ok()
}

fn patch(who: &impl Caller, id: &str, body: &Value) -> Call {
    who.client().call(Method::PATCH, &format!("{ENTRIES}{id}/")).json(body)
}

fn delete(who: &impl Caller, id: &str) -> Call {
    who.client().call(Method::DELETE, &format!("{ENTRIES}{id}/"))
}

fn hours() -> Value {
    json!({"question": "When do you open?", "answer": "At nine.", "document": "Handbook", "section": "Visits",
        "chunk_id": "hours", "page": 4, "alternatives": ["Opening hours?", "opening  hours", "Are you open early"]})
}

async fn entries_are_listed_by_document_and_found_by_their_words(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    assert_eq!(list(&tesla.admin, &[]).await, json!({"results": [], "next": null}));
    tesla.knowledge(&sample::bicycle_faq()).await;
    let all = list(&tesla.admin, &[]).await;
    assert_eq!(ids(&all), ["rent_001", "rent_002", "rent_003", "repair_001", "repair_002"]);
    let first = json!({
        "chunk_id": "rent_001", "document": "Price list", "section": "Renting",
        "question": "How much does it cost to rent a bicycle for a day?", "alternatives": [],
        "answer": "A city bicycle is 25 euros a day; an electric one is 40 euros.", "page": 2,
        "updated_at": all["results"][0]["updated_at"], "shared": false,
    });
    assert_eq!(all["results"][0], first);
    for (query, found) in [
        (&[("q", "BICYCLE 25")][..], &["rent_001"][..]),
        (&[("q", "br\u{e4}kes hydraulic")], &["repair_002"]),
        (&[("q", "renting")], &["rent_001", "rent_002", "rent_003"]),
        (&[("q", "rent_003")], &["rent_003"]),
        (&[("q", "deposit zebra")], &[]),
        (&[("q", "%")], &[]),
        (&[("q", " ")], &["rent_001", "rent_002", "rent_003", "repair_001", "repair_002"]),
        (&[("document", "Price list")], &["rent_001", "rent_002"]),
        (&[("document", "price list")], &[]),
        (&[("document", "Handbook"), ("q", "hydraulic")], &["repair_002"]),
    ] {
        assert_eq!(ids(&list(&tesla.admin, query).await), found, "{query:?}");
    }
}

async fn pages_go_on_where_the_last_one_ended(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut next = json!("");
    let mut pages = Vec::new();
    while let Some(cursor) = next.as_str() {
        let page = list(&tesla.admin, &[("limit", "2"), ("cursor", cursor)]).await;
        pages.push(ids(&page).join(" "));
        next = page["next"].clone();
    }
    assert_eq!(pages, ["rent_001 rent_002", "rent_003 repair_001", "repair_002"]);
    for (limit, rows) in [("0", 1), ("-5", 1), ("100000", 5)] {
        assert_eq!(ids(&list(&tesla.admin, &[("limit", limit)]).await).len(), rows, "{limit}");
    }
    for path in [ENTRIES, "/api/knowledge/documents/"] {
        for odd in ["x", "own", "own.", "own.1.", "own.1.2.3", "own.-1.2", "other.1.2"] {
            let reply = tesla.admin.client().get(path).query(&[("cursor", odd)]).await;
            reply.error(400, "bad_request", "Invalid cursor parameter");
        }
        tesla.admin.client().get(path).query(&[("limit", "x")]).await.error(
            400,
            "bad_request",
            "Invalid limit parameter",
        );
    }
}

async fn documents_are_listed_with_the_number_of_their_entries(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let documents =
        async |query: &[(&str, &str)]| tesla.admin.client().get("/api/knowledge/documents/").query(query).await.ok();
    let all = documents(&[]).await;
    let row = |at: usize, title: &str, entries: u8| {
        let row = &all["results"][at];
        assert!(row["document_id"].is_i64() && row["created_at"].is_string(), "{row}");
        json!({"document_id": row["document_id"], "title": title, "entries": entries,
            "created_at": row["created_at"], "shared": false})
    };
    assert_eq!(all, json!({"results": [row(0, "Price list", 2), row(1, "Handbook", 3)], "next": null}));
    let first = documents(&[("limit", "1")]).await;
    assert_eq!(first["results"], json!([all["results"][0]]));
    let second = documents(&[("limit", "1"), ("cursor", first["next"].as_str().unwrap())]).await;
    assert_eq!(second, json!({"results": [all["results"][1]], "next": null}));
}

async fn a_new_entry_answers_the_next_message(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut visitor = tesla.visitor().await;
    assert_ne!(visitor.say("When do you open?").await["answer"], "At nine.");
    let created = tesla.admin.client().post(ENTRIES, &hours()).await.created();
    let mut expected = hours();
    expected["alternatives"] = json!(["Opening hours?", "Are you open early"]);
    expected["shared"] = json!(false);
    expected["updated_at"] = created["updated_at"].clone();
    assert_eq!(created, expected);
    let reply = visitor.say("When do you open?").await;
    assert_eq!((&reply["answer"], &reply["citations"][0]["chunk_id"]), (&json!("At nine."), &json!("hours")));
    // In a document that is there already, it is the last one.
    let of_document = list(&tesla.admin, &[("document", "Handbook")]).await;
    assert_eq!(ids(&of_document), ["rent_003", "repair_001", "repair_002", "hours"]);
    let bare = json!({"question": "Why?", "answer": "Because of <b>this</b>.", "document": "New"});
    let created = tesla.admin.client().post(ENTRIES, &bare).await.created();
    assert_eq!(
        (created["chunk_id"].as_str().unwrap().len(), &created["section"], &created["page"]),
        (36, &json!(""), &json!(0))
    );
    assert_eq!(created["answer"], "Because of this.");
    assert_eq!(created["alternatives"], json!([]));
}

async fn a_change_is_answered_at_once(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.client().post(ENTRIES, &hours()).await.created();
    let before = list(&tesla.admin, &[("q", "hours")]).await["results"][0].clone();
    world.clock.advance(Duration::from_secs(3));
    let mut visitor = tesla.visitor().await;
    let changed = patch(&tesla.admin, "hours", &json!({"answer": "At ten."})).await.ok();
    assert_eq!(visitor.say("When do you open?").await["answer"], "At ten.");
    let mut expected = before.clone();
    expected["answer"] = json!("At ten.");
    expected["updated_at"] = changed["updated_at"].clone();
    assert_eq!(changed, expected);
    assert_ne!(changed["updated_at"], before["updated_at"]);
    // What changes nothing leaves the time as it is.
    world.clock.advance(Duration::from_secs(3));
    assert_eq!(patch(&tesla.admin, "hours", &json!({"answer": "At ten.", "extra": 1})).await.ok(), changed);
    assert_eq!(patch(&tesla.admin, "hours", &json!({})).await.ok(), changed);
    let bare = json!({"section": "", "alternatives": null, "page": 0, "document": "Price list"});
    let bare = patch(&tesla.admin, "hours", &bare).await.ok();
    assert_eq!((&bare["section"], &bare["alternatives"], &bare["page"]), (&json!(""), &json!([]), &json!(0)));
    assert_eq!(ids(&list(&tesla.admin, &[("document", "Price list")]).await), ["rent_001", "rent_002", "hours"]);
    let form =
        |fields: &[(&str, &str)]| tesla.admin.client().call(Method::PATCH, &format!("{ENTRIES}hours/")).form(fields);
    let two = form(&[("alternatives", "one"), ("alternatives", "two"), ("page", "8")]).await.ok();
    assert_eq!((&two["alternatives"], &two["page"]), (&json!(["one", "two"]), &json!(8)));
    assert_eq!(form(&[("alternatives", "")]).await.ok()["alternatives"], json!([]));
}

async fn an_entry_with_the_question_of_another_is_stored_with_a_warning(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    assert_eq!(tesla.admin.client().post(ENTRIES, &hours()).await.created().get("warnings"), None);
    let warnings = json!(["The question is also that of the entry hours."]);
    let mut twice = hours();
    (twice["chunk_id"], twice["question"]) = (json!("twice"), json!("<b>WHEN</b> do you open"));
    assert_eq!(spacex.admin.client().post(ENTRIES, &twice).await.created().get("warnings"), None);
    assert_eq!(tesla.admin.client().post(ENTRIES, &twice).await.created()["warnings"], warnings);
    assert_eq!(patch(&tesla.admin, "twice", &json!({"page": 2})).await.ok().get("warnings"), None);
    assert_eq!(
        patch(&tesla.admin, "twice", &json!({"question": "When do you open?"})).await.ok()["warnings"],
        warnings
    );
    assert_eq!(
        patch(&tesla.admin, "twice", &json!({"question": "When do you close?"})).await.ok().get("warnings"),
        None
    );
    assert_eq!(ids(&list(&tesla.admin, &[]).await), ["hours", "twice"]);
}

async fn a_removed_entry_answers_no_more(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.client().post(ENTRIES, &hours()).await.created();
    let mut visitor = tesla.visitor().await;
    assert_eq!(visitor.say("When do you open?").await["answer"], "At nine.");
    assert_eq!(delete(&tesla.admin, "hours").await.ok(), json!({"message": "Entry deleted"}));
    assert_eq!(visitor.say("When do you open?").await["type"], "clarification_needed");
    delete(&tesla.admin, "hours").await.error(404, "not_found", "Entry not found");
    patch(&tesla.admin, "hours", &json!({"page": 1})).await.error(404, "not_found", "Entry not found");
    let documents = tesla.admin.client().get("/api/knowledge/documents/").await.ok();
    assert_eq!(documents["results"], json!([]));
    // An id can have any characters.
    let odd = json!({"question": "Q", "answer": "A", "document": "D", "chunk_id": "a/b c+d%20?\u{e9}"});
    tesla.admin.client().post(ENTRIES, &odd).await.created();
    patch(&tesla.admin, "a%2Fb%20c+d%2520%3F%C3%A9", &json!({"page": 1})).await.ok();
    delete(&tesla.admin, "a%2Fb%20c+d%2520%3F%C3%A9").await.ok();
}

async fn an_alternative_question_finds_the_entry(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    tesla.admin.client().post(ENTRIES, &hours()).await.created();
    let mut visitor = tesla.visitor().await;
    let reply = visitor.say("are you, open EARLY").await;
    assert_eq!((&reply["answer"], &reply["confidence"]), (&json!("At nine."), &json!(1.0)), "{reply}");
    // A question counts before an alternative.
    let clash = json!({"alternatives": ["Do I need to leave a deposit?", "pledge money"]});
    patch(&tesla.admin, "hours", &clash).await.ok();
    let reply = visitor.say("do i need to leave a deposit").await;
    assert_eq!(reply["citations"][0]["chunk_id"], "rent_002", "{reply}");
    let reply = visitor.say("how about pledge money").await;
    assert_eq!(reply["citations"][0]["chunk_id"], "hours", "{reply}");
}

async fn bad_entries_are_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.admin.client().post(ENTRIES, &hours()).await.created();
    let before = list(&tesla.admin, &[]).await;
    for (field, value, message) in [
        ("question", json!(" "), "This field may not be blank."),
        ("question", json!("x".repeat(1001)), "Ensure this field has no more than 1000 characters."),
        ("answer", json!("x".repeat(10_001)), "Ensure this field has no more than 10000 characters."),
        ("answer", json!(["x"]), "Not a valid string."),
        ("document", json!("x".repeat(201)), "Ensure this field has no more than 200 characters."),
        ("section", json!("x".repeat(101)), "Ensure this field has no more than 100 characters."),
        ("page", json!("x"), "A valid integer is required."),
        ("alternatives", json!(vec!["x"; 21]), "Ensure this field has no more than 20 elements."),
        ("alternatives", json!(5), "Expected a list of items but got type \"int\"."),
    ] {
        let mut body = hours();
        body["chunk_id"] = json!("other");
        body[field] = value.clone();
        tesla.admin.client().post(ENTRIES, &body).await.field_error(field, message);
        patch(&tesla.admin, "hours", &json!({ field: value })).await.field_error(field, message);
    }
    for field in ["question", "answer", "document"] {
        let mut body = hours();
        body.as_object_mut().unwrap().remove(field);
        tesla.admin.client().post(ENTRIES, &body).await.field_error(field, "This field is required.");
        patch(&tesla.admin, "hours", &json!({ field: null })).await.field_error(field, "This field may not be null.");
    }
    for taken in ["hours", " hours ", "export"] {
        let mut body = hours();
        body["chunk_id"] = json!(taken);
        tesla.admin.client().post(ENTRIES, &body).await.field_error("chunk_id", "This id is taken.");
    }
    assert_eq!(list(&tesla.admin, &[]).await, before);
}

async fn a_company_knows_no_more_than_its_share_after_any_change(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let merge = |part: usize, entries: usize| {
        let entry = |n: usize| json!({"question": format!("{n} {part}"), "answer": "a".repeat(9_990), "chunk_id": format!("{part}_{n}")});
        json!({"documents": {"c": {"s": (0..entries).map(entry).collect::<Vec<_>>()}}, "mode": "merge"})
    };
    tesla.admin.load_documents(&merge(0, 1_000)).await.ok();
    tesla.admin.load_documents(&merge(1, 49)).await.ok();
    let message = "There may be no more than 20000 questions and 10485760 characters altogether.";
    let mut body = hours();
    body["answer"] = json!("b".repeat(10_000));
    tesla.admin.client().post(ENTRIES, &body).await.field_error("non_field_errors", message);
    let small = json!({"question": "q", "answer": "a", "document": "c", "chunk_id": "small"});
    tesla.admin.client().post(ENTRIES, &small).await.created();
    let large = json!({"answer": "b".repeat(10_000)});
    patch(&tesla.admin, "small", &large).await.field_error("non_field_errors", message);
    assert_eq!(list(&tesla.admin, &[("q", "small")]).await["results"][0]["answer"], "a");
}

async fn the_library_is_listed_for_companies_that_use_it_and_changed_by_superadmins_only(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let superadmin = world.superadmin().await;
    tesla.knowledge(&sample::bicycle_faq()).await;
    let mut shared = hours();
    shared["shared"] = json!(true);
    let created = superadmin.client().post(ENTRIES, &shared).await.created();
    assert_eq!(created["shared"], true);
    assert_eq!(ids(&list(&tesla.admin, &[]).await).len(), 5);
    tesla.admin.set_bot(&json!({"use_shared_library": true})).await.ok();
    let all = list(&tesla.admin, &[]).await;
    assert_eq!(ids(&all).len(), 6);
    assert_eq!(all["results"][5], created);
    let mut next = json!("");
    let mut pages = Vec::new();
    while let Some(cursor) = next.as_str() {
        let page = list(&tesla.admin, &[("limit", "5"), ("cursor", cursor)]).await;
        pages.push(ids(&page).len());
        next = page["next"].clone();
    }
    assert_eq!(pages, [5, 1]);
    assert_eq!(ids(&list(&tesla.admin, &[("q", "nine")]).await), ["hours"]);
    let documents = tesla.admin.client().get("/api/knowledge/documents/").await.ok();
    let titles: Vec<_> =
        documents["results"].as_array().unwrap().iter().map(|it| (&it["title"], &it["shared"])).collect();
    assert_eq!(json!(titles), json!([["Price list", false], ["Handbook", false], ["Handbook", true]]));
    // For an admin these entries cannot be changed, and `shared` names nothing.
    patch(&tesla.admin, "hours", &json!({"page": 9, "shared": true})).await.error(404, "not_found", "Entry not found");
    delete(&tesla.admin, "hours").query(&[("shared", "true")]).await.error(404, "not_found", "Entry not found");
    assert!(
        tesla.admin.client().get("/api/knowledge/entries/export/?shared=true").await.ok()["documents"]
            .get("Visits")
            .is_none()
    );
    let library = list(&superadmin, &[("shared", "true")]).await;
    assert_eq!(library["results"], json!([created]));
    assert_eq!(patch(&superadmin, "hours", &json!({"page": 9, "shared": "yes"})).await.ok()["page"], 9);
    let client = superadmin.client();
    client.call(Method::DELETE, &format!("{ENTRIES}hours/")).query(&[("shared", "1")]).await.ok();
    assert_eq!(list(&superadmin, &[("shared", "true")]).await["results"], json!([]));
    // In a company, a superadmin writes as its admin does.
    let mut own = hours();
    own["company_id"] = json!(tesla.id);
    assert_eq!(client.post(ENTRIES, &own).await.created()["shared"], false);
    assert_eq!(ids(&list(&superadmin, &[("company_id", &tesla.id), ("q", "nine")]).await), ["hours"]);
    for call in [client.get(ENTRIES), client.post(ENTRIES, &hours()), delete(&superadmin, "hours")] {
        call.await.error(400, "bad_request", "company_id or shared is required");
    }
    client.get(ENTRIES).query(&[("company_id", "ABC001")]).await.error(404, "not_found", "Company not found");
    client.get(ENTRIES).query(&[("shared", "perhaps")]).await.field_error("shared", "Must be a valid boolean.");
    // The library is named by `shared` alone, and with a value.
    let mut by_code = hours();
    by_code["company_id"] = json!("SHARED");
    client.post(ENTRIES, &by_code).await.error(404, "not_found", "Company not found");
    for path in [ENTRIES, "/api/knowledge/documents/", "/api/knowledge/entries/export/"] {
        let query = [("company_id", tesla.id.as_str()), ("shared", "")];
        client.get(path).query(&query).await.field_error("shared", "This field may not be blank.");
    }
    let load = json!({"documents": {"c": {"s": [hours()]}}, "company_id": tesla.id});
    let loaded = client.post("/api/chatbot/load-rag-documents/?shared=", &load).await;
    loaded.field_error("shared", "This field may not be blank.");
    assert_eq!(list(&superadmin, &[("shared", "true")]).await["results"], json!([]));
}

async fn entries_of_another_company_do_not_exist(world: &World) {
    let (tesla, spacex) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    tesla.admin.client().post(ENTRIES, &hours()).await.created();
    assert_eq!(list(&spacex.admin, &[("company_id", &tesla.id)]).await["results"], json!([]));
    for call in [patch(&spacex.admin, "hours", &json!({"page": 1})), delete(&spacex.admin, "hours")] {
        call.await.error(404, "not_found", "Entry not found");
    }
    // Ids are unique within a company only.
    spacex.admin.client().post(ENTRIES, &hours()).await.created();
    delete(&spacex.admin, "hours").await.ok();
    assert_eq!(ids(&list(&tesla.admin, &[]).await), ["hours"]);
}

async fn agents_read_and_admins_write(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    tesla.admin.client().post(ENTRIES, &hours()).await.created();
    assert_eq!(ids(&list(&agent, &[]).await), ["hours"]);
    for path in ["/api/knowledge/documents/", "/api/knowledge/entries/export/"] {
        agent.client().get(path).await.ok();
        world.anybody().get(path).await.asks_for_a_token();
    }
    for call in [agent.client().post(ENTRIES, &json!({})), patch(&agent, "hours", &json!({})), delete(&agent, "hours")]
    {
        call.await.refuses_the_role();
    }
    world.anybody().get(ENTRIES).await.asks_for_a_token();
    world.anybody().post(ENTRIES, &hours()).await.asks_for_a_token();
}

/// On servers whose encoder is on.
mod encoding {
    use super::*;

    fn encoding() -> Setup {
        Setup { encoder: true, ..Setup::default() }
    }

    on_each_database!(with encoding: an_alternative_has_a_vector_of_its_own);

    async fn settled(superadmin: &Superadmin) {
        let since = Instant::now();
        while superadmin.jobs(&[]).await.ok()["results"] != json!([]) {
            assert!(since.elapsed() < PATIENCE, "{:?}", superadmin.jobs(&[]).await);
        }
    }

    async fn an_alternative_has_a_vector_of_its_own(world: &World) {
        let tesla = world.company("Tesla Motors").await;
        let superadmin = world.superadmin().await;
        let vectors = || world.lines("SELECT model AS line FROM entry_vectors").len();
        tesla.knowledge(&sample::bicycle_faq()).await;
        settled(&superadmin).await;
        assert_eq!(vectors(), 5);
        tesla.admin.client().post(ENTRIES, &hours()).await.created();
        settled(&superadmin).await;
        assert_eq!(vectors(), 8);
        patch(&tesla.admin, "hours", &json!({"alternatives": ["May I bring my dog?"]})).await.ok();
        settled(&superadmin).await;
        assert_eq!(vectors(), 7);
        // No word of this is in the entry.
        let reply = tesla.visitor().await.say("are pets allowed").await;
        let said = reply.to_string();
        assert!(said.contains("At nine.") || said.contains("When do you open?"), "{reply}");
        delete(&tesla.admin, "hours").await.ok();
        settled(&superadmin).await;
        assert_eq!(vectors(), 5);
    }
}
