//! Lists of companies with many sessions.
#![cfg(test)]

use std::collections::BTreeSet;

use api_tests::prelude::*;
use tenancy::CompanyStatus;

on_each_database!(
    a_long_list_of_handoffs_is_whole_in_order_and_each_row_once,
    a_long_list_is_filtered_as_a_short_one,
    a_list_over_all_companies_leaves_closed_ones_out,
    a_fault_before_the_header_is_a_refusal_and_after_it_breaks_the_list_off,
    numbered_pages_from_either_end_are_the_pages_of_one_list,
    kept_counts_follow_what_the_desk_does,
    messages_and_activities_come_in_bounded_pages,
);

/// Number of sessions, enough for more than two parts of a streamed list.
const SESSIONS: u32 = 1_203;

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

async fn filled(world: &World, name: &str) -> (Company, [Agent; 2]) {
    let company = world.company(name).await;
    let agents = [company.agent("Bo Li").await, company.agent("Cleo Ray").await];
    world.fill(&company, SESSIONS);
    (company, agents)
}

async fn a_long_list_of_handoffs_is_whole_in_order_and_each_row_once(world: &World) {
    let (tesla, [bo, cleo]) = filled(world, "Tesla Motors").await;
    let all = tesla.admin.handoffs(&[]).await.ok();
    assert_eq!(ids(&all).len(), 1_203);
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>().len(), 1_203);
    let moments: Vec<&str> = all.as_array().unwrap().iter().map(|row| row["escalated_at"].as_str().unwrap()).collect();
    assert!(moments.is_sorted_by(|newer, older| newer >= older));

    let queue = tesla.admin.handoffs(&[("status", "unassigned")]).await.ok();
    for agent in [&bo, &cleo] {
        let seen = agent.handoffs(&[]).await.ok();
        let expected = all
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["agent"] == agent.id || (row["agent"].is_null() && row["resolved_at"].is_null()));
        assert_eq!(ids(&seen), expected.map(|row| row["id"].as_i64().unwrap()).collect::<Vec<_>>());
        assert_eq!(agent.handoffs(&[("status", "unassigned")]).await.ok(), queue);
    }
}

async fn a_long_list_is_filtered_as_a_short_one(world: &World) {
    let (tesla, [bo, _]) = filled(world, "Tesla Motors").await;
    let all = tesla.admin.handoffs(&[]).await.ok();
    let bos = bo.id.to_string();
    let is_open = |row: &Value| row["resolved_at"].is_null();
    type Kept<'a> = &'a dyn Fn(&Value) -> bool;
    let cases: [(&[(&str, &str)], Kept<'_>); 6] = [
        (&[("status", "pending")], &|row| is_open(row) && row["agent"].is_null()),
        (&[("status", "assigned")], &|row| is_open(row) && !row["agent"].is_null()),
        (&[("status", "resolved")], &|row| !is_open(row)),
        (&[("priority", "urgent")], &|row| row["priority"] == "urgent"),
        (&[("agent_id", &bos)], &|row| row["agent"] == bo.id),
        (&[("agent_id", &bos), ("status", "resolved"), ("priority", "low")], &|row| {
            row["agent"] == bo.id && !is_open(row) && row["priority"] == "low"
        }),
    ];
    for (query, kept) in cases {
        let expected: Vec<&Value> = all.as_array().unwrap().iter().filter(|row| kept(row)).collect();
        assert!(!expected.is_empty(), "{query:?}");
        assert_eq!(tesla.admin.handoffs(query).await.ok(), json!(expected), "{query:?}");
    }
}

async fn a_list_over_all_companies_leaves_closed_ones_out(world: &World) {
    let (tesla, _) = filled(world, "Tesla Motors").await;
    let (space, _) = filled(world, "Space Lines").await;
    let boss = world.superadmin().await;
    let one = ids(&tesla.admin.handoffs(&[]).await.ok());
    let other = ids(&space.admin.handoffs(&[]).await.ok());
    let both: BTreeSet<i64> = one.iter().chain(&other).copied().collect();
    let listed = ids(&boss.handoffs(&[]).await.ok());
    assert_eq!((listed.len(), listed.into_iter().collect()), (2_406, both));
    assert_eq!(ids(&boss.handoffs(&[("company_id", &space.id)]).await.ok()), other);
    assert_eq!(boss.profiles(&[]).await.ok()["count"], 2_406);

    world.set_status(&space.id, CompanyStatus::Closed);
    assert_eq!(ids(&boss.handoffs(&[]).await.ok()), one);
    let page = boss.profiles(&[("per_page", "2")]).await.ok();
    assert_eq!((&page["count"], &page["results"][0]["company_id"]), (&json!(1_203), &json!(tesla.id)));
}

async fn a_fault_before_the_header_is_a_refusal_and_after_it_breaks_the_list_off(world: &World) {
    let (tesla, _) = filled(world, "Tesla Motors").await;
    let request = format!(
        "GET /api/human-handoff/sessions/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
        tesla.admin.client().token()
    );
    let whole = world.exchange(request.as_bytes()).await;
    assert_eq!((whole.status, whole.text.ends_with("]\r\n0\r\n\r\n")), (200, true));

    let spoil = |which: &str| {
        world.execute(&format!(
            "UPDATE sessions SET id = 'no id! ' || key WHERE key = (SELECT {which}(key) FROM sessions)"
        ));
    };
    spoil("min");
    let broken = world.exchange(request.as_bytes()).await;
    assert_eq!(broken.status, 200);
    assert!(broken.text.len() > 100_000 && !broken.text.ends_with("0\r\n\r\n"));
    spoil("max");
    let refused = world.exchange(request.as_bytes()).await;
    assert_eq!((refused.status, refused.text.contains("Internal server error")), (500, true));
}

async fn numbered_pages_from_either_end_are_the_pages_of_one_list(world: &World) {
    let (tesla, [bo, _]) = filled(world, "Tesla Motors").await;
    let mine = ids(&tesla.admin.handoffs(&[("agent_id", &bo.id.to_string())]).await.ok());
    let mut paged = Vec::new();
    for page in 1.. {
        let page = bo.own_sessions(&[("page", &page.to_string()), ("per_page", "50")]).await.ok();
        assert_eq!(page["count"], mine.len());
        paged.extend(ids(&page["sessions"]));
        if page["has_next"] == false {
            break;
        }
    }
    assert_eq!(paged, mine);

    let mut profiles = Vec::new();
    for page in 1..=13 {
        let page = tesla.admin.profiles(&[("page", &page.to_string()), ("per_page", "100")]).await.ok();
        assert_eq!((&page["count"], &page["total_pages"]), (&json!(1_203), &json!(13)));
        profiles.extend(ids(&page["results"]));
    }
    assert_eq!((profiles.len(), profiles.iter().collect::<BTreeSet<_>>().len()), (1_203, 1_203));
    assert!(profiles.is_sorted_by(|newer, older| newer > older));
}

async fn kept_counts_follow_what_the_desk_does(world: &World) {
    let (tesla, [bo, cleo]) = filled(world, "Tesla Motors").await;
    let counts = async |agent: &Agent| {
        let mut counts = Vec::new();
        for status in ["", "assigned", "resolved", "unassigned"] {
            counts.push(agent.own_sessions(&[("status", status)]).await.ok()["count"].as_i64().unwrap());
        }
        counts
    };
    let (bos, cleos) = (counts(&bo).await, counts(&cleo).await);
    assert_eq!((bos[0], bos[3]), (bos[1] + bos[2], 0));

    let mut visitor = tesla.visitor().await;
    let handoff = visitor.ask_for_a_person(&tesla.admin).await;
    tesla.admin.assign(handoff, bo.id).await.ok();
    assert_eq!(counts(&bo).await, [bos[0] + 1, bos[1] + 1, bos[2], 0]);
    tesla.admin.assign(handoff, cleo.id).await.ok();
    assert_eq!((counts(&bo).await, counts(&cleo).await), (bos, vec![cleos[0] + 1, cleos[1] + 1, cleos[2], 0]));
    cleo.resolve(handoff, "done").await.ok();
    assert_eq!(counts(&cleo).await, [cleos[0] + 1, cleos[1], cleos[2] + 1, 0]);

    let newest = tesla.admin.profiles(&[]).await.ok();
    assert_eq!(newest["count"], 1_204);
    let id = newest["results"][0]["id"].as_i64().unwrap();
    tesla.admin.delete_profile(id).await.ok();
    assert_eq!(tesla.admin.profiles(&[]).await.ok()["count"], 1_203);
    assert_eq!(counts(&cleo).await, cleos);
}

async fn messages_and_activities_come_in_bounded_pages(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.stranger();
    visitor.say("Talk to a person").await;
    bo.write(&visitor.session, "Hello").await.ok();
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..500 {
        calls.spawn(bo.write(&visitor.session, &format!("Line {number}")).into_future());
    }
    assert!(calls.join_all().await.iter().all(|reply| reply.status == 200));
    let page = async |query: &[(&str, &str)]| {
        let body = visitor.conversation(&visitor.session, query).await.ok();
        let seqs: Vec<_> =
            body["messages"].as_array().unwrap().iter().map(|row| row["seq"].as_i64().unwrap()).collect();
        (seqs.len(), seqs[0], body["has_more"] == true)
    };
    assert_eq!(page(&[]).await, (100, 404, true));
    assert_eq!(page(&[("after", "0")]).await, (100, 1, true));
    assert_eq!(page(&[("limit", "9000")]).await, (500, 4, true));
    assert_eq!(page(&[("limit", "500")]).await, (500, 4, true));

    let activities = async |query: &[(&str, &str)]| tesla.admin.activities(query).await.ok().as_array().unwrap().len();
    assert_eq!(activities(&[]).await, 50);
    assert_eq!(activities(&[("limit", "199")]).await, 199);
    assert_eq!(activities(&[("limit", "9000")]).await, 200);
    assert_eq!(bo.dashboard().await.ok()["recent_activities"].as_array().unwrap().len(), 10);
}
