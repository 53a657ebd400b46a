//! Sign-ins after the cost of password hashes was changed.

use std::time::{Duration, Instant};

use crate::{
    binary::Home,
    site::{OWNER, PASSWORD, ROOT, Site},
    wire::Caller,
};

/// Returns the shortest of several refusals, which the load of the machine disturbs least.
async fn refusal_time(anybody: &Caller, login: &str) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..4 {
        let since = Instant::now();
        anybody.login(login, "a-wrong-password").await.expect(400);
        shortest = shortest.min(since.elapsed());
    }
    shortest
}

#[tokio::test]
async fn no_refusal_tells_an_account_by_the_cost_of_its_hash() {
    for mut home in Home::each() {
        let mut server = home.serve();
        Site::open(&home, server.address).await;
        server.kill();
        for cost in ["10", "4"] {
            home = home.with("SWITCHBOARD_BCRYPT_COST", cost);
            let mut server = home.serve();
            let anybody = Caller::at(server.address);
            let (known, unknown) = (refusal_time(&anybody, ROOT).await, refusal_time(&anybody, "nobody").await);
            assert!(known < unknown * 3 && unknown < known * 3, "cost {cost}: {known:?} and {unknown:?}");
            // An owner who signs in leaves a hash of another cost than the other accounts have.
            anybody.login(ROOT, PASSWORD).await.ok();
            let (known, unknown) = (refusal_time(&anybody, OWNER).await, refusal_time(&anybody, "nobody").await);
            assert!(known < unknown * 3 && unknown < known * 3, "cost {cost}: {known:?} and {unknown:?}");
            let hash = format!("SELECT password_hash AS line FROM accounts WHERE username = '{ROOT}'");
            let stored = home.database.lines(&hash).concat();
            assert!(stored.starts_with(&format!("$2b${:0>2}$", cost)), "{stored}");
            anybody.login(ROOT, PASSWORD).await.ok();
            server.kill();
        }
    }
}
