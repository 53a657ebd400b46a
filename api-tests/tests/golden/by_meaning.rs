//! Golden questions on servers with an encoder: meanings are compared.

use std::time::{Duration, Instant};

use api_tests::Setup;

use super::*;

fn setup() -> Setup {
    Setup { encoder: true, ..Setup::default() }
}

on_each_database! { with setup:
    what_is_meant_passes_and_a_nearer_entry_loses_it,
    a_change_that_is_made_meanwhile_is_compared_again,
}

/// Means what the entry `rent_002` asks, and has no word of it.
const MEANT: &str = "Do you want money in advance?";

/// Waits until no job is left.
async fn settled(world: &World) {
    let superadmin = world.superadmin().await;
    let since = Instant::now();
    while superadmin.jobs(&[]).await.ok()["results"] != json!([]) {
        assert!(since.elapsed() < Duration::from_secs(120), "{:?}", superadmin.jobs(&[]).await);
    }
}

async fn what_is_meant_passes_and_a_nearer_entry_loses_it(world: &World) {
    let tesla = taught(world).await;
    settled(world).await;
    tesla.admin.set_bot(&json!({"confidence_threshold": 0.25})).await.ok();
    golden(&tesla.admin, MEANT, "rent_002").await.created();
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), [(MEANT, "passed")]);
    // The entry has no vector yet when it is compared: the comparison computes it.
    let nearer =
        json!({"question": "Must I pay money in advance?", "answer": "No, you pay afterwards.", "document": "D"});
    assert_lost(&tesla.admin.client().post(ENTRIES, &nearer).await, &[(MEANT, "wrong")]);
    let parking = json!({"question": "Where can I park my car?", "answer": "Behind the shop.", "document": "D"});
    tesla.admin.client().post(ENTRIES, &parking).await.created();
    settled(world).await;
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), [(MEANT, "passed")]);
}

async fn a_change_that_is_made_meanwhile_is_compared_again(world: &World) {
    let tesla = taught(world).await;
    golden(&tesla.admin, EXACT, "rent_002").await.created();
    // Each change, and each round of vectors, gives the knowledge another version.
    let change = async |number: usize| {
        let entry = json!({"question": format!("Is offer {number} open?"), "answer": "Yes.", "document": "D"});
        tesla.admin.client().post(ENTRIES, &entry).await.created()
    };
    tokio::join!(change(1), change(2), change(3));
    settled(world).await;
    let listed = tesla.admin.client().get(ENTRIES).await.ok();
    assert_eq!(listed["results"].as_array().unwrap().len(), 8);
    assert_eq!(outcomes(&run(&tesla, &json!({})).await), [(EXACT, "passed")]);
}
