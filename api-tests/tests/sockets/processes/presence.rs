//! Who is connected, when the connections are those of several servers.

use std::time::{Duration, Instant};

use api_tests::{on_postgres, prelude::*};

use super::{desk_at, socket_at, staff_at};
use crate::{greeted, presence::after_half_a_minute};

/// Maximum time until a server knows of a connection to another one, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// Waits until the list shows this of a conversation. Returns how long it took.
async fn shows(staff: &impl Caller, visitor: &Visitor, online: bool, viewers: &[&str]) -> Duration {
    let began = Instant::now();
    loop {
        let page = staff.conversations(&[]).await.ok();
        let rows = page["results"].as_array().unwrap();
        let row = rows.iter().find(|row| row["session_id"] == visitor.session.as_str()).unwrap();
        if (&row["online"], &row["viewers"]) == (&json!(online), &json!(viewers)) {
            return began.elapsed();
        }
        assert!(began.elapsed() < PATIENCE, "not {online} and {viewers:?} but {row}");
    }
}

#[test]
fn who_is_connected_to_one_is_shown_by_the_other() {
    on_postgres(async |world| {
        let other = world.another_server();
        let (tesla, space) = (world.company("Tesla Motors").await, world.company("Space X").await);
        let bo = tesla.agent("Bo Agent").await;
        let (visitor, foreign) = (greeted(&tesla).await, greeted(&space).await);
        tesla.admin.escalate(&visitor.session, "help").await.ok();
        let (socket, staff) = (socket_at(&other, &visitor, "").await, staff_at(&other, &bo, &visitor).await);
        let came = shows(&tesla.admin, &visitor, true, &["Bo Agent"]).await;
        // Somebody who is connected to both is named once.
        let here = bo.socket(&visitor.session).await;
        shows(&tesla.admin, &visitor, true, &["Bo Agent"]).await;
        shows(&space.admin, &foreign, false, &[]).await;
        drop((socket, staff));
        let went = shows(&tesla.admin, &visitor, false, &["Bo Agent"]).await;
        println!("known after {came:?}, forgotten after {went:?}");
        drop(here);
        shows(&tesla.admin, &visitor, false, &[]).await;
    });
}

#[test]
fn what_a_killed_server_has_told_counts_no_longer() {
    on_postgres(async |world| {
        let tesla = world.company("Tesla Motors").await;
        let visitor = greeted(&tesla).await;
        let connected =
            json!({"sessions": {visitor.session.as_str(): ["Visitor", {"Staff": [1, "Bo Agent"]}]}, "agents": []});
        world.execute(&format!("INSERT INTO processes VALUES ('KILLED', 1, '{connected}', now() + INTERVAL '1 hour')"));
        shows(&tesla.admin, &visitor, true, &["Bo Agent"]).await;
        // What another version of the program has written is passed over.
        world.execute("UPDATE processes SET revision = 2, connected = 'nonsense' WHERE id = 'KILLED'");
        shows(&tesla.admin, &visitor, false, &[]).await;
        world.execute(&format!("UPDATE processes SET revision = 3, connected = '{connected}' WHERE id = 'KILLED'"));
        shows(&tesla.admin, &visitor, true, &["Bo Agent"]).await;
        world.execute("UPDATE processes SET expires_at = now() WHERE id = 'KILLED'");
        shows(&tesla.admin, &visitor, false, &[]).await;
    });
}

#[test]
fn presence_is_shared_again_after_the_database_has_lost_it() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let visitor = greeted(&tesla).await;
        let _socket = socket_at(&other, &visitor, "").await;
        shows(&tesla.admin, &visitor, true, &[]).await;
        world.execute("DELETE FROM processes");
        // The row is written again at once, so its absence may not be seen.
        let rows = || world.lines("SELECT id AS line FROM processes").len();
        let since = Instant::now();
        while rows() < 2 {
            assert!(since.elapsed() < PATIENCE, "the servers do not write their rows again");
        }
        shows(&tesla.admin, &visitor, true, &[]).await;
    });
}

#[test]
fn an_agent_who_is_still_connected_to_the_other_stays_available() {
    on_postgres(async |world| {
        let other = world.another_server();
        let tesla = world.company("Tesla Motors").await;
        let bo = tesla.agent("Bo Agent").await;
        let (mut admin, _) = tesla.admin.company_socket().await;
        let ((here, _), there) = (bo.company_socket().await, desk_at(&other, &bo).await);
        drop(here);
        // The other server says again and again that the agent is connected.
        for _ in 0..4 {
            world.clock.advance(Duration::from_secs(10));
            let until = "SELECT CAST(connected_until AS TEXT) AS line FROM agents";
            let (before, since) = (world.lines(until), Instant::now());
            while world.lines(until) == before {
                assert!(since.elapsed() < PATIENCE, "nobody says that the agent is connected");
            }
        }
        assert!(admin.settled().await.iter().all(|frame| frame["type"] != "agent_status_update"));
        drop(there);
        let told = after_half_a_minute(world, &mut admin).await;
        assert_eq!((&told["agent_id"], &told["status"]), (&json!(bo.id), &json!("OFFLINE")));
    });
}
