//! Who is there when a visitor wants a person.
#![cfg(test)]

use std::time::Duration;

use api_tests::prelude::*;

on_each_database!(
    an_agent_who_is_busy_or_signed_out_is_not_there,
    an_agent_who_has_not_called_for_ten_minutes_is_not_there,
    agents_of_another_company_are_not_there,
    what_sessions_do_leaves_the_status_of_their_agent,
    the_hours_are_those_of_the_companys_zone,
    a_closed_company_says_on_which_day_it_opens,
);

/// Has a new visitor of the company ask for a person, and returns the answer.
async fn wish(company: &Company) -> Value {
    let reply = company.stranger().say("Talk to a person").await;
    assert_eq!((&reply["type"], &reply["escalated"]), (&json!("escalated"), &json!(true)), "{reply}");
    reply
}

async fn an_agent_who_is_busy_or_signed_out_is_not_there(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    assert_eq!(wish(&tesla).await["outcome"], "queued");
    bo.update_agent_status("BUSY").await.ok();
    assert_eq!(wish(&tesla).await["outcome"], "offline");
    bo.update_agent_status("AVAILABLE").await.ok();
    assert_eq!(wish(&tesla).await["outcome"], "queued");
    bo.agent_logout(&json!({})).await.ok();
    assert_eq!(wish(&tesla).await["outcome"], "offline");
    // One of several is enough.
    let cy = tesla.agent("Cy Agent").await;
    assert_eq!(wish(&tesla).await["outcome"], "queued");
    tesla.admin.update_agent(cy.id, &json!({"is_active": false})).await.ok();
    assert_eq!(wish(&tesla).await["outcome"], "offline");
}

async fn an_agent_who_has_not_called_for_ten_minutes_is_not_there(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    world.clock.advance(Duration::from_mins(9));
    assert_eq!(wish(&tesla).await["outcome"], "queued");
    world.clock.advance(Duration::from_mins(2));
    assert_eq!(wish(&tesla).await["outcome"], "offline");
}

async fn agents_of_another_company_are_not_there(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    space.agent("Di Agent").await;
    // An agent who has never signed in does not count either.
    tesla.admin.create_agent(&tesla.agent_body("Ed Agent")).await.created();
    assert_eq!(wish(&tesla).await["outcome"], "offline");
    assert_eq!(wish(&space).await["outcome"], "queued");
}

async fn what_sessions_do_leaves_the_status_of_their_agent(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let bo = tesla.agent("Bo Agent").await;
    let status = async || tesla.admin.list_agents().await.ok()[0]["status"].clone();
    for word in ["BUSY", "AVAILABLE"] {
        bo.update_agent_status(word).await.ok();
        let mut visitor = tesla.visitor().await;
        let handoff = visitor.ask_for_a_person(&bo).await;
        tesla.admin.assign(handoff, bo.id).await.ok();
        assert_eq!(status().await, word, "assigned");
        bo.write(&visitor.session, "Good morning").await.ok();
        bo.resolve(handoff, "").await.ok();
        assert_eq!(status().await, word, "resolved");
    }
}

async fn the_hours_are_those_of_the_companys_zone(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    // It is 02:52 on a Monday in UTC, 08:37 in Kathmandu, and Sunday evening in New York.
    for (zone, day, from_to, outcome) in [
        ("Asia/Kathmandu", "monday", "08:00-09:00", "queued"),
        ("Asia/Kathmandu", "monday", "02:00-03:00", "offline"),
        ("America/New_York", "sunday", "21:00-22:00", "queued"),
        ("America/New_York", "monday", "02:00-03:00", "offline"),
    ] {
        let mut hours = json!({"timezone": zone});
        hours[day] = json!([from_to]);
        tesla.admin.set_bot(&json!({"hours": hours})).await.ok();
        assert_eq!(wish(&tesla).await["outcome"], outcome, "{zone} {day} {from_to}");
    }
}

async fn a_closed_company_says_on_which_day_it_opens(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    tesla.agent("Bo Agent").await;
    for (hours, said) in [
        (json!({"timezone": "UTC", "tuesday": ["08:30-12:00"]}), "tomorrow at 08:30 (UTC)"),
        (json!({"timezone": "UTC", "monday": ["01:00-02:00"], "thursday": ["09:00-17:00"]}), "on Thursday at 09:00"),
        // It would be open now, but the day is closed.
        (
            json!({"timezone": "UTC", "monday": ["00:00-24:00"], "friday": ["10:00-11:00"],
                "closed_days": ["2026-11-23"]}),
            "on Friday at 10:00 (UTC)",
        ),
    ] {
        tesla.admin.set_bot(&json!({"hours": hours, "offline_text": "Closed."})).await.ok();
        let reply = wish(&tesla).await;
        let text = reply["response"].as_str().unwrap();
        assert!(reply["outcome"] == "offline" && text.starts_with("Closed.") && text.contains(said), "{said}: {reply}");
    }
    // A company that never opens promises no time.
    tesla.admin.set_bot(&json!({"hours": {"timezone": "UTC"}})).await.ok();
    let reply = wish(&tesla).await;
    assert_eq!(reply["outcome"], "offline");
    assert!(
        reply["response"].as_str().unwrap().starts_with("Closed.") && !reply.to_string().contains("back"),
        "{reply}"
    );
}
