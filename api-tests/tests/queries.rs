//! Unusual and malformed query strings, path segments and requests.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    odd_query_values_never_break_anything,
    pages_beyond_every_number_are_out_of_range,
    a_number_that_does_not_parse_is_refused,
    a_company_in_the_query_is_no_authority,
    odd_session_ids_are_not_found,
    broken_http_does_not_stop_the_server,
);

const LISTS: [(&str, &str); 12] = [
    ("/api/auth/list-admins/", "search ordering company_id"),
    ("/api/auth/list-plans/", "search plan_name created_from created_to tz"),
    ("/api/admin-dashboard/list-agents/", "company_id"),
    ("/api/admin-dashboard/user-profiles/", "search country_code created_from created_to tz company_id"),
    ("/api/admin-dashboard/user-profiles/stats/", "company_id"),
    ("/api/human-handoff/sessions/", "priority status order company_id"),
    ("/api/desk/sessions/", "view q priority agent_id limit cursor company_id"),
    ("/api/human-handoff/activities/", "activity_type"),
    ("/api/platform/jobs/", "limit cursor"),
    ("/api/knowledge/entries/", "q document limit cursor company_id shared"),
    ("/api/knowledge/documents/", "limit cursor company_id shared"),
    ("/api/human-handoff/agent/sessions/", "status page per_page"),
];

async fn odd_query_values_never_break_anything(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let superadmin = world.superadmin().await;
    for (path, keys) in LISTS {
        for key in keys.split(' ') {
            for odd in ["%00", "%ff%fe", "%", "%zz", "'", "\\", "%25_", "%5B%5D", "%F0%9F%98%80", "", &"x".repeat(5000)]
            {
                for who in [superadmin.client(), tesla.admin.client(), agent.client()] {
                    let reply = who.get(&format!("{path}?{key}={odd}")).await;
                    assert!([200, 400, 403, 404].contains(&reply.status), "{reply:?}");
                }
            }
        }
    }
    for odd in ["%00", "%ff", "", "a%00b"] {
        let reply = world.anybody().get(&format!("/api/chatbot/session-status/?session_id={odd}")).await;
        assert!([400, 404].contains(&reply.status), "{reply:?}");
    }
}

async fn pages_beyond_every_number_are_out_of_range(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    let superadmin = world.superadmin().await;
    let far = ["9223372036854775807", "4611686018427387904", "92233720368547758"];
    for page in far {
        let query = [("page", page), ("page_size", "100"), ("per_page", "100")];
        superadmin.list_admins(&query).await.detail(404, "not_found", "Invalid page.");
        assert_eq!(superadmin.list_plans(&query).await.ok()["current_page"], 1);
        assert_eq!(tesla.admin.profiles(&query).await.ok()["results"], json!([]));
        assert_eq!(agent.own_sessions(&query).await.ok()["sessions"], json!([]));
    }
    for odd in ["99999999999999999999", "-5", "0", "1e3", " 1", "+1"] {
        let query = [("page", odd), ("page_size", odd), ("per_page", odd)];
        superadmin.list_plans(&query).await.ok();
        tesla.admin.profiles(&query).await.ok();
        agent.own_sessions(&query).await.ok();
    }
}

async fn a_number_that_does_not_parse_is_refused(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    for odd in ["x", "1.5", "99999999999999999999"] {
        for call in [
            tesla.admin.handoffs(&[("agent_id", odd)]),
            tesla.admin.activities(&[("agent_id", odd)]),
            tesla.admin.activities(&[("limit", odd)]),
        ] {
            let reply = call.await.expect(400);
            assert_eq!(reply.body["code"], "bad_request", "{reply:?}");
        }
    }
    assert_eq!(tesla.admin.activities(&[("limit", "100000")]).await.ok(), json!([]));
}

async fn a_company_in_the_query_is_no_authority(world: &World) {
    let (tesla, space) = (world.company("Tesla Motors").await, world.company("SpaceX").await);
    let own = tesla.agent("Bo Agent").await;
    let mut visitor = tesla.visitor().await;
    visitor.ask_for_a_person(&own).await;
    let foreign = space.agent("Di Agent").await;
    for who in [space.admin.client(), foreign.client()] {
        for (path, _) in LISTS {
            let (plain, named) = (who.get(path).await, who.get(&format!("{path}?company_id=TES001")).await);
            assert_eq!(plain.status, named.status, "{named:?}");
            if plain.status == 200 {
                assert_eq!(plain.body, named.body, "{path}");
                assert!(!named.body.to_string().contains("TES001"), "{named:?}");
            }
        }
    }
}

async fn odd_session_ids_are_not_found(world: &World) {
    let tesla = world.company("Tesla Motors").await;
    let agent = tesla.agent("Bo Agent").await;
    for odd in ["%00", "%ff", "..%2f..", "x".repeat(5000).as_str(), "%F0%9F%98%80", "' OR 1=1"] {
        let reply = agent.messages(odd).await.expect(404);
        assert_eq!(reply.body["code"], "not_found");
    }
    for odd in ["../x", "\u{1F600}", "' OR 1=1 --", "TES001_"] {
        agent.escalate(odd, "r").await.error(404, "not_found", "Session not found");
        agent.write(odd, "m").await.error(404, "not_found", "Session not found or access denied");
        agent.session_status(odd).await.error(404, "not_found", "Session not found");
    }
}

async fn broken_http_does_not_stop_the_server(world: &World) {
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "x".repeat(20_000));
    for bytes in [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n".as_slice(),
        b"GET /api/auth/profile HTTP/1.1\r\nHost: x\r\nAuthorization: \xff\r\nConnection: close\r\n\r\n",
        b"GET /api/\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nBad Header\r\n\r\n",
        b"BREW /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /api/chatbot/chat/ HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        long.as_bytes(),
    ] {
        let reply = world.exchange(bytes).await;
        assert!(reply.status < 500, "{}", reply.text);
    }
    world.anybody().get("/healthz").await.expect(200);
}
