//! The desk's list of conversations.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    every_conversation_is_listed_with_what_is_known_of_it,
    an_agent_is_shown_own_conversations_and_the_queue,
    the_queue_is_by_priority_and_then_by_wait,
    pages_follow_each_other_by_their_cursors,
    a_search_finds_visitors_with_and_without_a_profile,
    counts_and_version_tell_what_changed,
    a_superadmin_names_a_company,
    bad_parameters_are_refused,
    handoffs_are_listed_by_the_longest_wait_on_request,
    calls_of_an_agent_are_noted,
);

fn rows(page: &Value) -> &Vec<Value> {
    page["results"].as_array().unwrap()
}

fn sessions(page: &Value) -> Vec<&str> {
    rows(page).iter().map(|row| row["session_id"].as_str().unwrap()).collect()
}

fn tick(world: &World) {
    world.clock.advance(Duration::from_secs(1));
}

async fn waiting(world: &World, company: &Company) -> (Visitor, i64) {
    tick(world);
    let mut visitor = company.visitor().await;
    let handoff = visitor.ask_for_a_person(&company.admin).await;
    (visitor, handoff)
}

async fn every_conversation_is_listed_with_what_is_known_of_it(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut quiet = tesla.stranger();
    quiet.say("Hello").await;
    tick(world);
    let mut left = tesla.stranger();
    for message in ["Hello", "Asha Rai", "+1 United States", "5551234567"] {
        left.say(message).await;
    }
    let (visitor, handoff) = waiting(world, &tesla).await;
    tesla.admin.assign(handoff, bo.id).await.ok();
    tick(world);
    bo.write(&visitor.session, &"y".repeat(200)).await.ok();

    let page = tesla.admin.conversations(&[]).await.ok();
    assert_eq!(sessions(&page), [&visitor.session, &left.session, &quiet.session]);
    assert_eq!(page["next"], Value::Null);
    let [assigned, early, nameless] = rows(&page).as_slice() else { panic!("{page}") };
    assert_eq!(assigned["handoff_id"], handoff);
    assert_eq!((&assigned["status"], &assigned["priority"]), (&json!("assigned"), &json!("medium")));
    assert_eq!(assigned["reason"], "Talk to a person");
    assert_eq!(assigned["agent"], json!({"id": bo.id, "name": "Bo Agent"}));
    assert_eq!(assigned["visitor"], json!({"name": "Asha Rai", "phone": "+1-5551234567", "email": "asha@example.com"}));
    let handoffs = tesla.admin.handoffs(&[]).await.ok();
    assert_eq!(assigned["since"], handoffs[0]["escalated_at"]);
    let last = &assigned["last_message"];
    assert_eq!((&last["from"], &last["text"]), (&json!("agent"), &json!("y".repeat(160))));
    assert_eq!(
        (&assigned["step"], &assigned["online"], &assigned["viewers"]),
        (&Value::Null, &json!(false), &json!([]))
    );
    let messages = bo.messages(&visitor.session).await.ok();
    let by_visitor = messages["messages"].as_array().unwrap().iter().filter(|row| row["message_type"] == "user");
    assert_eq!(assigned["unread"], by_visitor.count());

    assert_eq!((&early["step"], &early["status"]), (&json!("email"), &json!("active")));
    assert_eq!(early["visitor"], json!({"name": "Asha Rai", "phone": "+1-5551234567", "email": null}));
    for key in ["handoff_id", "priority", "reason", "agent"] {
        assert_eq!(early.get(key), Some(&Value::Null), "{key}: {early}");
    }
    assert_eq!(early["since"], early["last_message"]["at"]);
    assert_eq!(
        (&nameless["step"], &nameless["visitor"], &nameless["unread"]),
        (&json!("name"), &Value::Null, &json!(1))
    );
}

async fn an_agent_is_shown_own_conversations_and_the_queue(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (bo, cy) = (tesla.agent("Bo Agent").await, tesla.agent("Cy Agent").await);
    let mut quiet = tesla.stranger();
    quiet.say("Hello").await;
    let (queued, _) = waiting(world, &tesla).await;
    let (bos, of_bo) = waiting(world, &tesla).await;
    let (cys, of_cy) = waiting(world, &tesla).await;
    let (done, resolved) = waiting(world, &tesla).await;
    let (mut again, reopened) = waiting(world, &tesla).await;
    for (handoff, agent) in [(of_bo, &bo), (of_cy, &cy), (resolved, &bo), (reopened, &bo)] {
        tesla.admin.assign(handoff, agent.id).await.ok();
    }
    for handoff in [resolved, reopened] {
        tick(world);
        bo.resolve(handoff, "").await.ok();
    }
    tick(world);
    again.say("Thank you").await;

    let (quiet, queued, bos) = (&*quiet.session, &*queued.session, &*bos.session);
    let (cys, done, again) = (&*cys.session, &*done.session, &*again.session);
    let nothing: &[&str] = &[];
    for (view, of_admin, of_bo, of_cy) in [
        ("mine", nothing, &[bos][..], &[cys][..]),
        ("queue", &[queued], &[queued], &[queued]),
        ("bot", &[again, quiet], &[again], nothing),
        ("resolved", &[done], &[done], nothing),
    ] {
        let query = [("view", view)];
        assert_eq!(sessions(&tesla.admin.conversations(&query).await.ok()), of_admin, "{view}");
        assert_eq!(sessions(&bo.conversations(&query).await.ok()), of_bo, "{view}");
        assert_eq!(sessions(&cy.conversations(&query).await.ok()), of_cy, "{view}");
    }
    let all = async |who: &dyn Fn() -> Call| {
        let page = who().await.ok();
        let mut all: Vec<String> = sessions(&page).into_iter().map(str::to_owned).collect();
        all.sort();
        all
    };
    let sorted = |sessions: &[&str]| {
        let mut sorted: Vec<String> = sessions.iter().map(|id| (*id).to_owned()).collect();
        sorted.sort();
        sorted
    };
    assert_eq!(all(&|| tesla.admin.conversations(&[])).await, sorted(&[quiet, queued, bos, cys, done, again]));
    assert_eq!(all(&|| bo.conversations(&[])).await, sorted(&[queued, bos, done, again]));
    assert_eq!(all(&|| cy.conversations(&[])).await, sorted(&[queued, cys]));
    let of_bo = bo.id.to_string();
    assert_eq!(all(&|| tesla.admin.conversations(&[("agent_id", &of_bo)])).await, sorted(&[bos, done, again]));
    assert_eq!(all(&|| cy.conversations(&[("agent_id", &of_bo)])).await, sorted(&[]));
    assert_eq!(all(&|| space.admin.conversations(&[("company_id", &tesla.id)])).await, sorted(&[]));
    for search in [cys, quiet] {
        assert_eq!(all(&|| bo.conversations(&[("q", search)])).await, sorted(&[]));
        assert_eq!(all(&|| tesla.admin.conversations(&[("q", search)])).await, sorted(&[search]));
        assert_eq!(all(&|| space.admin.conversations(&[("q", search)])).await, sorted(&[]));
    }
}

async fn the_queue_is_by_priority_and_then_by_wait(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let mut opened = Vec::new();
    for priority in ["low", "high", "urgent", "high", "medium"] {
        tick(world);
        let mut visitor = tesla.stranger();
        visitor.say("Hello").await;
        let body = json!({"session_id": visitor.session, "reason": "help", "priority": priority});
        tesla.admin.client().post("/api/human-handoff/escalate/", &body).await.ok();
        opened.push(visitor.session);
    }
    world.clock.advance(Duration::from_secs(60));
    let page = tesla.admin.conversations(&[("view", "queue")]).await.ok();
    assert_eq!(sessions(&page), [2, 1, 3, 4, 0].map(|at: usize| opened[at].as_str()));
    assert_eq!((&page["counts"]["queue"], &page["counts"]["oldest_wait_s"]), (&json!(5), &json!(64)));
    let high = tesla.admin.conversations(&[("view", "queue"), ("priority", "high")]).await.ok();
    assert_eq!(sessions(&high), [&opened[1], &opened[3]]);
    let high = tesla.admin.conversations(&[("view", "all"), ("priority", "high")]).await.ok();
    assert_eq!(sessions(&high), [&opened[3], &opened[1]]);
}

async fn pages_follow_each_other_by_their_cursors(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agents = [tesla.agent("Bo Li").await, tesla.agent("Cleo Ray").await];
    world.fill(&tesla, 603);
    for (view, count) in [("queue", 12), ("resolved", 391), ("bot", 181), ("all", 603)] {
        let mut paged: Vec<Value> = Vec::new();
        let mut cursor = String::new();
        loop {
            let query = [("view", view), ("limit", "100"), ("cursor", &cursor)];
            let page = tesla.admin.conversations(&query).await.ok();
            paged.extend(rows(&page).iter().cloned());
            let Some(next) = page["next"].as_str() else { break };
            assert_eq!(rows(&page).len(), 100);
            cursor = next.to_owned();
        }
        assert_eq!(paged.len(), count, "{view}");
        let distinct: std::collections::BTreeSet<&str> =
            paged.iter().map(|row| row["session_id"].as_str().unwrap()).collect();
        assert_eq!(distinct.len(), paged.len());
        if view != "queue" {
            let page = tesla.admin.conversations(&[("view", view), ("limit", "200")]).await.ok();
            let shown = paged.len().min(200);
            assert_eq!(rows(&page)[..shown], paged[..shown], "{view}");
        }
    }
    let mine = agents[0].conversations(&[("view", "mine"), ("limit", "200")]).await.ok();
    assert_eq!(mine["counts"]["mine"], rows(&mine).len());
    assert!(rows(&mine).iter().all(|row| row["agent"]["id"] == agents[0].id && row["status"] == "assigned"));
}

async fn a_search_finds_visitors_with_and_without_a_profile(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let known = tesla.visitor().await;
    tick(world);
    let mut left = tesla.stranger();
    for message in ["Hello", "Zo\u{eb} M\u{fc}ller"] {
        left.say(message).await;
    }
    let (known, left) = (&*known.session, &*left.session);
    let uuid = &known.split_once('_').unwrap().1[..9];
    let nothing: &[&str] = &[];
    for (search, expected) in [
        ("asha", &[known][..]),
        ("RAI asha", &[known]),
        ("555 123", &[known]),
        ("asha@example", &[known]),
        ("zoe muller", &[left]),
        (known, &[known]),
        (uuid, &[known]),
        ("nobody", nothing),
        ("%", nothing),
    ] {
        let page = tesla.admin.conversations(&[("q", search)]).await.ok();
        assert_eq!(sessions(&page), expected, "{search}");
    }
}

async fn counts_and_version_tell_what_changed(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let page = async || bo.conversations(&[("view", "mine")]).await.ok();
    let empty = page().await;
    assert_eq!(empty["counts"], json!({"mine": 0, "mine_unread": 0, "queue": 0, "oldest_wait_s": 0}));

    let (mut visitor, handoff) = waiting(world, &tesla).await;
    let queued = page().await;
    assert_ne!(queued["version"], empty["version"]);
    world.clock.advance(Duration::from_secs(30));
    let later = page().await;
    assert_eq!(later["version"], queued["version"]);
    assert_eq!(later["counts"], json!({"mine": 0, "mine_unread": 0, "queue": 1, "oldest_wait_s": 30}));

    tesla.admin.assign(handoff, bo.id).await.ok();
    let assigned = page().await;
    assert_eq!(assigned["counts"], json!({"mine": 1, "mine_unread": 1, "queue": 0, "oldest_wait_s": 0}));
    visitor.say("Are you there?").await;
    let written = page().await;
    assert_ne!(written["version"], assigned["version"]);
    assert_eq!(written["results"][0]["last_message"]["text"], "Are you there?");
    bo.resolve(handoff, "").await.ok();
    assert_eq!(page().await["counts"], empty["counts"]);
    assert_eq!(page().await["version"], empty["version"]);
}

async fn a_superadmin_names_a_company(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let (visitor, _) = waiting(world, &tesla).await;
    waiting(world, &space).await;
    let superadmin = world.superadmin().await;
    superadmin.conversations(&[]).await.error(400, "bad_request", "company_id is required");
    for absent in ["NOT001", "no code"] {
        superadmin.conversations(&[("company_id", absent)]).await.error(404, "not_found", "Company not found");
    }
    let page = superadmin.conversations(&[("company_id", &tesla.id), ("view", "queue")]).await.ok();
    assert_eq!(sessions(&page), [&visitor.session]);
    assert_eq!(page["counts"]["mine"], 0);
}

async fn bad_parameters_are_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    waiting(world, &tesla).await;
    waiting(world, &tesla).await;
    let page = tesla.admin.conversations(&[("view", "queue"), ("limit", "1")]).await.ok();
    let cursor = page["next"].as_str().unwrap();
    for (name, bad) in [
        ("view", "everything"),
        ("view", "MINE"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "-1"),
        ("limit", "x"),
        ("agent_id", "x"),
        ("priority", "huge"),
        ("cursor", "x"),
        // A cursor is of one view.
        ("cursor", cursor),
    ] {
        let message = format!("Invalid {name} parameter");
        tesla.admin.conversations(&[(name, bad)]).await.error(400, "bad_request", &message);
    }
    for blank in ["view", "limit", "agent_id", "priority", "cursor", "q"] {
        assert_eq!(rows(&tesla.admin.conversations(&[(blank, " ")]).await.ok()).len(), 2, "{blank}");
    }
    world.anybody().get("/api/desk/sessions/").await.asks_for_a_token();
}

async fn handoffs_are_listed_by_the_longest_wait_on_request(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut opened = Vec::new();
    for _ in 0..3 {
        opened.push(waiting(world, &tesla).await.1);
    }
    let ids =
        |list: &Value| -> Vec<i64> { list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect() };
    let waited = bo.handoffs(&[("order", "longest_wait")]).await.ok();
    assert_eq!(ids(&waited), opened);
    assert_eq!(ids(&bo.dashboard().await.ok()["unassigned_sessions"]), opened);
    opened.reverse();
    assert_eq!(ids(&bo.handoffs(&[("order", "")]).await.ok()), opened);
    bo.handoffs(&[("order", "newest")]).await.error(400, "bad_request", "Invalid order parameter");
}

async fn calls_of_an_agent_are_noted(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let seen = || world.lines("SELECT CAST(last_seen AS TEXT) AS line FROM agents");
    let at_sign_in = seen();
    world.clock.advance(Duration::from_secs(120));
    tesla.admin.conversations(&[]).await.ok();
    bo.conversations(&[]).await.ok();
    // The note is written after the reply, by a task of its own.
    let mut calls = 0;
    while seen() == at_sign_in {
        calls += 1;
        assert!(calls < 1_000, "no call was noted");
        bo.conversations(&[]).await.ok();
    }
}
